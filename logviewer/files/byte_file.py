"""Open a regular file and read ranges of it from any thread, without ever blocking on a pipe or a device."""

import errno
import os
import resource
import stat
import threading
from pathlib import Path

from logviewer.errors import ClosedError, NotAFileError

Identity = tuple[int, int]
"""Device and inode: one physical file."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def check_regular(path: Path) -> os.stat_result:
    """Stat the path through symlinks.

    Raises:
        NotAFileError: if it is there but is no regular file.
        OSError: as stat does.
    """
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise NotAFileError(f"{path} is {_kind(facts.st_mode)}, not a regular file")
    return facts


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
    """A descriptor that stays on one physical file wherever its name goes.

    ``close`` may be called while other threads read: the descriptor goes when the last of them is done, so that
    its number is never used for another file under a reader.
    """

    __slots__ = ("_closed", "_failed", "_fd", "_lock", "_readers", "identity")

    def __init__(self, fd: int) -> None:
        facts = os.fstat(fd)
        self._fd = fd
        self._lock = threading.Lock()
        self._readers = 0
        self._closed = False
        self._failed: tuple[int, int] | None = None
        self.identity: Identity = (facts.st_dev, facts.st_ino)

    @classmethod
    def open(cls, path: Path, *, follow: bool = True) -> "ByteFile":
        """Open a regular file, unless it is a symlink and is not to ``follow``.

        Raises:
            NotAFileError: for anything else.
            OSError: as stat and open do.
        """
        check_regular(path)
        fd = os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotAFileError(f"{path} is not a regular file")
        return cls(fd)

    def duplicate(self) -> "ByteFile":
        """Another descriptor of the same file, closed by itself."""
        with self:
            return ByteFile(os.dup(self._fd))

    def pread(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes at ``offset``; fewer only at the end of the file. Raises OSError."""
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
        """Read again what could not be read last; whether there was any. Raises OSError if it still cannot be read."""
        failed = self._failed
        if failed:
            self.pread(*failed)
            self._failed = None
        return failed is not None

    def stat(self) -> os.stat_result:
        """The facts of the open file, whatever its path names by now. Raises OSError."""
        with self:
            return os.fstat(self._fd)

    @property
    def has_name(self) -> bool:
        """Whether it is on disk under any name still."""
        try:
            return self.stat().st_nlink > 0
        except OSError:
            return False

    @property
    def scarce(self) -> bool:
        """Whether this process has used up half of its descriptors, which are numbered from the lowest free one."""
        return self._fd > resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2

    def next_data(self, offset: int) -> int:
        """The first offset from here on that is not in a hole; the file's size if there is none."""
        with self:
            try:
                return os.lseek(self._fd, offset, os.SEEK_DATA)
            except OSError as error:
                # Where holes are not known, all is data.
                return os.fstat(self._fd).st_size if error.errno == errno.ENXIO else offset

    def previous_data(self, offset: int) -> int:
        """The end of the last data before this offset that is not in a hole; 0 if there is none."""
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
        """Let go of the file as soon as nobody reads it."""
        with self._lock:
            self._closed = True
            idle = self._readers == 0 and self._fd >= 0
            if idle:
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
            last = self._closed and self._readers == 0 and self._fd >= 0
            if last:
                os.close(self._fd)
                self._fd = -1

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)
