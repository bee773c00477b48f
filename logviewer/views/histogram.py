"""Line counts over time, by level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from logviewer.formats.level import LEVELS
from logviewer.search.match_index import CELL_BYTES, MatchIndex
from logviewer.search.time_index import TimeIndex

# Up to this size, lines are counted one by one: cells would be coarser than buckets.
_EXACT_BYTES = 1024 * 1024

Part = tuple[MatchIndex, TimeIndex]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Line counts in buckets of ``step`` milliseconds, from ``begin`` (epoch milliseconds) on.

    ``counts`` has a row for each level of ``LEVELS``, with a count for each bucket. A line without a time counts with
    the line before it. If no line has a time, ``begin`` is None and one bucket holds all lines. ``complete`` once all
    lines are counted.
    """

    begin: int | None
    step: int
    counts: Sequence[Sequence[int]]
    complete: bool

    @property
    def end(self) -> int | None:
        """The end of the last bucket, exclusive, in epoch milliseconds; None if no line has a time."""
        return None if self.begin is None else self.begin + self.step * len(self.counts[0])


def histogram(parts: Sequence[Part], buckets: int, *, since: int | None, until: int | None) -> Histogram:
    """Count the matching lines of files in buckets between two times, in epoch milliseconds.

    ``since`` and ``until`` (exclusive) are by default the first and the last time of the files. Raises OSError.
    """
    complete = all(index.complete for index, _ in parts)
    begin = since if since is not None else _least(time_index.first_time() for _, time_index in parts)
    end = until if until is not None else _most(time_index.last_time() for _, time_index in parts)
    if begin is None or end is None:
        sums = [index.level_counts(*_cells(index)) for index, _ in parts]
        for index, _ in parts:
            sums += [[each == code for each in range(len(LEVELS))] for _, code in index.unterminated_level_codes()]
        return Histogram(None, 0, [[sum(each[code] for each in sums)] for code in range(len(LEVELS))], complete)
    step = max(1, -(-(end + (until is None) - begin) // buckets))
    counts = [[0] * buckets for _ in LEVELS]
    for index, time_index in parts:
        size = index.generation.size() - index.generation.begin
        count = _count_lines if size <= _EXACT_BYTES else _count_cells
        count(index, time_index, begin, step, counts)
    return Histogram(begin, step, counts, complete)


def _count_lines(index: MatchIndex, time_index: TimeIndex, begin: int, step: int, counts: list[list[int]]) -> None:
    known = [line for cell in range(*_cells(index)) for line in time_index.lines(cell)]
    following = 0
    time: int | None = None
    for offset, code in index.level_codes():
        while following < len(known) and known[following][0] <= offset:
            time = known[following][1]
            following += 1
        if time is not None and 0 <= time - begin < step * len(counts[code]):
            counts[code][(time - begin) // step] += 1


def _count_cells(index: MatchIndex, time_index: TimeIndex, begin: int, step: int, counts: list[list[int]]) -> None:
    borders = [time_index.cell_of(begin + step * bucket) for bucket in range(len(counts[0]) + 1)]
    exact = [0.0] * len(LEVELS)
    for bucket, (first, last) in enumerate(pairwise(borders)):
        for code, number in enumerate(_between(index, first, last)):
            # Differences of rounded sums add up to the whole number of lines.
            before = round(exact[code])
            exact[code] += number
            counts[code][bucket] += round(exact[code]) - before
    for offset, code in index.unterminated_level_codes():
        time = time_index.time_at(offset)
        if time is not None and 0 <= time - begin < step * len(counts[code]):
            counts[code][(time - begin) // step] += 1


def _between(index: MatchIndex, first: float, last: float) -> list[float]:
    """Count the matches between two points of a file, in cells with fractions, for each level."""
    low, high = int(first), int(last)
    sums = [float(number) for number in index.level_counts(low, high)]
    for cell, share in ((low, low - first), (high, last - high)):
        if share:
            sums = [each + share * number for each, number in zip(sums, index.level_counts_in(cell), strict=True)]
    return [max(0.0, each) for each in sums]


def _cells(index: MatchIndex) -> tuple[int, int]:
    return index.generation.begin // CELL_BYTES, -(-index.generation.size() // CELL_BYTES)


def _least(times: Iterable[int | None]) -> int | None:
    return min((each for each in times if each is not None), default=None)


def _most(times: Iterable[int | None]) -> int | None:
    return max((each for each in times if each is not None), default=None)
