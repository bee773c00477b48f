"""The years of times without one, from the order of a file's lines: counted back from the file's last write."""

import calendar
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

DAY_MS = 86_400_000
# Lines may be out of order by this much.
BACK_MS = 31 * DAY_MS
# The years of a file with a shorter span, written lately, need no order.
_CERTAIN_MS = 300 * DAY_MS
# Lines of a part are at most this much later than its first line when it is found, and may get later.
LEAST_PART_MS = 150 * DAY_MS
# Neighbouring samples with more between them get one more sample between them.
_GAP_MS = 45 * DAY_MS
_SAMPLES = 64
_LEAST_BYTES = 4096
_MOST_ROUNDS = 12
_MOST_SAMPLES = 500
# A leap year, before every real line.
_BASE = datetime(1972, 1, 1, tzinfo=UTC)

ReadTime = Callable[[str, int | None], int | None]
"""Returns the time of a line in epoch milliseconds; without a year, the first one after another time, or nearly."""

Lines = Sequence[tuple[int, str]]
"""Offsets and texts of lines, ascending."""

YearPart = tuple[int, int]
"""The offset from which lines are not long before a time, and this time in epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class DatedFile:
    """The lines of a file: its size, and the time of its last write in epoch milliseconds.

    ``read`` returns whole lines that begin in about 4 KiB from an offset on.
    """

    size: int
    written: int
    read: Callable[[int], Lines]


def has_year(text: str, read: ReadTime) -> bool:
    """Return whether the time of a line does not depend on another time."""
    base = int(_BASE.timestamp()) * 1000
    return read(text, base) == read(text, base + 4 * 366 * DAY_MS)


def part_at(parts: Sequence[YearPart], offset: int) -> int:
    """Return the index of the part that has the line at an offset."""
    return max(0, bisect_right(parts, offset, key=lambda part: part[0]) - 1)


def year_parts(file: DatedFile, read: ReadTime, now: int) -> tuple[YearPart, ...]:
    """Return the parts of a file whose lines have no year; none if all are of the last year before ``now``."""
    samples = {at: file.read(at) for at in _first_offsets(file.size)}
    points = _points(samples, read)
    for _ in range(_MOST_ROUNDS):
        more = [
            middle
            for (before, first), (after, second) in pairwise(points)
            if abs(second - first) > _GAP_MS
            and after - before > 2 * _LEAST_BYTES
            and (middle := (before + after) // 2) not in samples
        ]
        if not more or len(samples) > _MOST_SAMPLES:
            break
        samples |= {at: file.read(at) for at in more}
        points = _points(samples, read)
    if not points:
        return ()
    shift = _years_until(points[-1][1], min(file.written, now) + DAY_MS)
    found = [(offset, _shifted(moment, shift)) for offset, moment in points]
    first, last = found[0][1], max(moment for _, moment in found)
    if last - first < _CERTAIN_MS and now - first < _CERTAIN_MS:
        return ()
    return tuple(_parts(found))


def _first_offsets(size: int) -> Sequence[int]:
    count = max(1, min(_SAMPLES, -(-size // _LEAST_BYTES)))
    return [size * number // count for number in range(count)]


def _points(samples: dict[int, Lines], read: ReadTime) -> list[YearPart]:
    """Return offsets and times of lines, in years counted from a first one."""
    begin = int(_BASE.timestamp()) * 1000 + BACK_MS
    points: list[YearPart] = []
    last = -1
    for offset, text in (line for at in sorted(samples) for line in samples[at]):
        now = points[-1][1] if points else begin
        # Samples overlap in small files, and the 29 February may be in none of the counted years.
        found = read(text, now) if offset > last else None
        if found is not None and not has_year(text, read) and found - now < 366 * DAY_MS:
            points.append((offset, max(now, found) if points else found))
            last = offset
    return points


def _years_until(moment: int, end: int) -> int:
    """Return the most years that can be added to a time up to an end."""
    years = datetime.fromtimestamp(end / 1000, UTC).year - datetime.fromtimestamp(moment / 1000, UTC).year
    return years if _shifted(moment, years) <= end else years - 1


def _shifted(moment: int, years: int) -> int:
    date = datetime.fromtimestamp(moment / 1000, UTC)
    year = date.year + years
    day = min(date.day, calendar.monthrange(year, date.month)[1])
    return int(date.replace(year=year, day=day).timestamp() * 1000)


def _parts(points: Sequence[YearPart]) -> Iterator[YearPart]:
    begin = points[0][1]
    yield 0, begin
    for offset, moment in points:
        if moment - begin > LEAST_PART_MS:
            begin = moment
            yield offset, begin
