"""The lines of some levels in one file, from its cell table."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from logviewer.files.cell_table import CellTable, Page
from logviewer.files.cells import CELL_BYTES, EXACT, GUESSED, NO_TIME, Cells, Counts, Numbers
from logviewer.files.lines import line_text
from logviewer.formats.level import LEVELS
from logviewer.search.cell_pass import CellLines, CellPass
from logviewer.search.level_counter import LevelCounter
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import SLICE_BYTES, CellMatches, MatchIndex

_NOTHING = CellMatches({}, Counter())
# Neighbouring cells are asked for one after the other.
_PAGES_KEPT = 4


class LevelIndex(MatchIndex):
    """The matches of a line filter by level alone, or of one that selects all lines; see ``MatchIndex``.

    Its pass fills the cell table, which keeps the counts, with rows whose state is at least ``least``. If the filter
    leaves out lines, cells with guessed levels are read again.
    """

    def __init__(
        self, line_filter: LineFilter, levels: LevelCounter, cell_pass: CellPass, *, least: int = GUESSED
    ) -> None:
        super().__init__(cell_pass.generation, line_filter, levels)
        self.cell_pass: CellPass = cell_pass
        self._table: CellTable = cell_pass.table
        wanted = line_filter.query.levels
        self._codes = [code for code, level in enumerate(LEVELS) if not wanted or level in wanted]
        self._least = EXACT if wanted else least
        self._sums = _Sums((-1, 0, 0), [], [], np.zeros(1, np.int64))
        self._counted = lru_cache(_PAGES_KEPT)(self._count_page)

    @property
    def count(self) -> int:
        """See ``MatchIndex``."""
        return int(self._summed().sums[-1])

    @property
    def lines(self) -> int:
        """See ``MatchIndex``."""
        return self.count

    def extend(self) -> None:
        """See ``MatchIndex``."""
        self.cell_pass.extend()
        high = self._table.high
        if self._least > GUESSED:
            self.cell_pass.fill(self.high - self.high % CELL_BYTES, high, least=self._least)
        self.high = high

    def _take(self) -> tuple[int, int]:
        # Most rows are known if another index of the file has filled them.
        with self._lock:
            while self._taken > (begin := self.generation.begin):
                start, end = max(begin, self._taken - SLICE_BYTES), self._taken
                if not self._is_known(start, end):
                    break
                self._taken = start
                self._finish(start, end, _NOTHING)
        return super()._take()

    def _is_known(self, start: int, end: int) -> bool:
        return self._table.is_known(start // CELL_BYTES, -(-end // CELL_BYTES), least=self._least)

    def _search(self, start: int, end: int) -> CellMatches:
        self.cell_pass.fill(start, end, least=self._least)
        return _NOTHING

    def level_counts_in(self, cell: int) -> list[int]:
        """See ``MatchIndex``."""
        return self.level_counts(cell, cell + 1)

    def level_counts(self, first: int, last: int) -> list[int]:
        """See ``MatchIndex``."""
        rows = self._table.rows_of(first, last)
        sums = np.zeros(len(LEVELS), np.int64)
        for page in self._table.pages(rows.start, rows.stop):
            sums += page.kinds.sum(axis=0, dtype=np.int64)
        return [number if code in self._codes else 0 for code, number in enumerate(sums.tolist())]

    def counts_of(self, cells: Cells) -> Counts:
        """See ``MatchIndex``."""
        if len(self._codes) == len(LEVELS):
            return cells.kinds
        counts = cells.kinds.copy()
        counts[:, [code for code in range(len(LEVELS)) if code not in self._codes]] = 0
        return counts

    def times_in(self, lines: CellLines, carried: int) -> tuple[Numbers, Numbers]:
        """See ``MatchIndex``."""
        some = np.isin(lines.codes, self._codes)
        return lines.times_after(carried)[some], lines.codes[some].astype(np.int64)

    def unterminated_time(self) -> int | None:
        """Return the time of an unterminated last line, or of the last line before it with one. Raises OSError."""
        if not (selected := self.unterminated()) or not selected.spans:
            return None
        start, end = selected.spans[0]
        encoding, line_format = self.generation.encoding, self.generation.line_format
        (found,) = line_format.times([line_text(selected.data, start, end, encoding)], lambda: [selected.base + start])
        if found is None and (last := self._table.time_before(len(self._table))) != NO_TIME:
            return last
        return found

    def match_counts(self, *, exact: bool) -> Iterator[tuple[int, int]]:
        """See ``MatchIndex``."""
        if exact:
            yield from super().match_counts(exact=True)
            return
        summed = self._summed()
        for number in range(len(summed.pages)):
            cells, sums = self._counted(summed, number)
            for cell, count in zip(cells.tolist(), np.diff(sums).tolist(), strict=True):
                yield max(self.generation.begin, cell * CELL_BYTES), count
        yield from ((offset, 1) for offset, _ in self.unterminated_level_codes())

    def _summed(self) -> "_Sums":
        """Return the pages of the counted cells, and the number of matches before each of them, and in all."""
        key = self._table.version, self.low, self.high
        if (last := self._sums).key != key:
            known = dict(zip(map(id, last.pages), np.diff(last.sums).tolist(), strict=True))
            rows = self._table.rows_of(self.low // CELL_BYTES, -(-self.high // CELL_BYTES))
            pages = self._table.pages(rows.start, rows.stop)
            counts = [known[id(page)] if id(page) in known else self._matches_of(page).sum() for page in pages]
            firsts = [int(page[:1].numbers[0]) for page in pages]
            self._sums = _Sums(key, pages, firsts, np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))
        return self._sums

    def _matches_of(self, page: Page) -> Numbers:
        """Return the number of matches in each cell of a page."""
        matches: Numbers = page.kinds[:, self._codes].sum(axis=1, dtype=np.int64)
        return matches

    def _count_page(self, summed: "_Sums", number: int) -> tuple[Numbers, Numbers]:
        """Return the cells with matches in a page, and the number of matches before each of them, and in all."""
        page = summed.pages[number]
        counts = self._matches_of(page)
        some = np.flatnonzero(counts)
        return page.numbers[some], np.concatenate([[0], np.cumsum(counts[some])]) + summed.sums[number]

    def lines_in(self, cell: int) -> int:
        """See ``MatchIndex``."""
        summed = self._summed()
        return self._before(summed, cell + 1) - self._before(summed, cell)

    def next_filled(self, cell: int) -> int:
        """See ``MatchIndex``."""
        summed = self._summed()
        for number in range(summed.page_of(cell), len(summed.pages)):
            if summed.sums[number] < summed.sums[number + 1]:
                cells, _ = self._counted(summed, number)
                if (at := int(np.searchsorted(cells, cell))) < len(cells):
                    return int(cells[at])
        return -(-self.high // CELL_BYTES)

    def last_filled(self, cell: int) -> int:
        """See ``MatchIndex``."""
        summed = self._summed()
        for number in range(min(summed.page_of(cell), len(summed.pages) - 1), -1, -1):
            if summed.sums[number] < summed.sums[number + 1]:
                cells, _ = self._counted(summed, number)
                if at := int(np.searchsorted(cells, cell, "right")):
                    return int(cells[at - 1])
        return self.low // CELL_BYTES - 1

    def cell_of_line(self, number: int) -> tuple[int, int]:
        """See ``MatchIndex``."""
        summed = self._summed()
        cells, sums = self._counted(summed, int(np.searchsorted(summed.sums, number, "right")) - 1)
        at = int(np.searchsorted(sums, number, "right")) - 1
        return int(cells[at]), number - int(sums[at])

    def lines_before_cell(self, cell: int) -> int:
        """See ``MatchIndex``."""
        return self._before(self._summed(), cell)

    def _before(self, summed: "_Sums", cell: int) -> int:
        if not summed.pages:
            return 0
        cells, sums = self._counted(summed, summed.page_of(cell))
        return int(sums[np.searchsorted(cells, cell)])


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Pages of a cell table for one version of it, their first cells, and the matches before each page, and in all."""

    key: tuple[int, int, int]
    pages: list[Page]
    firsts: list[int]
    sums: Numbers

    def page_of(self, cell: int) -> int:
        """Return the page of a cell, the first one if it is before all."""
        return max(0, bisect_right(self.firsts, cell) - 1)
