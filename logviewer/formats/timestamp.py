"""Finds the time of a line in any common format, without configuration."""

import re
import time as clock
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from logviewer.formats.fields import json_fields

# A line's own time is near its start; times further on are part of its message.
_HEAD_CHARS = 120
# A time so near to the start of a line may stand after words.
_WORDLESS_CHARS = 24
DAY = 86400
_YEARS_BACK = 8
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_STAMP = re.compile(
    rf"""(?<![\w.])(
        \d{{4}}[-/.]\d\d[-/.]\d\d
      | (?:\d{{4}}[ ])?{_MONTH}[ ]{{1,2}}\d{{1,2}}(?:,?[ ]\d{{4}})?
      | \d{{1,2}}[-/ ]{_MONTH}[-/ ]\d{{4}}
      | \d\d?[-/.]\d\d?[-/.](?:\d{{4}}|\d\d)
      | \d\d[-/.]\d\d(?=[ ]\d\d:)
      | \d{{8}} | \d{{6}}(?=[ ]) | [DIWEF](?:\d{{4}}){{1,2}}(?=[ ]\d\d:)
    )(?:::?|[Tt_\t-]|,?[ ]{{1,3}}|[ ]-[ ])
    (\d\d?)([:.])([0-5]?\d)\3([0-5]?\d|60)(?:[.,:](\d{{1,9}}))?
    (?:[ ]?([AaPp])\.?[Mm]\b)?
    ([ ]?(?:Z|UTC|GMT)\b|[+-]\d\d(?::?\d\d)?\b|[ ][+-]\d\d:?\d\d\b)?
    (?:[ ](?:[A-Z]{{3,4}}[ ])?((?:19|20)\d\d)(?![\w:./-]))?""",
    re.VERBOSE,
)
_COMPACT = re.compile(r"(\d{8}(?=T)|\d{6})[ T](\d\d)([0-5]\d)([0-5]\d|60)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?(?!\w)")
_EPOCH = re.compile(
    r"""(?:(?:[^\s=:"]+[ ]){0,4}[\[(]?|(?:.{0,60}[\s,])??(?:ts|time|timestamp)="?|type=\S+[ ]msg=audit\()
    ([1-4]\d{9})(?:\.(\d{1,9})|(\d{3})\d{0,6})?(?![\w.])""",
    re.VERBOSE,
)
# Every time matches this, so a search for it skips lines without a time.
TIME_HINT = re.compile(rb"\d[:.]\d|\d{6}")
# First characters of a ``_STAMP``.
_STAMP_STARTS = frozenset("0123456789JFMASONDIWE")
# So many characters after a ``_STAMP`` decide whether AM, PM or a zone follows, unless they begin a longer number, zone
# or year.
_TAIL_CHARS = 6
_LONGER = re.compile(r"\d|[ ]?[+-]\d|[ ]\d{4}(?![\w:./-])|[ ][A-Z]{3}[ ]\d")
_ZONE_AND_SPACE = re.compile(r"[ ][A-Z]{4}[ ]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WORD = re.compile(r"(?<!\S)[a-z]{2,}(?!\S)")
_PARTS = re.compile(r"\d+|[A-Za-z]+")
_TIME_KEYS = (
    "time",
    "timestamp",
    "ts",
    "@timestamp",
    "@t",
    "t",
    "datetime",
    "date",
    "asctime",
    "eventTime",
    "eventtime",
    "Timestamp",
    "Time",
    "TimeStamp",
)


def find_time(text: str, *, zone: tzinfo | None = None, now: float | None = None) -> int | None:
    """Return the time of a line in epoch milliseconds; None without one, or if it has no date.

    A time without a zone is in ``zone``, by default the server's. A time without a year is the last such time up to a
    day from ``now`` (epoch seconds, by default the present).
    """
    today = int((clock.time() if now is None else now) // DAY)
    if text[:1] == "{" and (fields := json_fields(text)) is not None:
        return _of_fields(fields, zone, today)
    head = text[: 2 * _HEAD_CHARS]
    return _of_text(_COLOUR.sub("", head) if "\x1b" in head else head, zone, today)


@dataclass(frozen=True, slots=True)
class LearnedTime:
    """Where the time of a line is, in all lines with the same first ``length`` characters, digits aside.

    ``digits`` are the indexes of the digits of its minutes, seconds and milliseconds, each with its weight in
    milliseconds; those at ``tens`` must be below six. The other characters before ``end`` decide the rest of the time.
    With ``may_have_year``, a digit after the prefix may begin the year, as in ``01:02:03 CEST 2026``. Lines without
    ``digits`` have no time.
    """

    length: int
    end: int = 0
    digits: tuple[tuple[int, int], ...] = ()
    tens: tuple[int, ...] = ()
    may_have_year: bool = False


def learn_time(text: str) -> LearnedTime | None:
    """Return where the time of a line is; None if later text decides too, as in JSON."""
    first = text.lstrip(" \t")[:1]
    if text[:1] in {" ", "\t"}:
        length = text.find(first) + 1 if first and first not in _STAMP_STARTS else 0
        return LearnedTime(length) if length else None
    if text[:1] == "{" or "\x1b" in text[: 2 * _HEAD_CHARS]:
        return None
    if (text[6:7] == " " or text[8:9] == "T") and (match := _COMPACT.match(text)):
        is_clear = text[match.end() : match.end() + 1] not in {".", ",", "+", "-", "Z"}
        return _learned(match, (3, 4, 5), match.end() + 1) if is_clear else None
    match = _STAMP.search(text, 0, _HEAD_CHARS)
    if not match or (match.start() > _WORDLESS_CHARS and len(_WORD.findall(text, 0, match.start())) > 1):
        return None
    after = text[match.end() : match.end() + _TAIL_CHARS]
    if len(after) < _TAIL_CHARS or _LONGER.match(after):
        return None
    may_have_year = match[9] is None and _ZONE_AND_SPACE.match(after) is not None
    return _learned(match, (4, 5, 6), match.end() + _TAIL_CHARS, may_have_year=may_have_year)


def _learned(
    match: re.Match[str], groups: tuple[int, int, int], length: int, *, may_have_year: bool = False
) -> LearnedTime:
    digits: list[tuple[int, int]] = []
    tens: list[int] = []
    for group, unit in zip(groups, (60_000, 1000, 0), strict=True):
        start, end = match.span(group)
        if unit and end - start == 2:
            tens.append(start)
            digits.append((start, 10 * unit))
        if unit:
            digits.append((end - 1, unit))
        else:
            digits += list(zip(range(start, end), (100, 10, 1), strict=False)) if start >= 0 else []
    return LearnedTime(length, match.end(), tuple(digits), tuple(tens), may_have_year=may_have_year)


def _of_fields(fields: Mapping[str, Any], zone: tzinfo | None, today: int) -> int | None:
    for key in _TIME_KEYS:
        value = fields.get(key)
        if isinstance(value, dict):
            value = value.get("$date")
        found = _of_text(value, zone, today) if isinstance(value, str) else _of_number(value)
        if found is not None:
            return found
    return None


def _of_number(value: object) -> int | None:
    """Return the milliseconds of epoch seconds, milli-, micro- or nanoseconds, chosen to be between 2001 and 2128."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return next((int(value * 1000 // unit) for unit in (1, 10**3, 10**6, 10**9) if 1e9 <= value / unit < 5e9), None)


def _of_text(text: str, zone: tzinfo | None, today: int) -> int | None:
    if text[:1] in {" ", "\t"}:
        # An indented line continues the line before it, unless it begins with a time.
        match = _STAMP.match(text.lstrip(" \t"))
        return _of_match(match, zone, today) if match else None
    if (text[6:7] == " " or text[8:9] == "T") and (match := _COMPACT.match(text)):
        date, hour, minute, second, fraction, offset = match.groups()
        return _moment(_hour(date, hour, None, offset, None, zone, today), minute, second, fraction)
    for match in _STAMP.finditer(text, 0, _HEAD_CHARS):
        if match.start() > _WORDLESS_CHARS and len(_WORD.findall(text, 0, match.start())) > 1:
            return None
        if (found := _of_match(match, zone, today)) is not None:
            return found
    match = _EPOCH.match(text)
    return int(match[1]) * 1000 + int(match[3] or _milliseconds(match[2])) if match else None


def _of_match(match: re.Match[str], zone: tzinfo | None, today: int) -> int | None:
    date, hour, _, minute, second, fraction, half, offset, year = match.groups()
    return _moment(_hour(date, hour, half, offset, year, zone, today), minute, second, fraction)


def _moment(hour: int | None, minute: str, second: str, fraction: str | None) -> int | None:
    return None if hour is None else (hour + int(minute) * 60 + int(second)) * 1000 + _milliseconds(fraction)


def _milliseconds(fraction: str | None) -> int:
    return int((fraction + "00")[:3]) if fraction else 0


@lru_cache(maxsize=4096)
def _hour(  # noqa: PLR0913, PLR0917 (the arguments are the cache key)
    date: str, hour: str, half: str | None, offset: str | None, year: str | None, zone: tzinfo | None, today: int
) -> int | None:
    # Cached: many lines share an hour, and the zone's offset is slow to compute.
    number = int(hour) if half is None else int(hour) % 12 + 12 * (half in "Pp")
    for dated, month, day in _dates(date, year):
        for each in [dated] if dated else years(today):
            with suppress(ValueError, OverflowError, OSError):
                moment = datetime(each, month, day, number, tzinfo=_zone(offset) if offset else zone)
                begin = int(moment.timestamp())
                if begin >= 0 and (dated or begin < (today + 2) * DAY):
                    return begin
    return None


def years(today: int) -> range:
    """Return the candidate years of a date without one, latest first, back to a year with a 29 February.

    ``today`` counts days since the epoch.
    """
    this = datetime.fromtimestamp(today * DAY, UTC).year
    return range(this + 1, this - _YEARS_BACK, -1)


def _dates(text: str, year: str | None) -> Iterator[tuple[int | None, int, int]]:
    """Yield the readings of a date as (year or None, month, day), the likeliest first; some are invalid dates."""
    parts = _PARTS.findall(text)
    months = [_MONTHS.index(part[:3].lower()) + 1 for part in parts if len(part) > 2 and part.isalpha()]
    numbers = [part for part in parts if part.isdigit()]
    if months:
        named = next((int(part) for part in numbers if len(part) == 4), int(year) if year else None)
        yield named, months[0], next((int(part) for part in numbers if len(part) < 3), 0)
    elif len(numbers) == 3:
        yield from _of_three(*numbers, dotted="." in text)
    elif len(numbers) == 2:
        yield None, int(numbers[0]), int(numbers[1])
    else:
        joined = numbers[0]
        before = int(joined[:-4]) if joined[:-4] else None
        yield before and (before if before > 99 else 2000 + before), int(joined[-4:-2]), int(joined[-2:])


def _of_three(first: str, second: str, third: str, *, dotted: bool) -> Iterator[tuple[int, int, int]]:
    a, b, c = int(first), int(second), int(third)
    if len(first) == 4:
        yield a, b, c
    elif len(third) == 4:
        yield from [(c, b, a), (c, a, b)] if dotted else [(c, a, b), (c, b, a)]
    else:
        yield from [(2000 + a, b, c), (2000 + c, a, b), (2000 + c, b, a)]


def _zone(offset: str) -> tzinfo:
    digits = "".join(filter(str.isdigit, offset))
    if not digits:
        return UTC
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return timezone(timedelta(minutes=-minutes if "-" in offset else minutes))
