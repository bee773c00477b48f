"""Rows of a cell table: numbers of lines and times for each cell of 64 KiB of a log file."""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from logviewer.files.time_order import FOLLOWING, greatest

CELL_BYTES = 64 * 1024
NO_TIME = np.iinfo(np.int64).min
"""The time of a line without one."""

KINDS = 8
UNKNOWN, GUESSED, TIMED, EXACT = 0, 1, 2, 3
"""States of a row: its lines are not counted yet, some of their times are guessed, some of their kinds are, or none."""

Numbers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]

T = TypeVar("T", bound=np.integer)


def distinct(numbers: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return the different numbers, ascending."""
    # For these alone, numpy would load its masked arrays: more than a megabyte.
    found: npt.NDArray[T] = np.unique(numbers, return_counts=True)[0]
    return found


@dataclass(slots=True, eq=False)
class Cells:
    """Rows of a cell table, in the order of the file. A line belongs to the cell in which it begins.

    ``numbers`` are the numbers of the cells. ``kinds`` counts the lines of each kind, ``untimed`` those without a time,
    and ``leading`` those before the first with one. ``least`` and ``greatest`` are times in epoch milliseconds, or
    ``NO_TIME``; a tenth of the times is before ``low``, a tenth after ``high``. ``heads`` are the first three times,
    ``tails`` the last three, with ``NO_TIME`` after and before them if there are fewer. ``settled`` is the greatest of
    the times that count (see ``time_order.py``) but for the last three: later lines can contradict those. ``opens`` is
    true if a line begins at the first byte.
    """

    numbers: Numbers
    kinds: Counts
    leading: Counts
    untimed: Counts
    least: Numbers
    greatest: Numbers
    low: Numbers
    high: Numbers
    settled: Numbers
    heads: Numbers
    tails: Numbers
    opens: Flags
    states: npt.NDArray[np.uint8]

    @classmethod
    def empty(cls, numbers: Numbers) -> "Cells":
        """Return rows without lines for these cells."""
        count = len(numbers)
        no_times = np.full((5, count), NO_TIME, np.int64)
        return cls(
            numbers=numbers,
            kinds=np.zeros((count, KINDS), np.uint32),
            leading=np.zeros(count, np.uint32),
            untimed=np.zeros(count, np.uint32),
            least=no_times[0],
            greatest=no_times[1],
            low=no_times[2],
            high=no_times[3],
            settled=no_times[4],
            heads=np.full((count, FOLLOWING), NO_TIME, np.int64),
            tails=np.full((count, FOLLOWING), NO_TIME, np.int64),
            opens=np.zeros(count, np.bool_),
            states=np.zeros(count, np.uint8),
        )

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def first(self) -> Numbers:
        """The first time in each cell, or ``NO_TIME``."""
        return self.heads[:, 0]

    @property
    def last(self) -> Numbers:
        """The last time in each cell, or ``NO_TIME``."""
        return self.tails[:, -1]

    def __getitem__(self, rows: slice) -> "Cells":
        """Return a view of some rows."""
        return Cells(*(getattr(self, each.name)[rows] for each in fields(self)))

    def chosen(self, rows: Flags) -> "Cells":
        """Return a copy of the rows with a true flag."""
        return Cells(*(getattr(self, each.name)[rows] for each in fields(self)))

    def lines(self) -> Numbers:
        """Return the number of lines in each cell."""
        lines: Numbers = self.kinds.sum(axis=1, dtype=np.int64)
        return lines

    def copy(self) -> "Cells":
        """Return rows with memory of their own."""
        return Cells(*(getattr(self, each.name).copy() for each in fields(self)))

    def with_more(self, later: "Cells") -> "Cells":
        """Return a copy with more rows after these."""
        return Cells(*(np.concatenate([getattr(self, each.name), getattr(later, each.name)]) for each in fields(self)))

    def set(self, at: int, other: "Cells") -> None:
        """Replace rows from ``at`` on."""
        for each in fields(self):
            getattr(self, each.name)[at : at + len(other)] = getattr(other, each.name)

    def add(self, at: int, later: "Cells") -> None:
        """Add lines that were written later to one row."""
        had_time, has_time = self.first[at] != NO_TIME, later.first[0] != NO_TIME
        if not had_time:
            self.leading[at] += later.leading[0]
        self.kinds[at] += later.kinds[0]
        self.untimed[at] += later.untimed[0]
        if has_time:
            self.greatest[at] = max(self.greatest[at], later.greatest[0])
            self.high[at] = max(self.high[at], later.high[0])
            self.least[at] = min(self.least[at], later.least[0]) if had_time else later.least[0]
            self.low[at] = min(self.low[at], later.low[0]) if had_time else later.low[0]
            self._add_order(at, later)
        self.opens[at] |= later.opens[0]
        self.states[at] = min(self.states[at], later.states[0])

    def _add_order(self, at: int, later: "Cells") -> None:
        none = np.full(FOLLOWING, NO_TIME)
        earliest, latest = (each[each != NO_TIME] for each in (self.heads[at], self.tails[at]))
        first, last = (each[each != NO_TIME] for each in (later.heads[0], later.tails[0]))
        middle = np.concatenate([latest, first])
        # Each of these now has as many times after it as can contradict it.
        settled = greatest(middle[:-FOLLOWING], middle[-FOLLOWING:], int(later.settled[0]))
        self.settled[at] = max(self.settled[at], settled)
        self.heads[at] = np.concatenate([earliest, first, none])[:FOLLOWING]
        self.tails[at] = np.concatenate([none, latest, last])[-FOLLOWING:]

    def carried(self, before: int, is_clear: Flags | None = None) -> Numbers:
        """Return the time that the lines before the first time of each cell have: the last one in the cells before.

        ``before`` is that of the first cell. With ``is_clear`` there is none after a cell without this flag.
        """
        own = self.last if is_clear is None else np.where(is_clear, self.last, NO_TIME)
        last = np.concatenate([[before], own[:-1]])
        decides = last != NO_TIME
        if is_clear is not None:
            decides[1:] |= ~is_clear[:-1]
        rows = np.where(decides, np.arange(len(last)), 0)
        return last[np.maximum.accumulate(rows)][: len(self)]


@dataclass(frozen=True, slots=True)
class CellTimes:
    """The times of the lines of ``cells``; lines without a time have that of the last line before them with one.

    ``carried`` is the time before the first line of a cell. ``least`` and ``greatest`` are ``NO_TIME`` if no line has a
    time. ``lines`` are the numbers of lines, 0 in cells that are not known.
    """

    cells: Cells
    carried: Numbers
    least: Numbers
    greatest: Numbers
    lines: Numbers

    @classmethod
    def of(cls, cells: Cells, before: int = NO_TIME, is_clear: Flags | None = None) -> "CellTimes":
        """Return the times of the lines of cells after a time; with ``is_clear``, of cells with this flag."""
        carried = cells.carried(before, is_clear)
        has_time, has_carried = cells.first != NO_TIME, (cells.leading > 0) & (carried != NO_TIME)
        least = np.where(has_time, cells.least, carried)
        greatest = np.where(has_time, cells.greatest, carried)
        np.minimum(least, carried, out=least, where=has_carried)
        np.maximum(greatest, carried, out=greatest, where=has_carried)
        return cls(cells, carried, least, greatest, cells.lines())

    def chosen(self, rows: Flags) -> "CellTimes":
        """Return a copy of the rows with a true flag."""
        return CellTimes(
            self.cells.chosen(rows), self.carried[rows], self.least[rows], self.greatest[rows], self.lines[rows]
        )

    def __getitem__(self, rows: slice) -> "CellTimes":
        """Return a view of some rows."""
        return CellTimes(self.cells[rows], self.carried[rows], self.least[rows], self.greatest[rows], self.lines[rows])

    def __len__(self) -> int:
        return len(self.lines)
