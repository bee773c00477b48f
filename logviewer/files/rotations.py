"""The rotated files beside a log: which names belong to it, and which of them is older."""

import errno
import os
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from logviewer.cursor import file_key
from logviewer.errors import StaleListingError
from logviewer.files.byte_file import ByteFile, Identity

# A dash before a short number is no rotation: worker-1.log stands beside worker.log.
_SUFFIX = re.compile(r"(?:\.(?P<index>\d{1,3})|[._-](?P<date>\d{4}[\d._:T-]*)|\.(?P<word>old|prev|previous))")
_SEPARATORS = re.compile(r"(?<=.)[._-]")
_READS = 5
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def oldest_first(base: str, names: Iterable[str]) -> list[str]:
    """The names that are rotations of ``base``, the oldest first.

    ``app.log.2`` is older than ``app.log.1``; ``app.log-20261119``, ``app-2026-11-19.log`` and their like are older
    than the same with a later date. Compressed files are left out: their bytes are not the log's.
    """
    ages = {name: age for name in names if (age := _age(base, name)) is not None}
    return sorted(ages, key=lambda name: (ages[name], name))


def is_rotation(name: str, names: Container[str]) -> bool:
    """Whether a file is the rotation of another one among ``names``."""
    extension = name[name.rfind(".") :] if "." in name else ""
    for separator in _SEPARATORS.finditer(name):
        stem = name[: separator.start()]
        bases = (stem, stem + extension)
        if any(base != name and base in names and _age(base, name) is not None for base in bases):
            return True
    return False


def _age(base: str, name: str) -> tuple[int, ...] | None:
    suffix = _suffix(base, name)
    match = _SUFFIX.fullmatch(suffix) if suffix else None
    if match is None:
        return None
    if match["word"]:
        return (1, -1)
    if match["index"]:
        return (1, -int(match["index"]))
    return (0, *(int(digits) for digits in re.findall(r"\d+", match["date"])))


def _suffix(base: str, name: str) -> str | None:
    if name.startswith(base):
        return name[len(base) :]
    stem, dot, extension = base.rpartition(".")
    if dot and name.startswith(stem) and name.endswith(dot + extension):
        return name[len(stem) : -len(dot + extension)]
    return None


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A name in a directory and the file that it named when the directory was read."""

    path: Path
    identity: Identity

    def open(self) -> ByteFile | None:
        """Open that very file; None if it is not to be read.

        Raises:
            StaleListingError: if the name is gone, or names another file by now.
            OSError: if this process can open no file at all now.
        """
        try:
            file = ByteFile.open(self.path, follow=False)
        except FileNotFoundError as error:
            raise StaleListingError from error
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            return None
        if file.identity != self.identity:
            raise StaleListingError
        return file


class DirectoryListings:
    """Directory listings, each read once: one of these serves a pass over many sources.

    A directory that is not there is empty; for one that cannot be read, OSError is raised: what is in it is not known.
    """

    def __init__(self) -> None:
        self._entries: dict[Path, dict[str, Identity]] = {}

    def rotated(self, path: Path) -> list[DirectoryEntry]:
        """The rotated files of a log that are on disk, the oldest first, beside it and beside its symlink's target."""
        return [
            DirectoryEntry(place.parent / name, entries[name])
            for place in _places(path)
            for entries in (self._in(place.parent),)
            for name in oldest_first(place.name, entries)
            if name != place.name
        ]

    def named(self, path: Path, key: bytes) -> list[DirectoryEntry]:
        """Where a physical file lies under the log's own name, or that of a rotation of it.

        Under no other: who asks may have made up the number, and would get to see a file that nobody named.
        """
        return [
            DirectoryEntry(place.parent / name, entries[name])
            for place in _places(path)
            for entries in (self._in(place.parent),)
            for name in {place.name: None} | dict.fromkeys(oldest_first(place.name, entries))
            if name in entries and file_key(*entries[name]) == key
        ]

    def _in(self, directory: Path) -> dict[str, Identity]:
        if directory not in self._entries:
            self._entries[directory] = _settled(directory)
        return self._entries[directory]


def _settled(directory: Path) -> dict[str, Identity]:
    """A listing that was the same twice: one read while files are renamed may miss some of them."""
    listing = _read(directory)
    for _ in range(_READS):
        before, listing = listing, _read(directory)
        if before == listing:
            break
    return listing


def _read(directory: Path) -> dict[str, Identity]:
    try:
        device = directory.stat().st_dev
        with os.scandir(directory) as entries:
            # No symlinks: one that leads nowhere would look as if what it names had just been renamed.
            return {each.name: (device, each.inode()) for each in entries if each.is_file(follow_symlinks=False)}
    except (FileNotFoundError, NotADirectoryError):
        return {}


def _places(path: Path) -> list[Path]:
    return list(dict.fromkeys((path, Path(os.path.realpath(path)))))
