"""The directories that followed files must be in, wherever symlinks lead."""

import glob
import os
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from logviewer.errors import OutsideError
from logviewer.files.byte_file import ByteFile


class AllowedRoots:
    """What lies in one of these directories may be read. They are what somebody named, and are symlinks if they are."""

    def __init__(self, directories: Iterable[Path]) -> None:
        self._directories = frozenset(directories)

    @classmethod
    def of(cls, paths: Iterable[str]) -> "AllowedRoots":
        """Those of paths on the command line.

        A directory is its own root. The root of a glob is the directory before its first wildcard, that of a file the
        directory that it is in; where a file is a symlink by now, that of its target too, as it was named so.
        """
        return cls(directory for path in paths for directory in _directories_of(path))

    def resolve(self, path: Path) -> Path:
        """Where symlinks lead. Raises OutsideError if that is in none of these directories."""
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(os.path.realpath(directory)) for directory in self._directories):
            raise OutsideError(f"it is a symlink to {real}, outside of what was named; see --follow-symlinks")
        return real

    def holds(self, path: Path) -> bool:
        """Whether it may be read."""
        try:
            self.resolve(path)
        except OutsideError:
            return False
        return True

    def open(self, path: Path) -> ByteFile:
        """Open a regular file. Raises as ``resolve`` and ``ByteFile.open``."""
        real = self.resolve(path)
        file = ByteFile.open(real, follow=False)
        # A directory on the way may have become a symlink in the meantime.
        if os.path.realpath(real) != str(real):
            file.close()
            raise OutsideError("a directory on the way to it changed while it was opened")
        return file


EVERYWHERE = AllowedRoots([Path("/")])


def _directories_of(path: str) -> list[Path]:
    whole = Path(os.path.abspath(path))
    # Where a directory may not be entered, Path would raise.
    if os.path.isdir(whole):
        return [whole]
    if glob.has_magic(path) and not os.path.lexists(path):
        return [Path(*takewhile(lambda part: not glob.has_magic(part), whole.parts))]
    target = [Path(os.path.realpath(whole)).parent] if os.path.islink(whole) else []  # noqa: PTH114 (as above)
    return [whole.parent, *target]
