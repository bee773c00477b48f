"""How much may be asked for: the size and rate of requests, and how many streams and searches there are at once."""

from collections import Counter

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from logviewer.web.http.rate_window import RateWindow, network

MAX_URL_BYTES = 60_000
MAX_BODY_BYTES = 16 * 1024
RATE_SECONDS = 10
# Far more than any page needs, but not all that a processor can do.
MAX_REQUESTS = 5000
MAX_SEARCHES = 100
_BUSY_SECONDS = 5
_STREAMS = frozenset({"/api/stream", "/api/download"})


class RequestRate:
    """Limits of a single request, and of all from one address within ten seconds."""

    def __init__(self) -> None:
        self._rate = RateWindow(RATE_SECONDS)

    def refuse(self, request: Request, path: str) -> Response | None:
        """Why it is not looked at, if it is not; ``path`` is the one below the root."""
        scope = request.scope
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
            return _refusal(414, f"the address is too long: at most {MAX_URL_BYTES} bytes")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:
            return _refusal(413, f"the body is too long: at most {MAX_BODY_BYTES} bytes")
        # A storm of streams that come back after a break is nobody's fault; they have a limit of their own.
        if path in ("/api/stream", "/healthz"):
            return None
        address = request.client.host if request.client else ""
        if self._rate.add(address) <= MAX_REQUESTS:
            return None
        told = f"too many requests from this address: at most {MAX_REQUESTS} within {RATE_SECONDS} s"
        return _refusal(429, told, self._rate.seconds_left(address))


class ConcurrencyLimit:
    """Places for ``most`` of something at once, of which one address has half at most; ``name`` says of what."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._most_each = max(1, most // 2)
        self._name = name
        self._taken: Counter[str] = Counter()

    def refuse(self, address: str) -> Response | None:
        """Why there is no place for another one from this address, if there is none."""
        if self._taken.total() >= self._most:
            return _refusal(503, f"there are {self._most} {self._name} already, and may be no more", _BUSY_SECONDS)
        if self._taken[network(address)] >= self._most_each:
            told = f"there are {self._most_each} {self._name} from this address already, and may be no more"
            return _refusal(429, told, _BUSY_SECONDS)
        return None

    def enter(self, address: str) -> None:
        """Take a place."""
        self._taken[network(address)] += 1

    def leave(self, address: str) -> None:
        """Give it back."""
        key = network(address)
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]


class ConcurrencyLimits:
    """Stands before the application and lets in so many streams (downloads are some, too) and searches at once."""

    def __init__(self, app: ASGIApp, max_streams: int) -> None:
        self._app = app
        self._streams = ConcurrencyLimit(max_streams, "streams")
        self._searches = ConcurrencyLimit(MAX_SEARCHES, "searches")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on if there is a place, which it has until the answer has ended."""
        room = self._room(scope) if scope["type"] == "http" else None
        if room is None:
            await self._app(scope, receive, send)
            return
        address = (scope["client"] or ("",))[0]
        if refusal := room.refuse(address):
            await refusal(scope, receive, send)
            return
        room.enter(address)
        try:
            await self._app(scope, receive, send)
        finally:
            room.leave(address)

    def _room(self, scope: Scope) -> ConcurrencyLimit | None:
        path = scope["path"].removeprefix(scope["root_path"])
        if path == "/api/search":
            return self._searches
        is_text = path == "/" and Headers(scope=scope).get("accept", "").startswith("text/plain")
        return self._streams if is_text or path in _STREAMS else None


def _refusal(status: int, detail: str, seconds: int | None = None) -> Response:
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    told = detail if seconds is None else f"{detail}: try again in {seconds} s"
    return JSONResponse({"detail": told}, status_code=status, headers=headers)
