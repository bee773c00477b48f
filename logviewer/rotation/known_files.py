"""The files that were seen in the history of each log, in order, also by servers before this one."""

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from logviewer.cursor import HEAD_BYTES, digest
from logviewer.files.byte_file import ByteFile, Identity
from logviewer.rotation.state_directory import MAX_FILES, KnownFile, KnownLine, StateDirectory

_LENGTHENED_AT_ONCE = 64
_NOTHING = KnownLine({}, is_complete=True)


class KnownFiles:
    """The history of each log that has rotated files. For any thread; ``save`` is for one thread.

    A file counts only while it begins with the bytes that it had when it was noted, because inodes are reused.
    """

    def __init__(self, state: StateDirectory | None = None) -> None:
        self._state = state
        self._lines: dict[Path, KnownLine] = {}
        # The only files of logs that are not worth a line yet.
        self._alone: dict[Path, Identity | None] = {}
        self._unsaved: set[Path] = set()
        # Logs whose live file is too short to be recognised well.
        self._short: dict[Path, None] = {}

    def knows(self, log: Path, path: Path, identity: Identity) -> bool:
        """Whether a file was part of the history of a log."""
        return self._find(log, path, identity) is not None

    def was_live(self, log: Path, path: Path, identity: Identity) -> bool:
        """Whether a file was seen at the path of a log."""
        found = self._find(log, path, identity)
        return found is not None and found.was_live

    def ranks(self, log: Path) -> Mapping[Identity, int]:
        """Return the ages of a log's files: higher ranks are newer, and the order of equal ones is unknown."""
        line = self._line(log) or _NOTHING
        return {identity: file.rank for identity, file in line.files.items()}

    def note(  # noqa: PLR0913 (what a listing shows)
        self,
        log: Path,
        files: Mapping[Identity, Path],
        *,
        live: Identity | None,
        seen: Collection[Identity],
        late: Collection[Identity] = (),
        even_alone: bool = False,
    ) -> None:
        """Note all files of a log that are on disk now.

        ``seen`` were live since the start. Files that the last complete note lacks are newer than all that it had,
        and older than the live one; the age of ``late`` ones is unknown, because they were on disk before they seemed
        to be files of the log. A first note of one file is not saved, unless ``even_alone``.
        """
        before = self._line(log)
        if not files:
            # Its directory may be away for a while.
            self._alone.setdefault(log, None)
            return
        if before is None and len(files) < 2 and not even_alone:
            # Ten thousand logs without rotated files must cost nothing.
            self._alone[log] = next(iter(files), None)
            return
        before = before or self._line_alone(log, files)
        self._lines[log] = now = _renewed(before, files, live=live, seen=seen, late=late)
        self._short[log] = None
        if now != before:
            self._unsaved.add(log)

    def forget_alone(self, log: Path) -> None:
        """Forget the only file of a log: its lines are new, so that other files may be older than it."""
        if log in self._alone:
            self._alone[log] = None

    def forget(self, log: Path) -> None:
        """Forget a log. Its entry in the state directory stays."""
        for known in (self._alone, self._lines, self._short):
            known.pop(log, None)

    def save(self) -> None:
        """Write the changes since the last call to the state directory."""
        for log in tuple(islice(self._short, _LENGTHENED_AT_ONCE)):
            # In turn: each look is a read, and thousands of logs may be short.
            del self._short[log]
            if self._lengthen(log):
                self._short[log] = None
        while self._unsaved:
            log = self._unsaved.pop()
            if self._state and log in self._lines:
                self._state.save(log, self._lines[log])

    def _lengthen(self, log: Path) -> bool:
        """Note more of the first bytes of a live file that was short; return whether it may still be."""
        line = self._lines[log]
        live = max(line.files.values(), key=lambda each: each.rank, default=None)
        if live is None or live.size >= HEAD_BYTES or not (now := _read(log, live.identity)):
            return False
        if now.size > live.size and self._lines[log] is line:
            now = replace(now, rank=live.rank, was_live=live.was_live)
            self._lines[log] = replace(line, files={**line.files, live.identity: now})
            self._unsaved.add(log)
        return True

    def _line(self, log: Path) -> KnownLine | None:
        line = self._lines.get(log)
        if line is None and self._state and (line := self._state.load(log)):
            self._lines[log] = line
        return line

    def _line_alone(self, log: Path, files: Mapping[Identity, Path]) -> KnownLine:
        """Return the line of a log whose only file was noted before, if that is still there."""
        alone = self._alone.pop(log, None)
        file = _read(files[alone], alone) if alone and alone in files else None
        return KnownLine({file.identity: file} if file else {}, is_complete=True)

    def _find(self, log: Path, path: Path, identity: Identity) -> KnownFile | None:
        line = self._line(log)
        found = line and line.files.get(identity)
        return found if found and _begins(path, found) else None


