"""The rotated files beside a log: names propose, growth and contents decide.

A file that was the live log is a rotation of it. A file that still grows is a log of its own. Numbers of up to three
digits after a dot, dates and words such as ``old`` are rotations otherwise. Other numbers can be ports, process ids or
tenants: such a file is a rotation only if its lines look like those of the live log and end before they begin, or if it
appeared since the first poll and was renamed after its last line.
"""

import os
import re
import statistics
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from logviewer.files.byte_file import ByteFile, Identity
from logviewer.files.encoding import detect, to_text
from logviewer.files.rotations import RotatedName, is_compressed, parse, proposed_logs
from logviewer.formats.timestamp import find_time

_HEAD_BYTES = 4 * 1024
_TAIL_BYTES = 16 * 1024
_COMPARED_BYTES = 1024
_LINE_CHARS = 4 * 1024
# Lines out of order, wrong clocks and late lines make the times of a rotated file overlap with those of its successor.
_OVERLAP_MS = 10 * 60 * 1000
# Of this many times, the outermost tenth may be of a wrong clock.
_MANY_TIMES = 10
# A rename changes the inode after the last write did.
_RENAMED_NS = 20_000_000
_FILES_KEPT = 16384
_SHAPED_LINES = 20
_SHAPE_CHARS = 12
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_LIVE_KEPT = 100
ARCHIVES = ("old", "olddir", "archive", "archives", "archived", "backup", "rotated", "history")


def is_archive(directory: Path) -> bool:
    """Return whether a directory has a usual name for rotated files, below the directory of their log."""
    return directory.name.lower() in ARCHIVES


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The times of a file's first and last lines in epoch milliseconds, None without any, and how its lines begin."""

    first: int | None
    last: int | None
    shapes: frozenset[str] = frozenset()


