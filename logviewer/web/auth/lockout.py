"""Counts wrong tokens and passwords of each address: delays the answers, and then locks the address out."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from hashlib import blake2b

from logviewer.web.http.rate_window import RateWindow, network
from logviewer.workers.shared_log import SharedLog

WINDOW_SECONDS = 600
MAX_ATTEMPTS = 20
_UNDELAYED_ATTEMPTS = 5
_FIRST_DELAY_SECONDS = 0.1
_MAX_DELAY_SECONDS = 1.0
# Further failed attempts are answered without delay: the lock-out alone limits them.
_MAX_DELAYED = 1000


class LockedOutError(Exception):
    """Too many failed attempts from an address; it the address may retry after ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Lockout:
    """Failed attempts by address, counted by all workers with the same ``shared_log`` together.

    ``total`` is the number of failed attempts at this worker. Not thread-safe: call it in the event loop.
    """

    def __init__(self, shared_log: SharedLog) -> None:
        self.total = 0
        self._shared_log = shared_log
        self._attempts = RateWindow(WINDOW_SECONDS)
        self._delayed = 0

    async def check(self, address: str, is_right: Callable[[], Awaitable[bool]]) -> bool:
        """Return the result of ``is_right``; False only after a delay that grows with the failed attempts.

        Raises LockedOutError, without a call of ``is_right``, after too many failed attempts.
        """
        # An address from a proxy's header may be any text, of any length.
        key = blake2b(network(address).encode(), digest_size=12).hexdigest()
        self._read_shared()
        if self._attempts.count(key) >= MAX_ATTEMPTS:
            raise LockedOutError(self._attempts.seconds_left(key))
        # Count the attempt before its check ends, so that concurrent attempts count too.
        self._attempts.add(key)
        try:
            is_wrong = not await is_right()
        finally:
            self._attempts.take_back(key)
        if is_wrong:
            self.total += 1
            self._shared_log.write(f"{time.monotonic():.3f} {key}")
            self._read_shared()
            await self._delay(self._attempts.count(key))
        return not is_wrong

    def _read_shared(self) -> None:
        for entry in self._shared_log.read():
            seconds, _, key = entry.partition(" ")
            # The monotonic clock is the same in all processes.
            self._attempts.add(key, ago=max(0.0, time.monotonic() - float(seconds)))

    async def _delay(self, count: int) -> None:
        if count <= _UNDELAYED_ATTEMPTS or self._delayed >= _MAX_DELAYED:
            return
        self._delayed += 1
        try:
            await asyncio.sleep(min(_MAX_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** (count - _UNDELAYED_ATTEMPTS - 1)))
        finally:
            self._delayed -= 1
