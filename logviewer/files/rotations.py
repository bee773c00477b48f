"""Names of rotated files: the log that a name proposes, and its age in the history of that log.

A name only proposes. ``rotation/classifier.py`` decides by the contents.
"""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

Kind = Literal["date", "number", "word", "restart"]

_COMPRESSED = re.compile(r"\.(?:gz|zst|xz|bz2|lz4)$")
# Archives, and names that a compressor or a copier gives while it works.
_UNREADABLE = re.compile(r"\.(?:zip|Z|tmp)$")
_TIME_OF_DAY = (
    r"(?:(?P<between>[T_. -])?(?P<hour>\d\d)(?:[:_.-]?(?P<minute>\d\d)"
    r"(?:[:_.-]?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?Z?)?"
)
_PART = r"(?:[._-](?P<part>\d{1,13}))?"
_DAY = r"(?P<year>\d{4})(?P<separator>[._-]?)(?P<month>\d\d)(?P=separator)(?P<day>\d\d)" + _TIME_OF_DAY
_DATES = tuple(
    re.compile(each + _PART)
    for each in (
        r"[._-]{1,2}" + _DAY,
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)" + _TIME_OF_DAY,
        r"[._-]{1,2}(?P<month>\d\d)(?P<separator>[._-])(?P<day>\d\d)(?P=separator)(?P<year>\d{4})" + _TIME_OF_DAY,
        r"[._-]{1,2}(?P<short>\d\d)(?P<separator>[.-])(?P<month>\d\d)(?P=separator)(?P<day>\d\d)" + _TIME_OF_DAY,
        r"[._-]{1,2}(?P<year>\d{4})-(?P<month>\d\d)",
    )
)
# What IIS writes: u_ex261126.log, u_ex26112610.log; and what Serilog writes each month: log202611.txt.
_SHORT_DATES = (
    re.compile(r"(?P<short>\d\d)(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)?"),
    re.compile(r"(?P<year>20\d\d)(?P<month>\d\d)" + _PART),
)
# A date before a word or an extension: 2026-11-26.log, app_2026-11-26_error.log.
_INNER_DATE = re.compile(r"(?:^|(?<=[._-]))" + _DAY + r"(?=[._-]+[^\W\d_])")
# The shortest date has so many digits. Most names have fewer, and need no other look for dates.
_DATE_DIGITS = re.compile(r"(?:\D*\d){6}")
_EPOCH = re.compile(r"[._-](?P<seconds>\d{10})(?P<milliseconds>\d{3})?" + _PART)
_NUMBER = re.compile(r"(?P<separator>[._-])(?P<number>\d{1,9})(?P<live>\.current)?|(?P<padded>0\d{4,5})")
# CUPS writes access_log.O.
_WORD = re.compile(r"\.(?:old|bak|backup|prev|previous|orig|o)|[_-]old|~", re.IGNORECASE)
# What multilog and svlogd write: seconds and nanoseconds of TAI in hexadecimal digits.
_TAI = re.compile(r"@(?P<seconds>4[0-9a-f]{15})(?P<nanoseconds>[0-9a-f]{8})\.[su]")
_TAI_EPOCH = 1 << 62
_CURRENT = "current"
# What kubelet writes for each start of a container: 0.log, 1.log, and 1.log.20261127-101112 after a rotation.
_RESTART = re.compile(r"(\d{1,9})\.log(\.\d{8}-\d{6})?")
_RESTARTS = ".log"
_POD = re.compile(r"[^_]+_[^_]+_[0-9a-f-]{32,36}")
_NEVER = (9999,)
_BOUNDARY = re.compile(r"(?<=.)(?:[._-]+|~|(?<=\D)(?=\d))")
_EXTENSION = re.compile(r"(?P<extension>\.[^.]+?)(?P<number>\.\d{1,5})?$")
_NAMES_KEPT = 1 << 15


@dataclass(frozen=True, slots=True, order=True)
class RotatedName:
    """What a rotated file's name says of its age: sorted, the oldest first if the usual direction of numbers holds.

    ``number`` is 0 in names without one. ``is_usual`` is true for names that hardly any live log has. ``is_live`` is
    true for names that a program gives to the file that it writes: ``gc.log.0.current``.
    """

    rank: int
    when: tuple[int, ...]
    order: int
    kind: Kind
    number: int
    is_usual: bool
    is_live: bool = False


def parse(base: str, name: str) -> RotatedName | None:
    """Read a name as that of a rotated file of the log ``base``; None if it is not one, compressed or not."""
    return _readings(name).get(base)


def is_compressed(name: str) -> bool:
    """Whether a name is that of a compressed file."""
    return _COMPRESSED.search(name) is not None


def is_unreadable(name: str) -> bool:
    """Whether a name is that of an archive, or of a file that is still written."""
    return _UNREADABLE.search(name) is not None


def proposed_logs(name: str, names: Container[str]) -> Iterator[str]:
    """The logs among ``names`` that a file may be a rotation of, by its name; the longest name first."""
    return (base for base in _readings(name) if base in names)


def bases(name: str) -> Collection[str]:
    """Return the names of all logs that a file may be a rotation of, by its name."""
    return _readings(name).keys()


def forget_names() -> None:
    """Free the readings of all names: those of names that are gone lie between other memory."""
    common_name.cache_clear()
    _readings.cache_clear()


@lru_cache(_NAMES_KEPT)
def common_name(name: str) -> str | None:
    """Return a name without its date, which all files of a log have that writes to a new name each day; None without.

    Also of a name that marks the live file of a ring, such as ``gc.log.0.current``.
    """
    found = [base for base, reading in _readings(name).items() if reading.kind == "date" or reading.is_live]
    return min(found, key=len, default=None)


