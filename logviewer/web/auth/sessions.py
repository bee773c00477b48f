"""Sessions of browsers: cookies that only this server can make, and that are worth nothing after signing out."""

import hashlib
import secrets
import time
from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeTimedSerializer

from logviewer.settings import User
from logviewer.workers.shared_log import SharedLog

SESSION_SECONDS = 30 * 24 * 3600
# Of sessions that were ended, so many are remembered.
_ENDED = 100_000


class Sessions:
    """Signed with the secret, so that a server that is restarted with it knows its sessions again, for 30 days.

    Those of a user end when their password changes. Which sessions were ended by hand is known as long as the server
    runs, to all who share the notes.
    """

    def __init__(self, secret: str, users: Sequence[User], ended: SharedLog) -> None:
        self._users = {user.name: user for user in users}
        self._signer = URLSafeTimedSerializer(secret, salt="logviewer session")
        self._notes = ended
        self._ended: dict[str, float] = {}

    def begin(self, user: User) -> str:
        """The cookie's value for a new session."""
        return self._signer.dumps([user.name, _stamp(user), secrets.token_urlsafe(12)])

    def user(self, cookie: str) -> User | None:
        """Whose session this is, if it is one of ours and goes on."""
        user, _ = self._read(cookie)
        return user

    def end(self, cookie: str) -> None:
        """The cookie is worth nothing from now on."""
        user, session = self._read(cookie)
        if user:
            self._notes.write(session)

    def _hear(self) -> None:
        now = time.time()
        self._ended |= dict.fromkeys(self._notes.read(), now)
        while self._ended and (len(self._ended) > _ENDED or next(iter(self._ended.values())) < now - SESSION_SECONDS):
            del self._ended[next(iter(self._ended))]

    def _read(self, cookie: str) -> tuple[User | None, str]:
        try:
            name, stamp, session = self._signer.loads(cookie, max_age=SESSION_SECONDS)
        except BadSignature:
            return None, ""
        self._hear()
        user = self._users.get(name)
        is_open = user is not None and stamp == _stamp(user) and session not in self._ended
        return user if is_open else None, session


def _stamp(user: User) -> str:
    return hashlib.blake2b((user.password or "").encode(), digest_size=8).hexdigest()
