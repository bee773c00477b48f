"""What the lines of a file say together about the reading of one of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from operator import itemgetter
from typing import get_args

from logviewer.formats.crash import TRACEBACK
from logviewer.formats.known_formats import known_formats_of
from logviewer.formats.level import find_level
from logviewer.formats.level_column import level_column
from logviewer.formats.timestamp import (
    ALONE,
    DAY,
    Order,
    TimeReading,
    bare_place,
    epoch_of,
    find_time,
    numeric_date,
)
from logviewer.settings import LogRule

# Bare numbers are times if numbers in one place are such a part of all times, and of all lines.
_SHARE_OF_TIMES = 3
_SHARE_OF_LINES = 5
# So many lines show that a column has times; they are of two years at most, and nine of ten are in order.
_LEAST_COLUMN_LINES = 5
_MOST_COLUMNS = 32
# Numbers of so many digits, without a fraction, may count something in a few lines.
_COUNT_LENGTHS = frozenset({10, 13})
# Fewer lines of a file do not decide, if it follows another one.
_LEAST_OWN_LINES = 10
_AHEAD = 366 * DAY
_COLUMN_SPAN = 2 * 366 * DAY * 1000


@dataclass(frozen=True, slots=True)
class FileReading:
    """Decisions about the lines of a file: how times are read, and the rules and names of the known formats it has.

    With ``lone_tracebacks``, a traceback of Python is an uncaught error, and not the rest of a logged one.
    """

    times: TimeReading = ALONE
    rules: tuple[LogRule, ...] = ()
    names: tuple[str, ...] = ()
    lone_tracebacks: bool = False


NO_READING = FileReading()
"""The reading of lines without a file."""


def read_file(lines: Sequence[str], now: float | None = None, *, dates: Sequence[str] = ()) -> FileReading:
    """Return how the lines of a file are read, by some of them in their order.

    ``now`` is in epoch seconds. ``dates`` are the parts of the lines that have their times, by default the lines.
    """
    formats = known_formats_of(lines)
    times = time_reading(lines, now, dates=dates)
    order = next((each.order for each in formats if each.order), times.order)
    rules = tuple(each.rule for each in formats if each.rule)
    column = None if rules else level_column(lines)
    return FileReading(
        replace(times, order=order),
        (column,) if column else rules,
        tuple(each.name for each in formats),
        lone_tracebacks=_has_lone_tracebacks(lines),
    )


def with_inherited(own: FileReading, lines: Sequence[str], inherited: Callable[[], FileReading]) -> FileReading:
    """Return the reading of a file, by these lines and by the files before it in its log where they do not decide."""
    is_open = own.times.order is None and any(numeric_date(line) for line in lines)
    has_few = sum(line[:1] not in {"", " ", "\t"} for line in lines) < _LEAST_OWN_LINES
    if not is_open and not has_few:
        return own
    before = inherited()
    times = replace(own.times, order=before.times.order if is_open else own.times.order)
    if not has_few:
        return replace(own, times=times)
    has_rules = bool(own.rules or own.names)
    return FileReading(
        replace(times, bare=own.times.bare and before.times.bare, column=own.times.column or before.times.column),
        own.rules if has_rules else before.rules,
        own.names if has_rules else before.names,
        lone_tracebacks=own.lone_tracebacks or before.lone_tracebacks,
    )


def _has_lone_tracebacks(lines: Sequence[str]) -> bool:
    """Return whether most tracebacks in the lines follow a line that reports no error."""
    alone = 0
    for number, line in enumerate(lines):
        if line.startswith(TRACEBACK):
            before = next((each for each in reversed(lines[max(0, number - 2) : number]) if each.strip()), "")
            if not before.endswith(("exception occurred:", "of the following exception:")):
                alone += 1 if _is_report_of_others(before) else -1
    return alone > 0


def _is_report_of_others(text: str) -> bool:
    """Return whether a traceback after this line does not belong to it."""
    level = find_level(text)
    if level is None:
        return find_time(text) is None
    return level not in {"fatal", "error", "warning"}


def time_reading(lines: Sequence[str], now: float | None = None, *, dates: Sequence[str] = ()) -> TimeReading:
    """Return how the times of a file are read, by some of its lines in their order.

    Dates after ``now`` (epoch seconds, by default the present) are unlikely. ``dates`` are as in ``read_file``.
    """
    today = datetime.fromtimestamp(time.time() if now is None else now, UTC).date()
    timed = [line for line in lines if find_time(line) is not None]
    places = Counter(place for line in timed if (place := bare_place(line)))
    place, most = max(places.items(), key=itemgetter(1), default=(None, 0))
    begun = sum(line[:1] not in {"", " ", "\t"} for line in lines)
    has_enough = most * _SHARE_OF_TIMES >= len(timed) and most * _SHARE_OF_LINES >= begun
    return TimeReading(
        order=date_order(dates or lines, today),
        bare=has_enough
        # Numbers after words are often counts and sizes.
        and (
            not place or not place[0] or _are_times([each for each in timed if bare_place(each) == place], begun, now)
        ),
        column=_column(lines) if not timed else None,
    )


def _are_times(lines: Sequence[str], count: int, now: float | None) -> bool:
    """Return whether the bare numbers in these of ``count`` lines can be times: not far ahead, mostly in order."""
    times = [each for line in lines if (each := find_time(line)) is not None]
    place = bare_place(lines[0]) if lines else None
    if place and place[2] in _COUNT_LENGTHS and len(times) < _LEAST_COLUMN_LINES:
        return False
    latest = ((time.time() if now is None else now) + _AHEAD) * 1000
    if len(times) < min(count, 2) or max(times) > latest:
        return False
    in_order = sum(after >= before for before, after in pairwise(times))
    return max(times) - min(times) <= DAY * 1000 or in_order * 3 >= (len(times) - 1) * 2


def date_order(lines: Iterable[str], today: date) -> Order | None:
    """Return the order of numbers in which dates are valid, past, ascending and near each other, if one is best."""
    dates = [parts for line in lines if (parts := numeric_date(line))]
    if not dates:
        return None
    orders: list[Order] = [each for each in get_args(Order) if each != "ymd" or len(dates[0][2]) == 2]
    rated = sorted((rating, order) for order in orders if (rating := _rating(dates, order, today)) is not None)
    if not rated or (len(rated) > 1 and rated[0][0] == rated[1][0]):
        return None
    is_certain = len(rated) == 1 or len(set(dates)) > 1 or rated[0][0][0] < rated[1][0][0]
    return rated[0][1] if is_certain else None


def _rating(dates: Iterable[tuple[str, ...]], order: Order, today: date) -> tuple[int, int, int] | None:
    """Return the number of dates in the future and of steps back, and the days between them; None if one is invalid."""
    found: list[date] = []
    for parts in dates:
        numbers = dict(zip(order, parts, strict=True))
        year = int(numbers["y"])
        with suppress(ValueError):
            found.append(date(year if year > 99 else 2000 + year, int(numbers["m"]), int(numbers["d"])))
            continue
        return None
    future = sum((each - today).days > 1 for each in found)
    steps_back = sum(after < before for before, after in pairwise(found))
    return min(future, 1), steps_back, (max(found) - min(found)).days


def _column(lines: Sequence[str]) -> int | None:
    """Return the index of the first word that is an ascending epoch time in nearly all lines; None without one."""
    rows = [line.split() for line in lines if line[:1] not in {"", " ", "\t", "{", "#"}]
    rows = [row for row in rows if len(row) > 1][1:] or rows
    if len(rows) < _LEAST_COLUMN_LINES:
        return None
    for index in range(min(_MOST_COLUMNS, max(map(len, rows)))):
        found = [each for row in rows if len(row) > index and (each := epoch_of(row[index])) is not None]
        if len(found) * 10 < len(rows) * 9 or max(found) - min(found) > _COLUMN_SPAN:
            continue
        in_order = sum(after >= before for before, after in pairwise(found))
        if in_order * 10 >= (len(found) - 1) * 9:
            return index
    return None
