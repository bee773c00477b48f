"""Directory listings: the rotated files beside a log, and where a file lies by now."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from logviewer.cursor import file_key
from logviewer.errors import StaleListingError
from logviewer.files.byte_file import ByteFile, Identity
from logviewer.files.rotations import oldest_first

_READS = 5
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


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
