"""The rotated files beside a log: names propose, growth and contents decide.

A file that was the live log is a rotation of it. A file that still grows, or was written beside the live log for hours,
is a log of its own. Numbers of up to three digits after a dot, dates and words such as ``old`` are rotations otherwise.
Other numbers can be ports, process ids or tenants: such a file is a rotation only if its lines look like those of the
live log and end before they begin, or if it appeared since the first poll and was renamed after its last line. Dated
files without a log of the undated name are one log, whose newest file is live.
"""

import contextlib
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from logviewer.files.byte_file import Identity
from logviewer.files.rotations import (
    RotatedName,
    bases,
    family_name,
    is_compressed,
    is_unreadable,
    parse,
    proposed_logs,
)
from logviewer.rotation.known_files import KnownFiles
from logviewer.rotation.order import by_age
from logviewer.rotation.time_span import is_prefix, span_of

# Lines out of order, wrong clocks and late lines make the times of a rotated file overlap with those of its successor.
_OVERLAP_MS = 10 * 60 * 1000
# A clock set back by an hour makes files overlap by as much, and one that was never set by decades.
_SIDE_BY_SIDE_MS = 2 * 60 * 60 * 1000
_WRONG_CLOCK_MS = 366 * 24 * 60 * 60 * 1000
# A rename changes the inode after the last write did.
_RENAMED_NS = 20_000_000
_FILES_KEPT = 16384
# So many rotations may happen between two polls.
_SKIPPED_NUMBERS = 100
_DIGITS = re.compile(r"\d+")
_LIVE_KEPT = 100
# A file may get late lines after the next one has begun.
LATE_SECONDS = 5.0
# The clock of a file system may be this coarse.
_TICK_NS = 100_000_000
_ARCHIVES = frozenset({"old", "olddir", "archive", "archives", "archived", "backup", "rotated", "history"})


def is_archive(name: str) -> bool:
    """Return whether a directory has a usual name for rotated files, below the directory of their log."""
    return name.lower() in _ARCHIVES


