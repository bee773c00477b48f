"""Prints how lines are read: the command ``logviewer explain``."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from logviewer.errors import CannotRunError
from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import detect
from logviewer.formats.fields import find_level_field, json_fields
from logviewer.formats.file_evidence import FileReading, read_file
from logviewer.formats.level import find_level
from logviewer.formats.line_format import LineFormat, LineFormats
from logviewer.formats.record import record_at
from logviewer.formats.timestamp import bare_place, find_time, stamp_of
from logviewer.rotation.line_sample import LineSample
from logviewer.settings import Tables

_ORDERS = {"ymd": "year, month, day", "mdy": "month first", "dmy": "day first"}
_SHOWN_CHARS = 160


def explain(file: Path | None, tables: Tables, count: int) -> Iterator[str]:
    """Yield how the first ``count`` lines of a file are read; without a file, those of standard input.

    Raises CannotRunError.
    """
    name = file.name if file else "stdin"
    lines = _lines_of(file) if file else sys.stdin.read().splitlines()
    reading = read_file(lines)
    base = LineFormats(tables.logs, tables.redact).of(file.absolute() if file else Path(name), name)
    line_format = base.with_reading(reading)
    yield from _decisions(reading)
    for number in range(min(count, len(lines))):
        yield f"{number + 1} | {line_format.mask(lines[number], _SHOWN_CHARS)}"
        yield from _of_line(lines, number, line_format)


def _lines_of(file: Path) -> list[str]:
    try:
        log = ByteFile.open(file)
        encoding = detect(log.pread(4, 0))
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror}") from error
    return LineSample(log, lambda: encoding, lambda: log.stat().st_size)()


def _decisions(reading: FileReading) -> Iterator[str]:
    for name in reading.names:
        yield f"format: {name}"
    if reading.times.order:
        yield f"dates: {_ORDERS[reading.times.order]}"
    if not reading.times.bare:
        yield "numbers that stand alone: not times"
    if reading.times.column is not None:
        yield f"time: word {reading.times.column + 1} of each line"


def _of_line(lines: Sequence[str], number: int, line_format: LineFormat) -> Iterator[str]:
    text = lines[number]
    time, level, fields = line_format.time(text), line_format.level(text), json_fields(text)
    if time is None:
        yield "    time    none"
    else:
        when = datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds")
        yield f"    time    {when.removesuffix('+00:00')}Z, from {_time_rule(text, time, fields)}"
    yield f"    level   {level}, from {_level_rule(text, level, fields)}" if level else "    level   none"
    if fields:
        yield f"    fields  {', '.join(fields)}"
    first, after = record_at(lines, number, line_format)
    if after - first > 1:
        yield f"    record  lines {first + 1} to {after}"


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
