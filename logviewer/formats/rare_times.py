"""Times that few programs write: date and time apart, joined digits, hexadecimal epochs, and under keys of JSON."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from logviewer.formats.level_words import level_of
from logviewer.formats.time_words import MONTH

ReadText = Callable[[str], int | None]

_CLOCK = r"\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?"
_DATE = (
    rf"(?:\d{{4}}[-/.]\d\d[-/.]\d\d|\d\d?[-/.]\d\d?[-/.]\d{{4}}|\d\d?[- /]{MONTH}[- /]\d{{4}}|{MONTH} +\d\d?,? \d{{4}})"
)
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_EPOCH = r"[1-4]\d{9}(?:\.\d{1,9}|\d{3}(?:\d{3}){0,2})?"
_TIME_FIRST = re.compile(rf"[\[(]?({_CLOCK})[ ,;]+({_DATE})(?![\d:])")
_APART = re.compile(rf'\bdate="?({_DATE})"?[ ,;]+time="?({_CLOCK})(Z|[+-]\d\d:?\d\d)?"?', re.IGNORECASE)
_TIME_APART = re.compile(rf'\btime="({_CLOCK})([+-]\d{{1,3}})?" date="({_DATE})"')
_ZONE_FIELD = re.compile(r'\b(?:tz|timezone)="?([+-]\d\d:?\d\d)')
_FIELD = re.compile(
    rf"""(?:^|[\s,;|\[(<])(?:ts|rt|time|timestamp|eventtime|event_time|[A-Za-z]{{0,12}}(?:[uU]tc|System|Event|dev|log)_?[tT]ime)
    =["']?({_EPOCH}|{_ISO})(?![\w.])""",
    re.VERBOSE,
)
_JOINED = re.compile(
    r"(?:\[?\d{1,10}[:\t]|(?:[^\W\d][\w.-]*[ ]){1,2}|)((?:19|20)\d\d)([01]\d)([0-3]\d)[:_T-]?"
    r"([0-2]\d)([0-5]\d)([0-5]\d)"
    r"(?:[.,](\d{1,9})|(\d{3}))?(Z|[+-]\d\d:?\d\d)?(?!\w)"
)
_JOINED_DAY = re.compile(r"\[?(?:\d{1,10}:){0,3}([01]\d)([0-3]\d)/([0-2]\d)([0-5]\d)([0-5]\d)(\.\d{1,9})?(?=[:\] ])")
_BRACKETED_DAY = re.compile(r"\[([01]\d)([0-3]\d) (\d\d:\d\d:\d\d\.\d{1,9})\]")
_SPACED = re.compile(r"(\d{4}) (\d\d) (\d\d) (\d\d:\d\d:\d\d)(?:#([+-]\d\d(?:\d\d)?)#)?")
_TAI = re.compile(r"@40{7}[0-9a-f]{8}([0-9a-f]{8})\b")
_HEXADECIMAL = re.compile(r"([3-9a-f][0-9a-f]{7})\.([0-9a-f]{8}) 0x")
# Seconds between the epoch and TAI's label of it, as the programs that write such labels count.
_TAI_EPOCH = 2**62 + 10
_NO_SECONDS = re.compile(
    r"[\[(]?(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?(?![\d:.])|[T ](\d\d)-(\d\d)-(\d\d)(Z)?\b)"
)
_SCIENTIFIC = re.compile(r"([1-4]\.\d{6,18})e\+?09(?!\w)")
_ORDINAL = re.compile(rf"(\d{{4}})-([0-3]\d\d)T({_CLOCK})(Z|[+-]\d\d:?\d\d)?")
_CHINESE = re.compile(rf"(\d{{4}})年(\d\d?)月(\d\d?)日\s*({_CLOCK})")
_MOST_CHARS = 4096
_MOST_FIELD_CHARS = 200
_CONDITIONS = frozenset({"WHERE", "AND", "OR", "ON", "SET", "HAVING", "WITH", "BY", "WHEN", "IF", "AT", "SINCE"})
_MINUTES = re.compile(rf"({MONTH} {{1,2}}\d{{1,2}}) (\d\d:\d\d)(?= : )")


def find_rare(text: str, read: ReadText, *, bare: bool) -> int | None:
    """Return the time of a line without one in a common form; ``read`` reads those forms.

    Without ``bare``, a number that stands alone is not a time.
    """
    if text[:1] in {" ", "\t"}:
        # A number of a process may be padded.
        match = _JOINED.match(text.lstrip(" ")) if ":" in text[:12] and text[0] == " " else None
        return _of_joined(match, read) if match else None
    if not bare and text[:14].isdigit() and not (text[14:15] == "." and text[15:16].isdigit()):
        return None
    first = text[:2].lstrip("[(")
    if first[:1].isdigit() and (found := _of_digits(text, read)) is not None:
        return found
    if first[:1].isalpha() and (found := _of_letters(text, read)) is not None:
        return found
    if (text[8:9] == "." or text[:3] == "@40") and (found := _of_hexadecimal(text)) is not None:
        return found
    return _of_fields(text, read) if "=" in text else None


def _of_letters(text: str, read: ReadText) -> int | None:
    if match := _JOINED.match(text):
        return _of_joined(match, read)
    match = _MINUTES.match(text)
    return read(f"{match[1]} {match[2]}:00") if match else None


def _of_hexadecimal(text: str) -> int | None:
    if match := _TAI.match(text):
        return (int(text[1:17], 16) - _TAI_EPOCH) * 1000 + int(match[1], 16) // 1_000_000
    if match := _HEXADECIMAL.match(text):
        nanos = int(match[2], 16)
        return int(match[1], 16) * 1000 + (nanos // 1_000_000 if nanos < 10**9 else 0)
    return None


def _of_digits(text: str, read: ReadText) -> int | None:
    if match := _TIME_FIRST.match(text):
        return read(f"{match[2]} {match[1]}")
    if match := _JOINED.match(text):
        return _of_joined(match, read)
    if match := _JOINED_DAY.match(text):
        month, day, hour, minute, second, fraction = match.groups()
        return read(f"{month}-{day} {hour}:{minute}:{second}{fraction or ''}")
    if match := _NO_SECONDS.match(text):
        date, clock, zone, *dashed, utc = match.groups()
        return read(f"{date} {clock}:00{zone or ''}" if clock else f"{date} {':'.join(dashed)}{utc or ''}")
    return _of_rare_date(text, read)


def _of_rare_date(text: str, read: ReadText) -> int | None:
    if match := _CHINESE.match(text):
        year, month, day, clock = match.groups()
        return read(f"{year}-{int(month):02}-{int(day):02} {clock}")
    if match := _SCIENTIFIC.match(text):
        seconds = match[1].replace(".", "").ljust(13, "0")
        return int(seconds[:13])
    if match := _SPACED.match(text):
        year, month, day, clock, zone = match.groups()
        return read(f"{year}-{month}-{day} {clock}{f'{zone:0<5}' if zone else ''}")
    if match := _BRACKETED_DAY.match(text):
        return read(f"{match[1]}-{match[2]} {match[3]}")
    if match := _ORDINAL.match(text):
        begin = read(f"{match[1]}-01-01 {match[3]}{match[4] or ''}")
        return begin + (int(match[2]) - 1) * 86_400_000 if begin is not None and 0 < int(match[2]) < 367 else None
    return None


def _of_joined(match: re.Match[str], read: ReadText) -> int | None:
    year, month, day, hour, minute, second, fraction, milliseconds, zone = match.groups()
    end = f".{fraction or milliseconds}" if fraction or milliseconds else ""
    return read(f"{year}-{month}-{day} {hour}:{minute}:{second}{end}{zone or ''}")


def _of_fields(text: str, read: ReadText) -> int | None:
    if match := _APART.search(text, 0, _MOST_CHARS):
        zone = match[3] or ((field := _ZONE_FIELD.search(text, 0, _MOST_CHARS)) and field[1]) or ""
        return read(f"{match[1]} {match[2]}{zone}")
    if 'time="' in text and (match := _TIME_APART.search(text, 0, _MOST_CHARS)):
        found = read(f"{match[3]} {match[1]}Z" if match[2] else f"{match[3]} {match[1]}")
        # The offset is the minutes from local time to UTC.
        return found + int(match[2]) * 60_000 if found is not None and match[2] else found
    match = _FIELD.search(text, 0, _MOST_CHARS)
    return read(match[1]) if match and not text.startswith("SET ") and not is_condition(text, match.start(1)) else None


def is_condition(text: str, at: int) -> bool:
    """Return whether the ``ts=`` before an index is a condition of a query, or a part of a sentence."""
    *before, field = text[max(0, at - _MOST_FIELD_CHARS) : at].split() or [""]
    if "=" not in field or not before or not before[-1].isalpha():
        return False
    if len(before) == 1 and "=" in text[at : at + _MOST_FIELD_CHARS]:
        # Fields after the name of a program.
        return False
    return before[-1].upper() in _CONDITIONS or not (level_of(before[-1]) or any("=" in word for word in before))


# Keys without their case and punctuation, the likeliest first.
_KEYS = (
    "time", "timestamp", "ts", "t", "datetime", "date", "asctime", "eventtime", "timestring", "logtime",
    "timelocal", "timeiso8601", "requesttime", "realtimetimestamp", "sourcerealtimetimestamp", "timereported",
    "timegenerated", "timeunixnano", "observedtimeunixnano", "timemillis", "timestampseconds", "instant",
    "requestreceivedtimestamp", "stagetimestamp", "querytimestamp", "edgestarttimestamp", "startutc",
    "starttime", "msec", "created", "createdat", "utctime", "isotime", "receivedat", "occurredat", "timems",
    "timens", "epoch",
)  # fmt: skip
_HOLDERS = (
    "record", "log", "fields", "event", "jsonPayload", "resourceLogs", "scopeLogs", "logRecords", "transaction", "time",
)  # fmt: skip
_MOST_DEPTH = 4
# Other keys, but not of times in the future or past.
_TIME_KEY = re.compile(
    r"(?!exp|end|due|valid|birth|until|last|max|next|prev|not|old|new|stop|finish).*(?:time|timestamp|published)(?:in)?(?:ms|millis|us|micros|ns|nanos)?"
)


def time_of_fields(fields: Mapping[str, Any], read: ReadText, depth: int = 0) -> int | None:
    """Return the time of a JSON object, or of an object in it that holds the fields of a record; None without one."""
    keyed: dict[str, tuple[str, Any]] = {}
    for key, value in fields.items():
        keyed.setdefault("".join(filter(str.isalnum, key)).lower(), (key, value))
    for key in _KEYS:
        if key in keyed and (found := _of_value(keyed[key][1], read)) is not None:
            nanos = fields.get("timestampNanos") if key == "timestampseconds" else None
            return found + (nanos // 1_000_000 if isinstance(nanos, int) and 0 <= nanos < 10**9 else 0)
    named = (_of_other_key(key, value, read) for key, (_, value) in keyed.items())
    if (other := next((found for found in named if found is not None), None)) is not None:
        return other
    date, time = fields.get("date"), fields.get("time")
    if isinstance(date, str) and isinstance(time, str) and (found := read(f"{date} {time}")) is not None:
        return found
    if depth == _MOST_DEPTH:
        return None
    for holder in _HOLDERS:
        inner = fields.get(holder)
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, dict) and (found := time_of_fields(inner, read, depth + 1)) is not None:
            return found
    return None


def _of_other_key(key: str, value: object, read: ReadText) -> int | None:
    if not _TIME_KEY.fullmatch(key):
        return None
    return read(value) if isinstance(value, str) else of_number(value) if "timestamp" in key else None


def _of_value(value: object, read: ReadText) -> int | None:
    if isinstance(value, dict):
        return _of_object(value, read)
    return read(value) if isinstance(value, str) else of_number(value)


def _of_object(value: Mapping[str, Any], read: ReadText) -> int | None:
    for seconds, nanos in (("seconds", "nanos"), ("epochSecond", "nanoOfSecond"), ("sec", "nsec")):
        if (begin := of_number(value.get(seconds))) is not None:
            rest = value.get(nanos)
            return begin + (rest // 1_000_000 if isinstance(rest, int) and 0 <= rest < 10**9 else 0)
    return next(
        (
            found
            for key in ("$date", "timestamp", "repr", "date")
            if (found := _of_value(value.get(key), read)) is not None
        ),
        None,
    )


def of_number(value: object) -> int | None:
    """Return the milliseconds of epoch seconds, milli-, micro- or nanoseconds, chosen to be between 2001 and 2128."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return next((int(value * 1000 // unit) for unit in (1, 10**3, 10**6, 10**9) if 1e9 <= value / unit < 5e9), None)
