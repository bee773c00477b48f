"""Which cells of a file a query must read, by the levels and times in its cell table."""

from collections.abc import Iterator

import numpy as np

from logviewer.files.cell_table import CellTable
from logviewer.files.cells import CELL_BYTES, EXACT, NO_TIME, TIMED, Cells, CellTimes, Flags, Numbers
from logviewer.formats.level import LEVELS
from logviewer.search.query import Query


class CellChoice:
    """The cells among [``first``, ``last``) of a table that may have matches of a query.

    ``read`` are ranges of bytes to search. ``counts`` are the lines by level of cells in which all lines of the wanted
    levels match, so they need no search.
    """

    def __init__(self, table: CellTable, query: Query, first: int, last: int) -> None:
        rows = table.rows_of(first, last)
        cells = table.rows(rows)
        least, greatest, is_clear = _times(cells, query, table.time_before(rows.start, least=wanted_state(query)))
        wanted = [code for code, level in enumerate(LEVELS) if not query.levels or level in query.levels]
        inside, outside = np.ones(len(cells), np.bool_), np.zeros(len(cells), np.bool_)
        if query.since is not None:
            inside &= least >= query.since
            outside |= greatest < query.since
        if query.until is not None:
            inside &= greatest < query.until
            outside |= least >= query.until
        outside |= ~cells.kinds[:, wanted].any(axis=1)
        is_whole: Flags = is_clear & inside & ~outside
        if query.include or query.exclude:
            is_whole[:] = False
        must_read: Flags = ~is_whole & ~(is_clear & outside)
        self.read = list(_ranges(cells, must_read))
        counts = np.zeros_like(cells.kinds)
        counts[:, wanted] = cells.kinds[:, wanted]
        self.counts = dict(zip(cells.numbers[is_whole].tolist(), counts[is_whole].tolist(), strict=True))


def wanted_state(query: Query) -> int:
    """Return the least state of rows that decide whether their lines match."""
    return EXACT if query.levels else TIMED


def _times(cells: Cells, query: Query, before: int) -> tuple[Numbers, Numbers, Flags]:
    """Return the least and greatest time of the lines of each row, and whether they and its levels are exact."""
    is_clear = cells.states >= wanted_state(query)
    times = CellTimes.of(cells, before, is_clear)
    if query.since is not None or query.until is not None:
        is_clear &= (cells.leading == 0) | (times.carried != NO_TIME)
    return times.least, times.greatest, is_clear


def _ranges(cells: Cells, chosen: Flags) -> Iterator[tuple[int, int]]:
    """Yield the ranges of bytes of neighbouring chosen cells."""
    numbers = cells.numbers[chosen]
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    for run in np.split(numbers, breaks) if len(numbers) else []:
        yield int(run[0]) * CELL_BYTES, (int(run[-1]) + 1) * CELL_BYTES
