"""How many lines lie before any byte of a file, kept as two numbers a block from one pass over it."""

import threading
from array import array
from bisect import bisect_left, bisect_right

from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import count_newlines, end_of_newline

BLOCK_BYTES = 256 * 1024


class BlockMap:
    """The newlines of one file, counted from its start as far as ``counted`` (bytes), which ``extend`` moves on.

    Any thread may ask while one extends. Holes take no room, and neither time.
    """

    def __init__(self, file: ByteFile, *, block: int = BLOCK_BYTES) -> None:
        self._file = file
        self._block = block
        self._lock = threading.Lock()
        self._encoding = UTF8
        self._tail = (0, 0)
        # At each of these offsets so many newlines lie before. A count is there before its offset is, and both before
        # the tail, so that readers need no lock: an index of an offset, below the tail, is always one of a count too.
        self._counts = array("Q", [0])
        self._offsets = array("Q", [0])

    @property
    def counted(self) -> int:
        """Bytes whose newlines are counted."""
        return self._tail[0]

    @property
    def newlines(self) -> int:
        """Newlines in these bytes."""
        return self._tail[1]

    def extend(self, until: int, encoding: Encoding) -> None:
        """Count on to the offset ``until``, or as far as whole characters are there; further in a hole.

        Raises OSError.
        """
        while self.counted < until and self._step(until, encoding):
            pass

    def _step(self, until: int, encoding: Encoding) -> bool:
        with self._lock:
            if encoding is not self._encoding:
                self._begin_again(encoding)
            offset, count = self._tail
            end = min(until, offset - offset % self._block + self._block)
            data = self._file.pread(max(0, end - offset), offset)
            whole = len(data) - len(data) % len(encoding.newline)
            self._advance(offset + whole, count + count_newlines(data[:whole], encoding))
            if whole and data[:1] == b"\0" and not data.strip(b"\0"):
                self._skip_hole()
            return whole > 0

    def _begin_again(self, encoding: Encoding) -> None:
        # The first byte of a file does not tell that it is UTF-16 yet.
        self._encoding = encoding
        self._tail = (0, 0)
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
        self._tail = (offset, count)

    def lines_before(self, offset: int) -> int | None:
        """How many newlines lie before an offset; None if that is not counted so far. Raises OSError."""
        counted, newlines = self._tail
        if offset >= counted:
            return newlines if offset == counted else None
        index = bisect_right(self._offsets, offset) - 1
        start, count = self._offsets[index], self._counts[index]
        following = self._counts[index + 1] if index + 1 < len(self._offsets) else newlines
        if offset == start or following == count:
            return count
        return count + count_newlines(self._file.pread(offset - start, start), self._encoding)

    def offset_of(self, line: int) -> int | None:
        """Where the line after so many newlines begins; None if it is not counted so far. Raises OSError."""
        if line <= 0 or line > self.newlines:
            return 0 if line <= 0 else None
        index = bisect_left(self._counts, line, 0, len(self._offsets)) - 1
        start = self._offsets[index]
        end = end_of_newline(self._file.pread(self._block, start), self._encoding, line - self._counts[index])
        return None if end is None else start + end
