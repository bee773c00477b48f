"""Who may come in: with the token, or a name and a password, and only under host names that are ours."""

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol, TypedDict
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.settings import ANONYMOUS, Settings, User
from logviewer.web.auth.lockout import LockedOutError, Lockout
from logviewer.web.auth.origin import is_foreign
from logviewer.web.auth.passwords import BusyError, PasswordCheck
from logviewer.web.auth.proxy import remote_user
from logviewer.web.auth.sessions import Sessions
from logviewer.web.http.limits import MAX_BODY_BYTES, RequestRate
from logviewer.web.http.security_headers import SECURITY_HEADERS
from logviewer.web.static import SIGN_IN
from logviewer.workers.shared_log import SharedLog

_USER = "logviewer.user"
_HAS_SESSION = "logviewer.has-session"


def user_of(request: Request) -> User:
    """Who was let in."""
    user: User = request.scope[_USER]
    return user


def has_session(request: Request) -> bool:
    """Whether it was a cookie of ours that let them in, so that they can sign out."""
    return _HAS_SESSION in request.scope


class CookieRules(TypedDict):
    """Where the cookie goes, and who may see it."""

    path: str
    httponly: bool
    samesite: Literal["strict"]
    secure: bool


class SignIn(Protocol):
    """Renders the page for who is not signed in."""

    def __call__(self, *, wrong: bool, query: Sequence[tuple[str, str]], wait: int | None = None) -> Response:
        """``wrong``: a token or password was given and is not right; ``query``: the rest of what was asked for.

        ``wait``: seconds until tries from this address are looked at again, after too many of them.
        """


