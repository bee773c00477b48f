"""The offsets of times in a file, by bisection: the lines of a log are in the order of their times, or nearly."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from logviewer.files.encoding import UTF8
from logviewer.files.lines import LINE_CAP, find_newline, line_text, rfind_newline
from logviewer.formats.timestamp import TIME_HINT
from logviewer.rotation.generation import Generation

CELL_BYTES = 64 * 1024
_HEAD_BYTES = 4 * 1024
_CELLS_KEPT = 64
# Search at most so many cells for a time; past them, the file counts as having no further time.
_MOST_CELLS = 16
# Most lines end within this; longer ones are read up to ``LINE_CAP``.
_LINE_BYTES = 4 * 1024


class TimeIndex:
    """The times of one file's lines, in epoch milliseconds, read on demand. Any thread may use it.

    A line without a time has the time of the last line before it with one. All methods raise OSError.
    """

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self._line_format = generation.line_format
        self._first: dict[int, int | None] = {}
        self._lines = lru_cache(_CELLS_KEPT)(self._parse)

    def offset_of(self, moment: float) -> int:
        """Return the offset of the first line at or after a time; the file's size without one."""
        begin, end = self._cells()
        cell = bisect_left(range(begin, end), moment, key=lambda each: self._first_from(each, end)) + begin
        for each in (cell - 1, cell):
            if begin <= each < end:
                for offset, found in self.lines(each):
                    if found >= moment:
                        return offset
        return self._end_of_untimed(cell, end)

    def cell_of(self, moment: float) -> float:
        """Estimate the position of a time as a number of cells, from their first times; faster than ``offset_of``."""
        begin, end = self._cells()
        cell = bisect_left(range(begin, end), moment, key=lambda each: self._first_from(each, end)) + begin
        if cell == begin:
            return begin
        since = self._first_from(cell - 1, end)
        until = self._first_from(cell, end) if cell < end else (self.last_time() or since) + 1
        if not since < until < float("inf"):
            return cell
        return cell - 1 + min(1.0, (moment - since) / (until - since))

    def first_time(self) -> int | None:
        """Return the first time in the file; None if it has none near its start."""
        begin, end = self._cells()
        found = self._first_from(begin, end)
        return None if found == float("inf") else int(found)

    def last_time(self) -> int | None:
        """Return the last time in the file; None if it has none near its end."""
        begin, end = self._cells()
        for cell in range(end - 1, max(begin - 1, end - 1 - _MOST_CELLS), -1):
            if lines := self.lines(cell):
                return lines[-1][1]
        return None

    def time_at(self, offset: int) -> int | None:
        """Return the time of the line at an offset; None if neither it nor the 1 MiB before it has one."""
        begin, _ = self._cells()
        cell = offset // CELL_BYTES
        for each in range(cell, max(begin - 1, cell - _MOST_CELLS), -1):
            times = [found for start, found in self.lines(each) if start <= offset]
            if times:
                return times[-1]
        return None

    def lines(self, cell: int) -> list[tuple[int, int]]:
        """Return the offset and time of each line with its own time that begins in a cell."""
        size, end = self.generation.size(), (cell + 1) * CELL_BYTES
        # The last line of a cell may still grow, after the end of the cell.
        return self._lines(cell, min(size, end), min(size, end + LINE_CAP))

    def _cells(self) -> tuple[int, int]:
        return self.generation.begin // CELL_BYTES, -(-self.generation.size() // CELL_BYTES)

    def _first_from(self, cell: int, end: int) -> float:
        """Return the first time in a cell or in the cells after it; infinity without one."""
        for each in range(cell, min(end, cell + _MOST_CELLS)):
            if (found := self._first_in(each)) is not None:
                return found
        return float("inf")

    def _first_in(self, cell: int) -> int | None:
        if cell not in self._first:
            lines = self._parse(cell, cell * CELL_BYTES + _HEAD_BYTES, 0, most=1) or self.lines(cell)
            if not lines and self.generation.size() < (cell + 1) * CELL_BYTES + LINE_CAP:
                return None
            self._first[cell] = lines[0][1] if lines else None
        return self._first[cell]

    def _end_of_untimed(self, cell: int, end: int) -> int:
        for each in range(cell + 1, min(end, cell + _MOST_CELLS)):
            if lines := self.lines(each):
                return lines[0][0]
        return self.generation.size()

    def _parse(self, cell: int, end: int, _: int, *, most: int | None = None) -> list[tuple[int, int]]:
        """Return the offset and time of the lines with times that begin in a cell before the offset ``end``."""
        found: list[tuple[int, int]] = []
        for offset, text in self._candidates(cell, end):
            if (moment := self._line_format.time(text)) is not None:
                found.append((offset, moment))
                if len(found) == most:
                    break
        return found

    def _candidates(self, cell: int, end: int) -> Iterator[tuple[int, str]]:
        """Yield the offset and text of the lines of a cell before ``end`` that may have a time."""
        encoding = self.generation.encoding
        width = len(encoding.newline)
        start = max(self.generation.begin, cell * CELL_BYTES)
        base = max(self.generation.begin, start - width)
        data = self._read_lines(base, end)
        newline = find_newline(data, encoding)
        if base == self.generation.begin:
            at = 0
        elif newline >= 0:
            at = newline + width
        else:
            return
        while True:
            if encoding is UTF8 and self._line_format.has_time_hint:
                hint = TIME_HINT.search(data, at)
                at = data.rfind(b"\n", at, hint.start()) + 1 or at if hint else len(data)
            if at >= min(end - base, len(data)):
                return
            newline = find_newline(data, encoding, at)
            yield base + at, line_text(data, at, newline if newline >= 0 else len(data), encoding)
            if newline < 0:
                return
            at = newline + width

    def _read_lines(self, base: int, end: int) -> bytes:
        """Read from ``base`` to the end of the last line that begins before ``end``, at most ``LINE_CAP`` after it."""
        encoding = self.generation.encoding
        data = self.generation.pread(end + _LINE_BYTES - base, base)
        last = rfind_newline(data, encoding, end - base) + len(encoding.newline)
        if last < end - base <= len(data) and find_newline(data, encoding, max(0, last)) < 0:
            data += self.generation.pread(LINE_CAP, base + len(data))
        return data
