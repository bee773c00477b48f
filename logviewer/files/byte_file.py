"""Regular files, opened without blocking on a pipe or a device, and read from any thread."""

import errno
import os
import resource
import stat
import threading
from pathlib import Path

from logviewer.errors import ClosedError, NotAFileError

Identity = tuple[int, int]
"""Device and inode of one physical file."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def check_regular(path: Path) -> os.stat_result:
    """Return the stat of a path, with symlinks followed.

    Raises:
        NotAFileError: if the path exists and is not a regular file.
        OSError: if stat fails.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(f"{path} is {_kind(status.st_mode)}, not a regular file")
    return status


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


class ByteFile:
    """A descriptor of one physical file. It stays on that file when the path is renamed or removed.

    ``close`` may be called while other threads read. The descriptor is closed after the last read, so its number is
    never reused for another file during a read.
    """

    __slots__ = ("_closed", "_failed", "_fd", "_lock", "_readers", "identity")

    def __init__(self, fd: int) -> None:
        status = os.fstat(fd)
        self._fd = fd
        self._lock = threading.Lock()
        self._readers = 0
        self._closed = False
        self._failed: tuple[int, int] | None = None
        self.identity: Identity = (status.st_dev, status.st_ino)

    @classmethod
    def open(cls, path: Path, *, follow: bool = True) -> "ByteFile":
        """Open a regular file. Without ``follow``, a symlink raises OSError.

        Raises:
            NotAFileError: if the path is not a regular file.
            OSError: if stat or open fails.
        """
        check_regular(path)
        fd = os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotAFileError(f"{path} is not a regular file")
        return cls(fd)

    def duplicate(self) -> "ByteFile":
        """Return a second descriptor of the same file, with its own ``close``. Raises OSError."""
        with self:
            return ByteFile(os.dup(self._fd))

    def pread(self, size: int, offset: int) -> bytes:
        """Return up to ``size`` bytes at ``offset``; fewer only at the end of the file. Raises OSError."""
        with self:
            try:
                data = os.pread(self._fd, size, offset)
                if 0 < len(data) < size:
                    data += os.pread(self._fd, size - len(data), offset + len(data))
            except OSError:
                self._failed = (size, offset)
                raise
            return data

    def retry(self) -> bool:
        """Repeat the last read that failed; return whether there was one. Raises OSError if it fails again."""
        failed = self._failed
        if failed:
            self.pread(*failed)
            self._failed = None
        return failed is not None

    def stat(self) -> os.stat_result:
        """Return the stat of the open file, which its path may no longer name. Raises OSError."""
        with self:
            return os.fstat(self._fd)

    @property
    def has_name(self) -> bool:
        """Whether any path still names the file."""
        try:
            return self.stat().st_nlink > 0
        except OSError:
            return False

    @property
    def descriptors_scarce(self) -> bool:
        """Whether this process uses about half of its descriptors: a new one gets the lowest free number."""
        return self._fd > resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2

    def next_data(self, offset: int) -> int:
        """Return the first offset at or after ``offset`` that is not in a hole, or the file's size. Raises OSError."""
        with self:
            try:
                return os.lseek(self._fd, offset, os.SEEK_DATA)
            except OSError as error:
                # Some file systems do not report holes; all their bytes are data.
                return os.fstat(self._fd).st_size if error.errno == errno.ENXIO else offset

    def previous_data(self, offset: int) -> int:
        """Return the end of the last data before ``offset`` that is not in a hole, or 0. Raises OSError."""
        found = at = 0
        while (start := self.next_data(at)) < offset:
            with self:
                try:
                    at = os.lseek(self._fd, start, os.SEEK_HOLE)
                except OSError:
                    return offset
            found = min(at, offset)
        return found

    def close(self) -> None:
        """Close the descriptor, after the reads that are running."""
        with self._lock:
            self._closed = True
            if self._readers == 0 and self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> None:
        with self._lock:
            if self._closed:
                raise ClosedError("the file is closed")
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if self._closed and self._readers == 0 and self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)
