"""Sessions of browsers: cookies that only this server can make, and that are worth nothing after signing out."""

import secrets
import time

from itsdangerous import BadSignature, URLSafeTimedSerializer

SESSION_SECONDS = 30 * 24 * 3600
# Of sessions that were ended, so many are remembered.
_ENDED = 100_000


class Sessions:
    """Signed with the secret, so that a server that is restarted with it knows its sessions again, for 30 days.

    That a session was ended is known as long as the server runs.
    """

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="logviewer session")
        self._ended: dict[str, float] = {}

    def begin(self) -> str:
        """The cookie's value for a new session."""
        return self._signer.dumps(secrets.token_urlsafe(12))

    def is_open(self, cookie: str) -> bool:
        """Whether this is the value of a cookie of ours, of a session that goes on."""
        return self._read(cookie) is not None

    def end(self, cookie: str) -> None:
        """The cookie is worth nothing from now on."""
        session = self._read(cookie)
        if session is None:
            return
        now = time.time()
        self._ended[session] = now
        while self._ended and (len(self._ended) > _ENDED or next(iter(self._ended.values())) < now - SESSION_SECONDS):
            del self._ended[next(iter(self._ended))]

    def _read(self, cookie: str) -> str | None:
        try:
            session = self._signer.loads(cookie, max_age=SESSION_SECONDS)
        except BadSignature:
            return None
        return session if isinstance(session, str) and session not in self._ended else None
