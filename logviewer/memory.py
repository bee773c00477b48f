"""How Python and the C library keep freed memory."""

import asyncio
import contextlib
import ctypes
import resource
from pathlib import Path

# From <malloc.h>.
_M_ARENA_MAX = -8
_MUCH_BYTES = 16 * 1024 * 1024
# A look takes some milliseconds where memory is in pieces.
_LOOK_SECONDS = 5.0
_MOST_SECONDS = 60.0
_PAGE_BYTES = resource.getpagesize()


def limit_arenas() -> None:
    """Limit glibc to two memory arenas: with one for each thread, freed memory takes a tenth of the server's memory."""
    # Only glibc has this function.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


class FreedMemory:
    """Returns freed memory of every kind to the system, once it is much."""

    def __init__(self) -> None:
        self._usual = self._last = _resident_bytes()
        self._pause = _LOOK_SECONDS

    async def watch(self) -> None:
        """Look at intervals. Runs until cancelled."""
        waited = 0.0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
            resident = _resident_bytes()
            if resident > self._usual + _MUCH_BYTES and (waited >= self._pause or resident > self._last + _MUCH_BYTES):
                await asyncio.to_thread(self.give_back)
                waited = 0.0

    def give_back(self) -> None:
        """Return free memory to the system. Where little was free, the next time comes later."""
        before = _resident_bytes()
        # Only glibc has this function.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
        self._last = _resident_bytes()
        is_much = before > self._last + _MUCH_BYTES // 4
        self._pause = _LOOK_SECONDS if is_much else min(_MOST_SECONDS, 2 * self._pause)


def _resident_bytes() -> int:
    """Return the resident bytes of this process; 0 where only Linux says it."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
    return 0
