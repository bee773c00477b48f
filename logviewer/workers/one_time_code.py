"""A code that signs in one client: the browser that the server opens."""

import secrets
import time

from logviewer.workers.shared_log import SharedLog

_VALID_SECONDS = 120


class OneTimeCode:
    """A code that is taken once, by one of the processes forked from this one, within two minutes."""

    def __init__(self) -> None:
        self.text = secrets.token_urlsafe(24)
        self._ends = time.monotonic() + _VALID_SECONDS
        self._claims = SharedLog(1000)
        self._first = ""

    def is_valid(self, text: str) -> bool:
        """Return whether a text is the code; it may be taken already."""
        return time.monotonic() <= self._ends and secrets.compare_digest(text.encode(), self.text.encode())

    def take(self, text: str) -> bool:
        """Return whether a text is the code, which is not taken yet; it is taken now."""
        if not self.is_valid(text):
            return False
        claim = secrets.token_urlsafe(12)
        self._claims.write(claim)
        # In one order for all processes.
        self._first = next(iter([*filter(None, [self._first]), *self._claims.read()]))
        return self._first == claim
