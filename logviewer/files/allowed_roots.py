"""The directories from which files may be read; a symlink may not lead out of them."""

import contextlib
import glob
import os
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from logviewer.errors import OutsideError
from logviewer.files.byte_file import ByteFile
from logviewer.showable import one_line

_TRIES = 8
_CHANGED = "a directory changed while the file was opened"
# Only Linux opens a directory that may be entered and not read.
_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class AllowedRoots:
    """The directories from which files may be read. One that is itself a symlink is resolved at each use."""

    def __init__(self, directories: Iterable[Path]) -> None:
        self._directories = frozenset(directories)

    @classmethod
    def for_paths(cls, paths: Iterable[str]) -> "AllowedRoots":
        """Return the roots of command-line paths.

        A directory is its own root. The root of a glob is the directory before its first wildcard. The root of a file
        is its parent directory; for a file that is a symlink now, the parent directory of its target is a root too.
        """
        return cls(root for path in paths for root in _roots_of(path))

    def resolve(self, path: Path) -> Path:
        """Return the path with all symlinks resolved. Raises OutsideError if it is outside these directories."""
        real = real_path(path)
        if not self.contain(real):
            raise OutsideError(
                f"symlink to {one_line(real)}, outside the paths given; use --follow-symlinks to follow it"
            )
        return real

    def contain(self, real: Path) -> bool:
        """Return whether a path without symlinks is inside."""
        return any(real.is_relative_to(real_path(directory)) for directory in self._directories)

    def allows(self, path: Path) -> bool:
        """Return whether this file may be read."""
        try:
            self.resolve(path)
        except OutsideError:
            return False
        return True

    def open(self, path: Path) -> ByteFile:
        """Open a regular file, wherever symlinks inside these directories lead.

        The resolved path is opened part by part without following symlinks: another process may exchange a directory
        and a symlink at any time. Raises the errors of ``resolve`` and ``ByteFile.open``.
        """
        real = self.resolve(path)
        try:
            directory = _open_directory(real.parent)
        except NotADirectoryError as error:
            raise OutsideError(_CHANGED) from error
        try:
            file = ByteFile.open_in(directory, real)
        finally:
            os.close(directory)
        present = file.present_path()
        if present and not self.contain(present):
            file.close()
            raise OutsideError(_CHANGED)
        return file


EVERYWHERE = AllowedRoots([Path("/")])


def real_path(path: Path) -> Path:
    """Return a path with all symlinks resolved. Raises OSError if symlinks change faster than they are read."""
    for _ in range(_TRIES):
        # The call fails if a symlink becomes a file within it.
        with contextlib.suppress(OSError):
            return Path(os.path.realpath(path))
    return Path(os.path.realpath(path))


def _open_directory(real: Path) -> int:
    """Return a descriptor of a directory. Raises NotADirectoryError if a part of the path is a symlink, and OSError."""
    descriptor = os.open(real.anchor, _DIRECTORY)
    for part in real.parts[1:]:
        try:
            inner = os.open(part, _DIRECTORY, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _roots_of(path: str) -> list[Path]:
    absolute = Path(os.path.abspath(path))
    # Path.is_dir raises where a directory may not be entered.
    if os.path.isdir(absolute):
        return [absolute]
    if glob.has_magic(path) and not os.path.lexists(path):
        return [Path(*takewhile(lambda part: not glob.has_magic(part), absolute.parts))]
    target = [Path(os.path.realpath(absolute)).parent] if os.path.islink(absolute) else []  # noqa: PTH114 (as above)
    return [absolute.parent, *target]
