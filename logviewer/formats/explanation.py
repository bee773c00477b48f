"""How one line is read, in words: its time and level, each with the rule that found it, and its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logviewer.formats.fields import find_level_field, json_fields
from logviewer.formats.level import Level, find_level
from logviewer.formats.line_format import LineFormat
from logviewer.formats.timestamp import bare_place, find_time, stamp_of

_ORDERS = {"ymd": "year, month, day", "mdy": "month first", "dmy": "day first"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The time of a line in epoch milliseconds and its level, None without one, their rules, and names of its fields.

    A rule is empty where there is no value.
    """

    time: int | None
    time_rule: str
    level: Level | None
    level_rule: str
    fields: Sequence[str]


def explanation_of(text: str, line_format: LineFormat) -> Explanation:
    """Return how a line is read, whose ``text`` has its masks."""
    time, level, fields = line_format.time(text), line_format.level(text), json_fields(text)
    return Explanation(
        time=time,
        time_rule="" if time is None else _time_rule(text, time, fields),
        level=level,
        level_rule="" if level is None else _level_rule(text, level, fields),
        fields=list(fields or ()),
    )


def decisions(line_format: LineFormat) -> list[str]:
    """Return the decisions for a file in words."""
    reading = line_format.reading
    times, order = reading.times, line_format.with_reading(reading).time_reading.order
    return [
        *(f"format: {name}" for name in reading.names),
        *([f"dates: {_ORDERS[order]}"] if order else []),
        *([] if times.bare else ["numbers that stand alone: not times"]),
        *(["years: by the order of the lines"] if times.parts else []),
        *([] if times.column is None else [f"time: word {times.column + 1} of each line"]),
    ]


def _time_rule(text: str, time: int, fields: Mapping[str, Any] | None) -> str:
    if fields is not None:
        return "a field of the JSON object"
    if stamp := stamp_of(text):
        return f"the text {stamp!r}"
    if find_time(text) != time:
        return "a pattern, or a decision for the file"
    return "a number that stands alone" if bare_place(text) else "a rare form"


def _level_rule(text: str, level: str, fields: Mapping[str, Any] | None) -> str:
    if find_level(text) != level:
        return "a pattern of [[logs]] or of the format"
    if fields is not None:
        return "a field of the JSON object"
    if text.startswith("<"):
        return "the priority of syslog"
    if field := find_level_field(text):
        return f"the field with the value {field[1]!r}"
    return "the words before the message, or the status of a request"
