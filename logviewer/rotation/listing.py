"""Directory listings: the rotated files of a log, and the present name of a file."""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from logviewer.cursor import file_key
from logviewer.errors import OutsideError, StaleListingError
from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots, real_path
from logviewer.files.byte_file import ByteFile, Identity
from logviewer.files.directories import TICK_NS
from logviewer.files.open_files import EXHAUSTED
from logviewer.files.rotations import bases
from logviewer.rotation.classifier import RotationClassifier, is_archive

_READS = 5
_RECENT_NS = 1_000_000_000
_MOST_RECENT = 64


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A name in a directory, and the identity of its file when the directory was read; opened only below ``roots``.

    ``was_apart`` says that the file is older than the first poll, and seemed to be a log of its own then.
    """

    path: Path
    identity: Identity
    roots: AllowedRoots = EVERYWHERE
    was_apart: bool = False

    def open(self) -> ByteFile | None:
        """Open the file of this identity; None if it is not readable.

        Raises:
            StaleListingError: if the name is gone or has another file now.
            OSError: if this process cannot open any file.
        """
        try:
            file = self.roots.open(self.path)
        except (FileNotFoundError, OutsideError) as error:
            raise StaleListingError from error
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            return None
        if file.identity != self.identity:
            raise StaleListingError
        return file

    def stamp(self) -> tuple[int, int] | None:
        """Return the size in bytes and the last change of the file, in ns; None if the name is gone."""
        with contextlib.suppress(OSError):
            status = self.path.stat(follow_symlinks=False)
            return status.st_size, status.st_mtime_ns
        return None


class DirectoryListings:
    """Directory listings, each read once, for one pass over many sources.

    A missing directory is empty. Raises OSError for one that cannot be read.
    """

    def __init__(self, classifier: RotationClassifier | None = None, roots: AllowedRoots = EVERYWHERE) -> None:
        self._roots = roots
        self._classifier = classifier or RotationClassifier()
        self._entries: dict[Path, _Listing] = {}
        self._histories: dict[tuple[Path, Path], list[Path]] = {}

    def live(self, path: Path) -> Path:
        """Return the path of a log's live file, another one if its files are dated. Raises OSError."""
        return self._classifier.newest(path, lambda: self._beside(path))

    def note_rewritten(self, path: Path) -> None:
        """Note that the file at a path has other lines than before."""
        self._classifier.note_rewritten(path)

    def rotated(self, path: Path) -> list[DirectoryEntry]:
        """Return the rotated files of a log, oldest first: beside it and beside its symlink's target.

        A file of several names has the newest one. Another name of the live file is left out. The last
        file is the live one if the files of the log are dated.
        """
        found: dict[Identity, Path] = {}
        live: set[Identity] = set()
        apart: set[Identity] = set()
        for log in _paths(path):
            files = self._beside(log)
            live.update(files[each] for each in (log,) if each in files)
            for each in self._rotated(path, log, files):
                found.pop(files[each], None)
                found[files[each]] = each
            apart |= self._classifier.apart(log)
        return [
            DirectoryEntry(each, identity, self._roots, identity in apart)
            for identity, each in found.items()
            if identity not in live
        ]

    def named(self, path: Path, key: bytes) -> list[DirectoryEntry]:
        """Return the entries of one physical file, by its key, under the log's own name or that of a rotation.

        No other name counts: a forged cursor must not open a file outside of the log's history.
        """
        return [
            DirectoryEntry(each, files[each], self._roots)
            for log in _paths(path)
            for files in (self._beside(log),)
            for each in (log, *self._rotated(path, log, files))
            if each in files and file_key(*files[each]) == key
        ]

    def _rotated(self, path: Path, log: Path, files: Mapping[Path, Identity]) -> list[Path]:
        found = self._histories.get((path, log))
        if found is None:
            found = self._classifier.rotated(log, files, self._in(log.parent).files, is_target=log != path)
            self._histories[path, log] = found
        return found

    def _beside(self, log: Path) -> dict[Path, Identity]:
        """Return the log and the files with a name for a rotation of it, beside it and in archive folders."""
        folders = (log.parent / name for name in sorted(self._in(log.parent).folders))
        files = {
            each / name: self._in(each).files[name]
            for each in (log.parent, *folders)
            for name in self._in(each).by_base.get(log.name, ())
        }
        own = self._in(log.parent).files.get(log.name)
        return {log: own, **files} if own else files

    def _in(self, directory: Path) -> "_Listing":
        if directory not in self._entries:
            self._entries[directory] = _settled(directory)
        return self._entries[directory]


@dataclass(frozen=True)
class _Listing:
    files: dict[str, Identity]
    folders: frozenset[str]

    @cached_property
    def by_base(self) -> dict[str, list[str]]:
        """The names by the logs that they may be rotations of: thousands of logs share a listing."""
        found: dict[str, list[str]] = {}
        for name in self.files:
            for base in bases(name):
                found.setdefault(base, []).append(name)
        return found


@dataclass(frozen=True, slots=True)
class _Recent:
    """A listing, complete while the directory has this stamp; read at this time."""

    stamp: tuple[int, int, int]
    read_ns: int
    listing: _Listing


# Thousands of logs of one directory may be rotated at once.
_RECENT: dict[Path, _Recent] = {}


def _settled(directory: Path) -> _Listing:
    """Read a directory until two listings agree: a listing during a rename may miss files.

    The listing of a moment ago counts, if the directory has not changed since.
    """
    stamp, now = _stamp(directory), time.time_ns()
    if stamp and (recent := _RECENT.get(directory)) and recent.stamp == stamp and now < recent.read_ns + _RECENT_NS:
        return recent.listing
    listing = _read_twice(directory)
    if stamp and now > stamp[2] + TICK_NS and stamp == _stamp(directory):
        if len(_RECENT) >= _MOST_RECENT:
            _RECENT.clear()
        _RECENT[directory] = _Recent(stamp, now, listing)
    return listing


def _stamp(directory: Path) -> tuple[int, int, int] | None:
    """Return device, inode and last change of a directory: of its names or its permissions. None if it is missing."""
    with contextlib.suppress(OSError):
        status = directory.stat()
        return status.st_dev, status.st_ino, max(status.st_mtime_ns, status.st_ctime_ns)
    return None


def _read_twice(directory: Path) -> _Listing:
    listing = _read(directory)
    for _ in range(_READS):
        before, listing = listing, _read(directory)
        if before == listing:
            break
    return listing


def _read(directory: Path) -> _Listing:
    try:
        device = directory.stat().st_dev
        with os.scandir(directory) as entries:
            found = list(entries)
        # No symlinks: a dangling one would look like a file that was just renamed.
        files = {each.name: (device, each.inode()) for each in found if each.is_file(follow_symlinks=False)}
        folders = frozenset(each.name for each in found if each.is_dir(follow_symlinks=False) and is_archive(each.name))
    except (FileNotFoundError, NotADirectoryError):
        return _Listing({}, frozenset())
    return _Listing(files, folders)


def _paths(path: Path) -> list[Path]:
    return list(dict.fromkeys((path, real_path(path))))
