"""Where in a file a time is, found by halving: a log is written in the order of its times, or nearly so."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from logviewer.files.encoding import UTF8, to_text
from logviewer.files.lines import find_newline
from logviewer.formats.timestamp import TIME_HINT
from logviewer.rotation.generation import Generation

CELL_BYTES = 64 * 1024
_HEAD_BYTES = 4 * 1024
_CELLS_KEPT = 64
# A file may have no time for a long while, as in a dump; then it is taken to have none there.
_MOST_CELLS = 16
# Where a line's time stands, it stands near the start.
_LINE_BYTES = 512


class TimeIndex:
    """The times of one file's lines, in epoch milliseconds, as far as anybody asked; any thread may ask.

    A line without a time belongs to the one before it. All methods raise OSError.
    """

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self._line_format = generation.line_format
        self._first: dict[int, int | None] = {}
        self._lines = lru_cache(_CELLS_KEPT)(self._parse)

    def offset_of(self, moment: float) -> int:
        """Where the first line begins that is of this time or later; the end of the file if there is none."""
        begin, end = self._cells()
        cell = bisect_left(range(begin, end), moment, key=lambda each: self._first_from(each, end)) + begin
        for each in (cell - 1, cell):
            if begin <= each < end:
                for offset, found in self.lines(each):
                    if found >= moment:
                        return offset
        return self._end_of_untimed(cell, end)

    def cell_of(self, moment: float) -> float:
        """The same as a number of cells with a fraction, from the first times in cells alone: quicker."""
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
        """The first time in the file; None if it has none."""
        begin, end = self._cells()
        found = self._first_from(begin, end)
        return None if found == float("inf") else int(found)

    def last_time(self) -> int | None:
        """The last time in the file; None if it has none near its end."""
        begin, end = self._cells()
        for cell in range(end - 1, max(begin - 1, end - 1 - _MOST_CELLS), -1):
            if lines := self.lines(cell):
                return lines[-1][1]
        return None

    def time_at(self, offset: int) -> int | None:
        """The time of the line that begins at an offset: its own, or that of the one before it that has one."""
        begin, _ = self._cells()
        cell = offset // CELL_BYTES
        for each in range(cell, max(begin - 1, cell - _MOST_CELLS), -1):
            times = [found for start, found in self.lines(each) if start <= offset]
            if times:
                return times[-1]
        return None

    def lines(self, cell: int) -> list[tuple[int, int]]:
        """The lines with a time of their own that begin in a cell: offset and time."""
        size = self.generation.size()
        return self._lines(cell, min(size, (cell + 1) * CELL_BYTES))

    def _cells(self) -> tuple[int, int]:
        return self.generation.begin // CELL_BYTES, -(-self.generation.size() // CELL_BYTES)

    def _first_from(self, cell: int, end: int) -> float:
        """The first time in a cell or, if it has none, in those after it."""
        for each in range(cell, min(end, cell + _MOST_CELLS)):
            if (found := self._first_in(each)) is not None:
                return found
        return float("inf")

    def _first_in(self, cell: int) -> int | None:
        if cell not in self._first:
            lines = self._parse(cell, cell * CELL_BYTES + _HEAD_BYTES, most=1) or self.lines(cell)
            if not lines and self.generation.size() < (cell + 1) * CELL_BYTES + _LINE_BYTES:
                return None
            self._first[cell] = lines[0][1] if lines else None
        return self._first[cell]

    def _end_of_untimed(self, cell: int, end: int) -> int:
        for each in range(cell + 1, min(end, cell + _MOST_CELLS)):
            if lines := self.lines(each):
                return lines[0][0]
        return self.generation.size()

    def _parse(self, cell: int, end: int, *, most: int | None = None) -> list[tuple[int, int]]:
        """The lines with times that begin in a cell, as far as ``end``."""
        found: list[tuple[int, int]] = []
        for offset, text in self._likely(cell, end):
            if (moment := self._line_format.time(text)) is not None:
                found.append((offset, moment))
                if len(found) == most:
                    break
        return found

    def _likely(self, cell: int, end: int) -> Iterator[tuple[int, str]]:
        """The lines that begin in a cell, as far as ``end``, and may have a time: their offsets and beginnings."""
        encoding = self.generation.encoding
        width = len(encoding.newline)
        start = max(self.generation.begin, cell * CELL_BYTES)
        base = max(self.generation.begin, start - width)
        data = self.generation.pread(end + _LINE_BYTES - base, base)
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
            yield base + at, to_text(data[at : min(at + _LINE_BYTES, newline if newline >= 0 else len(data))], encoding)
            if newline < 0:
                return
            at = newline + width
