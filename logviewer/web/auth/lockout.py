"""Wrong tokens and passwords: counted, answered more and more slowly, and after some not looked at for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from hashlib import blake2b

from logviewer.web.http.rate_window import RateWindow, network
from logviewer.workers.shared_log import SharedLog

WINDOW_SECONDS = 600
MAX_TRIES = 20
_AT_ONCE = 5
_FIRST_SECONDS = 0.1
_MOST_SECONDS = 1.0
# So many answers are held back at a time; who fills that up is stopped by the number of tries.
_MOST_HELD = 1000


class LockedOutError(Exception):
    """An address was wrong too often; ``seconds`` until its tries are looked at again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Lockout:
    """Wrong tries by address, ``total`` of all addresses since the start. Used from one thread, the event loop's.

    Workers that share the notes count together, but for the total.
    """

    def __init__(self, notes: SharedLog) -> None:
        self.total = 0
        self._notes = notes
        self._tries = RateWindow(WINDOW_SECONDS)
        self._held = 0

    async def judge(self, address: str, is_right: Callable[[], Awaitable[bool]]) -> bool:
        """What ``is_right`` says of a try from this address, at once if it is; it is not asked after too many tries.

        Raises LockedOutError.
        """
        # An address that a proxy tells of may be any text.
        key = blake2b(network(address).encode(), digest_size=12).hexdigest()
        self._hear()
        if self._tries.count(key) >= MAX_TRIES:
            raise LockedOutError(self._tries.seconds_left(key))
        # Before it is known what it is: or else many tries at the same time would count as none yet.
        self._tries.add(key)
        try:
            is_wrong = not await is_right()
        finally:
            self._tries.take_back(key)
        if is_wrong:
            self.total += 1
            self._notes.write(f"{time.monotonic():.3f} {key}")
            self._hear()
            await self._hold(self._tries.count(key))
        return not is_wrong

    def _hear(self) -> None:
        for note in self._notes.read():
            moment, _, key = note.partition(" ")
            # The clock is the same in all processes.
            self._tries.add(key, ago=max(0.0, time.monotonic() - float(moment)))

    async def _hold(self, count: int) -> None:
        if count <= _AT_ONCE or self._held >= _MOST_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(min(_MOST_SECONDS, _FIRST_SECONDS * 2 ** (count - _AT_ONCE - 1)))
        finally:
            self._held -= 1
