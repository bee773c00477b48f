"""The speed of a search, and the number of bytes that it takes at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_STRIDE_SECONDS = 0.05
LEAST_BYTES = 64 * 1024
# Less time says nothing about the speed.
_LEAST_SECONDS = 0.001


class Pace:
    """The speed of one query, in bytes a second of processor time. Any thread may use it."""

    def __init__(self, *, is_known: bool) -> None:
        self._speed = float("inf") if is_known else LEAST_BYTES / _STRIDE_SECONDS

    @contextmanager
    def measured(self, size: int) -> Iterator[None]:
        """Search so many bytes within the block."""
        began = time.thread_time()
        yield
        seconds = time.thread_time() - began
        if size >= LEAST_BYTES or seconds >= _LEAST_SECONDS:
            self._speed = size / max(seconds, _LEAST_SECONDS)

    def stride(self, most: int) -> int:
        """Return the number of bytes to search in about 50 ms: a multiple of 64 KiB, up to ``most``."""
        return max(1, int(min(most, self._speed * _STRIDE_SECONDS)) // LEAST_BYTES) * LEAST_BYTES
