"""Counts wrong passwords and short tokens by address: delays the answers, and then locks the address out."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from hashlib import blake2b

from logviewer.web.http.rate_window import RateWindow, network
from logviewer.workers.shared_log import SharedLog

WINDOW_SECONDS = 600
MAX_ATTEMPTS = 20
# Of all addresses together that a peer claims in ``X-Forwarded-For`` and that may be forged.
MAX_CLAIMED_ATTEMPTS = 100
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
        self._asked = RateWindow(WINDOW_SECONDS)
        self._delayed = 0

    async def check(self, address: str, is_right: Callable[[int], Awaitable[bool]], *, claimed: str = "") -> bool:
        """Return the result of ``is_right``; False only after a delay that grows with the failed attempts.

        ``is_right`` gets the number of attempts of the address, with this one and failed or refused ones.
        ``claimed`` is the address for which an untrusted peer forwards. It counts alone: a client behind a proxy locks
        no other one out.

        Raises LockedOutError, without a call of ``is_right``, after too many failed attempts.
        """
        peer = network(address)
        limits = {_key(peer, claimed): MAX_ATTEMPTS}
        if claimed:
            limits[_key(peer, "*")] = MAX_CLAIMED_ATTEMPTS
        self._read_shared()
        for key, limit in limits.items():
            if self._attempts.count(key) >= limit:
                raise LockedOutError(self._attempts.seconds_left(key))
        # Count the attempt before its check ends, so that concurrent attempts count too.
        for key in limits:
            self._attempts.add(key)
        try:
            is_wrong = not await is_right(self._asked.add(next(iter(limits))))
        finally:
            for key in limits:
                self._attempts.take_back(key)
        if is_wrong:
            self.total += 1
            for key in limits:
                self._shared_log.write(f"{time.monotonic():.3f} {key}")
            self._read_shared()
            await self._delay(self._attempts.count(next(iter(limits))))
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


def _key(peer: str, claimed: str) -> str:
    return blake2b(f"{peer} {claimed and network(claimed)}".encode(), digest_size=12).hexdigest()
