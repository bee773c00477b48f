"""Line counts over time, by level."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logviewer.formats.level import LEVELS

if TYPE_CHECKING:
    from logviewer.views.counting import Counted, Part

_NONE = (0,) * len(LEVELS)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Line counts in buckets of ``step`` milliseconds, from ``begin`` (epoch milliseconds) on.

    ``counts`` has a row for each level of ``LEVELS``, with a count for each bucket. ``before`` and ``after`` count the
    lines outside the buckets by level, and ``untimed`` the lines before the first time in their file; other lines
    without a time count with the line before them. The sum of all counts is the number of lines. If no line has a time,
    ``begin`` is None and one bucket holds all lines. ``complete`` once all lines are counted.
    """

    begin: int | None
    step: int
    counts: Sequence[Sequence[int]]
    complete: bool
    before: Sequence[int] = _NONE
    after: Sequence[int] = _NONE
    untimed: Sequence[int] = _NONE

    @property
    def end(self) -> int | None:
        """The end of the last bucket, exclusive, in epoch milliseconds; None if no line has a time."""
        return None if self.begin is None else self.begin + self.step * len(self.counts[0])


def histogram(parts: "Sequence[Part]", buckets: int, *, since: int | None, until: int | None) -> Histogram:
    """Count the matching lines of files in buckets between two times, in epoch milliseconds.

    ``since`` and ``until`` (exclusive) are by default the first and the last time of the files, without a few lines far
    away from all others. Raises OSError.
    """
    # numpy takes a quarter of the server's start-up time, so it is loaded at its first use.
    from logviewer.views.counting import count_lines, span_of  # noqa: PLC0415

    complete = all(part.complete for part in parts)
    drawn = None if since is not None and until is not None else span_of(parts)
    span = bounds(drawn, since, until)
    if span is None:
        counted = count_lines(parts, 0, 1, 1)
        return Histogram(None, 0, [[number] for number in _everything(counted)], complete)
    step = max(1, -(-(span[1] - span[0]) // buckets))
    counted = count_lines(parts, span[0], step, buckets)
    before, *inside, after = counted.buckets
    counts = [[bucket[code] for bucket in inside] for code in range(len(LEVELS))]
    return Histogram(span[0], step, counts, complete, before, after, counted.untimed)


def bounds(drawn: tuple[int, int] | None, since: int | None, until: int | None) -> tuple[int, int] | None:
    """Return the begin and the end of the buckets: as given, otherwise those of the span to draw; None without both."""
    if since is not None and until is not None:
        return since, until
    if drawn is None:
        return None
    begin = drawn[0] if since is None else since
    end = drawn[1] + 1 if until is None else until
    return (begin, max(end, begin + 1)) if until is None else (min(begin, end - 1), end)


def _everything(counted: "Counted") -> list[int]:
    rows = [*counted.buckets, counted.untimed]
    return [sum(row[code] for row in rows) for code in range(len(LEVELS))]
