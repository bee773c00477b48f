"""Limits on requests: their size, their rate, and the number of streams and searches at once."""

import asyncio
from collections import Counter

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from logviewer.web.http.rate_window import RateWindow, network
from logviewer.web.http.refusal import refusal

MAX_URL_BYTES = 60_000
# A field of one character costs a microsecond, and a URL has room for 30,000 of them.
MAX_FIELDS = 2000
MAX_BODY_BYTES = 16 * 1024
RATE_SECONDS = 10
# Far above the needs of any page, and below the capacity of one CPU core.
MAX_REQUESTS = 5000
LATE_SECONDS = 0.5
MAX_SEARCHES = 100
_RETRY_SECONDS = 5
_STREAM_PATHS = frozenset({"/api/stream", "/api/download"})


def refuse_size(request: Request) -> Response | None:
    """Return the refusal of a request that is too long; None if it may pass."""
    scope = request.scope
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
        return refusal(414, f"the URL is too long (limit {MAX_URL_BYTES} bytes)")
    if scope["query_string"].count(b"&") >= MAX_FIELDS:
        return refusal(414, f"the URL has too many parameters (limit {MAX_FIELDS})")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        return refusal(413, f"the body is too long (limit {MAX_BODY_BYTES} bytes)")
    return None


class RequestRate:
    """Limits the requests of each address within ten seconds.

    Answers beyond the limit come late: their clients wait instead of sending the next request.
    """

    def __init__(self) -> None:
        self._rate = RateWindow(RATE_SECONDS)

    async def refuse(self, request: Request) -> Response | None:
        """Count a request, and return its late refusal beyond the limit; None if it may pass."""
        address = request.client.host if request.client else ""
        if self._rate.add(address) <= MAX_REQUESTS:
            return None
        await asyncio.sleep(LATE_SECONDS)
        detail = f"too many requests from this address (limit {MAX_REQUESTS} in {RATE_SECONDS} s)"
        return refusal(429, detail, retry_seconds=self._rate.seconds_left(address))


class ConcurrencyLimit:
    """Counts requests in progress, at most ``limit`` of them, and at most half of that from one address.

    ``name`` is the plural noun for messages.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._address_limit = max(1, limit // 2)
        self._name = name
        self._counts: Counter[str] = Counter()

    def refuse(self, address: str) -> Response | None:
        """Return the refusal of one more request from this address; None below the limits."""
        if self._counts.total() >= self._limit:
            return refusal(503, f"too many {self._name} (limit {self._limit})", retry_seconds=_RETRY_SECONDS)
        if self._counts[network(address)] >= self._address_limit:
            detail = f"too many {self._name} from this address (limit {self._address_limit})"
            return refusal(429, detail, retry_seconds=_RETRY_SECONDS)
        return None

    def enter(self, address: str) -> None:
        """Count a request in."""
        self._counts[network(address)] += 1

    def leave(self, address: str) -> None:
        """Count it out."""
        key = network(address)
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]


class ConcurrencyLimits:
    """Middleware that limits the streams, downloads included, and the searches in progress."""

    def __init__(self, app: ASGIApp, max_streams: int) -> None:
        self._app = app
        self._streams = ConcurrencyLimit(max_streams, "streams")
        self._searches = ConcurrencyLimit(MAX_SEARCHES, "searches")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on and count it until its response ends."""
        limit = self._limit_of(scope) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        address = (scope["client"] or ("",))[0]
        if response := limit.refuse(address):
            await response(scope, receive, send)
            return
        limit.enter(address)
        try:
            await self._app(scope, receive, send)
        finally:
            limit.leave(address)

    def _limit_of(self, scope: Scope) -> ConcurrencyLimit | None:
        path = scope["path"].removeprefix(scope["root_path"])
        if path == "/api/search":
            return self._searches
        is_text = path == "/" and Headers(scope=scope).get("accept", "").startswith("text/plain")
        return self._streams if is_text or path in _STREAM_PATHS else None
