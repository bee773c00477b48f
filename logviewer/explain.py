"""Prints how lines are read: the command ``logviewer explain``."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from logviewer.errors import CannotRunError
from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import DETECTED_BYTES, Encoding, detect
from logviewer.formats.explanation import decisions, explanation_of
from logviewer.formats.line_format import LineFormat, LineFormats
from logviewer.formats.record import record_at
from logviewer.rotation.line_sample import LineSample
from logviewer.settings import Tables

_SHOWN_CHARS = 160


def explain(file: Path | None, tables: Tables, count: int) -> Iterator[str]:
    """Yield how the first ``count`` lines of a file are read; without a file, those of standard input.

    Raises CannotRunError.
    """
    name = file.name if file else "stdin"
    base = LineFormats(tables.logs, tables.redact).of(file.absolute() if file else Path(name), name)
    if file:
        sample = _sample(file, base.encoding)
        offsets, lines = zip(*(sample.placed() or [(0, "")]), strict=True)
        line_format: LineFormat = base.of_file(sample, dated=sample.dated)
    else:
        lines = tuple(sys.stdin.read().splitlines())
        offsets, line_format = (0,) * len(lines), base.of_file(lambda: lines)
    yield from decisions(line_format.reading)
    for number in range(min(count, len(lines))):
        yield f"{number + 1} | {line_format.mask(lines[number], _SHOWN_CHARS)}"
        yield from _of_line(lines, number, line_format.part(line_format.part_at(offsets[number])))


def _sample(file: Path, encoding: Encoding | None) -> LineSample:
    try:
        log = ByteFile.open(file)
        found = encoding or detect(log.pread(DETECTED_BYTES, 0))
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror}") from error
    return LineSample(log, lambda: found, lambda: log.stat().st_size)


def _of_line(lines: Sequence[str], number: int, line_format: LineFormat) -> Iterator[str]:
    found = explanation_of(line_format.mask(lines[number]), line_format)
    if found.time is None:
        yield "    time    none"
    else:
        when = datetime.fromtimestamp(found.time / 1000, UTC).isoformat(timespec="milliseconds")
        yield f"    time    {when.removesuffix('+00:00')}Z, from {found.time_rule}"
    yield f"    level   {found.level}, from {found.level_rule}" if found.level else "    level   none"
    if found.fields:
        yield f"    fields  {', '.join(found.fields)}"
    first, after = record_at(lines, number, line_format)
    if after - first > 1:
        yield f"    record  lines {first + 1} to {after}"