def family_name(path: Path) -> str | None:
    """Return the ``common_name`` of a file; also that of all starts of a container, in the directory of a pod."""
    if _RESTART.match(path.name) and _POD.fullmatch(path.parent.parent.name):
        return _RESTARTS
    return common_name(path.name)


@lru_cache(_NAMES_KEPT)
def _readings(name: str) -> Mapping[str, RotatedName]:
    """Return what a name says of its age for each log that it can be a rotation of; the longest name first."""
    plain = _COMPRESSED.sub("", _UNREADABLE.sub("", name))
    found: dict[str, RotatedName] = {}
    if match := _TAI.fullmatch(plain):
        seconds = int(match["seconds"], 16) - _TAI_EPOCH
        found[_CURRENT] = _dated((seconds, int(match["nanoseconds"], 16)), 0)
    for boundary in reversed(list(_BOUNDARY.finditer(plain))):
        stem, rest = plain[: boundary.start()], plain[boundary.start() :]
        for suffix, extension, number in _splits(rest):
            if stem + extension not in found and (reading := _read(stem, suffix, number)):
                found[stem + extension] = reading
    if all(reading.kind != "date" for reading in found.values()):
        found |= _read_inner_date(plain)
    if not found and _COMPRESSED.search(name):
        # A copy of the log itself.
        found[plain] = RotatedName(1, (), -1, "word", 0, is_usual=True)
    if match := _RESTART.fullmatch(plain):
        rotated = _first_date(_DATES, match[2]) if match[2] else None
        when = int(match[1]), *(rotated.when if rotated else _NEVER)
        found[_RESTARTS] = RotatedName(0, when, 0, "restart", int(match[1]), is_usual=False)
    found.pop(name, None)
    return MappingProxyType(found)


def _splits(rest: str) -> Iterator[tuple[str, str, str]]:
    """Yield the ways to split the end of a name into suffix, extension of the log, and a number after it."""
    yield rest, "", ""
    if match := _EXTENSION.search(rest):
        suffix = rest[: match.start()]
        yield suffix, match["extension"], match["number"] or ""
        if match["number"]:
            yield suffix + match["extension"], match["number"], ""


def _read(stem: str, suffix: str, number: str) -> RotatedName | None:
    """Read the part of a name that rotation added to the log's stem, and a number that it added after the extension."""
    found = _first_date(_DATES, suffix, number)
    if found or number:
        return found
    if stem[-1:].isalpha() and (found := _first_date(_SHORT_DATES, suffix, is_usual=False)):
        return found
    if match := _EPOCH.fullmatch(suffix):
        when = int(match["seconds"]) * 1000 + int(match["milliseconds"] or 0)
        return _dated(_calendar(when), int(match["part"] or 0))
    if _WORD.fullmatch(suffix):
        return RotatedName(1, (), -1, "word", 0, is_usual=True)
    if match := _NUMBER.fullmatch(suffix):
        value = int(match["number"] or match["padded"])
        is_usual = match["separator"] == "." and len(match["number"]) <= 3
        return RotatedName(1, (), -value, "number", value, is_usual, is_live=match["live"] is not None)
    return None


def _first_date(
    patterns: Iterable[re.Pattern[str]], suffix: str, number: str = "", *, is_usual: bool = True
) -> RotatedName | None:
    if not _DATE_DIGITS.match(suffix):
        return None
    matches = (pattern.fullmatch(suffix) for pattern in patterns)
    dated = (_of_date(match.groupdict(), number, is_usual=is_usual) for match in matches if match)
    return next(filter(None, dated), None)


def _read_inner_date(name: str) -> dict[str, RotatedName]:
    match = _INNER_DATE.search(name)
    reading = match and _of_date(match.groupdict())
    if not match or not reading:
        return {}
    before, after = name[: match.start()].rstrip("._-"), name[match.end() :]
    if not before:
        after = after.lstrip("_-") if after.rfind(".") == 0 else after.lstrip("._-")
    return {before + after: reading}


def _of_date(parts: Mapping[str, str | None], number: str = "", *, is_usual: bool = True) -> RotatedName | None:
    def value(name: str, default: int = 0) -> int:
        return int(parts.get(name) or default)

    year = value("year") or 2000 + value("short", -2000)
    clock = value("hour"), value("minute"), value("second")
    try:
        day = date(year, value("month"), value("day", 1))
    except ValueError:
        return None
    if not 1990 <= year < 2100 or clock >= (24,) or max(clock[1:]) > 60:
        return None
    if clock[0] and parts.get("between") not in (None, "T") and not (parts.get("minute") or parts.get("part")):
        # An hour and the number of a part look alike, and have the same order.
        return _dated((day.year, day.month, day.day, 0, 0, 0, 0), clock[0], is_usual=is_usual)
    fraction = int((parts.get("fraction") or "0").ljust(9, "0"))
    # A number after the extension is a rotation of the day's file: app-2026-11-26.log.1 is older than it.
    part = -int(number[1:]) if number else value("part")
    return _dated((day.year, day.month, day.day, *clock, fraction), part, is_usual=is_usual)


def _calendar(milliseconds: int) -> tuple[int, ...]:
    when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return when.year, when.month, when.day, when.hour, when.minute, when.second, when.microsecond * 1000


def _dated(when: tuple[int, ...], part: int, *, is_usual: bool = True) -> RotatedName:
    return RotatedName(0, when, part, "date", abs(part), is_usual)
