"""How the C library keeps freed memory."""

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
_PAGE_BYTES = resource.getpagesize()


class _Allocated(ctypes.Structure):
    """The result of ``mallinfo2``."""

    _fields_ = (("others", ctypes.c_size_t * 8), ("fordblks", ctypes.c_size_t), ("keepcost", ctypes.c_size_t))


def limit_arenas() -> None:
    """Limit glibc to two memory arenas: with one for each thread, freed memory takes a tenth of the server's memory."""
    # Only glibc has this function.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


class FreedMemory:
    """Returns freed memory of every kind to the system, once it is much."""

    def __init__(self) -> None:
        self._resident = _resident_bytes()
        # The free bytes after the last return: the library counts them as free, too.
        self._returned = 0

    async def watch(self) -> None:
        """Look at intervals. Runs until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if _resident_bytes() > self._resident + _MUCH_BYTES:
                await asyncio.to_thread(self.give_back)

    def give_back(self) -> None:
        """Return free memory to the system, if more was freed since the last time than a server needs."""
        # Only glibc has these functions.
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            free = _free_bytes(library)
            self._returned = min(self._returned, free)
            if free > self._returned + _MUCH_BYTES:
                library.malloc_trim(0)
                self._returned = _free_bytes(library)


def _free_bytes(library: ctypes.CDLL) -> int:
    library.mallinfo2.restype = _Allocated
    return int(library.mallinfo2().fordblks)


def _resident_bytes() -> int:
    """Return the resident bytes of this process; 0 where only Linux says it."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
    return 0