class RotationClassifier:
    """Distinguishes rotated files from logs. One object serves all sources of a server, from any thread."""

    def __init__(self, known_files: KnownFiles | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._known_files = known_files or KnownFiles()
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[Identity, tuple[Path, int]] = {}
        # How often a file has grown, and how often it then had the size of the live log.
        self._growths: Counter[Identity] = Counter()
        self._reached: Counter[Identity] = Counter()
        self._live: dict[Path, dict[Identity, None]] = {}
        # The paths that are logs, and not only targets of symlinks.
        self._logs: set[Path] = set()
        # The files beside a log when it was polled first: a rename of one of them was not seen.
        self._first: dict[Path, frozenset[Identity]] = {}
        # Of these, the ones with names of rotated files that seemed to be logs of their own.
        self._apart: dict[Path, frozenset[Identity]] = {}
        # The newest file of each log whose files are dated, and the time of its directory when it was found.
        self._newest: dict[Path, Path | None] = {}
        self._changed: dict[Path, int] = {}
        # The highest number in each form of names that live files were renamed to.
        self._highest: dict[Path, dict[str, int]] = {}
        # When a file was seen to have a newer one beside it.
        self._passed: dict[Identity, float] = {}
        self._judged: dict[tuple[Path, Identity], tuple[tuple[int, int, int, bool], bool]] = {}

    def logs(
        self, files: Mapping[Path, Identity | None], known: Mapping[Path, Identity | None] = MappingProxyType({})
    ) -> list[Path]:
        """Return the files that are logs of their own, of any directories.

        Files with a date in their name and without a log of the name without it are one log: its path is that name,
        which has no file. ``known`` are other logs. A path without an identity names a log that is awaited.
        """
        families = self._find_families(files, known)
        members = {path: log for log, paths in families.items() for path in paths}
        logs_beside = _by_directory(each for each in (*files, *known, *families) if each not in members)
        logs = list(families)
        for parent, path, identity in _with_parents(files):
            proposed: list[Path] = []
            if path in members:
                is_log = self._is_apart(members[path], path)
            else:
                proposed = [
                    each / name
                    for each in ((parent, parent.parent) if is_archive(parent.name) else (parent,))
                    for name in proposed_logs(path.name, logs_beside.get(each, ()))
                ]
                is_log = not any(self._belongs(base, path, identity) for base in proposed)
            if is_log:
                logs.append(path)
                self._logs.add(path)
                self._note_live(path, identity)
                self._note_separate(path, identity, proposed)
        return logs

    def rotated(
        self, live: Path, files: Mapping[Path, Identity], names: Container[str], *, is_target: bool = False
    ) -> list[Path]:
        """Return the rotations of a log among these files, oldest first, without archives.

        The files are the log and those with a name for a rotation of it, beside it and in the archive folders.
        ``names`` are those beside it. The newest file of a log whose files are dated is the last one, and live. If the
        log ``is_target`` of a symlink, its path may be that of one of the files of another log.
        """
        if not is_target:
            self._logs.add(live)
        if live in files:
            self._note_live(live, files[live])
        present = frozenset(files.values())
        with self._lock:
            first = self._first.get(live, present)
            # Inodes are reused: a file that is gone is no longer known. A directory may be away for a while.
            self._first[live] = first & present if present else first
        self._note_numbers(live, files)
        is_family = self.is_family(live)
        found: dict[Path, RotatedName] = {}
        apart: list[Identity] = []
        for path, identity in files.items():
            name = None if path == live or is_unreadable(path.name) else parse(live.name, path.name)
            if name is None or not _proposes(live, path, names, is_family=is_family):
                continue
            is_member = is_family and family_name(path) == live.name
            if not self._is_apart(live, path) if is_member else self._belongs(live, path, identity):
                found[path] = name
            else:
                apart.append(identity)
        late = self._apart.setdefault(live, frozenset(apart))
        line = {files[path]: path for path in (*found, live) if path in files}
        newest = self._newest.get(live) if is_family else live
        seen = self._live.get(live, {}) if live in self._logs else ()
        self._known_files.note(live, line, live=files.get(newest or live), seen=seen, late=late)
        return by_age(found, files, self._ranks(live))

    def apart(self, live: Path) -> frozenset[Identity]:
        """Return the files that have been beside a log since its first poll, and seemed to be logs then."""
        return self._apart.get(live, frozenset()) & self._first.get(live, frozenset())

    def forget(self, log: Path) -> None:
        """Forget a log whose files are gone. If they come back, they are judged as at the start."""
        self._logs.discard(log)
        for known in (self._live, self._first, self._apart, self._newest, self._changed, self._highest):
            known.pop(log, None)
        self._known_files.forget(log)

    # Logs whose files are dated

    def note_rewritten(self, log: Path) -> None:
        """Note that the live file of a log has other lines than before."""
        self._known_files.forget_alone(log)

    def is_family(self, log: Path) -> bool:
        """Return whether a path names the dated files beside it, because it has no file of its own."""
        return log in self._newest and not os.path.lexists(log)

    def newest(self, log: Path, list_files: Callable[[], Mapping[Path, Identity]]) -> Path:
        """Return the newest file of a log whose files are dated, and the path of any other log.

        ``list_files`` returns the files beside the log; it is called if the directory has changed.
        """
        if not self.is_family(log):
            return log
        changed = log.parent.stat().st_mtime_ns
        if self._changed.get(log) != changed:
            self._update_newest(log, list_files())
            # A change in the same tick of the clock leaves no trace.
            if time.time_ns() > changed + _TICK_NS:
                self._changed[log] = changed
        return self._newest[log] or log

    def _find_families(
        self, files: Mapping[Path, Identity | None], known: Mapping[Path, Identity | None]
    ) -> dict[Path, list[Path]]:
        """Return the dated files by the log that they are, if the newest file of it is among ``files``."""
        families: dict[Path, list[Path]] = {}
        for path, identity in files.items():
            if identity and not is_unreadable(path.name) and (name := family_name(path)):
                families.setdefault(path.with_name(name), []).append(path)
        logs = {*files, *known, *families} if families else set()
        for log in [each for each in families if is_archive(each.parent.name)]:
            if log.parent.parent / log.name in logs:
                # The history of a log in the directory above.
                del families[log]
        beside = {parent: _dated_files(parent) for parent in {log.parent for log in families}}
        return {
            log: paths
            for log, paths in families.items()
            if not (log in files or (log in known and log not in self._newest) or os.path.lexists(log))
            and self._update_newest(log, beside[log.parent].get(log.name, {})) in paths
        }

    def _update_newest(self, log: Path, files: Mapping[Path, Identity]) -> Path | None:
        members = {
            path: name
            for path in files
            if path.parent == log.parent
            and not is_unreadable(path.name)
            and family_name(path) == log.name
            and (name := parse(log.name, path.name))
            and not self._is_apart(log, path)
        }
        newest = next(reversed(by_age(members, files, self._ranks(log))), None)
        self._newest[log] = newest
        if newest:
            self._note_live(log, files[newest])
        return newest

    def _is_apart(self, log: Path, path: Path) -> bool:
        """Whether a dated file is a log of its own: it grows although a newer one exists."""
        try:
            status = path.stat()
        except OSError:
            return False
        identity = status.st_dev, status.st_ino
        if self._is_log(path, identity):
            return True
        has_grown = self._has_grown(path, identity, status.st_size)
        if self._newest.get(log) in (path, None):
            self._passed.pop(identity, None)
            self._growths.pop(identity, None)
        elif has_grown and self._clock() > self._passed.setdefault(identity, self._clock()) + LATE_SECONDS:
            self._growths[identity] += 1
        return self._is_growing(identity)

    # Evidence

    def _note_live(self, path: Path, identity: Identity | None) -> None:
        if identity is None:
            return
        files = self._live.get(path)
        if files and next(reversed(files)) == identity:
            return
        with self._lock:
            files = self._live.setdefault(path, {})
            files.pop(identity, None)
            files[identity] = None
            while len(files) > _LIVE_KEPT:
                del files[next(iter(files))]

    def _note_separate(self, path: Path, identity: Identity | None, bases: Sequence[Path]) -> None:
        """Note a log with the name of a rotated file once it has grown, unless it may be a copy in the making."""
        if identity is None or not bases or self._known_files.was_live(path, path, identity):
            return
        with contextlib.suppress(OSError):
            status = path.stat()
            if self._has_grown(path, identity, status.st_size):
                self._growths[identity] += not any(is_prefix(path, status, base) for base in bases)
            if self._is_growing(identity):
                self._known_files.note(path, {identity: path}, live=identity, seen=[identity], even_alone=True)

    def _was_live(self, log: Path, path: Path, identity: Identity | None) -> bool:
        if identity is None or identity in self._live.get(log, ()):
            return identity is not None
        return self._known_files.was_live(log, path, identity)

    def _is_log(self, path: Path, identity: Identity | None) -> bool:
        """Whether a file was a log of its own under its present name."""
        if path in self._logs:
            return self._was_live(path, path, identity)
        return identity is not None and self._known_files.was_live(path, path, identity)

    def _ranks(self, live: Path) -> Mapping[Identity, int]:
        """Return the ages of a log's files by the polls of this server and earlier ones: higher is newer."""
        return self._known_files.ranks(live)

    def _belongs(self, live: Path, path: Path, identity: Identity | None) -> bool:
        name = parse(live.name, path.name)
        if name is None or self._is_log(path, identity):
            return False
        if is_unreadable(path.name) or self._was_live(live, path, identity):
            return True
        if identity is None or is_compressed(path.name):
            # Its text may not be decoded, and a compressed file does not grow.
            return name.is_usual or self._continues(live, path, name)
        try:
            status, base = path.stat(), live.stat()
            known = status.st_size, status.st_mtime_ns, base.st_ino, base.st_size > 0
            if (judged := self._judged.get((path, identity))) and judged[0] == known:
                return judged[1]
            if self._has_grown(path, identity, status.st_size) and not self._is_copy(path, status, live, base, name):
                self._growths[identity] += 1
            is_rotation = not self._is_growing(identity) and (
                not _overlaps(path, status, live, base)
                if name.is_usual or self._continues(live, path, name)
                else self._is_older(path, status, live, base)
            )
        except OSError:
            # Without the live log, or without permission to read, only the name is known.
            return name.is_usual and not self._is_growing(identity)
        with self._lock:
            if len(self._judged) > _FILES_KEPT:
                self._judged.clear()
            self._judged[path, identity] = known, is_rotation
        return is_rotation

    def _note_numbers(self, live: Path, files: Mapping[Path, Identity]) -> None:
        """Note the numbers in names that live files of a log were renamed to."""
        for path, identity in files.items():
            name = parse(live.name, path.name)
            if name and not name.is_usual and self._was_live(live, path, identity):
                highest, form = self._highest.setdefault(live, {}), _form(path.name)
                highest[form] = max(name.number, highest.get(form, 0))

    def _continues(self, live: Path, path: Path, name: RotatedName) -> bool:
        """Whether a name continues the names that live files were renamed to: app-3.log after app-1.log."""
        highest = self._highest.get(live, {}).get(_form(path.name))
        return highest is not None and name.number <= highest + _SKIPPED_NUMBERS

    def _has_grown(self, path: Path, identity: Identity, size: int) -> bool:
        """Note the size of a file, and return whether it has grown under its name since the last call."""
        with self._lock:
            before = self._seen.pop(identity, None)
            self._seen[identity] = path, size
            if len(self._seen) > _FILES_KEPT:
                oldest = next(iter(self._seen))
                for known in (self._seen, self._growths, self._reached, self._passed):
                    known.pop(oldest, None)
            if before and before[0] != path:
                del self._growths[identity], self._reached[identity]
            return before is not None and before[0] == path and before[1] < size

    def _is_copy(
        self, path: Path, status: os.stat_result, live: Path, live_status: os.stat_result, name: RotatedName
    ) -> bool:
        """Whether a growing file is an unfinished copy: it reaches the size of the live log once, a log repeatedly."""
        if not name.is_usual or status.st_size > live_status.st_size or not is_prefix(path, status, live):
            return False
        identity = status.st_dev, status.st_ino
        self._reached[identity] += status.st_size == live_status.st_size
        return self._reached[identity] < 2

    def _is_older(self, path: Path, status: os.stat_result, live: Path, live_status: os.stat_result) -> bool:
        """Whether a file was written before the first line of the live log, or renamed since. Raises OSError."""
        if status.st_size and live_status.st_size:
            mine, other = span_of(path, status), span_of(live, live_status)
            if mine.first is not None and mine.last is not None and other.first is not None:
                is_before = mine.first < other.first and mine.last <= other.first
                if is_before or mine.last > other.first + _OVERLAP_MS:
                    return is_before and not mine.shapes.isdisjoint(other.shapes)
        is_new = (status.st_dev, status.st_ino) not in self._first.get(live, ())
        is_renamed = is_new and live in self._first and _is_renamed(status)
        return is_renamed or self._known_files.knows(live, path, (status.st_dev, status.st_ino))

    def _is_growing(self, identity: Identity) -> bool:
        # A copy may grow once more before the next poll sees that the live log was truncated.
        return self._growths[identity] > 1


def _by_directory(paths: Iterable[Path]) -> dict[Path, set[str]]:
    names: dict[Path, set[str]] = {}
    for parent, path, _ in _with_parents(dict.fromkeys(paths)):
        names.setdefault(parent, set()).add(path.name)
    return names


def _with_parents(files: Mapping[Path, Identity | None]) -> Iterator[tuple[Path, Path, Identity | None]]:
    """Yield each path after its parent, which is the same object for thousands of files."""
    parents: dict[str, Path] = {}
    for path, identity in files.items():
        directory = os.path.dirname(path)  # noqa: PTH120 (as text)
        parent = parents.get(directory)
        if parent is None:
            parent = parents[directory] = path.parent
        yield parent, path, identity


def _dated_files(directory: Path) -> dict[str, dict[Path, Identity]]:
    """Return the regular files of a directory with a date in their names, by the common part of the names."""
    found: dict[str, dict[Path, Identity]] = {}
    with contextlib.suppress(OSError):
        device = directory.stat().st_dev
        with os.scandir(directory) as entries:
            for each in entries:
                if (name := family_name(directory / each.name)) and each.is_file(follow_symlinks=False):
                    found.setdefault(name, {})[directory / each.name] = device, each.inode()
    return found


def _proposes(log: Path, path: Path, names: Container[str], *, is_family: bool) -> bool:
    """Whether a log is the nearest one among ``names`` that a file may be a rotation of."""
    for base in bases(path.name):
        if base == log.name:
            return True
        # Of dated files, the log of all is nearer than any single one.
        if base in names and not (is_family and family_name(path.with_name(base)) == log.name):
            return False
    return False


def _form(name: str) -> str:
    return _DIGITS.sub("0", name)


def _overlaps(path: Path, status: os.stat_result, live: Path, live_status: os.stat_result) -> bool:
    """Whether two files were written side by side for hours, by the times in their lines. Raises OSError."""
    mine, other = span_of(path, status), span_of(live, live_status)
    if mine.first is None or mine.last is None or other.first is None:
        return False
    return mine.last > other.first + _SIDE_BY_SIDE_MS and mine.first < other.first + _WRONG_CLOCK_MS


def _is_renamed(status: os.stat_result) -> bool:
    return status.st_ctime_ns > status.st_mtime_ns + _RENAMED_NS
