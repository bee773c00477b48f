"""Which cells of a file a query must read, by the levels and times in its cell table."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import CELL_BYTES, EXACT, NO_TIME, Cells, CellTable, Numbers
from logviewer.formats.level import LEVELS
from logviewer.search.query import Query

Flags = npt.NDArray[np.bool_]


class CellChoice:
    """The cells among [``first``, ``last``) of a table that may have matches of a query.

    ``read`` are ranges of bytes to search. ``counts`` are the lines by level of cells in which all lines of the wanted
    levels match, so they need no search.
    """

    def __init__(self, table: CellTable, query: Query, first: int, last: int) -> None:
        rows = table.rows_of(first, last)
        # With the row before: its last time is that of the lines before the first time of the next one.
        before = min(1, rows.start)
        with_before = table.cells[slice(rows.start - before, rows.stop)]
        least, greatest, is_clear = _times(with_before, query)
        least, greatest, is_clear = least[before:], greatest[before:], is_clear[before:]
        cells = with_before[slice(before, None)]
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


def _times(cells: Cells, query: Query) -> tuple[Numbers, Numbers, Flags]:
    """Return the least and greatest time of the lines of each cell, and whether they and its levels are exact."""
    is_clear = cells.states == EXACT
    least, greatest = cells.least, cells.greatest
    if query.since is None and query.until is None:
        return least, greatest, is_clear
    carried = np.concatenate([[NO_TIME], np.where(is_clear, cells.last, NO_TIME)[:-1]]) if len(cells) else cells.last
    leads, has_time = cells.leading > 0, cells.first != NO_TIME
    least = np.where(leads, np.where(has_time, np.minimum(least, carried), carried), least)
    greatest = np.where(leads, np.where(has_time, np.maximum(greatest, carried), carried), greatest)
    return least, greatest, is_clear & (~leads | (carried != NO_TIME))


def _ranges(cells: Cells, chosen: Flags) -> Iterator[tuple[int, int]]:
    """Yield the ranges of bytes of neighbouring chosen cells."""
    numbers = cells.numbers[chosen]
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    for run in np.split(numbers, breaks) if len(numbers) else []:
        yield int(run[0]) * CELL_BYTES, (int(run[-1]) + 1) * CELL_BYTES
