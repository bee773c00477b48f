"""What processes forked from one tell each other: short texts, of which the last ones are kept in memory they share."""

import fcntl
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_BYTES = 56
_COUNT = struct.Struct("<Q")
_NOTE = struct.Struct(f"<Q{LONGEST_BYTES}s")


class SharedLog:
    """Up to ``kept`` notes, in one order for all: whoever reads after a write has returned gets what was written.

    Each process reads for itself, one that is forked later from the first note that is kept.
    """

    def __init__(self, kept: int = 10_000) -> None:
        self._kept = kept
        self._file = _memory()
        self._read = 0
        os.pwrite(self._file, _COUNT.pack(0), 0)

    def write(self, text: str) -> None:
        """Tell it to all, oneself included. Raises ValueError if it takes more than 56 bytes."""
        data = text.encode()
        if len(data) > LONGEST_BYTES:
            raise ValueError(f"a note of {len(data)} bytes is too long")
        with self._locked(fcntl.LOCK_EX):
            count = self._count()
            os.pwrite(self._file, _NOTE.pack(len(data), data), self._place(count))
            os.pwrite(self._file, _COUNT.pack(count + 1), 0)

    def read(self) -> list[str]:
        """The notes since the last call in this process, the oldest first."""
        if self._count() == self._read:
            return []
        with self._locked(fcntl.LOCK_SH):
            count = self._count()
            first = max(self._read, count - self._kept)
            self._read = count
            packed = [os.pread(self._file, _NOTE.size, self._place(number)) for number in range(first, count)]
        return [data[:length].decode() for length, data in map(_NOTE.unpack, packed)]

    def _count(self) -> int:
        (count,) = _COUNT.unpack(os.pread(self._file, _COUNT.size, 0))
        return int(count)

    def _place(self, number: int) -> int:
        return _COUNT.size + number % self._kept * _NOTE.size

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        # Held for microseconds, and let go of by the system if its holder is killed.
        fcntl.lockf(self._file, kind)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


def _memory() -> int:
    """A descriptor of a file that has no name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("logviewer")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
