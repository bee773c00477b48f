"""Credentials of a request: a proxy's header, a session cookie, the token, or a name and password."""

import hmac
import math
import re
import string
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from logviewer.settings import ANONYMOUS, Settings, User
from logviewer.web.auth.current_user import set_has_session
from logviewer.web.auth.lockout import Lockout
from logviewer.web.auth.passwords import PasswordCheck
from logviewer.web.auth.proxy import claimed_address, remote_user
from logviewer.web.auth.sessions import Sessions
from logviewer.workers.shared_log import SharedLog

_MIN_STRONG_BITS = 128
_MIN_STRONG_CHARACTERS = 10
_ALPHABETS = (string.digits, string.digits + "abcdef", string.ascii_lowercase, string.ascii_letters + string.digits)


class Credentials:
    """Finds the user of a request. Wrong passwords and short tokens count towards the ``lockout`` of the address.

    A strong token does not: it cannot be guessed, and a lock-out would only keep its holder out.
    """

    def __init__(self, settings: Settings, lockout: Lockout, signed_out: SharedLog) -> None:
        self._token = settings.token
        self._is_limited = settings.token is not None and not is_strong(settings.token)
        self._users = {user.name: user for user in settings.tables.users}
        self._passwords = PasswordCheck(settings.tables.users)
        self._lockout = lockout
        self._cookie = f"logviewer-{settings.port}"
        self._cookies = re.compile(rf"(?:^|;)[ \t]*{self._cookie}=([^;]*)")
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

    def is_known(self, request: Request) -> bool:
        """Whether a request has signed in in a way that cannot be guessed. Counts no attempt."""
        if remote_user(request) or self.sessions.user(self.session(request)):
            return True
        _, _, token = request.headers.get("authorization", "").partition(" ")
        return bool(self._token) and not self._is_limited and _equals(token.strip(), self._token or "")

    async def is_token(self, request: Request, text: str) -> bool:
        """Whether a text is the token. Raises LockedOutError."""
        is_token = self._token is not None and _equals(text, self._token)

        async def check(_: int) -> bool:
            return is_token

        if self._is_limited:
            return await self._attempt(request, check)
        self._lockout.total += not is_token
        return is_token

    async def user_by_password(self, request: Request, name: str, password: str) -> User | None:
        """Return the user with this name and password. Raises LockedOutError, BusyError."""
        found: list[User] = []

        async def check(attempts: int) -> bool:
            user = await self._passwords.user(name, password, rank=attempts)
            found.extend([user] if user else [])
            return bool(found)

        return found[0] if await self._attempt(request, check) else None

    @property
    def cookie_name(self) -> str:
        """The name of the session cookie. It has the port, because all ports of a host share cookies."""
        return self._cookie

    def session(self, request: Request) -> str:
        """Return the value of the session cookie, or an empty text."""
        # A stranger's header may have thousands of other cookies.
        header = request.headers.get("cookie", "")
        found = self._cookies.findall(header) if self._cookie in header else []
        return found[-1].strip() if found else ""

    async def _attempt(self, request: Request, check: Callable[[int], Awaitable[bool]]) -> bool:
        address = request.client.host if request.client else ""
        return await self._lockout.check(address, check, claimed=claimed_address(request))


def is_strong(token: str) -> bool:
    """Whether a token has 128 bits, if its characters are random ones of the smallest alphabet that holds them."""
    sizes = [len(each) for each in _ALPHABETS if set(token) <= set(each)]
    bits = len(token) * math.log2(min(sizes, default=64))
    return bits >= _MIN_STRONG_BITS and len(set(token)) >= _MIN_STRONG_CHARACTERS


def _equals(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), right.encode())
