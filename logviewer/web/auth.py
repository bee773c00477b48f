"""Who may come in: a token as cookie or Bearer, and only under host names that are ours."""

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Literal, Protocol, TypedDict
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.config import Settings
from logviewer.web.failures import Failures, TooManyTriesError
from logviewer.web.sessions import Sessions

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types logviewer"
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class CookieRules(TypedDict):
    """Where the cookie goes, and who may see it."""

    path: str
    httponly: bool
    samesite: Literal["strict"]
    secure: bool


class SignIn(Protocol):
    """Renders the page for who is not signed in."""

    def __call__(self, *, wrong: bool, query: Sequence[tuple[str, str]], wait: int | None = None) -> Response:
        """``wrong``: a token was given and is not ours; ``query``: the rest of what was asked for.

        ``wait``: seconds until tries from this address are looked at again, after too many of them.
        """


class Guard:
    """Stands before the application and lets in who belongs. ``sign_in`` renders the page for who does not.

    ``failures`` counts wrong tries.
    """

    def __init__(self, app: ASGIApp, settings: Settings, sign_in: SignIn, failures: Failures) -> None:
        self._app = app
        self._settings = settings
        self._base = f"{settings.root_path}/"
        self._sign_in = sign_in
        self._failures = failures
        self._token = settings.token
        self._cookie = f"logviewer-{settings.port}"
        self._sessions = Sessions(settings.secret)
        self._hosts = {"localhost", socket.gethostname().lower(), *(host.lower() for host in settings.allow_host)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = self._below_root(scope)
        request = Request(scope)
        try:
            answer: ASGIApp = await self._refuse(request) or self._app
        except TooManyTriesError as error:
            answer = self._too_many(request, error.seconds)
        await answer(scope, receive, _with_headers(send))

    def _below_root(self, scope: Scope) -> Scope:
        """The same path whether the proxy before us keeps the prefix or takes it away."""
        root, path = self._settings.root_path, scope["path"]
        kept = path.startswith(f"{root}/")
        return {**scope, "root_path": root, "path": path if kept else root + path}

    async def _refuse(self, request: Request) -> Response | None:
        """The answer, unless the application may give it. Raises TooManyTriesError."""
        path = self._path(request)
        if not self._is_our_name(request.headers):
            return JSONResponse({"detail": "this host name is not allowed: see --allow-host"}, status_code=421)
        if self._token is None or path == "/healthz" or path.startswith("/static/") or _is_preflight(request):
            return None
        if path == "/" and (token := request.query_params.get("token")) is not None:
            is_right = await self._is_right(request, token)
            return self._let_in(request) if is_right else self._show_sign_in(request, wrong=True)
        if path == "/sign-out" and request.method == "POST":
            return self._sign_out(request)
        if await self._is_signed_in(request):
            return None
        return (
            self._show_sign_in(request, wrong=False)
            if path == "/"
            else JSONResponse(
                {"detail": "sign in first: send 'Authorization: Bearer TOKEN' or open the link that logviewer printed"},
                status_code=401,
                headers={"www-authenticate": "Bearer"},
            )
        )

    def _too_many(self, request: Request, seconds: int) -> Response:
        if self._path(request) == "/":
            response = self._sign_in(wrong=True, query=_without_token(request), wait=seconds)
        else:
            detail = f"too many wrong tries from this address: try again in {seconds} s"
            response = JSONResponse({"detail": detail}, status_code=429)
        response.headers["retry-after"] = str(seconds)
        return response

    def _path(self, request: Request) -> str:
        return str(request.scope["path"]).removeprefix(self._settings.root_path)

    def _is_our_name(self, headers: Headers) -> bool:
        # Only a name can be rebound to another address by a hostile name server.
        name = headers.get("host", "").lower()
        host = name.rpartition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0]
        return host in self._hosts or _is_address(host)

    async def _is_signed_in(self, request: Request) -> bool:
        if self._sessions.is_open(self._session_of(request.headers)):
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and bool(token) and await self._is_right(request, token.strip())

    async def _is_right(self, request: Request, token: str) -> bool:
        async def check() -> bool:
            return _same(token, self._token or "")

        return await self._failures.judge(request.client.host if request.client else "", check)

    def _session_of(self, headers: Headers) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return cookie.value if cookie else ""

    def _show_sign_in(self, request: Request, *, wrong: bool) -> Response:
        return self._sign_in(wrong=wrong, query=_without_token(request))

    def _let_in(self, request: Request) -> Response:
        rest = _without_token(request)
        response = RedirectResponse(self._base + ("?" + urlencode(rest) if rest else ""), status_code=303)
        response.set_cookie(self._cookie, self._sessions.begin(), **self._cookie_rules(request))
        return response

    def _sign_out(self, request: Request) -> Response:
        response = RedirectResponse(self._base, status_code=303)
        # A form on another site comes without the cookie; it must not take it away either.
        if session := self._session_of(request.headers):
            self._sessions.end(session)
            response.delete_cookie(self._cookie, **self._cookie_rules(request))
        return response

    def _cookie_rules(self, request: Request) -> CookieRules:
        return {"path": self._base, "httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def _without_token(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parse_qsl(request.url.query, keep_blank_values=True) if name != "token"]


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), right.encode())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
