"""The numbers of a file's lines that match a query, by cell, from one pass over the file."""

import threading
import time
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logviewer.formats.level import LEVELS
from logviewer.rotation.generation import Generation
from logviewer.search.cell_counts import PART_CELLS, CellCounts
from logviewer.search.level_counter import Counts, LevelCounter
from logviewer.search.line_filter import MARGIN_BYTES, LineFilter
from logviewer.search.selected_lines import SelectedLines
from logviewer.search.window import last_cell

if TYPE_CHECKING:
    from logviewer.files.cells import Cells, Numbers
    from logviewer.files.cells import Counts as Matrix
    from logviewer.search.cell_pass import CellLines, CellPass

CELL_BYTES = 64 * 1024
SLICE_BYTES = 2 * 1024 * 1024
_RESERVED_SECONDS = 1.0
_LEVEL_COUNT = len(LEVELS)


@dataclass(frozen=True, slots=True)
class CellMatches:
    """The matches in some cells of a file, by level, and the lines around them."""

    levels: Counts
    context: Counter[int]


class MatchIndex:
    """The matches of one line filter in one file, counted by level in cells of 64 KiB.

    A line belongs to the cell in which it begins. A match may also select its record, and context. Line numbers count
    selected lines.

    The pass begins at the present end of the file and goes back to its start; ``extend`` adds lines that are written
    later. An unterminated last line is not counted. Any thread may read, and many threads may ``scan`` at
    once. ``levels`` and ``cell_pass`` are shared by the indexes of a file: a filter by level or time reads only cells
    that may have a match, as far as the cell table is filled; one without texts fills it.
    """

    def __init__(
        self,
        generation: Generation,
        line_filter: LineFilter,
        levels: LevelCounter | None = None,
        cell_pass: "CellPass | None" = None,
    ) -> None:
        self.generation = generation
        self.line_filter = line_filter
        # All lines that begin in [low, high) are counted; ``high`` is the start of a line or of a cell.
        self.low = self.high = last_cell(generation, CELL_BYTES)
        self._match_count = self._line_count = 0
        self._taken = self.low
        self._done: dict[int, tuple[int, CellMatches]] = {}
        # By level, and last the lines of records and of context.
        self._counts = CellCounts(_LEVEL_COUNT + 1)
        self._lock = threading.Lock()
        self._extending = threading.Lock()
        # Selected lines before each part of the counts.
        self._line_sums = array("Q", [0])
        self.cell_pass = cell_pass
        self._reserved_until = 0.0
        self._level_counter = levels or LevelCounter(generation.encoding, generation.line_format)

    @property
    def count(self) -> int:
        """The number of matches found so far."""
        return self._match_count

    @property
    def lines(self) -> int:
        """The number of selected lines found so far."""
        return self._line_count

    @property
    def nbytes(self) -> int:
        """The memory of the counts."""
        return self._counts.nbytes

    # The pass

    @property
    def complete(self) -> bool:
        """Whether all lines that were there at the last ``extend`` are counted."""
        return self.low <= self.generation.begin

    @property
    def unscanned(self) -> bool:
        """Whether ``scan`` has a slice left."""
        return self._taken > self.generation.begin

    @property
    def is_reserved(self) -> bool:
        """Whether other threads leave the pass to one that reads the lines it finds."""
        return time.monotonic() < self._reserved_until

    @property
    def scanned(self) -> int:
        """The number of bytes that were searched."""
        return self.high - self.low

    def extend(self) -> None:
        """Count the lines written since the last call. Raises OSError."""
        with self._extending:
            size = self.generation.size()
            while self.high < size:
                start, end = self.high, min(size, self.high + self.line_filter.stride(SLICE_BYTES))
                selected = self.line_filter.select(self.generation, start, end)
                if self.line_filter.is_wide and selected.next_offset > start:
                    self._widen()
                with self._lock:
                    self._add(self._count(selected))
                    self.high = max(self.high, selected.next_offset)
                if selected.next_offset < end:
                    # A last line without newline.
                    break

    def _widen(self) -> None:
        """Count the lines before ``high`` that are selected only because of matches after it."""
        start = max(self.generation.begin if self.complete else self.low, self.high - MARGIN_BYTES)
        before = self.line_filter.select(self.generation, start, self.high, is_end=True)
        now = self.line_filter.select(self.generation, start, self.high)
        offsets = {now.base + each for each in now.context} - {before.base + each for each in before.context}
        if offsets:
            with self._lock:
                self._add(CellMatches({}, Counter(offset // CELL_BYTES for offset in offsets)))
                del self._line_sums[min(offsets) // CELL_BYTES // PART_CELLS + 1 :]

    def scan(self) -> bool:
        """Count the next slice towards the start; return whether there was one. Raises OSError."""
        start, end = self._take()
        if start >= end:
            return False
        with self._giving_back(end):
            cells = self._search(start, end)
        with self._lock:
            self._finish(start, end, cells)
        return True

    def scan_before(self, offset: int, size: int) -> tuple[int, SelectedLines] | None:
        """Count the next ``size`` bytes if they end at an offset, and return their start and lines. Raises OSError."""
        with self._lock:
            if self._taken != offset or self.line_filter.is_by_cell or self.line_filter.is_by_level:
                return None
            start = offset - size
            start = self._taken = max(self.generation.begin, start + -start % CELL_BYTES)
        with self._giving_back(offset):
            selected = self.line_filter.select(self.generation, start, offset)
            cells = self._count(selected)
        with self._lock:
            self._finish(start, offset, cells)
        return start, selected

    @contextmanager
    def _giving_back(self, end: int) -> Iterator[None]:
        """Let other threads take the slice that ends here if it cannot be read."""
        try:
            yield
        except OSError:
            with self._lock:
                self._taken = max(self._taken, end)
            raise

    def reserve(self) -> None:
        """Leave the pass to this thread for a second: its lines are so many that others would only hinder it."""
        self._reserved_until = time.monotonic() + _RESERVED_SECONDS

    def _take(self) -> tuple[int, int]:
        """Return the next range for this thread to search; an empty one if none is left."""
        with self._lock:
            size = self.line_filter.stride(SLICE_BYTES)
            end, self._taken = self._taken, max(self.generation.begin, self._taken - size)
            return self._taken, end

    def _search(self, start: int, end: int) -> CellMatches:
        found = CellMatches({}, Counter())
        ranges = [(start, end)]
        if self.cell_pass and self.line_filter.is_by_cell and end <= self.cell_pass.table.high:
            from logviewer.search.cell_choice import CellChoice, wanted_state  # noqa: PLC0415

            query = self.line_filter.query
            if self.line_filter.is_by_table:
                self.cell_pass.fill(start, end, least=wanted_state(query))
            choice = CellChoice(self.cell_pass.table, query, start // CELL_BYTES, -(-end // CELL_BYTES))
            found.levels.update(choice.counts)
            ranges = [(max(start, first), min(end, last)) for first, last in choice.read]
        for first, last in ranges:
            cells = self._count(self.line_filter.select(self.generation, first, last))
            found.levels.update(cells.levels)
            found.context.update(cells.context)
        return found

    def _finish(self, start: int, end: int, cells: CellMatches) -> None:
        self._done[end] = start, cells
        while self.low in self._done:
            lower, cells = self._done.pop(self.low)
            # Counts before ``low``, so that readers need no lock.
            self._add(cells)
            self.low = lower

    def _count(self, selected: SelectedLines) -> CellMatches:
        context = Counter((selected.base + start) // CELL_BYTES for start in selected.context)
        return CellMatches(self._level_counter.count(selected, CELL_BYTES), context)

    def _add(self, cells: CellMatches) -> None:
        for cell, number in cells.context.items():
            self._counts.add(cell, [number], first=_LEVEL_COUNT)
        self._line_count += cells.context.total()
        for cell, levels in cells.levels.items():
            self._counts.add(cell, levels)
            self._match_count += sum(levels)
            self._line_count += sum(levels)

    # Its results

    def level_counts_in(self, cell: int) -> list[int]:
        """Return the numbers of matches in a cell, in the order of ``LEVELS``."""
        return self._counts.of(cell)[:_LEVEL_COUNT]

    def level_counts(self, first: int, last: int) -> list[int]:
        """Return the numbers of matches in the cells [first, last), in the order of ``LEVELS``."""
        return self._counts.sums(first, last)[:_LEVEL_COUNT]

    def counts_of(self, cells: "Cells") -> "Matrix":
        """Return a row for each of these cells, with the numbers of its matches in the order of ``LEVELS``."""
        import numpy as np  # noqa: PLC0415

        counts = [self.level_counts_in(cell) for cell in cells.numbers.tolist()]
        return np.array(counts, np.uint32).reshape(-1, _LEVEL_COUNT)

    def times_in(self, lines: "CellLines", carried: int) -> "tuple[Numbers, Numbers]":
        """Return the times of the matches among the lines of a cell, and their levels as indexes in ``LEVELS``.

        ``carried`` is the time of lines before the first with a time. Raises OSError.
        """
        import numpy as np  # noqa: PLC0415

        if not len(lines.starts):
            return lines.times, lines.times
        start, last = int(lines.starts[0]), int(lines.starts[-1])
        selected = self.line_filter.select(self.generation, start, last + 1)
        found = np.isin(lines.starts, [selected.base + first for first, _ in selected.matches])
        return lines.times_after(carried)[found], lines.codes[found].astype(np.int64)

    def match_counts(self, *, exact: bool) -> Iterator[tuple[int, int]]:
        """Yield the offset of each cell with matches, and their number; with ``exact``, of each match. Raises OSError.

        An unterminated match comes last, with its own offset.
        """
        if exact:
            yield from ((offset, 1) for offset, _ in self.level_codes())
        else:
            for cell in range(self.low // CELL_BYTES, -(-self.high // CELL_BYTES)):
                if count := sum(self.level_counts_in(cell)):
                    yield max(self.generation.begin, cell * CELL_BYTES), count
            yield from ((offset, 1) for offset, _ in self.unterminated_level_codes())

    def level_codes(self) -> Iterator[tuple[int, int]]:
        """Yield the offset of each match found so far, and the index of its level in ``LEVELS``. Raises OSError."""
        for start in range(self.low, self.high, SLICE_BYTES):
            selected = self.line_filter.select(self.generation, start, min(self.high, start + SLICE_BYTES))
            yield from self._level_counter.codes(selected)
        yield from self.unterminated_level_codes()

    def unterminated_level_codes(self) -> Iterator[tuple[int, int]]:
        """Yield the same for an unterminated match. Raises OSError."""
        if selected := self.unterminated():
            yield from self._level_counter.codes(selected)

    def unterminated(self) -> SelectedLines | None:
        """Return the lines that are selected only because of the unterminated last line, with it. Raises OSError.

        None of them is counted, and all begin after the counted ones.
        """
        size = self.generation.size()
        if self.high >= size:
            return None
        selected = self.line_filter.select(self.generation, self.high, size, unterminated=True)
        return self._with_lines_before(selected, size) if self.line_filter.is_wide and selected.matches else selected

    def _with_lines_before(self, selected: SelectedLines, size: int) -> SelectedLines:
        start = max(self.generation.begin, self.high - MARGIN_BYTES)
        before = self.line_filter.select(self.generation, start, self.high, is_end=True)
        counted = {before.base + first for first, _ in before.spans}
        selected = self.line_filter.select(self.generation, start, size, unterminated=True)
        spans = [span for span in selected.spans if selected.base + span[0] not in counted]
        return replace(selected, selected=spans)

    def lines_in(self, cell: int) -> int:
        """Return the number of selected lines in a cell."""
        return sum(self._counts.of(cell))

    def next_filled(self, cell: int) -> int:
        """Return the first cell with selected lines at or after a cell; the one after the last if there is none."""
        return self._counts.next_filled(cell, -(-self.high // CELL_BYTES))

    def last_filled(self, cell: int) -> int:
        """Return the last cell with selected lines at or before a counted cell, or the one before the counted ones."""
        return self._counts.last_filled(cell, self.low // CELL_BYTES)

    def cell_of_line(self, number: int) -> tuple[int, int]:
        """Return the cell of a selected line, and the number of selected lines before it in the cell."""
        self.lines_before_cell(self.high // CELL_BYTES)
        part = bisect_right(self._line_sums, number) - 1
        cell, left = part * PART_CELLS, number - self._line_sums[part]
        while left >= (lines := self.lines_in(cell)):
            cell, left = self.next_filled(cell + 1), left - lines
        return cell, left

    def lines_before_cell(self, cell: int) -> int:
        """Return the number of selected lines in all cells before this one."""
        with self._lock:
            # The last part may still grow.
            stable = self.high // CELL_BYTES // PART_CELLS
            for part in range(len(self._line_sums) - 1, stable):
                lines = sum(self._counts.sums(part * PART_CELLS, (part + 1) * PART_CELLS))
                self._line_sums.append(self._line_sums[-1] + lines)
            part = min(cell // PART_CELLS, len(self._line_sums) - 1)
            return self._line_sums[part] + sum(self._counts.sums(part * PART_CELLS, cell))
