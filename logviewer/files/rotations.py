"""Names of rotated files: the log that a name proposes, and its age in the history of that log.

A name only proposes. ``rotation/classifier.py`` decides by the contents.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

Kind = Literal["date", "number", "word"]

# Also a name that a compressor or a copier gives while it works.
_COMPRESSED = re.compile(r"\.(?:gz|zst|xz|bz2|lz4|zip|Z|tmp)$")
_TIME_OF_DAY = (
    r"(?:[T_. -]?(?P<hour>\d\d)(?:[:_.-]?(?P<minute>\d\d)"
    r"(?:[:_.-]?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?Z?)?"
)
_PART = r"(?:[._-](?P<part>\d{1,13}))?"
_DATES = tuple(
    re.compile(each + _PART)
    for each in (
        r"[._-]{1,2}(?P<year>\d{4})(?P<separator>[._-]?)(?P<month>\d\d)(?P=separator)(?P<day>\d\d)" + _TIME_OF_DAY,
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)" + _TIME_OF_DAY,
        r"[._-]{1,2}(?P<month>\d\d)(?P<separator>[._-])(?P<day>\d\d)(?P=separator)(?P<year>\d{4})" + _TIME_OF_DAY,
        r"[._-]{1,2}(?P<short>\d\d)(?P<separator>[.-])(?P<month>\d\d)(?P=separator)(?P<day>\d\d)" + _TIME_OF_DAY,
        r"[._-]{1,2}(?P<year>\d{4})-(?P<month>\d\d)",
    )
)
_EPOCH = re.compile(r"[._-](?P<seconds>\d{10})(?P<milliseconds>\d{3})?" + _PART)
_NUMBER = re.compile(r"(?P<separator>[._-])(?P<number>\d{1,9})|(?P<padded>0\d{4,5})")
_WORD = re.compile(r"\.(?:old|bak|backup|prev|previous|orig)|~", re.IGNORECASE)
# What multilog and svlogd write: seconds and nanoseconds of TAI in hexadecimal digits.
_TAI = re.compile(r"@(?P<seconds>4[0-9a-f]{15})(?P<nanoseconds>[0-9a-f]{8})\.[su]")
_TAI_EPOCH = 1 << 62
_CURRENT = "current"
_BOUNDARY = re.compile(r"(?<=.)(?:[._-]+|~|(?<=\D)(?=\d))")


@dataclass(frozen=True, slots=True, order=True)
class RotatedName:
    """What a rotated file's name says of its age: sorted, the oldest first if low numbers are the newest.

    ``number`` is 0 in names without one. ``is_usual`` is true for names that hardly any live log has.
    """

    rank: int
    when: tuple[int, ...]
    order: int
    kind: Kind
    number: int
    is_usual: bool


def parse(base: str, name: str) -> RotatedName | None:
    """Read a name as that of a rotated file of the log ``base``; None if it is not one, compressed or not."""
    name = _COMPRESSED.sub("", name)
    if base == _CURRENT and (match := _TAI.fullmatch(name)):
        seconds = int(match["seconds"], 16) - _TAI_EPOCH
        return _dated((seconds, int(match["nanoseconds"], 16)), 0)
    for suffix in _suffixes(base, name):
        if found := _read(suffix):
            return found
    return None


def is_compressed(name: str) -> bool:
    """Whether a name is that of a compressed file, or of an unfinished one."""
    return _COMPRESSED.search(name) is not None


def proposed_logs(name: str, names: Container[str]) -> Iterator[str]:
    """The logs among ``names`` that a file may be a rotation of, by its name; the longest name first."""
    plain = _COMPRESSED.sub("", name)
    if _TAI.fullmatch(plain) and _CURRENT in names:
        yield _CURRENT
    seen = {name}
    for match in reversed(list(_BOUNDARY.finditer(plain))):
        stem = plain[: match.start()]
        for base in (stem + extension for extension in _extensions(plain, match.end())):
            if base not in seen and base in names and parse(base, name):
                yield base
            seen.add(base)


def _extensions(name: str, start: int) -> list[str]:
    """The dotted parts after a position, each of which may end the log's name; none first."""
    dots = [at for at in range(start, len(name)) if name[at] == "."]
    return ["", *(name[at:end] for number, at in enumerate(dots) for end in (*dots[number + 1 :], len(name)))]


def _suffixes(base: str, name: str) -> Iterator[str]:
    if name.startswith(base):
        yield name[len(base) :]
    stem, dot, extension = base.rpartition(".")
    if not stem or not name.startswith(stem):
        return
    rest = name[len(stem) :]
    if rest.endswith(dot + extension):
        yield rest[: -len(dot + extension)]
    elif match := re.fullmatch(rf"(.+){re.escape(dot + extension)}(\.\d{{1,5}})", rest):
        yield match[1] + match[2]


def _read(suffix: str) -> RotatedName | None:
    for pattern in _DATES:
        if (match := pattern.fullmatch(suffix)) and (found := _of_date(match.groupdict())):
            return found
    if match := _EPOCH.fullmatch(suffix):
        when = int(match["seconds"]) * 1000 + int(match["milliseconds"] or 0)
        return _dated(_calendar(when), int(match["part"] or 0))
    if _WORD.fullmatch(suffix):
        return RotatedName(1, (), -1, "word", 0, is_usual=True)
    if match := _NUMBER.fullmatch(suffix):
        number = int(match["number"] or match["padded"])
        is_usual = match["separator"] == "." and len(match["number"]) <= 3
        return RotatedName(1, (), -number, "number", number, is_usual)
    return None


def _of_date(parts: dict[str, str | None]) -> RotatedName | None:
    def number(name: str, default: int = 0) -> int:
        return int(parts.get(name) or default)

    year = number("year") or 2000 + number("short", -2000)
    clock = number("hour"), number("minute"), number("second")
    try:
        day = date(year, number("month"), number("day", 1))
    except ValueError:
        return None
    if not 1990 <= year < 2100 or clock >= (24,) or max(clock[1:]) > 60:
        return None
    fraction = int((parts.get("fraction") or "0").ljust(9, "0"))
    return _dated((day.year, day.month, day.day, *clock, fraction), number("part"))


def _calendar(milliseconds: int) -> tuple[int, ...]:
    when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return when.year, when.month, when.day, when.hour, when.minute, when.second, when.microsecond * 1000


def _dated(when: tuple[int, ...], part: int) -> RotatedName:
    return RotatedName(0, when, part, "date", part, is_usual=True)