class Guard:
    """Stands before the application and lets in who belongs. ``sign_in`` renders the page for who does not.

    ``failures`` counts wrong tries; ``ended`` are the sessions that were signed out of.
    """

    def __init__(self, app: ASGIApp, settings: Settings, sign_in: SignIn, failures: Lockout, ended: SharedLog) -> None:
        self._app = app
        self._settings = settings
        self._base = f"{settings.root_path}/"
        self._sign_in = sign_in
        self._failures = failures
        self._token = settings.token
        self._cookie = f"logviewer-{settings.port}"
        self._users = {user.name: user for user in settings.tables.users}
        self._requests = RequestRate()
        self._passwords = PasswordCheck(settings.tables.users)
        users = [*settings.tables.users, *([ANONYMOUS] if settings.token else [])]
        self._sessions = Sessions(settings.secret, users, ended)
        self._hosts = {"localhost", socket.gethostname().lower(), *(host.lower() for host in settings.allow_host)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = self._below_root(scope)
        request = Request(scope, receive)
        try:
            answer: ASGIApp = await self._answer(request) or self._app
        except LockedOutError as error:
            answer = self._too_many(request, error.seconds)
        except BusyError:
            answer = _plain(503, "too many people sign in just now: try again in 5 s", {"retry-after": "5"})
        await answer(scope, receive, _with_headers(send))

    def _below_root(self, scope: Scope) -> Scope:
        """The same path whether the proxy before us keeps the prefix or takes it away."""
        root, path = self._settings.root_path, scope["path"]
        kept = path.startswith(f"{root}/")
        return {**scope, "root_path": root, "path": path if kept else root + path}

    async def _answer(self, request: Request) -> Response | None:
        """What is not the application's to answer. Raises LockedOutError, BusyError."""
        path = self._path(request)
        if refusal := self._turn_away(request, path):
            return refusal
        if _is_for_strangers(path) or self._is_preflight(request):
            return None
        if not self._settings.no_auth and (answer := await self._at_the_door(request, path)):
            return answer
        user = ANONYMOUS if self._settings.no_auth else await self._user(request)
        if user is None:
            return self._refuse(request, path)
        request.scope[_USER] = user
        return None

    def _turn_away(self, request: Request, path: str) -> Response | None:
        """The answer to what is not looked at, whoever asks."""
        if not self._is_our_name(request.headers):
            return _plain(421, "this host name is not allowed: see --allow-host")
        if is_foreign(request, self._settings.allow_origin):
            return _plain(403, "a page of another site asked for this: see --allow-origin")
        return self._requests.refuse(request, path)

    async def _at_the_door(self, request: Request, path: str) -> Response | None:
        """The answer to who signs in or out."""
        if path == "/" and "token" in request.query_params:
            return await self._sign_in_by_token(request)
        if path == "/sign-in":
            return await self._sign_in_by_password(request)
        if path == "/sign-out" and request.method == "POST":
            return self._sign_out(request)
        return None

    async def _sign_in_by_token(self, request: Request) -> Response:
        rest = _without(request.url.query, "token")
        if await self._is_right(request, request.query_params["token"]):
            return self._let_in(request, ANONYMOUS, rest)
        return self._sign_in(wrong=True, query=rest)

    async def _sign_in_by_password(self, request: Request) -> Response:
        if request.method != "POST":
            return RedirectResponse(self._base, status_code=303)
        form = await _form(request)
        if form is None:
            return _plain(413, f"the body is too long: at most {MAX_BODY_BYTES} bytes")
        given = dict(parse_qsl(form))
        found: list[User] = []

        async def check() -> bool:
            user = await self._passwords.user(given.get("user", ""), given.get("password", ""))
            found.extend([user] if user else [])
            return bool(found)

        rest = _without(form, "user", "password")
        if await self._failures.judge(_address(request), check):
            return self._let_in(request, found[0], rest)
        return self._sign_in(wrong=True, query=rest)

    def _refuse(self, request: Request, path: str) -> Response:
        if name := remote_user(request):
            return _plain(403, f"the proxy says that you are {name!r}: nobody of this name may see these logs")
        if path == "/":
            return self._sign_in(wrong=False, query=_without(request.url.query, "token"))
        detail = "sign in first: send 'Authorization: Bearer TOKEN' or open the link that logviewer printed"
        return _plain(401, detail, {"www-authenticate": "Bearer"})

    def _too_many(self, request: Request, seconds: int) -> Response:
        wait = {"retry-after": str(seconds)}
        if self._path(request) not in ("/", "/sign-in"):
            return _plain(429, f"too many wrong tries from this address: try again in {seconds} s", wait)
        response = self._sign_in(wrong=True, query=_without(request.url.query, "token"), wait=seconds)
        response.headers.update(wait)
        return response

    def _is_preflight(self, request: Request) -> bool:
        # It comes without the cookie or the token that the request itself will have.
        asks = request.method == "OPTIONS" and "access-control-request-method" in request.headers
        return asks and request.headers.get("origin") in self._settings.allow_origin

    def _path(self, request: Request) -> str:
        return str(request.scope["path"]).removeprefix(self._settings.root_path)

    def _is_our_name(self, headers: Headers) -> bool:
        # Only a name can be rebound to another address by a hostile name server.
        name = headers.get("host", "").lower()
        host = name.rpartition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0]
        return host in self._hosts or _is_address(host)

    async def _user(self, request: Request) -> User | None:
        if name := remote_user(request):
            return self._users.get(name) if self._users else User(name)
        if user := self._sessions.user(self._session_of(request)):
            request.scope[_HAS_SESSION] = True
            return user
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer" and token
        return ANONYMOUS if is_bearer and await self._is_right(request, token.strip()) else None

    async def _is_right(self, request: Request, token: str) -> bool:
        async def check() -> bool:
            return self._token is not None and _same(token, self._token)

        return await self._failures.judge(_address(request), check)

    def _session_of(self, request: Request) -> str:
        # Programs at other ports of this host have their cookies in the same header, well made or not.
        return request.cookies.get(self._cookie, "")

    def _let_in(self, request: Request, user: User, rest: Sequence[tuple[str, str]]) -> Response:
        response = RedirectResponse(self._base + ("?" + urlencode(rest) if rest else ""), status_code=303)
        response.set_cookie(self._cookie, self._sessions.begin(user), **self._cookie_rules(request))
        return response

    def _sign_out(self, request: Request) -> Response:
        response = RedirectResponse(self._base, status_code=303)
        # A form on another site comes without the cookie; it must not take it away either.
        if session := self._session_of(request):
            self._sessions.end(session)
            response.delete_cookie(self._cookie, **self._cookie_rules(request))
        return response

    def _cookie_rules(self, request: Request) -> CookieRules:
        return {"path": self._base, "httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}


def _is_for_strangers(path: str) -> bool:
    _, _, file = path.removeprefix("/static/").partition("/")
    return path == "/healthz" or (path.startswith("/static/") and file in SIGN_IN)


def _without(query: str, *names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in names]


async def _form(request: Request) -> str | None:
    """The body, None if it is too long for a form, or does not come to its end."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body.decode(errors="replace")


def _plain(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


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
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
