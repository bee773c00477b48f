"""The number of lines before any byte of a file: one pass over the file leaves two numbers a block.

The cell table has these numbers too, but its pass finds levels and times and takes several times as long. So the first
total of a file comes from here. Where the table is filled, ``skip`` takes the numbers from it.
"""

import threading
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Protocol

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import count_newlines, end_of_newline

BLOCK_BYTES = 256 * 1024


class Bytes(Protocol):
    """The bytes of one file."""

    def pread(self, size: int, offset: int) -> bytes:
        """See ``ByteFile``."""

    def next_data(self, offset: int) -> int:
        """See ``ByteFile``."""


class BlockMap:
    """Newline counts of one file, from its start to the offset ``counted``; ``extend`` counts further.

    Other threads may read while one extends. Holes of a sparse file are skipped and take no memory.
    """

    def __init__(self, file: Bytes, *, block: int = BLOCK_BYTES) -> None:
        self._file = file
        self._block = block
        self._lock = threading.Lock()
        self._encoding = UTF8
        self._frontier = (0, 0)
        self._reserved_until = 0.0
        # counts[i] newlines lie before offsets[i]. Readers need no lock: a count is appended before its offset, and
        # both before the frontier moves, so each index of an offset below the frontier has a count.
        self._counts = array("Q", [0])
        self._offsets = array("Q", [0])

    @property
    def counted(self) -> int:
        """The number of bytes, from the start of the file, whose newlines are counted."""
        return self._frontier[0]

    @property
    def newlines(self) -> int:
        """The number of newlines in these bytes."""
        return self._frontier[1]

    def extend(self, until: int, encoding: Encoding) -> None:
        """Count newlines up to the offset ``until``, or to the end of the last whole character before the file's end.

        A hole that begins before ``until`` is counted to its end. Raises OSError.
        """
        while self.counted < until and self._step(until, encoding):
            pass

    @property
    def is_reserved(self) -> bool:
        """Whether another pass over the file is expected to count its newlines."""
        return time.monotonic() < self._reserved_until

    def reserve(self, seconds: float) -> None:
        """Leave the newlines to another pass for some seconds."""
        self._reserved_until = time.monotonic() + seconds

    def skip(self, start: int, offsets: Iterable[int], counts: Iterable[int]) -> None:
        """Add the newlines before some multiples of the block size after ``start``, which another pass counted.

        Does nothing if the newlines are not counted up to ``start``.
        """
        with self._lock:
            if self.counted == start:
                for offset, count in zip(offsets, counts, strict=True):
                    self._advance(offset, count)

    def _step(self, until: int, encoding: Encoding) -> bool:
        with self._lock:
            if encoding is not self._encoding:
                self._restart(encoding)
            offset, count = self._frontier
            end = min(until, offset - offset % self._block + self._block)
            data = self._file.pread(max(0, end - offset), offset)
            size = len(data) - len(data) % len(encoding.newline)
            self._advance(offset + size, count + count_newlines(data[:size], encoding))
            if size and data[:1] == b"\0" and not data.strip(b"\0"):
                self._skip_hole()
            return size > 0

    def _restart(self, encoding: Encoding) -> None:
        # The encoding of a growing file may change: UTF-16 shows only in its first two bytes.
        self._encoding = encoding
        self._frontier = (0, 0)
        del self._offsets[1:]
        del self._counts[1:]

    def _skip_hole(self) -> None:
        start = self._file.next_data(self.counted)
        if start - start % self._block > self.counted:
            self._advance(start - start % self._block, self.newlines)

    def _advance(self, offset: int, count: int) -> None:
        if offset % self._block == 0 and offset > self._offsets[-1]:
            self._counts.append(count)
            self._offsets.append(offset)
        self._frontier = (offset, count)

    def lines_before(self, offset: int) -> int | None:
        """Return the number of newlines before an offset, or None if they are not counted yet. Raises OSError."""
        counted, newlines = self._frontier
        if offset >= counted:
            return newlines if offset == counted else None
        index = bisect_right(self._offsets, offset) - 1
        start, count = self._offsets[index], self._counts[index]
        following = self._counts[index + 1] if index + 1 < len(self._offsets) else newlines
        if offset == start or following == count:
            return count
        return count + count_newlines(self._file.pread(offset - start, start), self._encoding)

    def offset_of(self, line: int) -> int | None:
        """Return the offset of a line, counted from 0, or None if it is not counted yet. Raises OSError."""
        if line <= 0 or line > self.newlines:
            return 0 if line <= 0 else None
        index = bisect_left(self._counts, line, 0, len(self._offsets)) - 1
        start = self._offsets[index]
        end = end_of_newline(self._file.pread(self._block, start), self._encoding, line - self._counts[index])
        return None if end is None else start + end
