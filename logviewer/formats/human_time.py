"""Times as people type them, absolute or relative to the present."""

import re
import time as clock
from calendar import monthrange
from datetime import datetime, timedelta, tzinfo

from logviewer.formats.timestamp import find_time

EXAMPLES = (
    "2026-11-20 12:30, 2026-11-20T12:30:00Z, 12:30, 9am, today 09:00, yesterday, 15 min ago, now, or epoch seconds"
)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(
    r"-?(\d{1,9}(?:\.\d{1,3})?) ?"
    r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)(?: ago)?"
)
_MONTHS_AGO = re.compile(r"-?(\d{1,4}) ?(months?|years?|yrs?)(?: ago)?")
_DAY = re.compile(
    r"""(?:(today|yesterday|tomorrow|\d{4}-\d\d-\d\d)(?:[ t]|$))?
    (?:(\d{1,2})(?=:|[ ]?[ap]m) (?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,3})\d*)?)?)?
       (?:[ ]?([ap])m)? ([ ]?(?:z|[+-]\d\d:?\d\d))?)?""",
    re.VERBOSE,
)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")


def parse_time(text: str, *, now: float | None = None, zone: tzinfo | None = None) -> int:
    """Return the epoch milliseconds of a time, such as one of ``EXAMPLES``; a date alone is its midnight.

    A time without a zone is in ``zone``, by default the server's. ``now`` is in epoch seconds, by default the present.

    Raises:
        ValueError: if the text is not a time.
    """
    given = " ".join(text.split())
    words = given.lower()
    present = clock.time() if now is None else now
    if words == "now":
        return int(present * 1000)
    if match := _AGO.fullmatch(words):
        return int((present - float(match[1]) * _SECONDS[match[2][0]]) * 1000)
    if _EPOCH.fullmatch(words):
        return int(float(words) * (1 if len(words) > 11 and "." not in words else 1000))
    found = _of_calendar(words, datetime.fromtimestamp(present, zone))
    # Other formats are those of log lines. The suffixes complete a date, or an hour and minute.
    for rest in ("", " 00:00:00", ":00"):
        found = find_time(f"{given}{rest}", zone=zone, now=present) if found is None else found
    if found is None:
        raise ValueError(f"cannot read {text!r} as a time; use one such as {EXAMPLES}")
    return found


def _of_calendar(words: str, present: datetime) -> int | None:
    try:
        if match := _MONTHS_AGO.fullmatch(words):
            found = _months_before(present, int(match[1]) * (1 if match[2].startswith("m") else 12))
        elif words and (match := _DAY.fullmatch(words)):
            found = _of_day(match, present)
        else:
            return None
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _months_before(present: datetime, months: int) -> datetime:
    year, month = divmod(present.year * 12 + present.month - 1 - months, 12)
    day = min(present.day, monthrange(year, month + 1)[1])
    return present.replace(year=year, month=month + 1, day=day)


def _of_day(match: re.Match[str], present: datetime) -> datetime:
    day, hour, minute, second, fraction, half, offset = match.groups()
    if offset:
        present = present.astimezone(datetime.strptime(offset.strip().upper(), "%z").tzinfo)
    base = present.replace(hour=0, minute=0, second=0, microsecond=0)
    if day and day[0].isdigit():
        year, month, number = map(int, day.split("-"))
        base = base.replace(year=year, month=month, day=number)
    base += timedelta(days={"yesterday": -1, "tomorrow": 1}.get(day or "", 0))
    if half and int(hour) > 12:
        raise ValueError
    hours = int(hour or 0) % 12 + 12 * (half == "p") if half else int(hour or 0)
    moment = base.replace(
        hour=0 if hours == 24 else hours,
        minute=int(minute or 0),
        second=int(second or 0),
        microsecond=int((fraction or "0").ljust(3, "0")) * 1000,
    )
    if hours == 24 and moment != base:
        raise ValueError
    return moment + timedelta(days=hours == 24)
