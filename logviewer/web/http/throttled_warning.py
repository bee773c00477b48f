"""Warnings that a client can cause at will: each one is counted, and at most one a minute is logged."""

import logging
import time
from collections.abc import Callable

_SECONDS = 60.0
_LOG = logging.getLogger("logviewer")


class ThrottledWarning:
    """Counts events of one kind in ``total``. ``seconds`` is the least time between two lines of the log."""

    def __init__(self, message: str, *, seconds: float = _SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self.total = 0
        self._message = message
        self._seconds = seconds
        self._now = now
        self._logged = 0
        self._next = float("-inf")

    def add(self, *values: object) -> None:
        """Count an event, and log it with these values of the message unless the last line is too recent."""
        self.total += 1
        if self._now() < self._next:
            return
        unlogged = self.total - self._logged - 1
        more = f" ({unlogged} more since the last warning of this kind)" if unlogged else ""
        self._logged, self._next = self.total, self._now() + self._seconds
        _LOG.warning(self._message + "%s", *values, more)
