"""Finds the time of a line in any common format, without configuration."""

import re
import time as clock
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import repeat
from typing import Literal

from logviewer.formats.fields import json_fields
from logviewer.formats.hidden_text import without_hidden_start, without_sequences
from logviewer.formats.rare_times import find_rare, is_condition, time_of_fields
from logviewer.formats.time_words import MONTH, MONTH_STARTS, ZONE_NAMES, month_of, zone_of
from logviewer.formats.years import BACK_MS, YearPart

Order = Literal["ymd", "mdy", "dmy"]
"""The order of year, month and day in a date of numbers."""

# A line's own time is near its start; times further on are part of its message.
_HEAD_CHARS = 120
# A time so near to the start of a line may stand after words.
_WORDLESS_CHARS = 24
DAY = 86400
_YEARS_BACK = 8
# A reading of a date with two digits of its year is more likely if it is no older.
_RECENT_DAYS = 3 * 366
_STAMP = re.compile(
    rf"""(?:(?<![\w.])|(?<=^\.))(
        \d{{4}}[-/.]\d\d[-/.]\d\d
      | (?:\d{{4}}[ -])?{MONTH}(?:(?:[ -]{{1,2}}\d{{1,2}}|\d\d(?=[ ]))(?:,?[ ]\d{{4}})?|/\d\d?/\d{{4}})
      | \d\d{MONTH}\d{{4}} | \d{{1,2}}\.?[-/ ]{MONTH}(?:[-/ ]\d{{4}}|[-/]\d\d(?!:\d\d:\d\d(?!:)))?
      | \d\d?[-/.]\d\d?[-/.](?:\d{{4}}|\d\d)
      | \d\d[-/.]\d\d(?=[ |-]\d\d:)
      | \d{{8}} | \d{{6}}(?=[ ]) | [DIWEF](?:\d{{4}}|\d{{6}}|\d{{8}})(?=[ -]\d\d:)
    )(?:::?|[Tt_\t|@-]|\]\[|,|;[ ]?|","|,?[ ]{{1,3}}|[ ]--?[ ]|--)
    (\d\d?)([:.])([0-5]?\d)\3(60|[0-5]?\d)(?:[.,:](\d{{1,9}}))?
    (?:[ ]?([AaPp])\.?[Mm]\b(?:\.(\d{{1,9}}))?)?
    ([ ]?(?:Z|(?:UTC|GMT)(?:[ ]?[+-]\d{{1,2}}(?::?\d\d)?)?)\b|[+-]\d\d(?::?\d\d|\d)?\b|[ ][+-]\d\d:?\d\d\b
      |[ ][+-]\d\d(?=[ ](?:[\[(]|-[ ]))|[ ](?:{ZONE_NAMES})\b)?
    (?:[ ](?:[A-Z]{{3,4}}[ ])?((?:19|20)\d\d)(?![\w:./-]))?""",
    re.VERBOSE,
)
_COMPACT = re.compile(r"(\d{8}(?=T)|\d{6})[ T](\d\d)([0-5]\d)([0-5]\d|60)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?(?!\w)")
_NUMBER = r"([1-4]\d{9})(?:(?:\.|,(?=\d{3}\s))(\d{1,9})|(\d{3})(?:\d{3}){0,2})?"
_BARE_START = r'(?:[^\s=:"]+[ ]{1,2}){0,4}[\[(]?'
_FIELD_START = r'(?:.{0,60}[\s,])??(?:ts|time|timestamp)="?|(?:node=\S+[ ])?type=\S+[ ]msg=audit\('
_EPOCH = re.compile(rf"(?!SET[ ])(?:{_BARE_START}|{_FIELD_START}){_NUMBER}(?![\w.])")
_EPOCH_FIELD = re.compile(rf"(?!SET[ ])(?:{_FIELD_START}){_NUMBER}(?![\w.])")
_BARE = re.compile(rf"{_BARE_START}{_NUMBER}(?![\w.])")
_DIGITS = re.compile(r"((?:19|20)\d{12}(?:\d{3})?)(?!\w)")
_EPOCH_WORD = re.compile(_NUMBER)
# First characters of a ``_STAMP``.
_STAMP_STARTS = frozenset(f"0123456789{MONTH_STARTS}IWE")
# So many characters after a ``_STAMP`` decide whether AM, PM or a zone follows, unless they begin a longer number, zone
# or year.
_TAIL_CHARS = 6
_LONGER = re.compile(r"\d|[ ]?[+-]\d|[ ]\d{4}(?![\w:./-])|[ ][A-Z]{3}[ ]\d")
_ZONE_AND_SPACE = re.compile(r"[ ][A-Z]{4}[ ]")
_STAMP_CHARS = 40
_EPOCH_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"(?<!\S)[a-z]{2,}(?!\S)")
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_UNUSUAL_STARTS = frozenset("{ \t\0")
_SPACES = str.maketrans("\u00a0\u202f", "  ")
# After a time of day, a date further on belongs to the message.
_CLOCK_FIRST = re.compile(r"[\[(]?\d\d:\d\d:\d\d(?!\S*[-/])")
_CLOCK_CHARS = 16
# A level in a column of its own, before the time.
_ALIGNED_CHARS = 15
_ALIGNED_LEVEL = re.compile(r" {1,5}[A-Z]{4,8} [\[(]?")
# A date in brackets may stand after words.
_BRACKET = re.compile(r"\[(?:[A-Z][a-z]{2} )?$")