class RotationClassifier:
    """Distinguishes rotated files from logs. One object serves all sources of a server, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[Identity, tuple[Path, int]] = {}
        # How often a file has grown, and how often it then had the size of the live log.
        self._growths: Counter[Identity] = Counter()
        self._reached: Counter[Identity] = Counter()
        self._live: dict[Path, dict[Identity, None]] = {}
        # The files beside a log when it was polled first: a rename of one of them was not seen.
        self._first: dict[Path, frozenset[Identity]] = {}
        # The listing of a log in which each of its files was new, or live last.
        self._ranks: dict[Path, dict[Identity, int]] = {}
        self._judged: dict[tuple[Path, Identity], tuple[tuple[int, int, int, bool], bool]] = {}

    def logs(self, files: Mapping[Path, Identity | None]) -> list[Path]:
        """Return the files that are logs of their own, of any directories; a compressed rotation is not one.

        A path without an identity names a log that is awaited.
        """
        directories: dict[Path, set[str]] = {}
        for path in files:
            directories.setdefault(path.parent, set()).add(path.name)
        proposals = {parent: _proposals(frozenset(names)) for parent, names in directories.items()}
        logs: list[Path] = []
        for path, identity in files.items():
            beside = proposals[path.parent].get(path.name, ())
            above = proposed_logs(path.name, directories.get(path.parent.parent, ())) if is_archive(path.parent) else ()
            bases = (*(path.with_name(name) for name in beside), *(path.parent.parent / name for name in above))
            if not any(self._belongs(base, path, identity) for base in bases):
                logs.append(path)
                self._note_live(path, identity)
        return logs

    def rotated(self, live: Path, files: Mapping[Path, Identity]) -> list[Path]:
        """Return the rotations of a log among these files, oldest first; compressed ones are left out.

        The files are those beside the log and in the archive folders beside it.
        """
        if live in files:
            self._note_live(live, files[live])
        present = frozenset(files.values())
        with self._lock:
            # Inodes are reused: a file that is gone is no longer known.
            self._first[live] = self._first.get(live, present) & present
        names = {live.name, *(path.name for path in files if path.parent == live.parent)}
        found: dict[Path, RotatedName] = {}
        for path, identity in files.items():
            name = None if path == live or is_compressed(path.name) else parse(live.name, path.name)
            if (
                name
                and next(proposed_logs(path.name, names), None) == live.name
                and self._belongs(live, path, identity)
            ):
                found[path] = name
        numbers = {name.number: (path, files[path]) for path, name in found.items() if name.kind == "number"}
        ranks = self._rank(live, files.get(live), [files[path] for path in found], present)
        sign = -1 if _is_ascending(numbers, ranks) else 1

        def age(path: Path) -> tuple[int, tuple[int, ...], int, str]:
            name = found[path]
            return name.rank, name.when, name.order * (sign if name.kind == "number" else 1), path.name

        return sorted(found, key=age)

    def _rank(
        self, log: Path, live: Identity | None, rotated: Iterable[Identity], present: frozenset[Identity]
    ) -> Mapping[Identity, int]:
        """Note the files of a listing, and return their order; those of the first listing are equal."""
        with self._lock:
            ranks = {identity: rank for identity, rank in self._ranks.get(log, {}).items() if identity in present}
            now = max(ranks.values(), default=0) + 1
            for identity in rotated:
                ranks.setdefault(identity, 0 if identity in self._first[log] else now)
            if live:
                ranks[live] = now + 1
            self._ranks[log] = ranks
            return dict(ranks)

    def _note_live(self, path: Path, identity: Identity | None) -> None:
        if identity is None:
            return
        with self._lock:
            files = self._live.setdefault(path, {})
            files.pop(identity, None)
            files[identity] = None
            while len(files) > _LIVE_KEPT:
                del files[next(iter(files))]

    def _belongs(self, live: Path, path: Path, identity: Identity | None) -> bool:
        name = parse(live.name, path.name)
        if name is None or identity in self._live.get(path, ()):
            return False
        if is_compressed(path.name) or identity in self._live.get(live, ()):
            return True
        if identity is None:
            return name.is_usual
        try:
            status, base = path.stat(), live.stat()
            known = status.st_size, status.st_mtime_ns, base.st_ino, base.st_size > 0
            if (judged := self._judged.get((path, identity))) and judged[0] == known:
                return judged[1]
            if self._has_grown(path, identity, status.st_size) and not self._is_copy(path, status, live, base, name):
                self._growths[identity] += 1
            is_rotation = not self._is_growing(identity) and (name.is_usual or self._is_older(path, status, live, base))
        except OSError:
            # Without the live log, or without permission to read, only the name is known.
            return name.is_usual and not self._is_growing(identity)
        with self._lock:
            if len(self._judged) > _FILES_KEPT:
                self._judged.clear()
            self._judged[path, identity] = known, is_rotation
        return is_rotation

    def _has_grown(self, path: Path, identity: Identity, size: int) -> bool:
        """Note the size of a file, and return whether it has grown under its name since the last call."""
        with self._lock:
            before = self._seen.get(identity)
            if len(self._seen) > _FILES_KEPT:
                self._seen.clear()
            self._seen[identity] = path, size
            if before and before[0] != path:
                del self._growths[identity], self._reached[identity]
            return before is not None and before[0] == path and before[1] < size

    def _is_copy(
        self, path: Path, status: os.stat_result, live: Path, live_status: os.stat_result, name: RotatedName
    ) -> bool:
        """Whether a growing file is an unfinished copy: it reaches the size of the live log once, a log repeatedly."""
        if not name.is_usual or status.st_size > live_status.st_size or not _is_prefix(path, status, live):
            return False
        identity = status.st_dev, status.st_ino
        self._reached[identity] += status.st_size == live_status.st_size
        return self._reached[identity] < 2

    def _is_older(self, path: Path, status: os.stat_result, live: Path, live_status: os.stat_result) -> bool:
        """Whether a file was written before the first line of the live log, or renamed since. Raises OSError."""
        if status.st_size and live_status.st_size:
            mine, other = _span(path, status), _span(live, live_status)
            if mine.first is not None and mine.last is not None and other.first is not None:
                is_before = mine.first < other.first and mine.last <= other.first
                if is_before or mine.last > other.first + _OVERLAP_MS:
                    return is_before and not mine.shapes.isdisjoint(other.shapes)
        is_new = (status.st_dev, status.st_ino) not in self._first.get(live, ())
        return is_new and live in self._first and _is_renamed(status)

    def _is_growing(self, identity: Identity) -> bool:
        # A copy may grow once more before the next poll sees that the live log was truncated.
        return self._growths[identity] > 1


@lru_cache(64)
def _proposals(names: frozenset[str]) -> Mapping[str, Sequence[str]]:
    """The logs that each name proposes to belong to, for a directory that is listed again and again."""
    return {name: found for name in names if (found := tuple(proposed_logs(name, names)))}


def _is_renamed(status: os.stat_result) -> bool:
    return status.st_ctime_ns > status.st_mtime_ns + _RENAMED_NS


def _is_ascending(numbers: Mapping[int, tuple[Path, Identity]], ranks: Mapping[Identity, int]) -> bool:
    """Whether higher numbers are newer: by earlier polls, by times in lines, or by the last writes if all agree."""
    pairs = [(numbers[low], numbers[high]) for low, high in pairwise(sorted(numbers))]
    seen = [ranks[high] - ranks[low] for (_, low), (_, high) in pairs]
    if votes := sum((each > 0) - (each < 0) for each in seen):
        return votes > 0
    spans = [(_known_span(low), _known_span(high)) for (low, _), (high, _) in pairs]
    if votes := sum(_is_before(low, high) - _is_before(high, low) for low, high in spans):
        return votes > 0
    writes = [(_last_write(low), _last_write(high)) for (low, _), (high, _) in pairs]
    return bool(writes) and all(0 < low < high for low, high in writes)


def _known_span(path: Path) -> TimeSpan:
    try:
        return _span(path)
    except OSError:
        return TimeSpan(None, None)


def _is_before(one: TimeSpan, other: TimeSpan) -> bool:
    """Whether all of one file was written before the other, by its times."""
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return False
    return one.last <= other.first and one.first < other.last


def _last_write(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _is_prefix(path: Path, status: os.stat_result, live: Path) -> bool:
    """Whether the live log begins with the bytes of a file; compares its first and last KiB. Raises OSError."""
    start = max(0, status.st_size - _COMPARED_BYTES)
    return all(
        _pread(path, _COMPARED_BYTES, at) == _pread(live, min(_COMPARED_BYTES, status.st_size - at), at)
        for at in (0, start)
    )


def _span(path: Path, status: os.stat_result | None = None) -> TimeSpan:
    """Return the times of a file's first and last lines. Raises OSError."""
    status = status or path.stat()
    return _read_span(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(4096)
def _read_span(path: Path, _device: int, _inode: int, size: int, _changed: int) -> TimeSpan:
    head, tail = _pread(path, _HEAD_BYTES, 0), _pread(path, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    return TimeSpan(
        _outermost(_times(head, head), last=False), _outermost(_times(tail, head), last=True), _shapes(head)
    )


def _shapes(head: bytes) -> frozenset[str]:
    """Return the beginnings of the first lines, with one letter for all letters and one digit for all digits."""
    lines = to_text(head, detect(head[:4])).split("\n")[:_SHAPED_LINES]
    return frozenset(_DIGITS.sub("0", _LETTERS.sub("a", line[:_SHAPE_CHARS])) for line in lines if line)


def _pread(path: Path, size: int, offset: int) -> bytes:
    file = ByteFile.open(path)
    try:
        return file.pread(size, offset)
    finally:
        file.close()


def _times(data: bytes, first: bytes) -> Iterator[int]:
    """Yield the times of lines; the cut lines at both ends count as lines."""
    encoding = detect(first[:4])
    for line in to_text(data, encoding).split("\n"):
        if (found := find_time(line[:_LINE_CHARS])) is not None:
            yield found


def _outermost(times: Iterable[int], *, last: bool) -> int | None:
    ordered = sorted(times)
    if len(ordered) < _MANY_TIMES:
        return (ordered[-1] if last else ordered[0]) if ordered else None
    tenths = statistics.quantiles(ordered, n=10, method="inclusive")
    return int(tenths[-1] if last else tenths[0])
