"""Regular files, opened without blocking on a pipe or a device, and read from any thread."""

import contextlib
import errno
import itertools
import os
import stat
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from logviewer.cursor import HEAD_BYTES, TAIL_BYTES, digest
from logviewer.errors import ClosedError, FileGoneError, NotAFileError
from logviewer.files import codecs
from logviewer.files.open_files import OPEN_FILES, descriptor_path
from logviewer.files.rotations import is_compressed
from logviewer.showable import one_line

if TYPE_CHECKING:
    from logviewer.files.texts import Text

Identity = tuple[int, int]
"""Device and inode of one physical file."""


class Urgency(IntEnum):
    """How soon clients need the text of a compressed file; the smallest goes first."""

    SHOWN = 0
    HISTORY = 1
    BACKGROUND = 2


# How often a directory is read anew for a file that is renamed meanwhile.
_RENAMES = 3
_USES = itertools.count()
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def check_regular(path: Path, *, directory: int | None = None) -> os.stat_result:
    """Return the stat of a path, with symlinks followed; of its name in an open directory, without following.

    Raises:
        NotAFileError: if the path exists and is not a regular file.
        OSError: if stat fails.
    """
    status = path.stat() if directory is None else os.stat(path.name, dir_fd=directory, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(f"{one_line(path)} is {_kind(status.st_mode)}, not a regular file")
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


@dataclass(frozen=True, slots=True)
class _Proof:
    """The bytes that a file at rest must still have: its size, and digests of its head and of its tail."""

    size: int
    head_hash: bytes
    tail_hash: bytes


def _proof(fd: int, size: int) -> _Proof:
    start = max(0, size - TAIL_BYTES)
    head = os.pread(fd, min(size, HEAD_BYTES), 0)
    return _Proof(size, digest(head), digest(os.pread(fd, size - start, start)))


def _is_compressed(fd: int, path: Path | None) -> bool:
    """Whether a file is compressed, by its first bytes. Raises OSError if they and its name do not say it."""
    try:
        return codecs.is_compressed(os.pread(fd, codecs.MAGIC_BYTES, 0))
    except OSError:
        if path is None or is_compressed(path.name):
            raise
        return False


def _identity(path: Path) -> Identity | None:
    with contextlib.suppress(OSError):
        status = path.stat(follow_symlinks=False)
        return status.st_dev, status.st_ino
    return None


def _paths_near(path: Path | None, identity: Identity) -> Iterator[Path]:
    """Yield the last known path of a file, then paths in its directory that bear its inode number. Raises OSError."""
    if path is None:
        return
    yield path
    for _ in range(_RENAMES):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(path.parent) as entries:
            yield from [Path(entry.path) for entry in entries if entry.inode() == identity[1]]


class ByteFile:
    """A descriptor of one physical file. It stays on that file when the path is renamed or removed.

    ``close`` may be called while other threads read. The descriptor is closed after the last read, so its number is
    never reused for another file during a read.

    A file at rest has no descriptor: the next read opens it again and verifies that it is the same file with the same
    bytes. ``is_gone`` is true once such a read did not find it: each read raises FileGoneError then. ``was_read`` is
    set by each read. ``needs_poll`` is false at rest, until a read opens the file or fails. ``closed_size`` is the
    number of bytes that it had when its descriptor was closed last.
    """

    __slots__ = (
        "__weakref__",
        "_closed",
        "_failed",
        "_fd",
        "_lock",
        "_path",
        "_proof",
        "_readers",
        "closed_size",
        "identity",
        "is_gone",
        "last_use",
        "needs_poll",
        "was_read",
    )

    def __init__(self, fd: int, path: Path | None = None) -> None:
        status = os.fstat(fd)
        self._fd = fd
        self._path = path
        self._lock = threading.Lock()
        self._readers = 0
        self._closed = False
        self._failed: tuple[int, int] | None = None
        self._proof = _Proof(0, b"", b"")
        self.closed_size = 0
        self.identity: Identity = (status.st_dev, status.st_ino)
        self.is_gone = False
        self.needs_poll = True
        self.was_read = False
        self.last_use = next(_USES)
        OPEN_FILES.add(self)

    @classmethod
    def open(cls, path: Path, *, follow: bool = True) -> "ByteFile":
        """Open a regular file. Without ``follow``, a symlink raises OSError.

        Raises:
            NotAFileError: if the path is not a regular file.
            OSError: if stat or open fails.
        """
        check_regular(path)
        return cls._open(path, path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)

    @classmethod
    def open_in(cls, directory: int, path: Path) -> "ByteFile":
        """Open a regular file by its name in an open directory; a symlink raises OSError. Raises as ``open``."""
        check_regular(path, directory=directory)
        return cls._open(path, path.name, _FLAGS | os.O_NOFOLLOW, directory)

    @classmethod
    def _open(cls, path: Path, name: Path | str, flags: int, directory: int | None = None) -> "ByteFile":
        OPEN_FILES.make_room()
        fd = os.open(name, flags, dir_fd=directory)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotAFileError(f"{one_line(path)} is not a regular file")
        return cls._of(fd, path)

    @classmethod
    def _of(cls, fd: int, path: Path | None) -> "ByteFile":
        """Return an open file, as its text if it is compressed. Raises OSError."""
        try:
            if not _is_compressed(fd, path):
                return cls(fd, path)
            # Its module needs this one.
            from logviewer.files.compressed import CompressedFile  # noqa: PLC0415

            return CompressedFile(fd, path)
        except BaseException:
            os.close(fd)
            raise

    def duplicate(self) -> "ByteFile":
        """Return a second descriptor of the same file, with its own ``close``. Raises OSError."""
        OPEN_FILES.make_room()
        with self:
            return ByteFile._of(os.dup(self._fd), self._path)

    # Rest

    @property
    def is_resting(self) -> bool:
        """Whether the descriptor is closed until the next read."""
        return self._fd < 0 and not self._closed

    def rest(self) -> bool:
        """Close the descriptor until the next read; return whether it is closed.

        The descriptor stays open while a read runs, and where no path of the file is found. Raises OSError.
        """
        with self._lock:
            if self.is_resting:
                return True
            return self._rest()

    def rest_if_idle(self, *, even_deleted: bool = False) -> bool:
        """Return whether the file rests now: not one that is read, or cannot be read.

        A file without a name rests only if ``even_deleted``, and is gone then.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._closed or self._readers or self._fd < 0:
                return False
            if os.fstat(self._fd).st_nlink > 0:
                return self._rest()
            if even_deleted:
                self._close()
                self.is_gone = self.needs_poll = True
            return even_deleted
        except OSError:
            return False
        finally:
            self._lock.release()

    def _rest(self) -> bool:
        if self._closed or self._readers:
            return False
        path = self._find_path()
        if path is None:
            return False
        self._proof = _proof(self._fd, os.fstat(self._fd).st_size)
        self._path = path
        self._close()
        self.needs_poll = False
        return True

    def _close(self) -> None:
        self._note_size()
        os.close(self._fd)
        self._fd = -1
        OPEN_FILES.discard(self)

    def _note_size(self) -> None:
        with contextlib.suppress(OSError):
            self.closed_size = self.size_of(os.fstat(self._fd))

    def verify(self) -> None:
        """Verify that a file at rest is on disk, and leave it at rest.

        Raises:
            FileGoneError: if it is not.
            OSError: if this cannot be decided now.
        """
        with self._lock:
            if self.is_resting:
                os.close(self._reopened())

    def wake(self) -> None:
        """Open a file at rest. Raises as ``verify``."""
        with self._lock:
            if self.is_resting:
                self._fd = self._reopened()
                OPEN_FILES.add(self)
                self.needs_poll = True

    def present_path(self) -> Path | None:
        """Return the path of the open file, wherever it was moved; None where only its last path is known."""
        with self:
            return descriptor_path(self._fd)

    def _find_path(self) -> Path | None:
        """Return a path that names the open file now."""
        path = descriptor_path(self._fd)
        if path and _identity(path) == self.identity:
            return path
        return next((path for path in _paths_near(self._path, self.identity) if _identity(path) == self.identity), None)

    def _opened_again(self) -> int:
        self.needs_poll = True
        try:
            return self._reopened()
        except FileGoneError:
            raise
        except OSError:
            self._failed = (1, 0)
            raise

    def _reopened(self) -> int:
        """Return a new descriptor of this file. Raises as ``verify``."""
        if self.is_gone:
            raise FileGoneError
        OPEN_FILES.make_room()
        for path in _paths_near(self._path, self.identity):
            try:
                fd = os.open(path, _FLAGS | os.O_NOFOLLOW)
            except FileNotFoundError:
                # Renamed again since the directory was read.
                continue
            status = os.fstat(fd)
            try:
                if (status.st_dev, status.st_ino) != self.identity:
                    os.close(fd)
                    continue
                # The number of a deleted file is given to the next one: only its bytes show that it is the same.
                if status.st_size >= self._proof.size and _proof(fd, self._proof.size) == self._proof:
                    self._path = path
                    return fd
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)
            break
        else:
            if self._path is not None and not self._path.parent.is_dir():
                # The directory may be away for a while only.
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._path))
        self.is_gone = self.needs_poll = True
        raise FileGoneError

    def pread(self, size: int, offset: int) -> bytes:
        """Return up to ``size`` bytes at ``offset``; fewer only at the end of the file. Raises OSError."""
        with self:
            self.was_read = True
            self.last_use = next(_USES)
            try:
                return self._read(size, offset)
            except OSError:
                self._failed = (size, offset)
                raise

    def _read(self, size: int, offset: int) -> bytes:
        data = os.pread(self._fd, size, offset)
        if 0 < len(data) < size:
            data += os.pread(self._fd, size - len(data), offset + len(data))
        return data

    def cached_bytes(self, size: int, offset: int) -> int:
        """Return how many of these bytes are in memory, from the first on.

        0 for a file at rest, and where the kernel does not say it, as on network file systems. For any thread.
        """
        if sys.platform != "linux" or not self._lock.acquire(blocking=False):
            return 0
        try:
            return os.preadv(self._fd, [bytearray(size)], offset, os.RWF_NOWAIT) if self._fd >= 0 else 0
        except OSError:
            return 0
        finally:
            self._lock.release()

    def retry(self) -> bool:
        """Repeat the last read that failed; return whether there was one. Raises OSError if it fails again."""
        failed = self._failed
        if failed:
            self.pread(*failed)
            self._failed = None
        return failed is not None

    def stat(self) -> os.stat_result:
        """Return the stat of the open file, which its path may no longer name. Raises OSError."""
        return self._stat()

    def _stat(self) -> os.stat_result:
        with self:
            return os.fstat(self._fd)

    def size_of(self, status: os.stat_result) -> int:
        """Return the number of bytes that can be read, if this is the stat of the file. Raises OSError."""
        return status.st_size

    @property
    def is_compressed(self) -> bool:
        """Whether the bytes are the text of a compressed file."""
        return False

    @property
    def is_whole(self) -> bool:
        """Whether the bytes have their end: false for a compressed file that was cut or damaged. Raises OSError."""
        return self.fault is None

    @property
    def fault(self) -> str | None:
        """Why the end of the bytes is missing, for people; None if it is not. Raises OSError."""
        return None

    @property
    def is_decoded(self) -> bool:
        """Whether the bytes can be read now: those of a compressed file can after ``decode`` has ended."""
        return True

    def decode(
        self,
        urgency: Urgency = Urgency.BACKGROUND,  # noqa: ARG002 (nothing to decode)
        *,
        wait: bool = False,  # noqa: ARG002 (as above)
    ) -> "Future[Text] | None":
        """Begin to decode a compressed file; ``wait`` some seconds for the end.

        Returns the decoding that runs, None without one. Raises OSError.
        """
        return None

    @property
    def path(self) -> Path | None:
        """The path at which the file was found last; None for a bare descriptor."""
        return self._path

    @property
    def has_name(self) -> bool:
        """Whether any path still names the file."""
        try:
            return self._stat().st_nlink > 0
        except OSError:
            return False

    @property
    def is_linked(self) -> bool:
        """Whether other paths may name the file too: it has several hard links, or their number cannot be read."""
        try:
            return self._stat().st_nlink > 1
        except OSError:
            return True

    @property
    def descriptors_scarce(self) -> bool:
        """Whether this process has opened more than half of the files that it may hold open."""
        return OPEN_FILES.is_scarce

    def next_data(self, offset: int) -> int:
        """Return the first offset at or after ``offset`` that is not in a hole, or the file's size. Raises OSError."""
        with self:
            try:
                return os.lseek(self._fd, offset, os.SEEK_DATA)
            except OSError as error:
                # Some file systems do not report holes; all their bytes are data.
                return os.fstat(self._fd).st_size if error.errno == errno.ENXIO else offset

    def next_hole(self, offset: int) -> int:
        """Return the first offset at or after ``offset`` that is in a hole, or the file's size. Raises OSError."""
        with self:
            try:
                return os.lseek(self._fd, offset, os.SEEK_HOLE)
            except OSError:
                # Some file systems do not report holes.
                return os.fstat(self._fd).st_size

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
            if self._fd >= 0:
                self._close() if self._readers == 0 else self._note_size()

    def __enter__(self) -> None:
        with self._lock:
            if self._closed:
                raise ClosedError("the file is closed")
            if self._fd < 0:
                self._fd = self._opened_again()
                OPEN_FILES.add(self)
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if self._closed and self._readers == 0 and self._fd >= 0:
                self._close()

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)
