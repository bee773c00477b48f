"""How one line is read, in words: its time and level, each with the rule that found it, and its fields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import orjson

from logviewer.formats.crash import crash_level
from logviewer.formats.envelope import Stamp, Stream, time_of
from logviewer.formats.field_patterns import Read
from logviewer.formats.fields import json_fields
from logviewer.formats.level import Level, find_level, level_of
from logviewer.formats.line_format import LineFormat

Path = tuple[str, ...]

# An explanation looks at so much of a line, and tries the line without each of these.
_MOST_CHARS = 4096
_MOST_WORDS = 300
_MOST_FIELDS = 300
# Each field costs a whole reading of the object.
_MOST_JSON_CHARS = 16 * 1024
# Words and numbers of one time are at most so far apart.
_MOST_APART = 12
# An epoch time has more digits.
_LEAST_EPOCH = 9
_WORDS = re.compile(r"[^\W_]+|[#*!\u2139\u26a0\u26d4\u2716-\u2718\u274c]|(?<= )[.-](?= )")
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_KEY = re.compile(r"""(?:"([^"]{1,64})"\s*:\s*|([\w.-]{1,64})=)["']?$""")
_PRIORITY = re.compile(r"<\d{1,3}>")
_STATUS = re.compile(r'" $')
_DATED_LETTER = re.compile(r"[A-Z]\d{4,8}")
_OF_TIME = "0123456789./:-"
_BY_ENVELOPE = "the envelope of the container runtime"
_BY_PATTERN = ", by a pattern of [[logs]]"
_ZONE = re.compile(r" ?[+-]\d\d:?\d\d\b|Z\b")
_EDGES = " \t[]<>()|:"
_ORDERS = {"ymd": "year, month, day", "mdy": "month first", "dmy": "day first"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The time of a line in epoch milliseconds and its level, None without one, their rules, and names of its fields.

    A rule is empty where there is no value. ``stream`` is that of a container's line.
    """

    time: int | None
    time_rule: str
    level: Level | None
    level_rule: str
    fields: Sequence[str]
    stream: Stream | None


def explanation_of(text: str, line_format: LineFormat, stamp: Stamp | None = None) -> Explanation:
    """Return how a line is read, whose ``text`` has its masks, and whose envelope has this stamp."""
    level, fields = line_format.level(text), json_fields(text)
    stamped = time_of(stamp) if stamp else None
    time = line_format.time(text) if stamped is None else stamped
    rule = _BY_ENVELOPE if stamped is not None else "" if time is None else _time_rule(text, line_format, time, fields)
    return Explanation(
        time=time,
        time_rule=rule,
        level=level,
        level_rule="" if level is None else _level_rule(text, line_format, level, fields),
        fields=list(fields or ()),
        stream=stamp.stream if stamp else None,
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


def _time_rule(text: str, line_format: LineFormat, time: int, fields: Mapping[str, Any] | None) -> str:
    if fields is not None:
        return _field_rule(fields, line_format.time, time, text)
    text = text[:_MOST_CHARS]
    span = _time_span(text, line_format)
    if span is None:
        return "a decision for the file"
    found = text[span[0] : span[1]]
    if (key := _KEY.search(text, 0, span[0])) and "=" not in found:
        return f'the field "{key[1] or key[2]}"'
    kind = "number" if found.replace(".", "").isdecimal() and len(found) > _LEAST_EPOCH else "text"
    return f"the {kind} {found!r}{'' if line_format.time_text(text) == text else _BY_PATTERN}"


def _level_rule(text: str, line_format: LineFormat, level: Level, fields: Mapping[str, Any] | None) -> str:
    if fields is not None:
        return _field_rule(fields, line_format.level, level, text)
    text = text[:_MOST_CHARS]
    if match := _PRIORITY.match(text):
        return f"the priority {match[0]} of syslog"
    if crash_level(text) == level:
        return "the begin of a report"
    word = _level_word(text, line_format, level)
    if word is None:
        return "the words of the line"
    if key := _KEY.search(text, 0, word.start()):
        return f'the field "{key[1] or key[2]}"'
    place = _place(text, word, _time_span(text, line_format))
    return f"the {_named(text, word)}{place}{_source(level, find_level(text), line_format)}"


def _level_word(text: str, line_format: LineFormat, level: Level) -> re.Match[str] | None:
    """Return the word that names the level of a line."""
    changed = _deciding(text, line_format.level, _WORDS)
    named = [word for word in changed or _WORDS.finditer(text, 0, _MOST_CHARS) if level_of(word[0]) == level]
    statuses = [word for word in changed if _STATUS.search(text, 0, word.start())]
    words = [word for word in changed if not word[0].isdigit()]
    if find_level(text) != level:
        # A pattern may need words before the one that it captures.
        words.reverse()
    return next(chain(named, statuses, words, changed), None)


def _source(found: Level, plain: Level | None, line_format: LineFormat) -> str:
    """Return the source of a level that the line alone does not have."""
    if found == plain:
        return ""
    reading = line_format.reading
    if reading.names:
        return f", by the format {' or '.join(reading.names)}"
    return ", where most lines of the file have it" if reading.rules else _BY_PATTERN


def _field_rule(fields: Mapping[str, Any], read: Read[Any], value: object, text: str) -> str:
    """Return the path of the first field without which an object has another value, or which alone has the value."""
    paths = list(islice(_paths(fields), _MOST_FIELDS)) if len(text) <= _MOST_JSON_CHARS else []
    without = (path for path in paths if read(_json(_without(fields, path))) != value)
    alone = (path for path in paths if read(_json(_alone(fields, path))) == value)
    path = next(chain(_deepest(list(without)), alone), None)
    return f'the field "{".".join(path)}"' if path else "the fields of the JSON object"


def _deepest(paths: Sequence[Path]) -> Sequence[Path]:
    """Return the paths that no other path begins with."""
    return [path for path in paths if not any(other[: len(path)] == path != other for other in paths)]


def _paths(fields: Mapping[str, Any], before: Path = ()) -> Iterator[Path]:
    for key, value in fields.items():
        yield (*before, key)
        if isinstance(value, dict):
            yield from _paths(value, (*before, key))


def _without(fields: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    key, *rest = path
    if not rest:
        return {each: value for each, value in fields.items() if each != key}
    return {**fields, key: _without(fields[key], tuple(rest))}


def _alone(fields: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    key, *rest = path
    return {key: _alone(fields[key], tuple(rest)) if rest else fields[key]}


def _json(fields: Mapping[str, Any]) -> str:
    return orjson.dumps(fields).decode()


def _deciding(text: str, read: Read[Any], pattern: re.Pattern[str]) -> list[re.Match[str]]:
    """Return the words without which a line would be read in another way."""
    value = read(text)
    words = islice(pattern.finditer(text, 0, _MOST_CHARS), _MOST_WORDS)
    return [word for word in words if read(f"{text[: word.start()]}{_blank(word[0])}{text[word.end() :]}") != value]


def _blank(word: str) -> str:
    return ("X" if word.isupper() else "x") * len(word)


def _time_span(text: str, line_format: LineFormat) -> tuple[int, int] | None:
    """Return the first and the last index of the text that is a line's time; None without it."""
    if line_format.time(text) is None:
        return None
    words = _deciding(text, line_format.time, _PARTS)
    numbers = [word for word in words if word[0].isdigit()]
    if not numbers:
        return None
    begin = numbers[0].start()
    if not _KEY.search(text, 0, begin) or numbers[-1].start() - begin > _MOST_APART:
        begin = next(word.start() for word in words if begin - _MOST_APART <= word.start())
    # A year or a zone that would be guessed alike is a part of the text too.
    start = len(text[:begin].rstrip(_OF_TIME))
    zone = _ZONE.match(text, words[-1].end())
    return start, zone.end() if zone else words[-1].end()


def _named(text: str, word: re.Match[str]) -> str:
    if word[0].isdigit():
        if _STATUS.search(text, 0, word.start()):
            return f"status {word[0]} of a request"
        begin, end = text.rfind(" ", 0, word.start()) + 1, text.find(" ", word.end())
        return f"number {word[0]!r} of {text[begin : end if end >= 0 else len(text)][:40]!r}"
    if _DATED_LETTER.fullmatch(word[0]) or word[0].isascii() > (len(word[0]) > 1):
        return f"letter {word[0][0]!r}"
    return f"{'word' if word[0].isalnum() else 'symbol'} {word[0]!r}"


def _place(text: str, word: re.Match[str], time: tuple[int, int] | None) -> str:
    before, after = text[: word.start()], text[word.end() :]
    opened = max(map(before.rfind, "[<("))
    if opened > max(map(before.rfind, "]>)")):
        place = " in brackets"
    elif before.rstrip()[-1:] == "|" or after.lstrip()[:1] == "|":
        place = " beside a bar"
    else:
        place = " before a colon" if after[:1] == ":" else ""
    if time is None:
        return f"{place} at the start" if not before.strip(_EDGES) else place
    return f"{place} {'after' if time[1] <= word.start() else 'before'} the time"
