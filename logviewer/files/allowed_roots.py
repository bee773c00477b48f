"""The directories from which files may be read; a symlink may not lead out of them."""

import glob
import os
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from logviewer.errors import OutsideError
from logviewer.files.byte_file import ByteFile


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
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(os.path.realpath(directory)) for directory in self._directories):
            raise OutsideError(f"symlink to {real}, outside the paths given; use --follow-symlinks to follow it")
        return real

    def allows(self, path: Path) -> bool:
        """Return whether this file may be read."""
        try:
            self.resolve(path)
        except OutsideError:
            return False
        return True

    def open(self, path: Path) -> ByteFile:
        """Open a regular file. Raises the errors of ``resolve`` and ``ByteFile.open``."""
        real = self.resolve(path)
        file = ByteFile.open(real, follow=False)
        # A parent directory may have become a symlink between the two calls above.
        if os.path.realpath(real) != str(real):
            file.close()
            raise OutsideError("a parent directory changed while the file was opened")
        return file


EVERYWHERE = AllowedRoots([Path("/")])


def _roots_of(path: str) -> list[Path]:
    absolute = Path(os.path.abspath(path))
    # Path.is_dir raises where a directory may not be entered.
    if os.path.isdir(absolute):
        return [absolute]
    if glob.has_magic(path) and not os.path.lexists(path):
        return [Path(*takewhile(lambda part: not glob.has_magic(part), absolute.parts))]
    target = [Path(os.path.realpath(absolute)).parent] if os.path.islink(absolute) else []  # noqa: PTH114 (as above)
    return [absolute.parent, *target]
