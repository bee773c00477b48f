"""Finds the level of a line in its fields: JSON objects, ``key=value``, priorities and statuses."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from logviewer.formats.level_words import LETTER_LEVELS, NAMES, SET_APART, SYSLOG, Level, level_of

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# As Go's slog writes levels between the named ones.
_SHIFTED = re.compile(r"([A-Z]{4,5})[+-]\d{1,3}")
# Keys of JSON, without their case and punctuation: names of levels first, as a number's scale is less certain.
_NAME_KEYS = [
    "level",
    "severity",
    "lvl",
    "loglevel",
    "levelname",
    "sev",
    "severitytext",
    "severitylevel",
    "syslogseveritytext",
    "messagetype",
    "errorseverity",
    "leveltext",
    "l",
    "priorityname",
    "priority",
    "prio",
    "eventtype",
]
# Keys that mostly hold something else.
_WEAK_KEYS = ("status", "type")
_REQUEST_KEYS = frozenset({"method", "request", "request_method", "uri", "path"})
# Objects that hold the fields of a record.
_HOLDERS = (
    "record",
    "log",
    "fields",
    "event",
    "jsonPayload",
    "resourceLogs",
    "scopeLogs",
    "logRecords",
    "params",
    "data",
    "baseData",
    "detail",
    "payload",
    "attributes",
)
_NAMES_WITHIN = ("name", "levelname", "levelStr", "standardLevel", "text")
_MOST_DEPTH = 4

# Scales of numbers: pino's and bunyan's is a list of least numbers.
_PINO: tuple[tuple[int, Level], ...] = ((60, "fatal"), (50, "error"), (40, "warning"), (30, "info"), (20, "debug"))
_SYSLOG: Mapping[int, Level] = dict(enumerate(SYSLOG))
_MONOLOG: Mapping[int, Level] = dict(
    zip(
        (100, 200, 250, 300, 400, 500, 550, 600),
        ("debug", "info", "notice", "warning", "error", "fatal", "fatal", "fatal"),
        strict=True,
    )
)
_GOOGLE: Mapping[int, Level] = dict(zip(range(800, 0, -100), SYSLOG, strict=True))
_SIX: tuple[Level, ...] = ("trace", "debug", "info", "warning", "error", "fatal")
_TELEMETRY: Mapping[int, Level] = {number: _SIX[(number - 1) // 4] for number in range(1, 25)}
_WINDOWS: Mapping[int, Level] = {1: "fatal", 2: "error", 3: "warning", 4: "info", 5: "trace"}
_NXLOG: Mapping[int, Level] = {1: "debug", 2: "info", 3: "warning", 4: "error", 5: "fatal"}
_PYTHON: Mapping[int, Level] = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}
_LOGBACK: Mapping[int, Level] = {5000: "trace", 10000: "debug", 20000: "info", 30000: "warning", 40000: "error"}
_SCALES: Mapping[str, Mapping[int, Level]] = {
    "levelno": _PYTHON,
    "levelvalue": _LOGBACK,
    "severitynumber": _TELEMETRY,
    "severityvalue": _NXLOG,
}


def of_fields(fields: Mapping[str, Any], *, held: bool = False) -> Level | None:
    """Return the level of a JSON object: a name before a number, then a request's status; None without one.

    Keys that mostly hold something else count beside a message, but not in an object that is ``held`` by another one.
    """
    keyed: dict[str, tuple[str, object]] = {}
    for key, value in fields.items():
        keyed.setdefault(_plain(key), (key, value))
    found = [keyed[key] for key in _NAME_KEYS if key in keyed]
    is_whole = not held and ("message" in keyed or "msg" in keyed)
    return (
        next(filter(None, (_named(value) for _, value in found)), None)
        or next(filter(None, (_weakly_named(keyed[key][1]) for key in _WEAK_KEYS if key in keyed and is_whole)), None)
        or next(filter(None, (_numbered(key, value) for key, value in _numbers(keyed, found))), None)
        or _of_mongo(fields)
        or _of_request(fields)
    )


def of_held_fields(fields: Mapping[str, Any], depth: int = 1) -> Level | None:
    """Return the level in the objects within a JSON object that hold the fields of a record."""
    for key in _HOLDERS:
        inner = fields.get(key)
        if isinstance(inner, list) and inner:
            inner = inner[0]
        if isinstance(inner, dict):
            found = of_fields(inner, held=True) or (of_held_fields(inner, depth + 1) if depth < _MOST_DEPTH else None)
            if found:
                return found
    return None


@lru_cache(maxsize=4096)
def _plain(key: str) -> str:
    return "".join(filter(str.isalnum, key)).lower() if not key.isalnum() else key.lower()


def _numbers(keyed: Mapping[str, tuple[str, object]], found: list[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    yield from (keyed[key] for key in ("levelno", "levelvalue", "severitynumber", "severityvalue") if key in keyed)
    yield from found
    yield from (keyed[key] for key in ("syslogseverity",) if key in keyed)


def _named(value: object) -> Level | None:
    if isinstance(value, dict):
        value = next((inner for key in _NAMES_WITHIN if (inner := value.get(key)) is not None), None)
    if not isinstance(value, str) or value.isdecimal():
        return None
    value = _COLOUR.sub("", value).strip() if "\x1b" in value else value
    return level_of(value) or (level_of(match[1]) if (match := _SHIFTED.fullmatch(value)) else None)


def _weakly_named(value: object) -> Level | None:
    return SET_APART.get(value.lower()) if isinstance(value, str) and value.lower() not in {"fail", "fault"} else None


def _numbered(key: str, value: object) -> Level | None:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        return None
    number = int(value)
    scale = _scale(key, number)
    return scale.get(number) if scale else next((level for least, level in _PINO if number >= least), "trace")


def _scale(key: str, number: int) -> Mapping[int, Level] | None:
    """Return the scale that belongs to a key and a number; None for pino's."""
    plain = _plain(key)
    if plain in _SCALES:
        return _SCALES[plain]
    if plain == "severity" and number > 8:
        return _TELEMETRY if number < 25 else _GOOGLE
    if key == "Level" and number in _WINDOWS:
        return _WINDOWS
    return next((scale for scale in (_SYSLOG, _MONOLOG, _LOGBACK) if number in scale), None)


def _of_mongo(fields: Mapping[str, Any]) -> Level | None:
    if isinstance(fields.get("t"), dict) and isinstance(short := fields.get("s"), str):
        return LETTER_LEVELS.get(short[:1])
    return None


def _of_request(fields: Mapping[str, Any]) -> Level | None:
    status = str(fields.get("status", ""))
    return of_status(int(status)) if len(status) == 3 and status.isdecimal() and _REQUEST_KEYS & fields.keys() else None


def of_status(status: int) -> Level:
    """Return the level of the status of an HTTP request."""
    return "error" if status >= 500 else "warning" if status >= 400 else "info"


def of_field(value: str) -> Level | None:
    """Return the level of the value of ``level=``."""
    return NAMES.get(value.lower()) or LETTER_LEVELS.get(value)
