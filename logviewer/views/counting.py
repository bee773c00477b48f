"""Counts the lines of cell tables between times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from logviewer.files.cell_table import CellTable, Page
from logviewer.files.cell_table import times as page_times
from logviewer.files.cells import NO_TIME, UNKNOWN, CellTimes, Numbers
from logviewer.formats.level import LEVELS
from logviewer.search.level_index import LevelIndex
from logviewer.search.match_index import MatchIndex
from logviewer.views.time_span import main_span, whole_span

Matrix = npt.NDArray[np.int64] | npt.NDArray[np.uint32]
Shares = npt.NDArray[np.float64]

# Cells with lines on both sides of a border of buckets are read again if there are not more; the lines of the others
# are spread over the times of the cell.
_MOST_READ = 16
# To see whether a time is far away from most others, so many rows are enough.
_SAMPLED_ROWS = 16_384
# A number for each cell and bucket takes much memory.
_SPREAD_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Part:
    """The matches in one file, and the index that fills its cell table."""

    index: MatchIndex
    everything: LevelIndex

    @property
    def table(self) -> CellTable:
        """The cell table of the file."""
        return self.everything.cell_pass.table

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
    pages = [page for part in parts for page in part.table.pages()]
    if (rows := sum(map(len, pages))) > _MOST_READ:
        times, _ = _times_of(pages, 1 + rows // _SAMPLED_ROWS)
        if span := whole_span(np.append(times, _unterminated_times(parts))):
            return span
    return main_span(*weighted_times(parts))


def weighted_times(parts: Sequence[Part]) -> tuple[Numbers, Shares]:
    """Return times of lines, with the number of lines near to each: all times of a few cells. Raises OSError."""
    ends = _unterminated_times(parts)
    pages = [page for part in parts for page in part.table.pages()]
    if sum(map(len, pages)) > _MOST_READ:
        times, weights = _times_of(pages, 1)
        return np.append(times, ends), np.append(weights, np.ones(len(ends)))
    own = [
        part.everything.cell_pass.read(cell).times
        for part in parts
        for page in part.table.pages()
        for cell in page.numbers[page.states != UNKNOWN].tolist()
    ]
    times = np.concatenate([np.empty(0, np.int64), *own])
    times = np.append(times[times != NO_TIME], ends)
    return times, np.ones(len(times))


def _unterminated_times(parts: Sequence[Part]) -> Numbers:
    return np.array([end for part in parts if (end := part.everything.unterminated_time()) is not None], np.int64)


def _times_of(pages: Sequence[Page], step: int) -> tuple[Numbers, Shares]:
    """Return four times of each row in pages, and the number of lines near to each.

    With a ``step``, only of one row in so many, and of those with the least and the greatest time of a page.
    """
    times, weights = [np.empty(0, np.int64)], [np.empty(0)]
    for page in pages:
        cells = page[:]
        rows = np.flatnonzero(cells.greatest != NO_TIME)
        if step > 1 and len(rows):
            ends = rows[[cells.least[rows].argmin(), cells.greatest[rows].argmax()]]
            rows = np.append(rows[::step], ends)
        near = np.maximum(0, cells.lines()[rows] - 2) / 2
        times += [column[rows] for column in (cells.low, cells.high, cells.least, cells.greatest)]
        weights += [near, near, np.ones(len(rows)), np.ones(len(rows))]
    return np.concatenate(times), np.concatenate(weights)


def count_lines(parts: Sequence[Part], begin: int, step: int, buckets: int) -> Counted:
    """Count lines in buckets of ``step`` milliseconds from ``begin`` on. Raises OSError."""
    counter = _Counter(begin, step, buckets)
    straddling: list[_Straddling] = []
    for part in parts:
        found = _Straddling.of(part, counter)
        if len(found.numbers):
            straddling.append(found)
        for _, code in part.index.unterminated_level_codes():
            time = part.everything.unterminated_time()
            counter.add_lines(np.array([NO_TIME if time is None else time]), np.array([code]))
    # While lines are left to count, their number is of no use yet: do not read for it.
    most = _MOST_READ if all(part.complete for part in parts) else 0
    few = sum(len(each.numbers) for each in straddling) <= most
    for each in straddling:
        is_read = each.lacks_time & (most > 0)
        # Borders between cells in order are near enough; a wrong clock or a jump is not.
        wildest = np.argsort(-each.widths, kind="stable")[:most]
        is_read[wildest[few | (each.widths[wildest] > 1)]] = True
        most = max(int(most > 0), most - int(is_read.sum()))
        each.count(counter, is_read)
    return counter.counted()


@dataclass(frozen=True, slots=True)
class _Straddling:
    """The cells of a part whose lines are in several buckets: their numbers, and the numbers of these buckets.

    ``lacks_time`` is true if a cell begins with lines whose time is not known. ``pages`` are those of the table.
    """

    part: Part
    pages: Sequence[Page]
    numbers: Numbers
    widths: Numbers
    lacks_time: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, part: Part, counter: "_Counter") -> "_Straddling":
        """Add all other cells of a part to the counter, and return these."""
        pages = part.table.pages()
        found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))]
        for times in page_times(pages):
            left = counter.add_whole(times, part.index.counts_of(times.cells))
            if left.any():
                some = times.chosen(left)
                found.append((some.cells.numbers, counter.widths(some), _lacks_time(some)))
        numbers, widths, lacking = map(np.concatenate, zip(*found, strict=True))
        return cls(part, pages, numbers, widths, lacking)

    def count(self, counter: "_Counter", is_read: npt.NDArray[np.bool_]) -> None:
        """Add the cells: some of them are read, the lines of the others are spread. Raises OSError."""
        cell_pass, index = self.part.everything.cell_pass, self.part.index
        for times in page_times(self.pages):
            first, last = np.searchsorted(self.numbers, times.cells.numbers[[0, -1]] + [0, 1])
            if first == last:
                continue
            some = times.chosen(np.isin(times.cells.numbers, self.numbers[first:last]))
            chosen = is_read[first:last]
            pairs = zip(some.cells.numbers[chosen].tolist(), some.carried[chosen].tolist(), strict=True)
            for cell, time in pairs:
                counter.add_lines(*index.times_in(cell_pass.read(cell), time))
            rest = some.chosen(~chosen)
            counter.spread(rest, index.counts_of(rest.cells))


def _lacks_time(times: CellTimes) -> npt.NDArray[np.bool_]:
    """Return whether a cell begins with lines whose time is not known."""
    lacking: npt.NDArray[np.bool_] = (times.cells.leading > 0) & (times.carried == NO_TIME)
    return lacking


class _Counter:
    def __init__(self, begin: int, step: int, buckets: int) -> None:
        self._begin = begin
        self._step = step
        self._last = buckets + 1
        # With one more row, for cells that are not added.
        self._whole: Matrix = np.zeros((buckets + 3, len(LEVELS)), np.int64)
        self._parts: Shares = np.zeros((buckets + 2, len(LEVELS)))
        self._untimed: Matrix = np.zeros(len(LEVELS), np.int64)

    def _buckets(self, times: Numbers) -> Numbers:
        return np.clip((times - self._begin) // self._step + 1, 0, self._last)

    def widths(self, times: CellTimes) -> Numbers:
        """Return in how many buckets the lines of each cell may be."""
        return self._buckets(times.greatest) - self._buckets(times.least)

    def add_whole(self, times: CellTimes, counts: Matrix) -> npt.NDArray[np.bool_]:
        """Add the cells whose lines are all in one bucket; return whether each cell is left."""
        cells, first = times.cells, self._buckets(times.least)
        is_untimed = times.greatest == NO_TIME
        left: npt.NDArray[np.bool_] = (first != self._buckets(times.greatest)) | _lacks_time(times)
        left &= ~is_untimed & (times.lines > 0) & (cells.states != UNKNOWN)
        if is_untimed.any():
            self._untimed += counts[is_untimed].sum(axis=0, dtype=np.int64)
        first[left | is_untimed | (cells.states == UNKNOWN)] = self._last + 1
        # Neighbours are mostly in the same bucket.
        runs = np.flatnonzero(np.diff(first, prepend=-1))
        if len(runs):
            np.add.at(self._whole, first[runs], np.add.reduceat(counts, runs, axis=0, dtype=np.int64))
        return left

    def add_lines(self, times: Numbers, codes: Numbers) -> None:
        """Add lines of these times and levels."""
        timed = times != NO_TIME
        np.add.at(self._whole, (self._buckets(times[timed]), codes[timed]), 1)
        np.add.at(self._untimed, codes[~timed], 1)

    def spread(self, times: CellTimes, counts: Matrix) -> None:
        """Add cells whose lines are in several buckets: evenly over the times of most of them.

        One line is at the least time, one at the greatest.
        """
        for at in range(0, len(times), _SPREAD_AT_ONCE):
            part = slice(at, at + _SPREAD_AT_ONCE)
            self._spread(times[part], counts[part])

    def _spread(self, times: CellTimes, counts: Matrix) -> None:
        cells = times.cells
        lines = np.maximum(1, times.lines).astype(np.float64)
        weights = counts / lines[:, None]
        # The tenths before ``low`` and after ``high`` are as dense as the rest, but for single wrong clocks.
        tenth = (cells.high - cells.low) // 8
        first, last = np.maximum(cells.least, cells.low - tenth), np.minimum(cells.greatest, cells.high + tenth)
        left = lines.copy()
        for time, wanted in (
            (cells.least, (cells.least < first).astype(np.float64)),
            (cells.greatest, (cells.greatest > last).astype(np.float64)),
            (times.carried, np.where(times.carried == NO_TIME, 0.0, cells.leading)),
        ):
            number = np.minimum(wanted, left)
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
        buckets = self._whole[:-1] + np.diff(sums, axis=0, prepend=np.zeros((1, len(LEVELS)), np.int64))
        return Counted(buckets.tolist(), self._untimed.tolist())
