"""Directories by their names: each is read again only after it changed, and none is entered without a bound."""

import contextlib
import glob
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from itertools import takewhile
from pathlib import Path

from logviewer.files.byte_file import Identity
from logviewer.files.open_files import EXHAUSTED, descriptor_path

MAX_DEPTH = 64
# The clock of a file system may be this coarse: a change in the same tick leaves no trace.
TICK_NS = 100_000_000
# File systems of other machines may report a change late or never.
_TRUSTED_NS = 10_000_000_000
_ANY_DEPTH = "**"


@dataclass(slots=True, eq=False)
class Directory:
    """The names of a directory.

    ``files`` are its regular files, without symlinks. ``links`` are its symlinks, and ``folders`` its directories,
    sorted. ``stamp`` changes with the names. ``inodes`` are those of the entries, ``paths`` the paths made so far.
    """

    path: str
    stamp: tuple[int, int, int]
    read_ns: int
    files: dict[str, Identity]
    links: frozenset[str]
    folders: tuple[str, ...]
    inodes: dict[str, int] = field(repr=False)
    paths: dict[str, Path] = field(repr=False)

    def path_of(self, name: str) -> Path:
        """Return the path of a name, the same object at each call."""
        found = self.paths.get(name)
        if found is None:
            found = self.paths[name] = Path(self.path, name)
        return found

    def has_names_of(self, other: "Directory") -> bool:
        """Whether both have the same names for the same files."""
        return (self.files, self.links, self.folders) == (other.files, other.links, other.folders)

    def lists(self, now_ns: int) -> bool:
        """Whether the listing is complete, unless the directory has another stamp."""
        changed = self.stamp[2]
        return self.read_ns > changed + TICK_NS and now_ns < self.read_ns + _TRUSTED_NS


class Directories:
    """The directories of a server as they were read last. For one thread.

    ``allows`` says whether a directory may be read, by its real path: another process may exchange one with a symlink.
    """

    def __init__(self, allows: Callable[[Path], bool] = lambda _: True) -> None:
        self._allows = allows
        self._known: dict[str, Directory] = {}
        self._read: set[str] = set()

    def read(self, path: str, *, is_named: bool = True) -> Directory | None:
        """Return a directory as it is now; None if it cannot be read.

        Only one that a path or a glob names may be a symlink.
        """
        before = self._known.get(path)
        self._read.add(path)
        try:
            status = os.stat(path)  # noqa: PTH116 (thousands of times a second)
            now = time.time_ns()
            stamp = status.st_dev, status.st_ino, status.st_mtime_ns
            if before and before.stamp == stamp and before.lists(now):
                return before
            with _opened(path) as descriptor:
                if not is_named and not self._is_allowed(descriptor):
                    return None
                found = _read(path, descriptor, stamp, now, before)
        except OSError as error:
            if before and error.errno in EXHAUSTED:
                return before
            self._known.pop(path, None)
            return None
        if before and before.has_names_of(found):
            # The same object for the same names: nothing that depends on them is computed again.
            before.stamp, before.read_ns = stamp, now
            return before
        self._known[path] = found
        return found

    def below(self, path: str) -> Iterator[Directory]:
        """Yield a directory and those below it, without hidden ones, and without following symlinks."""
        left = [(path, 0)]
        while left:
            parent, depth = left.pop()
            if found := self.read(parent, is_named=depth == 0):
                yield found
                if depth < MAX_DEPTH:
                    left += ((_join(parent, each), depth + 1) for each in reversed(_visible(found.folders)))

    def _is_allowed(self, descriptor: int) -> bool:
        path = descriptor_path(descriptor)
        return path is None or self._allows(path)

    def forget_unread(self) -> None:
        """Forget the directories that were not read since the last call."""
        for path in self._known.keys() - self._read:
            del self._known[path]
        self._read.clear()

    def matches(self, pattern: str) -> Iterator[tuple[Directory, str]]:
        """Yield the directories in which a glob may match files, and the pattern of the names there.

        The pattern is an absolute path. ``**`` stands for any number of directories and follows no symlinks.
        """
        *folders, last = Path(pattern).parts
        fixed = list(takewhile(lambda part: not glob.has_magic(part), folders))
        found = {str(Path(*fixed)): None}
        for part in [*folders[len(fixed) :], *([_ANY_DEPTH] if last == _ANY_DEPTH else [])]:
            found = dict.fromkeys(each for parent in found for each in self._matching_folders(parent, part))
        for each in found:
            if directory := self.read(each):
                yield directory, "*" if last == _ANY_DEPTH else last

    def _matching_folders(self, parent: str, part: str) -> Iterator[str]:
        if part == _ANY_DEPTH:
            yield from (each.path for each in self.below(parent))
        elif not glob.has_magic(part):
            yield _join(parent, part)
        elif found := self.read(parent):
            links = [each for each in sorted(found.links) if os.path.isdir(_join(parent, each))]
            yield from (_join(parent, each) for each in matching([*found.folders, *links], part))


def _join(parent: str, name: str) -> str:
    return os.path.join(parent, name)  # noqa: PTH118 (thousands of times a second)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(path: str, descriptor: int, stamp: tuple[int, int, int], now: int, before: Directory | None) -> Directory:
    """Read an open directory. Raises OSError."""
    known = before.inodes if before and before.stamp[0] == stamp[0] else {}
    files: dict[str, Identity] = {}
    inodes: dict[str, int] = {}
    links: list[str] = []
    folders: list[str] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            name = entry.name
            if entry.is_symlink():
                links.append(name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(name)
            elif entry.is_file(follow_symlinks=False):
                inode = entry.inode()
                identity = before.files[name] if before and known.get(name) == inode else _identity(entry)
                if identity:
                    # Not before: a file that is gone while it is listed may come again.
                    files[name], inodes[name] = identity, inode
    paths = {name: each for name, each in before.paths.items() if name in files} if before else {}
    return Directory(path, stamp, now, files, frozenset(links), tuple(sorted(folders)), inodes, paths)


def _identity(entry: os.DirEntry[str]) -> Identity | None:
    # A file of another file system may be mounted over this one: its inode is not that of the entry.
    with contextlib.suppress(OSError):
        status = entry.stat(follow_symlinks=False)
        return status.st_dev, status.st_ino
    return None


def _visible(names: Iterable[str]) -> list[str]:
    return [each for each in names if not each.startswith(".")]


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """Return the names that a part of a glob matches; hidden ones only if it begins with a dot."""
    if pattern == "*":
        return _visible(names)
    match = re.compile(translate(pattern)).match
    return [each for each in names if match(each) and (pattern.startswith(".") or not each.startswith("."))]