def _renewed(
    before: KnownLine,
    files: Mapping[Identity, Path],
    *,
    live: Identity | None,
    seen: Collection[Identity],
    late: Collection[Identity],
) -> KnownLine:
    """Return the line of a log with the files that are on disk now, in their order. See ``KnownFiles.note``."""
    newest = max((file.rank for file in before.files.values()), default=-1)
    known = {
        identity: file
        for identity, file in before.files.items()
        if identity in files
        # A live file may have been empty.
        and (_begins(files[identity], file) or (identity in seen and file.rank == newest and not file.size))
    }
    unknown = [identity for identity in files if identity not in late] if before.is_complete else []
    ranks = dict.fromkeys(unknown, newest + 1)
    ranks |= {identity: file.rank for identity, file in known.items()}
    if live and live in files:
        ranks[live] = newest + 2
    kept = sorted(ranks, key=ranks.__getitem__)[-MAX_FILES:]
    order = {rank: number for number, rank in enumerate(sorted({ranks[identity] for identity in kept}))}
    return KnownLine(
        {
            identity: _noted(files[identity], identity, order[ranks[identity]], known.get(identity), seen)
            for identity in kept
        },
        is_complete=len(kept) == len(files),
    )


def _noted(
    path: Path, identity: Identity, rank: int, before: KnownFile | None, seen: Collection[Identity]
) -> KnownFile:
    was_live = identity in seen or (before is not None and before.was_live)
    # A file that cannot be read now, or is renamed meanwhile, keeps its digest.
    now = _read(path, identity) or before or KnownFile(identity, 0, None, rank, was_live)
    return replace(before if before and now.head_hash is None else now, rank=rank, was_live=was_live)


def _begins(path: Path, file: KnownFile) -> bool:
    """Whether the file at a path is a known one; a file that cannot be read now may be."""
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) != file.identity:
            return False
        if file.head_hash is None:
            return True
        # Without bytes, only the identity and the size are known.
        return _head_hash(path, status, file.size) == file.head_hash if file.size else not status.st_size
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _read(path: Path, identity: Identity) -> KnownFile | None:
    """Return a file with its first bytes, without a digest if it cannot be read; None if it is not at the path."""
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) != identity:
            return None
        size = min(status.st_size, HEAD_BYTES)
        return KnownFile(identity, size, _head_hash(path, status, size), rank=0, was_live=False)
    except FileNotFoundError:
        return None
    except OSError:
        return KnownFile(identity, 0, None, rank=0, was_live=False)


def _head_hash(path: Path, status: os.stat_result, size: int) -> bytes:
    """Return the digest of a file's first bytes. Raises OSError."""
    return _read_head_hash(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, size)


@lru_cache(4096)
def _read_head_hash(path: Path, _device: int, _inode: int, _size: int, _changed: int, size: int) -> bytes:
    file = ByteFile.open(path)
    try:
        return digest(file.pread(size, 0))
    finally:
        file.close()
