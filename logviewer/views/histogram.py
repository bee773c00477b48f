"""How many lines there are over time, by level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from logviewer.formats.level import LEVELS
from logviewer.search.match_index import CELL_BYTES, MatchIndex
from logviewer.search.time_index import TimeIndex

# Up to this size, each line is looked at: cells would be coarser than what is shown.
_EXACT_BYTES = 1024 * 1024

Part = tuple[MatchIndex, TimeIndex]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts for as many spans of ``step`` milliseconds as there are buckets, from ``begin`` (epoch ms) on.

    ``counts`` are by kind of ``LEVELS``, then by bucket; a line without a time counts with the one before it. Where no
    line has a time there is no ``begin``, and one bucket for all. ``complete`` once all lines have been looked at.
    """

    begin: int | None
    step: int
    counts: Sequence[Sequence[int]]
    complete: bool

    @property
    def end(self) -> int | None:
        """Epoch milliseconds, not included."""
        return None if self.begin is None else self.begin + self.step * len(self.counts[0])


def histogram(parts: Sequence[Part], buckets: int, *, since: int | None, until: int | None) -> Histogram:
    """The course of the matching lines of files, between two times or all of them. Raises OSError."""
    complete = all(matches.complete for matches, _ in parts)
    begin = since if since is not None else _least(times.first_time() for _, times in parts)
    end = until if until is not None else _most(times.last_time() for _, times in parts)
    if begin is None or end is None:
        sums = [matches.level_counts(*_cells(matches)) for matches, _ in parts]
        for matches, _ in parts:
            sums += [[each == kind for each in range(len(LEVELS))] for _, kind in matches.rest_level_codes()]
        return Histogram(None, 0, [[sum(each[kind] for each in sums)] for kind in range(len(LEVELS))], complete)
    step = max(1, -(-(end + (until is None) - begin) // buckets))
    counts = [[0] * buckets for _ in LEVELS]
    for matches, times in parts:
        size = matches.generation.size() - matches.generation.begin
        count = _count_lines if size <= _EXACT_BYTES else _count_cells
        count(matches, times, begin, step, counts)
    return Histogram(begin, step, counts, complete)


def _count_lines(matches: MatchIndex, times: TimeIndex, begin: int, step: int, counts: list[list[int]]) -> None:
    known = [line for cell in range(*_cells(matches)) for line in times.lines(cell)]
    following = 0
    moment: int | None = None
    for offset, kind in matches.level_codes():
        while following < len(known) and known[following][0] <= offset:
            moment = known[following][1]
            following += 1
        if moment is not None and 0 <= moment - begin < step * len(counts[kind]):
            counts[kind][(moment - begin) // step] += 1


def _count_cells(matches: MatchIndex, times: TimeIndex, begin: int, step: int, counts: list[list[int]]) -> None:
    borders = [times.cell_of(begin + step * bucket) for bucket in range(len(counts[0]) + 1)]
    passed = [0.0] * len(LEVELS)
    for bucket, (first, last) in enumerate(pairwise(borders)):
        for kind, number in enumerate(_between(matches, first, last)):
            # Rounded sums, so that nothing is counted twice or left out.
            before = round(passed[kind])
            passed[kind] += number
            counts[kind][bucket] += round(passed[kind]) - before
    for offset, kind in matches.rest_level_codes():
        moment = times.time_at(offset)
        if moment is not None and 0 <= moment - begin < step * len(counts[kind]):
            counts[kind][(moment - begin) // step] += 1


def _between(matches: MatchIndex, first: float, last: float) -> list[float]:
    """How many matches of each kind lie between two places, told in cells."""
    low, high = int(first), int(last)
    sums = [float(number) for number in matches.level_counts(low, high)]
    for cell, share in ((low, low - first), (high, last - high)):
        if share:
            sums = [each + share * number for each, number in zip(sums, matches.level_counts_in(cell), strict=True)]
    return [max(0.0, each) for each in sums]


def _cells(matches: MatchIndex) -> tuple[int, int]:
    return matches.generation.begin // CELL_BYTES, -(-matches.generation.size() // CELL_BYTES)


def _least(moments: Iterable[int | None]) -> int | None:
    return min((each for each in moments if each is not None), default=None)


def _most(moments: Iterable[int | None]) -> int | None:
    return max((each for each in moments if each is not None), default=None)
