"""Credentials of a request: a proxy's header, a session cookie, the token, or a name and password."""

import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from logviewer.settings import ANONYMOUS, Settings, User
from logviewer.web.auth.current_user import set_has_session
from logviewer.web.auth.lockout import Lockout
from logviewer.web.auth.passwords import PasswordCheck
from logviewer.web.auth.proxy import remote_user
from logviewer.web.auth.sessions import Sessions
from logviewer.workers.shared_log import SharedLog


class Credentials:
    """Finds the user of a request. Wrong tokens and passwords count towards the ``lockout`` of the address."""

    def __init__(self, settings: Settings, lockout: Lockout, signed_out: SharedLog) -> None:
        self._token = settings.token
        self._users = {user.name: user for user in settings.tables.users}
        self._passwords = PasswordCheck(settings.tables.users)
        self._lockout = lockout
        self._cookie = f"logviewer-{settings.port}"
        users = [*settings.tables.users, *([ANONYMOUS] if settings.token else [])]
        self.sessions = Sessions(settings.secret, users, signed_out)

    async def user(self, request: Request) -> User | None:
        """Return the user of a request; None without valid credentials. Raises LockedOutError."""
        if name := remote_user(request):
            return self._users.get(name) if self._users else User(name)
        if user := self.sessions.user(self.session(request)):
            set_has_session(request)
            return user
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer" and token
        return ANONYMOUS if is_bearer and await self.is_token(request, token.strip()) else None

    async def is_token(self, request: Request, text: str) -> bool:
        """Whether a text is the token. Raises LockedOutError."""

        async def check() -> bool:
            return self._token is not None and _equals(text, self._token)

        return await self._attempt(request, check)

    async def user_by_password(self, request: Request, name: str, password: str) -> User | None:
        """Return the user with this name and password. Raises LockedOutError, BusyError."""
        found: list[User] = []

        async def check() -> bool:
            user = await self._passwords.user(name, password)
            found.extend([user] if user else [])
            return bool(found)

        return found[0] if await self._attempt(request, check) else None

    @property
    def cookie_name(self) -> str:
        """The name of the session cookie. It has the port, because all ports of a host share cookies."""
        return self._cookie

    def session(self, request: Request) -> str:
        """Return the value of the session cookie, or an empty text."""
        return request.cookies.get(self._cookie, "")

    async def _attempt(self, request: Request, check: Callable[[], Awaitable[bool]]) -> bool:
        return await self._lockout.check(request.client.host if request.client else "", check)


def _equals(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), right.encode())
