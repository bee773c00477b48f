"""A log of short texts in memory, shared by the processes forked from one."""

import fcntl
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

MAX_ENTRY_BYTES = 56
_COUNT = struct.Struct("<Q")
_ENTRY = struct.Struct(f"<Q{MAX_ENTRY_BYTES}s")


class SharedLog:
    """A ring of the last ``kept`` entries, in one order for all processes.

    A read that starts after a write returned has that entry. Each process has its own read position; a process that
    is forked later starts at the oldest entry.
    """

    def __init__(self, kept: int = 10_000) -> None:
        self._kept = kept
        self._file = _memory()
        self._read = 0
        os.pwrite(self._file, _COUNT.pack(0), 0)

    def write(self, text: str) -> None:
        """Append an entry. Raises ValueError for more than 56 bytes of UTF-8."""
        data = text.encode()
        if len(data) > MAX_ENTRY_BYTES:
            raise ValueError(f"entry too long: {len(data)} bytes (limit {MAX_ENTRY_BYTES})")
        with self._locked(fcntl.LOCK_EX):
            count = self._count()
            os.pwrite(self._file, _ENTRY.pack(len(data), data), self._offset(count))
            os.pwrite(self._file, _COUNT.pack(count + 1), 0)

    def read(self) -> list[str]:
        """Return the entries since the last call in this process, oldest first."""
        if self._count() == self._read:
            return []
        with self._locked(fcntl.LOCK_SH):
            count = self._count()
            first = max(self._read, count - self._kept)
            self._read = count
            packed = [os.pread(self._file, _ENTRY.size, self._offset(number)) for number in range(first, count)]
        return [data[:length].decode() for length, data in map(_ENTRY.unpack, packed)]

    def _count(self) -> int:
        (count,) = _COUNT.unpack(os.pread(self._file, _COUNT.size, 0))
        return int(count)

    def _offset(self, number: int) -> int:
        return _COUNT.size + number % self._kept * _ENTRY.size

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        # Held for microseconds; the system releases it if its holder is killed.
        fcntl.lockf(self._file, kind)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


def _memory() -> int:
    """Return a descriptor of an unnamed file, in memory if the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("logviewer")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
