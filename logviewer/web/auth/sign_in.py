"""Signing in and out: ``/?token=…``, ``/?once=…``, ``/sign-in`` and ``/sign-out`` begin and end sessions."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypedDict
from urllib.parse import parse_qsl, unquote_plus, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from logviewer.settings import ANONYMOUS, User
from logviewer.web.auth.credentials import Credentials
from logviewer.web.auth.local_user import is_own
from logviewer.web.http.limits import MAX_BODY_BYTES
from logviewer.web.http.refusal import refusal
from logviewer.workers.one_time_code import OneTimeCode

# Each field takes time to parse, and becomes a longer one of the page: a stranger's long URL must cost little.
_MAX_FIELDS, _MAX_CHARACTERS = 100, 8000
_TOKEN = re.compile(r"(?:^|(?<=&))token=([^&]*)(?:&|$)")
_ONCE = re.compile(rb"once=([\w-]+)")


class SignInPage(Protocol):
    """Renders the sign-in page."""

    def __call__(
        self, *, wrong: bool, query: Sequence[tuple[str, str]], wait: int | None = None, busy: bool = False
    ) -> Response:
        """Render it.

        Args:
            wrong: Whether a wrong token or password was sent.
            query: The other parameters of the requested URL, kept through the sign-in.
            wait: Seconds until this address may try again, after too many failed attempts.
            busy: Whether too many others sign in at the same time.
        """


class _CookieOptions(TypedDict):
    path: str
    httponly: bool
    samesite: Literal["strict"]
    secure: bool


class SignIn:
    """Answers the requests that begin or end a session.

    ``base`` is the path of the page, and ``browser`` the code in the URL of the browser that the server opens.
    """

    def __init__(self, credentials: Credentials, page: SignInPage, base: str, browser: OneTimeCode) -> None:
        self._credentials = credentials
        self._page = page
        self._base = base
        self._browser = browser

    async def respond(self, request: Request, path: str) -> Response | None:
        """Return the response to signing in or out; None for any other request. ``path`` is below the root path.

        Raises LockedOutError, BusyError.
        """
        # The search within a text is ten times faster than the pattern.
        if path == "/" and b"token=" in request.scope["query_string"] and (token := _TOKEN.search(_query(request))):
            return await self._by_link(request, unquote_plus(token[1]))
        if path == "/" and request.method == "GET" and (code := _ONCE.fullmatch(request.scope["query_string"])):
            return self._by_code(request, code[1].decode())
        if path == "/sign-in":
            return await self._by_form(request)
        if path == "/sign-out" and request.method == "POST":
            return self._sign_out(request)
        return None

    def ask(self, request: Request, *, wait: int | None = None, busy: bool = False) -> Response:
        """Return the sign-in page, which keeps the query of the request; the rest is as in ``SignInPage``."""
        return self._page(wrong=wait is not None, query=_kept(_query(request)), wait=wait, busy=busy)

    async def _by_link(self, request: Request, token: str) -> Response:
        # A page of another site could open wrong links until the address of its visitor is locked out.
        if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return self.ask(request)
        if await self._credentials.is_token(request, token):
            return self._begin_session(request, ANONYMOUS, _TOKEN.sub("", _query(request)).strip("&"))
        return self._page(wrong=True, query=_kept(_query(request)))

    def _by_code(self, request: Request, code: str) -> Response:
        # Another user of the machine sees the code as soon as the browser starts.
        if self._browser.is_valid(code) and is_own(request.scope) and self._browser.take(code):
            return self._begin_session(request, ANONYMOUS, "")
        # A browser that opens its last URL again may be signed in.
        return RedirectResponse(self._base, status_code=303)

    async def _by_form(self, request: Request) -> Response:
        if request.method != "POST":
            return RedirectResponse(self._base, status_code=303)
        form = await _form(request)
        if form is None:
            return refusal(413, f"the body is too long (limit {MAX_BODY_BYTES} bytes)")
        given, query = dict(_fields(form)), _kept(form)
        if user := await self._user(request, given):
            return self._begin_session(request, user, urlencode(query))
        return self._page(wrong=True, query=query)

    async def _user(self, request: Request, given: Mapping[str, str]) -> User | None:
        if "token" in given:
            return ANONYMOUS if await self._credentials.is_token(request, given["token"]) else None
        return await self._credentials.user_by_password(request, given.get("user", ""), given.get("password", ""))

    def _begin_session(self, request: Request, user: User, query: str) -> Response:
        response = RedirectResponse(self._base + ("?" + query if query else ""), status_code=303)
        cookie = self._credentials.sessions.begin(user)
        response.set_cookie(self._credentials.cookie_name, cookie, **self._cookie_options(request))
        return response

    def _sign_out(self, request: Request) -> Response:
        response = RedirectResponse(self._base, status_code=303)
        # A form of another site arrives without the cookie, and must not delete it.
        if cookie := self._credentials.session(request):
            self._credentials.sessions.end(cookie)
            response.delete_cookie(self._credentials.cookie_name, **self._cookie_options(request))
        return response

    def _cookie_options(self, request: Request) -> _CookieOptions:
        return {"path": self._base, "httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


def _kept(query: str) -> list[tuple[str, str]]:
    """Return the fields of a query that the page keeps through the sign-in."""
    return [each for each in _fields(query) if each[0] not in ("token", "user", "password")]


def _fields(query: str) -> list[tuple[str, str]]:
    """Return the fields; none of a query that is too long."""
    if len(query) > _MAX_CHARACTERS or query.count("&") >= _MAX_FIELDS:
        return []
    return parse_qsl(query, keep_blank_values=True)


async def _form(request: Request) -> str | None:
    """Return the body; None if it is too long, or if the client disconnects before its end."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body.decode(errors="replace")
