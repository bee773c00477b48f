"""How many lines of a file match a query, cell by cell, from one pass over it: positions among them, and from them."""

import threading
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from logviewer.formats.level import LEVELS
from logviewer.rotation.generation import Batch, Generation
from logviewer.search.level_counter import Counts, LevelCounter
from logviewer.search.line_filter import MARGIN_BYTES, LineFilter, to_batches
from logviewer.search.selected_lines import SelectedLines

CELL_BYTES = 64 * 1024
SLICE_BYTES = 4 * 1024 * 1024
_STRIDE_BYTES = 1024 * 1024
_LEVEL_COUNT = len(LEVELS)


@dataclass(frozen=True, slots=True)
class _Cells:
    levels: Counts
    context: Counter[int]


class MatchIndex:
    """The matching lines of one file, by level, in cells of 64 KiB; a line belongs to the cell that it begins in.

    ``count`` is of these, ``lines`` of all that are shown: matches may bring others. Numbers and places are of all.

    The pass begins at the end that the file has at first and goes back to its start; what the file grows by is added.
    Any thread may ask, and any number of threads may scan, all at once. ``levels`` is what was learnt of the file.
    """

    def __init__(self, generation: Generation, line_filter: LineFilter, levels: LevelCounter | None = None) -> None:
        self.generation = generation
        self.line_filter = line_filter
        size = generation.size()
        # All lines that begin in [low, high) are counted; ``high`` is the start of a line, or a cell's border.
        self.low = self.high = max(generation.begin, size - size % CELL_BYTES)
        self.count = self.lines = 0
        self._taken = self.low
        self._done: dict[int, tuple[int, _Cells]] = {}
        self._levels = array("I", bytes(4 * _LEVEL_COUNT * (size // CELL_BYTES + 1)))
        self._context: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._growing = threading.Lock()
        self._sums = array("Q", [0])
        self._level_counter = levels or LevelCounter(generation.encoding, generation.line_format)

    # The pass

    @property
    def complete(self) -> bool:
        """Whether all lines have been looked at that were there at the last ``grow``."""
        return self.low <= self.generation.begin

    @property
    def unscanned(self) -> bool:
        """Whether a slice is left for ``scan``."""
        return self._taken > self.generation.begin

    @property
    def scanned(self) -> int:
        """Bytes that have been looked at."""
        return self.high - self.low

    def grow(self) -> None:
        """Look at what the file has grown by. Raises OSError."""
        with self._growing:
            size = self.generation.size()
            while self.high < size:
                start, end = self.high, min(size, self.high + SLICE_BYTES)
                found = self.line_filter.select(self.generation, start, end)
                if self.line_filter.is_wide and found.end > start:
                    self._widen()
                with self._lock:
                    self._add(self._count(found))
                    self.high = max(self.high, found.end)
                if found.end < end:
                    # The rest has no newline yet.
                    break

    def _widen(self) -> None:
        """Count the lines before ``high`` that are shown only because of matches after it."""
        start = max(self.generation.begin if self.complete else self.low, self.high - MARGIN_BYTES)
        before = self.line_filter.select(self.generation, start, self.high, is_end=True)
        now = self.line_filter.select(self.generation, start, self.high)
        offsets = {now.base + each for each in now.context} - {before.base + each for each in before.context}
        if offsets:
            with self._lock:
                self._context.update(offset // CELL_BYTES for offset in offsets)
                self.lines += len(offsets)
                del self._sums[min(offsets) // CELL_BYTES + 1 :]

    def scan(self) -> bool:
        """Look at the next slice towards the start; whether there was one. Raises OSError."""
        with self._lock:
            end, start = self._taken, max(self.generation.begin, self._taken - SLICE_BYTES)
            self._taken = start
        if start >= end:
            return False
        try:
            cells = self._count(self.line_filter.select(self.generation, start, end))
        except OSError:
            with self._lock:
                self._taken = max(self._taken, end)
            raise
        with self._lock:
            self._done[end] = start, cells
            while self.low in self._done:
                lower, cells = self._done.pop(self.low)
                # In this order, so that readers need no lock.
                self._add(cells)
                self.low = lower
        return True

    def _count(self, found: SelectedLines) -> _Cells:
        context = Counter((found.base + start) // CELL_BYTES for start in found.context)
        return _Cells(self._level_counter.count(found, CELL_BYTES), context)

    def _add(self, cells: _Cells) -> None:
        self._context.update(cells.context)
        self.lines += cells.context.total()
        for cell, levels in cells.levels.items():
            first = cell * _LEVEL_COUNT
            if first >= len(self._levels):
                self._levels.extend(array("I", bytes(4 * (first + _LEVEL_COUNT - len(self._levels)))))
            for code, number in enumerate(levels, first):
                self._levels[code] += number
            self.count += sum(levels)
            self.lines += sum(levels)

    # What it found

    def lines_before(self, offset: int) -> int | None:
        """How many lines begin before an offset; None while the pass is not complete. Raises OSError."""
        if not self.complete:
            return None
        if offset >= self.high:
            return self.lines
        cell = offset // CELL_BYTES
        start = max(self.generation.begin, cell * CELL_BYTES)
        partial = len(self.line_filter.select(self.generation, start, offset)) if offset > start else 0
        return self._sum(cell) + partial

    def level_counts_in(self, cell: int) -> list[int]:
        """How many matches begin in a cell, by level."""
        return self._levels[cell * _LEVEL_COUNT : (cell + 1) * _LEVEL_COUNT].tolist() or [0] * _LEVEL_COUNT

    def level_counts(self, first: int, last: int) -> list[int]:
        """How many matches begin in the cells [first, last), by level."""
        return [
            sum(self._levels[first * _LEVEL_COUNT + code : last * _LEVEL_COUNT : _LEVEL_COUNT])
            for code in range(_LEVEL_COUNT)
        ]

    def match_counts(self, *, exact: bool) -> Iterator[tuple[int, int]]:
        """Where cells with matches begin, and how many they have; if ``exact``, the same of lines. Raises OSError.

        What follows the last newline is a line of its own.
        """
        if exact:
            yield from ((offset, 1) for offset, _ in self.level_codes())
        else:
            for cell in range(self.low // CELL_BYTES, -(-self.high // CELL_BYTES)):
                if count := sum(self.level_counts_in(cell)):
                    yield max(self.generation.begin, cell * CELL_BYTES), count
            yield from ((offset, 1) for offset, _ in self.rest_level_codes())

    def level_codes(self) -> Iterator[tuple[int, int]]:
        """All matches found so far: where each begins, and the number of its level. Raises OSError."""
        for start in range(self.low, self.high, SLICE_BYTES):
            found = self.line_filter.select(self.generation, start, min(self.high, start + SLICE_BYTES))
            yield from self._level_counter.codes(found)
        yield from self.rest_level_codes()

    def rest_level_codes(self) -> Iterator[tuple[int, int]]:
        """The same of what follows the last newline, which is not counted. Raises OSError."""
        if found := self._rest():
            yield from self._level_counter.codes(found)

    def read_at(self, number: int, count: int) -> list[Batch] | None:
        """Lines from this number on, counted from 0; None while the pass is not complete. Raises OSError."""
        if not self.complete:
            return None
        if number >= self.lines:
            return []
        self._sum(self.high // CELL_BYTES)
        cell = bisect_right(self._sums, number) - 1
        passed = number - self._sums[cell]
        return self.read_from(max(self.generation.begin, cell * CELL_BYTES), passed + count)[0][passed:]

    def read_from(self, offset: int, count: int, *, most: int | None = None) -> tuple[list[Batch], int]:
        """The first lines, up to ``count``, that begin at an offset or after it, and how far they were looked for.

        Of what the pass has not come to, no more than ``most`` bytes are looked at, if they are given. Raises OSError.
        """
        batches: list[Batch] = []
        while len(batches) < count and offset < self.high:
            known = self.low <= offset
            if not known and most is not None and most <= 0:
                break
            end = (offset // CELL_BYTES + 1) * CELL_BYTES if known else offset + _STRIDE_BYTES
            if not known or self._lines_in(offset // CELL_BYTES):
                found = self.line_filter.select(self.generation, offset, min(end, self.high))
                batches += to_batches(self.generation, _first(found, count - len(batches)))
            most = most if most is None or known else most - _STRIDE_BYTES
            offset = end
        return batches, min(offset, self.high)

    def read_before(self, offset: int, count: int, *, most: int | None = None) -> tuple[list[Batch], int]:
        """The last lines, up to ``count``, that begin before an offset, and how far back was looked for them.

        Of what the pass has not come to, no more than ``most`` bytes are looked at, if they are given. Raises OSError.
        """
        parts: list[list[Batch]] = []
        left, begin = count, self.generation.begin
        offset = min(offset, self.high)
        while left > 0 and offset > begin:
            cell = (offset - 1) // CELL_BYTES
            known = self.low < offset
            if not known and most is not None and most <= 0:
                break
            start = max(begin, cell * CELL_BYTES if known else offset - _STRIDE_BYTES)
            if not known or self._lines_in(cell):
                found = self.line_filter.select(self.generation, start, offset)
                parts.append(to_batches(self.generation, _last(found, left)))
                left -= len(parts[-1])
            most = most if most is None or known else most - _STRIDE_BYTES
            offset = start
        return [batch for part in reversed(parts) for batch in part], offset

    def rest(self) -> list[Batch]:
        """What follows the last newline, if it matches. Raises OSError."""
        found = self._rest()
        return to_batches(self.generation, found) if found else []

    def _rest(self) -> SelectedLines | None:
        size = self.generation.size()
        return self.line_filter.select(self.generation, self.high, size, rest=True) if self.high < size else None

    def _lines_in(self, cell: int) -> int:
        return sum(self.level_counts_in(cell)) + self._context[cell]

    def _sum(self, cell: int) -> int:
        """How many lines are in all cells before this one."""
        with self._lock:
            # The last cell may get more yet.
            stable = self.high // CELL_BYTES
            known = len(self._sums) - 1
            counts = [self._lines_in(each) for each in range(known, stable)]
            self._sums.extend(list(accumulate(counts, initial=self._sums[-1]))[1:])
            return self._sums[min(cell, len(self._sums) - 1)]


def _first(found: SelectedLines, count: int) -> SelectedLines:
    return replace(found, selected=found.spans[:count], everything=False)


def _last(found: SelectedLines, count: int) -> SelectedLines:
    return replace(found, selected=found.spans[-count:], everything=False)
