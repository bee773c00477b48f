"""The times of a log file's first and last lines, and how its lines begin: what its contents say of its age."""

import os
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import DETECTED_BYTES, detect, to_text
from logviewer.formats.file_evidence import date_order
from logviewer.formats.timestamp import Order, TimeReading, find_time, numeric_date

_HEAD_BYTES = 4 * 1024
_TAIL_BYTES = 16 * 1024
_COMPARED_BYTES = 1024
_LINE_CHARS = 4 * 1024
# Of this many times, the outermost tenth may be of a wrong clock.
_MANY_TIMES = 10
_SHAPED_LINES = 20
_SHAPE_CHARS = 12
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The times of a file's first and last lines in epoch milliseconds, None without any, and how its lines begin."""

    first: int | None
    last: int | None
    shapes: frozenset[str] = frozenset()

    def is_before(self, other: "TimeSpan") -> bool:
        """Whether all of one file was written before the other, by its times."""
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return False
        return self.last <= other.first and self.first < other.last


UNKNOWN = TimeSpan(None, None)


def span_of(path: Path, status: os.stat_result | None = None) -> TimeSpan:
    """Return the times of a file's first and last lines. Raises OSError."""
    status = status or path.stat()
    return _read_span(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def known_span(path: Path) -> TimeSpan:
    """Return the times of a file, without any if it cannot be read."""
    try:
        return span_of(path)
    except OSError:
        return UNKNOWN


def is_prefix(path: Path, status: os.stat_result, live: Path) -> bool:
    """Whether the live log begins with the bytes of a file; compares its first and last KiB. Raises OSError."""
    start = max(0, status.st_size - _COMPARED_BYTES)
    return all(
        _pread(path, _COMPARED_BYTES, at) == _pread(live, min(_COMPARED_BYTES, status.st_size - at), at)
        for at in (0, start)
    )


@lru_cache(4096)
def _read_span(path: Path, _device: int, _inode: int, size: int, _changed: int) -> TimeSpan:
    head, tail = _pread(path, _HEAD_BYTES, 0), _pread(path, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    encoding = detect(head[:DETECTED_BYTES])
    first, last = ([line[:_LINE_CHARS] for line in to_text(data, encoding).split("\n")] for data in (head, tail))
    order = date_order([*first, *last], datetime.now(UTC).date())
    return TimeSpan(
        _outermost(_times(first, order), last=False), _outermost(_times(last, order), last=True), _shapes(first)
    )


def _shapes(lines: Sequence[str]) -> frozenset[str]:
    """Return the beginnings of the first lines, with one letter for all letters and one digit for all digits."""
    some = lines[:_SHAPED_LINES]
    return frozenset(_DIGITS.sub("0", _LETTERS.sub("a", line[:_SHAPE_CHARS])) for line in some if line)


def _pread(path: Path, size: int, offset: int) -> bytes:
    file = ByteFile.open(path)
    try:
        return file.pread(size, offset)
    finally:
        file.close()


def _times(lines: Iterable[str], order: Order | None) -> Iterator[int]:
    """Yield the times of lines, without dates that can be read in several ways; the cut lines at both ends count."""
    reading = TimeReading(order)
    for line in lines:
        found = find_time(line, reading=reading)
        if found is not None and (order is not None or not numeric_date(line)):
            yield found


def _outermost(times: Iterable[int], *, last: bool) -> int | None:
    ordered = sorted(times)
    if len(ordered) < _MANY_TIMES:
        return (ordered[-1] if last else ordered[0]) if ordered else None
    tenths = statistics.quantiles(ordered, n=10, method="inclusive")
    return int(tenths[-1] if last else tenths[0])
