"""How the C library keeps freed memory."""

import contextlib
import ctypes

# From <malloc.h>.
_M_ARENA_MAX = -8


def limit_arenas() -> None:
    """Limit glibc to two memory arenas: with one for each thread, freed memory takes a tenth of the server's memory."""
    # Only glibc has this function.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def return_memory() -> None:
    """Return freed memory to the system, in some milliseconds."""
    # Only glibc has this function.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