@dataclass(frozen=True, slots=True)
class TimeReading:
    """Decisions about the times of a file that one line alone does not allow.

    ``order`` is that of the numbers in dates that can be read in several ways; by default it is guessed. Without
    ``bare``, a number that stands alone is not a time. ``column`` is the index of the word with a bare epoch time. A
    time without a year is the first one not more than a month before ``after``, in epoch milliseconds; ``parts`` are
    the values of ``after`` by offset.
    """

    order: Order | None = None
    bare: bool = True
    column: int | None = None
    after: int | None = None
    parts: tuple[YearPart, ...] = ()


ALONE = TimeReading()
"""The reading of a line without others."""


def find_time(
    text: str, *, zone: tzinfo | None = None, now: float | None = None, reading: TimeReading = ALONE
) -> int | None:
    """Return the time of a line in epoch milliseconds; None without one, or if it has no date.

    A time without a zone is in ``zone``, by default the server's. A time without a year is the last such time up to a
    day from ``now`` (epoch seconds, by default the present).
    """
    today = int((clock.time() if now is None else now) // DAY)
    head = text[: 2 * _HEAD_CHARS]
    if head[:1] in _UNUSUAL_STARTS or "\x1b" in head or not head.isascii():
        text = without_hidden_start(text)
        if text.lstrip(" \t")[:1] == "{" and (fields := json_fields(text)) is not None:
            return time_of_fields(fields, lambda value: _of_text(value, zone, today, ALONE))
        if "\x1b" in head:
            text = without_sequences(text[: 2 * _HEAD_CHARS])
        head = text[: 2 * _HEAD_CHARS].translate(_SPACES)
    found = _of_text(head, zone, today, reading)
    if found is not None:
        return found
    if reading.column is not None:
        return epoch_of(words[reading.column]) if len(words := text.split()) > reading.column else None
    plain = reading if reading.bare else TimeReading(reading.order, after=reading.after)
    return find_rare(text, lambda value: _of_text(value, zone, today, plain), bare=reading.bare)


def epoch_of(word: str) -> int | None:
    """Return the milliseconds of a number that is an epoch time; None for other words."""
    match = _EPOCH_WORD.fullmatch(word)
    return int(match[1]) * 1000 + int(match[3] or _milliseconds(match[2])) if match else None


def numeric_date(text: str) -> tuple[str, ...] | None:
    """Return the parts of a line's date if it has only numbers and can be read in several ways; None for others."""
    match = _STAMP.search(text, 0, _HEAD_CHARS)
    parts = re.split("[-/.]", match[1]) if match else []
    is_open = len(parts) == 3 and len(parts[0]) < 3 and all(part.isdigit() for part in parts)
    return tuple(parts) if is_open else None


def bare_place(text: str) -> tuple[int, ...] | None:
    """Return the place and length of a number that stands alone and may be the time of a line; None without one."""
    if text[:1] == "{" or _STAMP.search(text, 0, _HEAD_CHARS):
        return None
    match = _BARE.match(text) or _DIGITS.match(text)
    return (text.count(" ", 0, match.start(1)), text[:1] == "[", match.end() - match.start(1)) if match else None


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
    if text[:1] in {" ", "\t"}:
        return _learn_indented(text)
    if text[:1] == "{" or "\x1b" in text[: 2 * _HEAD_CHARS]:
        return None
    if (text[6:7] == " " or text[8:9] == "T") and (match := _COMPACT.match(text)):
        is_clear = text[match.end() : match.end() + 1] not in {".", ",", "+", "-", "Z"}
        return _learned(match, (3, 4, 5), match.end() + 1) if is_clear else None
    match = _STAMP.search(text, 0, _HEAD_CHARS)
    if not match or _is_of_message(text, match.start()):
        return None
    after = text[match.end() : match.end() + _TAIL_CHARS]
    # A zone such as " -03" depends on the text after it.
    is_open = match[8] or (match[9] and match[9][0] == " " and len(match[9]) == 4)
    if len(after) < _TAIL_CHARS or _LONGER.match(after) or is_open:
        return None
    may_have_year = match[10] is None and _ZONE_AND_SPACE.match(after) is not None
    return _learned(match, (4, 5, 6), match.end() + _TAIL_CHARS, may_have_year=may_have_year)


def _learn_indented(text: str) -> LearnedTime | None:
    first = text.lstrip(" \t")[:1]
    may_begin = first == "{" or first in _STAMP_STARTS or (text[1:2] == first and _may_follow_space(first))
    if not first or may_begin or text[1:2] not in {" ", "\t"} or _ALIGNED_LEVEL.match(text):
        return None
    return LearnedTime(max(text.find(first) + 1, _ALIGNED_CHARS if first.isupper() else 0))


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
            # Smaller parts of a second count nothing.
            places = range(start, end) if start >= 0 else range(0)
            digits += list(zip(places, (100, 10, 1, *repeat(0, len(places))), strict=False))
    return LearnedTime(length, match.end(), tuple(digits), tuple(tens), may_have_year=may_have_year)


def _may_follow_space(first: str) -> bool:
    """Return whether a line with one space before this character may begin with a header."""
    return first.isupper() or first == "["


def _is_of_message(text: str, start: int) -> bool:
    """Return whether a time that begins at an index stands after words of a message."""
    if start > _CLOCK_CHARS and _CLOCK_FIRST.match(text):
        return True
    if start <= _WORDLESS_CHARS or len(_WORD.findall(text, 0, start)) < 2:
        return False
    return not _BRACKET.search(text, 0, start)


def _of_text(text: str, zone: tzinfo | None, today: int, reading: TimeReading) -> int | None:
    if text[:1] in {" ", "\t"}:
        # An indented line continues the line before it, unless it begins with a time.
        if match := _STAMP.match(text.lstrip(" \t")) or _after_space(text):
            return _of_match(match, zone, today, reading)
        return _epoch(text[1:], bare=reading.bare) if text[1:2] not in {" ", "\t"} else None
    if (text[6:7] == " " or text[8:9] == "T") and (match := _COMPACT.match(text)):
        date, hour, minute, second, fraction, offset = match.groups()
        return _moment(_hour(date, hour, None, offset, None, None, zone, today, None), minute, second, fraction)
    for match in _STAMP.finditer(text, 0, _HEAD_CHARS):
        if match.start() and _is_of_message(text, match.start()):
            return None
        if (found := _of_match(match, zone, today, reading)) is not None:
            return found
    return _epoch(text, bare=reading.bare)


def _epoch(text: str, *, bare: bool) -> int | None:
    match = _EPOCH.match(text) if bare else _EPOCH_FIELD.match(text)
    if not match or is_condition(text, match.start(1)):
        return None
    return int(match[1]) * 1000 + int(match[3] or _milliseconds(match[2]))


def _after_space(text: str) -> re.Match[str] | None:
    """Return the match of a time after one space and a header without words, or after a level to the right."""
    if match := _ALIGNED_LEVEL.match(text):
        return _STAMP.match(text, match.end())
    if text[1:2] in {" ", "\t"} or not _may_follow_space(text[1:2]):
        return None
    match = _STAMP.search(text, 1, _WORDLESS_CHARS + _STAMP_CHARS)
    return match if match and not _WORD.search(text, 0, match.start()) else None


def _of_match(match: re.Match[str], zone: tzinfo | None, today: int, reading: TimeReading) -> int | None:
    order = reading.order
    date, hour, separator, minute, second, fraction, half, rest, offset, year = match.groups()
    if offset and len(offset) == 4 and separator == ":" and offset[1:].isdigit():
        # Only times with dots have minutes for a zone.
        offset = None
    if "/" in date and match.string.startswith((":", " -- "), match.end(1)):
        # Access logs and Suricata have the day first.
        order = "dmy"
    base = _hour(date, hour, half, offset, year, order, zone, today, reading.after)
    return _moment(base, minute, second, fraction or rest)


def _moment(hour: int | None, minute: str, second: str, fraction: str | None) -> int | None:
    return None if hour is None else (hour + int(minute) * 60 + int(second)) * 1000 + _milliseconds(fraction)


def _milliseconds(fraction: str | None) -> int:
    return int((fraction + "00")[:3]) if fraction else 0


@lru_cache(maxsize=4096)
def _hour(  # noqa: PLR0913, PLR0917 (the arguments are the cache key)
    date: str,
    hour: str,
    half: str | None,
    offset: str | None,
    year: str | None,
    order: Order | None,
    zone: tzinfo | None,
    today: int,
    after: int | None,
) -> int | None:
    # Cached: many lines share an hour, and the zone's offset is slow to compute.
    number = int(hour) if half is None else int(hour) % 12 + 12 * (half in "Pp")
    for dated, month, day in _dates(date, year, order, today):
        for each in [dated] if dated else years(today) if after is None else _years_after(after):
            with suppress(ValueError, OverflowError, OSError):
                moment = datetime(each, month, day, number, tzinfo=zone_of(offset, zone) if offset else zone)
                begin = int(moment.timestamp())
                is_likely = begin < (today + 2) * DAY and (after is None or begin * 1000 >= after - BACK_MS)
                if begin >= 0 and (dated or is_likely):
                    return begin
    return None if after is None else _hour(date, hour, half, offset, year, order, zone, today, None)


def _years_after(after: int) -> range:
    """Return the candidate years of a date that is not more than a month before a time."""
    first = datetime.fromtimestamp((after - BACK_MS) / 1000, UTC).year
    return range(first, first + _YEARS_BACK + 1)


def years(today: int) -> range:
    """Return the candidate years of a date without one, latest first, back to a year with a 29 February.

    ``today`` counts days since the epoch.
    """
    this = datetime.fromtimestamp(today * DAY, UTC).year
    return range(this + 1, this - _YEARS_BACK, -1)


def _dates(text: str, year: str | None, order: Order | None, today: int) -> Iterator[tuple[int | None, int, int]]:
    """Yield the readings of a date as (year or None, month, day), the likeliest first; some are invalid dates."""
    parts = _PARTS.findall(text)
    months = [month for part in parts if len(part) > 2 and (month := month_of(part))]
    numbers = [part for part in parts if part.isdigit()]
    if months:
        named = next((int(part) for part in numbers if len(part) == 4), int(year) if year else None)
        days = [int(part) for part in numbers if len(part) < 3]
        if len(days) > 1 and named is None:
            named = 2000 + days[1]
        yield named, months[0], days[0] if days else 0
    elif len(numbers) == 3:
        yield from _of_three(*numbers, dotted="." in text, order=order, today=today)
    elif len(numbers) == 2:
        a, b = int(numbers[0]), int(numbers[1])
        yield from [(None, b, a)] if order == "dmy" else [(None, a, b)]
    else:
        joined = numbers[0]
        before = int(joined[:-4]) if joined[:-4] else None
        yield before and (before if before > 99 else 2000 + before), int(joined[-4:-2]), int(joined[-2:])


def _of_three(  # noqa: PLR0913 (the parts of a date)
    first: str, second: str, third: str, *, dotted: bool, order: Order | None, today: int
) -> Iterator[tuple[int, int, int]]:
    if len(first) == 4:
        yield int(first), int(second), int(third)
        return
    century = 0 if len(third) == 4 else 2000
    a, b, c = int(first), int(second), int(third)
    readings = {"ymd": (2000 + a, b, c), "mdy": (century + c, a, b), "dmy": (century + c, b, a)}
    likeliest = ["dmy", "mdy"] if dotted else ["mdy", "dmy"]
    if century:
        likeliest = ["dmy", "ymd", "mdy"] if dotted else ["ymd", "mdy", "dmy"]
        likeliest.sort(key=lambda each: not _is_recent(readings[each], today))
        if dotted and not _is_recent(readings[likeliest[0]], today):
            likeliest = ["ymd", "mdy", "dmy"]
    if order in likeliest:
        likeliest = [order]
    yield from (readings[each] for each in likeliest)


def _is_recent(date: tuple[int, int, int], today: int) -> bool:
    with suppress(ValueError):
        age = today - (datetime(*date, tzinfo=UTC) - _EPOCH_BEGIN).days
        return -2 <= age <= _RECENT_DAYS
    return False
