"""The lines of some levels in one file, from its cell table."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from logviewer.files.cells import CELL_BYTES, EXACT, GUESSED, NO_TIME, CellTable, Counts, Numbers
from logviewer.files.lines import line_text
from logviewer.formats.level import LEVELS
from logviewer.search.cell_pass import CellLines, CellPass
from logviewer.search.level_counter import LevelCounter
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import SLICE_BYTES, CellMatches, MatchIndex

_NOTHING = CellMatches({}, Counter())


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
        none: Numbers = np.zeros(1, np.int64)
        self._sums: tuple[tuple[int, int, int], Numbers, Numbers] = ((-1, 0, 0), none[:0], none)

    @property
    def count(self) -> int:
        """See ``MatchIndex``."""
        return int(self._summed()[1][-1])

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
        sums = self._table.cells.kinds[self._table.rows_of(first, last)].sum(axis=0).tolist()
        return [number if code in self._codes else 0 for code, number in enumerate(sums)]

    def counts_of(self, cells: Numbers) -> Counts:
        """See ``MatchIndex``."""
        table = self._table.cells
        is_whole = len(cells) == len(table)
        counts = table.kinds if is_whole else table.kinds[np.searchsorted(table.numbers, cells)]
        if len(self._codes) == len(LEVELS):
            return counts
        counts = counts.copy()
        counts[:, [code for code in range(len(LEVELS)) if code not in self._codes]] = 0
        return counts

    def times_in(self, lines: CellLines, carried: int) -> tuple[Numbers, Numbers]:
        """See ``MatchIndex``."""
        some = np.isin(lines.codes, self._codes)
        return lines.times_after(carried)[some], lines.codes[some].astype(np.int64)

    def unterminated_time(self) -> int | None:
        """Return the time of an unterminated last line, or of the last line before it with one. Raises OSError."""
        if not (selected := self._unterminated()) or not selected.spans:
            return None
        start, end = selected.spans[0]
        encoding, line_format = self.generation.encoding, self.generation.line_format
        found = line_format.time(line_text(selected.data, start, end, encoding))
        times = self._table.cells.last
        known = np.flatnonzero(times != NO_TIME)
        return int(times[known[-1]]) if found is None and len(known) else found

    def match_counts(self, *, exact: bool) -> Iterator[tuple[int, int]]:
        """See ``MatchIndex``."""
        if exact:
            yield from super().match_counts(exact=True)
            return
        cells, sums = self._summed()
        for cell, count in zip(cells.tolist(), np.diff(sums).tolist(), strict=True):
            yield max(self.generation.begin, cell * CELL_BYTES), count
        yield from ((offset, 1) for offset, _ in self.unterminated_level_codes())

    def _summed(self) -> tuple[Numbers, Numbers]:
        """Return the cells with matches, and the number of matches before each of them, and in all."""
        key, cells, sums = self._sums
        if key != (now := (self._table.version, self.low, self.high)):
            rows = self._table.cells[self._table.rows_of(self.low // CELL_BYTES, -(-self.high // CELL_BYTES))]
            counts = rows.kinds[:, self._codes].sum(axis=1, dtype=np.int64)
            some = np.flatnonzero(counts)
            cells, sums = rows.numbers[some], np.concatenate([[0], np.cumsum(counts[some])])
            self._sums = now, cells, sums
        return cells, sums

    def _lines_in(self, cell: int) -> int:
        cells, sums = self._summed()
        first, after = np.searchsorted(cells, [cell, cell + 1]).tolist()
        return int(sums[after] - sums[first])

    def _next_filled(self, cell: int) -> int:
        cells, _ = self._summed()
        at = int(np.searchsorted(cells, cell))
        return int(cells[at]) if at < len(cells) else -(-self.high // CELL_BYTES)

    def _last_filled(self, cell: int) -> int:
        cells, _ = self._summed()
        at = int(np.searchsorted(cells, cell, "right"))
        return int(cells[at - 1]) if at else self.low // CELL_BYTES - 1

    def _cell_of_line(self, number: int) -> tuple[int, int]:
        cells, sums = self._summed()
        at = int(np.searchsorted(sums, number, "right")) - 1
        return int(cells[at]), number - int(sums[at])

    def _lines_before_cell(self, cell: int) -> int:
        cells, sums = self._summed()
        return int(sums[np.searchsorted(cells, cell)])
