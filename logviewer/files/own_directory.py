"""A directory with files of this program, which outlive the server. It may be missing or hold anything."""

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from logviewer.files.byte_file import ByteFile

_HOUR_SECONDS = 60 * 60
_DAY_SECONDS = 24 * _HOUR_SECONDS
_HOMES = {"state": (".local", "state"), "cache": (".cache",)}


def find(environment: Mapping[str, str], kind: Literal["state", "cache"]) -> Path | None:
    """Return the directory for the state or the cache of this program, which may not exist; None without a home."""
    name = kind.upper()
    choices = (
        Path(environment.get(f"{name}_DIRECTORY", "").split(":")[0]),
        Path(environment.get(f"XDG_{name}_HOME", ""), "logviewer"),
        Path(environment.get("HOME", ""), *_HOMES[kind], "logviewer"),
    )
    return next((each for each in choices if each.is_absolute()), None)


class OwnDirectory:
    """Files with names of 32 hexadecimal digits and a suffix; several servers may share them.

    A file is read only if ``owner`` owns it, by default this user. No other user can read the files that this class
    writes. All methods raise OSError.
    """

    def __init__(self, path: Path, suffix: str, owner: int | None = None) -> None:
        self.path = path
        self._owner = os.geteuid() if owner is None else owner
        self._name = re.compile(rf"[0-9a-f]{{32}}{re.escape(suffix)}|\.\w+(?P<unfinished>\.tmp)")

    def names(self) -> set[str]:
        """Return the names of all files."""
        try:
            return {each.name for each in self.path.iterdir()}
        except (FileNotFoundError, NotADirectoryError):
            return set()

    def has(self, name: str) -> bool:
        """Return whether a file is there."""
        return (self.path / name).is_file()

    def read(self, name: str, most: int) -> bytes:
        """Return the contents of a file in use; nothing if another user owns it, or if it is larger than ``most``."""
        path = self.path / name
        file = ByteFile.open(path, follow=False)
        try:
            status = file.stat()
            if status.st_uid != self._owner or status.st_size > most:
                return b""
            if time.time() - status.st_mtime > _HOUR_SECONDS:
                with contextlib.suppress(OSError):
                    os.utime(path, follow_symlinks=False)
            return file.pread(most, 0)
        finally:
            file.close()

    def write(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Replace a file as a whole; make the directory if it is missing."""
        if not self.path.is_dir():
            for each in (*reversed(self.path.parents), self.path):
                if not each.is_dir():
                    each.mkdir(mode=0o700, exist_ok=True)
        fd, unfinished = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self.path)
        try:
            with open(fd, "wb") as file:
                self.give(fd)
                file.writelines(pieces)
            Path(unfinished).replace(self.path / name)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(unfinished).unlink()
            raise

    def give(self, descriptor: int) -> None:
        """Give a new file to the owner, as root; otherwise it has this owner already."""
        if self._owner != os.geteuid():
            os.fchown(descriptor, self._owner, -1)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def remove_unused(self, *, days: int, most_files: int, most_bytes: int | None = None) -> None:
        """Remove files unused for some days, the longest unused of too many, and unfinished ones of yesterday."""
        now = time.time()
        found: list[tuple[float, int, str]] = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if (name := self._name.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        age = now - status.st_mtime
                        is_stale = name["unfinished"] and age > _DAY_SECONDS
                        found.append(((days + 1) * _DAY_SECONDS if is_stale else age, status.st_size, entry.path))
        total = 0
        for number, (age, size, path) in enumerate(sorted(found)):
            total += size
            is_over = number >= most_files or (most_bytes is not None and total > most_bytes)
            if is_over or age > days * _DAY_SECONDS:
                with contextlib.suppress(FileNotFoundError):
                    Path(path).unlink()
