"""A log on disk, its writer and its rotator, and the truth of them: which lines each file holds."""

import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from tests.helpers.naming import START, Evidence, Naming

Stamps = Literal["none", "in order", "late lines"]
STAMPS: list[Stamps] = ["none", "none", "in order", "late lines"]
KEPT = 3
_MTIME = 1_700_000_000


@dataclass(eq=False)
class Contents:
    """The numbers of the whole lines of one generation, in order."""

    number: int
    lines: list[int] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    modified: float = _MTIME
    partial: bool = False
    survives: bool = True
    refused: bool = False
    """Whether it once could not be opened or be distinguished from another log: a reader may get a gap for it."""
    passed: bool = False
    """Whether it was rotated or copied away unseen while that could not be read: a gap may stand for its lines."""
    seen: int = 0
    """The number of its lines that a poll saw: the others may come and go between two polls."""

    @property
    def whole(self) -> list[int]:
        return self.lines[: len(self.lines) - self.partial]

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.times, self.modified)


class RotatedLog:
    """A log whose lines have numbers, and times if there are ``stamps``.

    Lines are a second apart. Of ``late lines``, each third one has a time of three seconds before, but not the first
    one of a file. Files get an mtime of their own with each write, later than those of all others; the same one for
    all if ``equal_mtimes``.
    """

    def __init__(self, directory: Path, naming: Naming, stamps: Stamps, *, equal_mtimes: bool) -> None:
        self.directory = directory
        self.naming = naming
        self.path = directory / naming.live
        self.stamps = stamps
        self.equal_mtimes = equal_mtimes
        self.written = self.mtime = 0
        self.contents: list[Contents] = []
        self.on_disk: dict[Path, Contents] = {}
        self.deleted: set[int] = set()
        self.never_read: set[int] = set()
        # Whether rotated names are hidden now: what appears meanwhile may be lost to a server.
        self.is_hidden = False
        for archive in {(directory / naming.name(1)).parent} - {directory}:
            archive.mkdir()
            archive.chmod(0o755)

    @property
    def target(self) -> Path:
        """The file that the path names, also if it does not exist."""
        return self.path.resolve() if self.path.is_symlink() else self.path

    @property
    def current(self) -> Contents | None:
        """The contents of the live file."""
        return self.on_disk.get(self.target)

    @property
    def rotated(self) -> list[Contents]:
        """The contents of the rotated files, oldest first."""
        files = {id(each): each for path, each in self.on_disk.items() if path != self.target}
        return sorted(files.values(), key=lambda each: each.number)

    @property
    def newest_rotated(self) -> Path | None:
        """The newest rotated file; None without one."""
        paths = [path for path in self.on_disk if path != self.target and path.exists()]
        return max(paths, key=lambda path: self.on_disk[path].number, default=None)

    def shows_order(self) -> bool:
        """See ``Naming``."""
        return self.naming.shows_order([each.evidence for each in self.rotated])

    # The writer

    def fresh(self, path: Path) -> Contents:
        """Note new contents of a file."""
        contents = Contents(len(self.contents), refused=self.is_hidden)
        self.contents.append(contents)
        self.on_disk[path] = contents
        return contents

    def touch(self) -> None:
        """Create the live file if it does not exist."""
        if self.target not in self.on_disk:
            self.target.touch()
            self.fresh(self.target)
            self.note_write(self.target)

    def append(self, path: Path, end: str = "\n") -> None:
        """Write one line, or complete a line begun before; without ``end``, only begin it."""
        if path not in self.on_disk:
            self.fresh(path)
        contents = self.on_disk[path]
        with path.open("a") as file:
            if contents.partial:
                file.write(" more" + end)
            else:
                self.written += 1
                file.write(f"{self._stamp(contents)}line {self.written} of {contents.number}" + end)
                contents.lines.append(self.written)
            contents.partial = not end
        self.note_write(path)

    def _stamp(self, contents: Contents) -> str:
        if self.stamps == "none":
            return ""
        is_late = self.stamps == "late lines" and contents.lines and self.written % 3 == 0
        time = START + timedelta(seconds=self.written - 3 * bool(is_late))
        contents.times.append(time)
        return f"{time:%F %T} "

    def note_write(self, path: Path) -> None:
        """Give a file its mtime."""
        self.mtime += not self.equal_mtimes
        modified = _MTIME + self.mtime
        os.utime(path, (modified, modified))
        self.on_disk[path].modified = modified

    # The rotator

    def shift(self) -> Path:
        """Rename and delete rotated files, and return the free name of the next one."""
        names = [str(path.relative_to(self.directory)) for path in self.on_disk]
        moves, newest = self.naming.shift(names, KEPT)
        for old, new in moves:
            if new is None:
                self.remove(self.directory / old)
            else:
                self.rename(self.directory / old, self.directory / new)
        return self.directory / newest

    def rotate(self) -> Path:
        """Rename the live file, and return its new path."""
        newest = self.shift()
        self.rename(self.path, newest)
        return newest

    def copy(self) -> None:
        """Copy the live file to the name of a rotation."""
        newest = self.shift()
        shutil.copyfile(self.path, newest)
        contents = self.on_disk[newest] = self.on_disk[self.path]
        self.note_write(newest)
        assert contents is self.current

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file if it exists."""
        if old in self.on_disk:
            old.rename(new)
            self.on_disk[new] = self.on_disk.pop(old)

    def remove(self, path: Path) -> None:
        """Delete a file if it exists."""
        if path in self.on_disk:
            contents = self.on_disk.pop(path)
            contents.survives = False
            self.deleted.add(path.stat().st_ino)
            if contents.refused:
                self.never_read.add(path.stat().st_ino)
            path.unlink()
