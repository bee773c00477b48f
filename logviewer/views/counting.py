"""Counts the lines of cell tables between times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import NO_TIME, UNKNOWN, Cells, Numbers
from logviewer.formats.level import LEVELS
from logviewer.search.level_index import LevelIndex
from logviewer.search.match_index import MatchIndex
from logviewer.views.time_span import main_span

Matrix = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]

# Cells with lines on both sides of a border of buckets are read again if there are not more; the lines of the others
# are spread over the times of the cell.
_MOST_READ = 16
_SPREAD_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """The matches in one file, and the index that fills its cell table."""

    index: MatchIndex
    everything: LevelIndex

    @property
    def complete(self) -> bool:
        """Whether all lines are counted."""
        return self.index.complete and self.everything.complete


@dataclass(frozen=True, slots=True)
class Counted:
    """Numbers of lines by level: before the buckets, in each of them, after them; and of those without a time."""

    buckets: list[list[int]]
    untimed: list[int]


def span_of(parts: Sequence[Part]) -> tuple[int, int] | None:
    """Return the first and the last time to draw; None if no line has a time. Raises OSError."""
    tables = [(part, _known(part)) for part in parts]
    if sum(len(cells) for _, cells in tables) <= _MOST_READ:
        own = [part.everything.cell_pass.read(cell).times for part, cells in tables for cell in cells.numbers.tolist()]
        times = np.concatenate([np.empty(0, np.int64), *own])
        weights = np.ones(len(times))
    else:
        cells = [cells for _, cells in tables]
        inner = [np.maximum(0, each.lines() - 2) / 2 for each in cells]
        ones = [np.ones(len(each)) for each in cells]
        times = np.concatenate(
            [column for each in cells for column in (each.low, each.high, each.least, each.greatest)]
        )
        weights = np.concatenate(
            [column for half, one in zip(inner, ones, strict=True) for column in (half, half, one, one)]
        )
    ends = [end for part in parts if (end := part.everything.unterminated_time()) is not None]
    times = np.concatenate([times[times != NO_TIME], np.array(ends, np.int64)])
    return main_span(times, np.concatenate([weights[: len(times) - len(ends)], np.ones(len(ends))]))


def _known(part: Part) -> Cells:
    cells = part.everything.cell_pass.table.cells
    known = cells.states != UNKNOWN
    return cells if known.all() else cells.chosen(known)


def count_lines(parts: Sequence[Part], begin: int, step: int, buckets: int) -> Counted:
    """Count lines in buckets of ``step`` milliseconds from ``begin`` on. Raises OSError."""
    counter = _Counter(begin, step, buckets)
    straddling: list[tuple[Part, Cells, Matrix, Numbers]] = []
    for part in parts:
        cells = _known(part)
        counts, carried = part.index.counts_of(cells.numbers), cells.carried()
        left = counter.add_whole(cells, counts, carried)
        if left.any():
            straddling.append((part, cells.chosen(left), counts[left], carried[left]))
        for _, code in part.index.unterminated_level_codes():
            time = part.everything.unterminated_time()
            counter.add_lines(np.array([NO_TIME if time is None else time]), np.array([code]))
    # While lines are left to count, their number is of no use yet: do not read for it.
    most = _MOST_READ if all(part.complete for part in parts) else 0
    few = sum(len(cells) for _, cells, _, _ in straddling) <= most
    for part, cells, counts, carried in straddling:
        widths = counter.widths(cells, carried)
        is_read = (cells.leading > 0) & (carried == NO_TIME) & (most > 0)
        # Borders between cells in order are near enough; a wrong clock or a jump is not.
        wildest = np.argsort(-widths, kind="stable")[:most]
        is_read[wildest[few | (widths[wildest] > 1)]] = True
        most = max(int(most > 0), most - int(is_read.sum()))
        for cell, time in zip(cells.numbers[is_read].tolist(), carried[is_read].tolist(), strict=True):
            counter.add_lines(*part.index.times_in(part.everything.cell_pass.read(cell), time))
        counter.spread(cells.chosen(~is_read), counts[~is_read], carried[~is_read])
    return counter.counted()


class _Counter:
    def __init__(self, begin: int, step: int, buckets: int) -> None:
        self._begin = begin
        self._step = step
        self._last = buckets + 1
        self._whole: Matrix = np.zeros((buckets + 2, len(LEVELS)), np.int64)
        self._parts: Shares = np.zeros((buckets + 2, len(LEVELS)))
        self._untimed: Matrix = np.zeros(len(LEVELS), np.int64)

    def _buckets(self, times: Numbers) -> Numbers:
        return np.clip((times - self._begin) // self._step + 1, 0, self._last)

    def _range(self, cells: Cells, carried: Numbers) -> tuple[Numbers, Numbers]:
        """Return the least and greatest time of the lines of each cell; ``NO_TIME`` if none has one."""
        has_time, has_carried = cells.first != NO_TIME, (cells.leading > 0) & (carried != NO_TIME)
        least = np.where(has_time, cells.least, carried)
        greatest = np.where(has_time, cells.greatest, carried)
        return (
            np.where(has_carried, np.minimum(least, carried), least),
            np.where(has_carried, np.maximum(greatest, carried), greatest),
        )

    def widths(self, cells: Cells, carried: Numbers) -> Numbers:
        """Return in how many buckets the lines of each cell may be."""
        least, greatest = self._range(cells, carried)
        return self._buckets(greatest) - self._buckets(least)

    def add_whole(self, cells: Cells, counts: Matrix, carried: Numbers) -> npt.NDArray[np.bool_]:
        """Add the cells whose lines are all in one bucket; return whether each cell is left."""
        least, greatest = self._range(cells, carried)
        untimed = greatest == NO_TIME
        some = counts.any(axis=1)
        self._untimed += counts[untimed].sum(axis=0)
        first = self._buckets(least)
        left: npt.NDArray[np.bool_] = ~untimed & (
            (first != self._buckets(greatest)) | ((cells.leading > 0) & (carried == NO_TIME))
        )
        left &= some
        whole = some & ~untimed & ~left
        np.add.at(self._whole, first[whole], counts[whole])
        return left

    def add_lines(self, times: Numbers, codes: Numbers) -> None:
        """Add lines of these times and levels."""
        timed = times != NO_TIME
        np.add.at(self._whole, (self._buckets(times[timed]), codes[timed]), 1)
        np.add.at(self._untimed, codes[~timed], 1)

    def spread(self, cells: Cells, counts: Matrix, carried: Numbers) -> None:
        """Add cells whose lines are in several buckets: evenly over the times of most of them.

        One line is at the least time, one at the greatest.
        """
        for at in range(0, len(cells), _SPREAD_AT_ONCE):
            part = slice(at, at + _SPREAD_AT_ONCE)
            self._spread(cells[part], counts[part], carried[part])

    def _spread(self, cells: Cells, counts: Matrix, carried: Numbers) -> None:
        lines = np.maximum(1, cells.lines()).astype(np.float64)
        weights = counts / lines[:, None]
        # The tenths before ``low`` and after ``high`` are as dense as the rest, but for single wrong clocks.
        tenth = (cells.high - cells.low) // 8
        first, last = np.maximum(cells.least, cells.low - tenth), np.minimum(cells.greatest, cells.high + tenth)
        left = lines.copy()
        for time, number in (
            (cells.least, (cells.least < first).astype(np.float64)),
            (cells.greatest, (cells.greatest > last).astype(np.float64)),
            (carried, np.where(carried == NO_TIME, 0.0, cells.leading)),
        ):
            number = np.minimum(number, left)  # noqa: PLW2901
            left -= number
            some = number > 0
            np.add.at(self._parts, self._buckets(time[some]), (weights * number[:, None])[some])
        edges = self._begin + self._step * np.arange(self._last)
        reached = np.clip((edges[None, :] - first[:, None]) / (last - first + 1)[:, None], 0, 1)
        ends = np.ones((len(cells), 1))
        shares = np.diff(np.concatenate([0 * ends, reached, ends], axis=1), axis=1)
        self._parts += shares.T @ (weights * left[:, None])

    def counted(self) -> Counted:
        """Return all counts: differences of rounded sums add up to the whole number of lines."""
        sums = np.rint(np.cumsum(self._parts, axis=0)).astype(np.int64)
        buckets = self._whole + np.diff(sums, axis=0, prepend=np.zeros((1, len(LEVELS)), np.int64))
        return Counted(buckets.tolist(), self._untimed.tolist())
