"""The cell table of a log file: numbers of lines and times for each cell of 64 KiB, from one pass over the file."""

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from logviewer.files.cells import GUESSED, NO_TIME, UNKNOWN, Cells, CellTimes, Numbers
from logviewer.files.packed_cells import PackedCells

PAGE_ROWS = 2048
# The pages written last are not packed: the next write is mostly near.
_UNPACKED_PAGES = 2
# Unpacked ones of the table of a small file: half a megabyte each.
_PAGES_KEPT = 8
# The last time is mostly in one of them.
_FEW_ROWS = 16

Page = Cells | PackedCells


@dataclass(slots=True)
class CellTable:
    """The rows of the cells of one file with data, in pages; cells in a hole of a sparse file have none.

    Lines that begin in [``low``, ``high``) are in the table, and in other cells whose state is known. Any thread may
    read; threads that write exclude each other. ``version`` changes with each write. A page is never changed but
    replaced, and all but the last have ``PAGE_ROWS`` rows.
    """

    low: int
    high: int
    version: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _pages: list[Page] = field(default_factory=list)
    # The number of the first cell in each page.
    _firsts: list[int] = field(default_factory=list)
    _unpacked: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, pages: Sequence[Page], high: int) -> "CellTable":
        """Return a table with these pages of all lines before ``high``."""
        return cls(0, high, _pages=list(pages), _firsts=[int(each[:1].numbers[0]) for each in pages])

    def __len__(self) -> int:
        last = len(self._pages) - 1
        return PAGE_ROWS * last + len(self._pages[last]) if last >= 0 else 0

    @property
    def is_complete(self) -> bool:
        """Whether the state of each row is known."""
        return bool(self._pages) and all((page.states != UNKNOWN).all() for page in self._pages)

    def pages(self, first_row: int = 0, last_row: int | None = None) -> list[Page]:
        """Return some rows as they are now; a slice of a page unpacks them."""
        parts = self._parts(first_row, len(self) if last_row is None else last_row)
        return [page if rows == slice(0, len(page)) else page[rows] for page, rows in parts]

    def _parts(self, first_row: int, last_row: int) -> Iterator[tuple[Page, slice]]:
        for number in range(first_row // PAGE_ROWS, -(-last_row // PAGE_ROWS) if first_row < last_row else 0):
            start = number * PAGE_ROWS
            yield self._pages[number], slice(max(0, first_row - start), min(PAGE_ROWS, last_row - start))

    def rows(self, rows: slice = slice(None)) -> Cells:
        """Return some rows, which must not be changed; all of a large table take much memory."""
        first, last, _ = rows.indices(len(self))
        found: Cells | None = None
        for page, part in self._parts(first, last):
            found = found.with_more(page[part]) if found else page[part]
        return found or Cells.empty(np.zeros(0, np.int64))

    def rows_of(self, first: int, last: int) -> slice:
        """Return the rows of the cells [first, last)."""
        return slice(self._row_of(first), self._row_of(last))

    def _row_of(self, cell: int) -> int:
        """Return the row of a cell, or of the first one after it with a row."""
        page = max(0, bisect_right(self._firsts, cell) - 1)
        return PAGE_ROWS * page + int(np.searchsorted(self._pages[page].numbers, cell)) if self._pages else 0

    def is_known(self, first: int, last: int, *, least: int = GUESSED) -> bool:
        """Return whether the state of each of the cells [first, last) with data is at least ``least``."""
        rows = self.rows_of(first, last)
        return all((page.states[part] >= least).all() for page, part in self._parts(rows.start, rows.stop))

    def least_state(self) -> int:
        """Return the least state of all rows, of which there is at least one."""
        return min(int(page.states.min()) for page in self._pages)

    def time_before(self, row: int, *, least: int = UNKNOWN) -> int:
        """Return the last time before a row; ``NO_TIME`` if there is none or a row after it has a lesser state."""
        end = row
        while end > 0:
            start = max(end - _FEW_ROWS if end == row else 0, (end - 1) // PAGE_ROWS * PAGE_ROWS)
            cells = self.rows(slice(start, end))
            if len(found := np.flatnonzero((cells.last != NO_TIME) | (cells.states < least))):
                at = found[-1]
                return int(cells.last[at]) if cells.states[at] >= least else NO_TIME
            end = start
        return NO_TIME

    def cover(self, first: int, last: int) -> None:
        """Append rows for the cells [first, last) that come after all others."""
        with self.lock:
            after = int(self._pages[-1][-1:].numbers[0]) + 1 if self._pages else 0
            cell = max(first, after)
            self.version += cell < last
            if cell < last and self._pages and (left := PAGE_ROWS - len(self._pages[-1])):
                more = PackedCells.empty(cell, min(left, last - cell))
                self._replace(len(self._pages) - 1, self._pages[-1][:].with_more(more[:]))
                cell += len(more)
            while cell < last:
                self._pages.append(PackedCells.empty(cell, min(PAGE_ROWS, last - cell)))
                self._firsts.append(cell)
                cell += len(self._pages[-1])

    def put(self, cells: Cells) -> None:
        """Set the rows of whole cells; later lines of a cell replace it."""
        self._write(cells, is_later=False)

    def append(self, cells: Cells) -> None:
        """Add lines after all others: those in the last known cell are added to it."""
        self._write(cells, is_later=True)

    def _write(self, cells: Cells, *, is_later: bool) -> None:
        with self.lock:
            for first, last in _runs(cells.numbers):
                run = cells[slice(first, last)]
                at, is_first = self._row_of(int(run.numbers[0])), True
                while len(run):
                    number, row = divmod(at, PAGE_ROWS)
                    page, part = self._pages[number][:].copy(), run[: PAGE_ROWS - row]
                    at, run = at + len(part), run[len(part) :]
                    if is_later and is_first and page.states[row] != UNKNOWN:
                        page.add(row, part)
                        row, part = row + 1, part[1:]
                    page.set(row, part)
                    is_first = False
                    self._replace(number, page)
            self.version += 1

    def _replace(self, number: int, page: Cells) -> None:
        self._pages[number] = page
        self._unpacked = [*(each for each in self._unpacked if each != number), number]
        if len(self._unpacked) > _UNPACKED_PAGES:
            oldest = self._unpacked.pop(0)
            self._pages[oldest] = PackedCells.of(self._pages[oldest][:])


def times(pages: Sequence[Page]) -> Iterator[CellTimes]:
    """Yield the times of the lines in each page of a table."""
    before = NO_TIME
    for page in pages:
        found = _times_of(page, before) if len(pages) <= _PAGES_KEPT else CellTimes.of(page[:], before)
        yield found
        last = found.cells.last
        known = np.flatnonzero(last != NO_TIME)
        before = int(last[known[-1]]) if len(known) else before


@lru_cache(_PAGES_KEPT)
def _times_of(page: Page, before: int) -> CellTimes:
    return CellTimes.of(page[:], before)


def _runs(numbers: Numbers) -> list[tuple[int, int]]:
    """Return the first and last index, exclusive, of each run of consecutive numbers."""
    if not len(numbers):
        return []
    breaks = (np.flatnonzero(np.diff(numbers) != 1) + 1).tolist()
    return list(zip([0, *breaks], [*breaks, len(numbers)], strict=True))
