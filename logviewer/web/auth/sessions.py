"""Sessions of browsers: signed cookies that end after 30 days, or when the user signs out."""

import hashlib
import secrets
import time
from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeTimedSerializer

from logviewer.settings import User
from logviewer.workers.shared_log import SharedLog

SESSION_SECONDS = 30 * 24 * 3600
# Ended sessions remembered at most.
_MAX_ENDED = 100_000


class Sessions:
    """Creates and checks cookies, signed with ``secret``: a server restarted with the same secret accepts them.

    A changed password ends the sessions of its user. Sessions that were signed out stay in ``signed_out``, for all
    workers and until the server ends.
    """

    def __init__(self, secret: str, users: Sequence[User], signed_out: SharedLog) -> None:
        self._users = {user.name: user for user in users}
        self._signer = URLSafeTimedSerializer(secret, salt="logviewer session")
        self._signed_out = signed_out
        self._ended: dict[str, float] = {}

    def begin(self, user: User) -> str:
        """Return the cookie value of a new session."""
        return self._signer.dumps([user.name, _password_hash(user), secrets.token_urlsafe(12)])

    def user(self, cookie: str) -> User | None:
        """Return the user of a valid session; None for any other cookie value."""
        user, _ = self._read(cookie)
        return user

    def end(self, cookie: str) -> None:
        """End a session at all workers."""
        user, session = self._read(cookie)
        if user:
            self._signed_out.write(session)

    def _read_ended(self) -> None:
        now = time.time()
        self._ended |= dict.fromkeys(self._signed_out.read(), now)
        while self._ended and (
            len(self._ended) > _MAX_ENDED or next(iter(self._ended.values())) < now - SESSION_SECONDS
        ):
            del self._ended[next(iter(self._ended))]

    def _read(self, cookie: str) -> tuple[User | None, str]:
        if not cookie:
            # An error keeps its frames, and with them the request, until the garbage collector comes.
            return None, ""
        try:
            name, password_hash, session = self._signer.loads(cookie, max_age=SESSION_SECONDS)
        except BadSignature:
            return None, ""
        self._read_ended()
        user = self._users.get(name)
        is_open = user is not None and password_hash == _password_hash(user) and session not in self._ended
        return user if is_open else None, session


def _password_hash(user: User) -> str:
    return hashlib.blake2b((user.password or "").encode(), digest_size=8).hexdigest()
