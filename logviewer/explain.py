"""Prints how lines are read: the command ``logviewer explain``."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from logviewer.errors import CannotRunError
from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import Encoding, detect, to_text
from logviewer.files.lines import MAX_LINES, split
from logviewer.formats.envelope import Stamp
from logviewer.formats.explanation import decisions, explanation_of
from logviewer.formats.line_format import LineFormat
from logviewer.formats.line_formats import LineFormats
from logviewer.formats.record import record_at
from logviewer.rotation.file_text import FileText
from logviewer.rotation.line_sample import LineSample
from logviewer.settings import Tables

_SHOWN_CHARS = 160
_MOST_BYTES = 8 * 1024 * 1024


def explain(file: Path | None, tables: Tables, count: int) -> Iterator[str]:
    """Yield how the first ``count`` lines of a file are read; without a file, those of standard input.

    Raises CannotRunError.
    """
    name = file.name if file else "stdin"
    base = LineFormats(tables.logs, tables.redact).of(file.absolute() if file else Path(name), name)
    if file:
        log = _opened(file)
        text = FileText(log, lambda: True)
        data = _first_bytes(file, text)
        encoding = base.encoding or detect(data)
        sample = LineSample(log, lambda: encoding, lambda: log.stat().st_size, text)
        line_format: LineFormat = base.of_file(sample, dated=sample.dated, stamps=text)
    else:
        text = FileText(_Input(sys.stdin.buffer.read()), lambda: True)
        data = text.pread(_MOST_BYTES, 0)
        encoding = base.encoding or detect(data)
        line_format = base.of_file(lambda: lines, stamps=text)
    placed = _lines(data, encoding, count + MAX_LINES)
    offsets, lines = [at for at, _ in placed], [text for _, text in placed]
    yield from decisions(line_format)
    for number in range(min(count, len(lines))):
        yield f"{number + 1} | {line_format.mask(lines[number], _SHOWN_CHARS)}"
        stamps = line_format.stamps(lambda: offsets[number : number + 1])  # noqa: B023 (called at once)
        part = line_format.part(line_format.part_at(offsets[number]))
        yield from _of_line(lines, number, part, stamps[0] if stamps else None)


class _Input:
    """Standard input as a file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def pread(self, size: int, offset: int) -> bytes:
        return self._data[offset : offset + size]

    def next_data(self, offset: int) -> int:
        return offset


def _opened(file: Path) -> ByteFile:
    try:
        return ByteFile.open(file)
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror or error}") from error


def _first_bytes(file: Path, text: FileText) -> bytes:
    try:
        return text.pread(_MOST_BYTES, 0)
    except OSError as error:
        raise CannotRunError(f"cannot read {file}: {error.strerror or error}") from error


def _lines(data: bytes, encoding: Encoding, most: int) -> list[tuple[int, str]]:
    """Return the offsets and texts of the first lines; the last one may have no newline."""
    lines, end = split(data, encoding, most)
    found, at = list[tuple[int, str]](), 0
    for line in lines:
        found.append((at, to_text(line, encoding)))
        at += len(line) + len(encoding.newline)
    rest = data[end:] if len(found) < most else b""
    return [*found, (end, to_text(rest, encoding))] if rest else found


def _of_line(lines: Sequence[str], number: int, line_format: LineFormat, stamp: Stamp | None) -> Iterator[str]:
    found = explanation_of(line_format.mask(lines[number]), line_format, stamp)
    if found.time is None:
        yield "    time    none"
    else:
        when = datetime.fromtimestamp(found.time / 1000, UTC).isoformat(timespec="milliseconds")
        yield f"    time    {when.removesuffix('+00:00')}Z, from {found.time_rule}"
    yield f"    level   {found.level}, from {found.level_rule}" if found.level else "    level   none"
    if found.stream:
        yield f"    stream  {found.stream}"
    if found.fields:
        yield f"    fields  {', '.join(found.fields)}"
    first, after = record_at(lines, number, line_format)
    if after - first > 1:
        yield f"    record  lines {first + 1} to {after}"
