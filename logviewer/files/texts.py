"""The texts of compressed files: each is decoded once, in a thread, and kept in the cache directory."""

import contextlib
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from errno import EFBIG
from hashlib import blake2b
from pathlib import Path

from logviewer import temporary
from logviewer.errors import ClosedError, NotDecodedError, TooLargeError
from logviewer.files import frames
from logviewer.files.codecs import decode
from logviewer.files.frames import FRAME_BYTES, End, Frames
from logviewer.files.own_directory import OwnDirectory

DEFAULT_BYTES = 2 * 1024**3
# By default, the texts take no more than this part of the free disk.
_PART_OF_DISK = 10
_MIB = 1024 * 1024
# Of a file with many short members, each of them copies the rest of a piece.
_READ_BYTES = 64 * 1024
# A bomb must not occupy the thread, or the disk: a text may be so large, and larger for a large file.
_MOST_TEXT_BYTES = 1024 * _MIB
_MOST_EXPANSION = 250
# Threads of requests wait so long for a text.
_WAIT_SECONDS = 10.0
_HEAD_BYTES = 1024
_TAIL_BYTES = 64
_UNUSED_DAYS = 30
_MOST_FILES = 10_000
_FRAMES_KEPT = 8
# Each file that waits takes a descriptor.
_MOST_RUNNING = 16
# A file without its end is decoded again after these seconds: it may have been written meanwhile.
_WRITTEN_SECONDS = 5.0
_RETRY_SECONDS = 5.0
_TOO_LARGE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one compressed file. ``name`` depends on its bytes."""

    name: str
    frames: Frames


@dataclass(frozen=True, slots=True)
class _Failure:
    error: OSError
    until: float


class Texts:
    """Decodes compressed files one after the other, and reads their texts. For any thread.

    ``keep`` sets the directory of the texts and the most bytes that they take there; without it, they go to a temporary
    directory. Texts that were not used for the longest time are removed first, and decoded again by the next read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OwnDirectory | None = None
        self._most_bytes: int | None = None
        self._threads = ThreadPoolExecutor(1, "decode")
        self._found: dict[str, Text] = {}
        self._running: dict[str, Future[Text]] = {}
        self._failed: dict[str, _Failure] = {}
        self._unfinished: dict[str, float] = {}
        self._recent: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._is_closed = False

    def keep(self, directory: Path | None, most_mib: int | None) -> None:
        """Keep texts below a cache directory; None for a temporary one, and for the default limit."""
        if self._is_closed:
            self._is_closed, self._threads = False, ThreadPoolExecutor(1, "decode")
        self._files = OwnDirectory(directory / "texts", ".text") if directory else None
        self._most_bytes = None if most_mib is None else most_mib * _MIB

    def close(self) -> None:
        """End the decoding that runs, so that the process can end."""
        with self._lock:
            self._is_closed = True
            waiting, self._running = self._running, {}
        self._threads.shutdown(wait=False)
        for each in waiting.values():
            each.cancel()

    @property
    def is_busy(self) -> bool:
        """Whether so many files wait that another one that no client waits for must be decoded later."""
        return len(self._running) >= _MOST_RUNNING

    def find(self, name: str) -> Text | None:
        """Return the text of this name if this server or another one has decoded it; otherwise None.

        Raises OSError if it could not be decoded a moment ago.
        """
        if text := self._known(name):
            return text
        with self._lock:
            failure = self._failed.get(name)
        if failure and time.monotonic() < failure.until:
            raise failure.error
        return None

    def decode(self, name: str, fd: int) -> "Future[Text]":
        """Begin to decode an open compressed file, or return the decoding that runs. Raises OSError."""
        with self._lock:
            running = self._running.get(name)
            if self._is_closed:
                raise ClosedError("the server ends")
            if running is None:
                running = self._running[name] = self._threads.submit(self._decode, name, os.dup(fd))
        return running

    def read(self, fd: int, text: Text, size: int, offset: int) -> bytes:
        """Return bytes of a text; ``fd`` is its compressed file. Raises OSError."""
        try:
            return self._read(text, size, offset)
        except FileNotFoundError:
            # Others needed the space.
            with self._lock:
                self._found.pop(text.name, None)
            return self._read(finished(self.decode(text.name, fd)), size, offset)

    def _read(self, text: Text, size: int, offset: int) -> bytes:
        end = min(text.frames.size, offset + size)
        if offset >= end:
            return b""
        first, last = offset // FRAME_BYTES, -(-end // FRAME_BYTES)
        pieces = self._frames(text, first, last)
        skipped = offset - first * FRAME_BYTES
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return data[skipped : skipped + end - offset]

    def _frames(self, text: Text, first: int, last: int) -> list[bytes]:
        """Return frames; the first of them and the last one are often those of the read before or after."""
        with self._lock:
            kept = [self._recent.get((text.name, frame)) for frame in range(first, last)]
        begin = next((index for index, frame in enumerate(kept) if frame is None), len(kept))
        known = [each for each in kept[:begin] if each is not None]
        if begin == len(kept):
            return known
        fd = os.open(self._directory().path / text.name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            read = text.frames.read(fd, first + begin, last)
        finally:
            os.close(fd)
        with self._lock:
            self._recent[text.name, last - 1] = read[-1]
            while len(self._recent) > _FRAMES_KEPT:
                self._recent.popitem(last=False)
        return known + read

    # Decoding

    def _directory(self) -> OwnDirectory:
        if self._files is None:
            self._files = OwnDirectory(temporary.directory("the text of compressed files"), ".text")
        return self._files

    def _most(self) -> int:
        if self._most_bytes is not None:
            return self._most_bytes
        path = next(each for each in (self._directory().path, *self._directory().path.parents) if each.is_dir())
        return min(DEFAULT_BYTES, shutil.disk_usage(path).free // _PART_OF_DISK)

    def _known(self, name: str) -> Text | None:
        """Return a text that this server or another one has decoded."""
        if text := self._found.get(name):
            return text
        directory = self._directory()
        try:
            fd = os.open(directory.path / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            found = frames.read_index(fd) if os.fstat(fd).st_uid == os.geteuid() else None
            os.utime(fd)
        except OSError:
            return None
        finally:
            os.close(fd)
        if found is None:
            return None
        with self._lock:
            text = self._found[name] = Text(name, found)
        return text

    def _decode(self, name: str, fd: int) -> Text:
        try:
            text = self._write(name, fd)
        except OSError as error:
            with self._lock:
                seconds = _TOO_LARGE_SECONDS if isinstance(error, TooLargeError) else _RETRY_SECONDS
                self._failed[name] = _Failure(error, time.monotonic() + seconds)
                while len(self._failed) > _MOST_FILES:
                    del self._failed[next(iter(self._failed))]
            raise
        finally:
            os.close(fd)
            with self._lock:
                self._running.pop(name, None)
        return text

    def _write(self, name: str, fd: int) -> Text:
        directory, most = self._directory(), self._most()
        most_text = max(_MOST_TEXT_BYTES, _MOST_EXPANSION * os.fstat(fd).st_size)
        text = _bounded(
            decode(self._pieces(fd)), most_text, "its text is larger than {} MiB, and far larger than the file"
        )
        pieces = _bounded(frames.encode(text), most, "its text needs more than the {} MiB of --cache-size")
        directory.write(name, pieces)
        known = self._known(name)
        if known is None:
            raise OSError(f"the decoded text cannot be read in {directory.path}")
        if known.frames.end is End.CUT and not self._is_final(name):
            directory.remove(name)
            with self._lock:
                del self._found[name]
            raise NotDecodedError
        with contextlib.suppress(OSError):
            directory.remove_unused(days=_UNUSED_DAYS, most_files=_MOST_FILES, most_bytes=most)
        return known

    def _is_final(self, name: str) -> bool:
        """Return whether a file without its end has had these bytes for some seconds: no program writes it now."""
        now = time.monotonic()
        return now >= self._unfinished.setdefault(name, now) + _WRITTEN_SECONDS

    def _pieces(self, fd: int) -> Iterator[bytes]:
        at = 0
        while data := os.pread(fd, _READ_BYTES, at):
            if self._is_closed:
                raise ClosedError("the server ends")
            yield data
            at += len(data)


def _bounded(pieces: Iterator[bytes], most: int, message: str) -> Iterator[bytes]:
    """Yield the pieces. Raises TooLargeError, whose message has the limit in MiB, once they have more bytes."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise TooLargeError(EFBIG, message.format(most // _MIB))
        yield piece


def finished(decoding: "Future[Text]") -> Text:
    """Wait some seconds for the end of a decoding, and return the text. Raises OSError."""
    try:
        return decoding.result(_WAIT_SECONDS)
    except TimeoutError as error:
        raise NotDecodedError from error
    except CancelledError as error:
        raise ClosedError("the server ends") from error


def text_name(fd: int) -> str:
    """Return the name of the text of a file: a hash of its identity, its size, its first and its last bytes.

    A renamed file has the same text. A copy has its own: a user who writes one with another middle must not change what
    readers of the first file see.
    """
    status = os.fstat(fd)
    size = status.st_size
    digest = blake2b(b"%d %d %d" % (status.st_dev, status.st_ino, size), digest_size=16)
    digest.update(os.pread(fd, _HEAD_BYTES, 0))
    digest.update(os.pread(fd, _TAIL_BYTES, max(0, size - _TAIL_BYTES)))
    return digest.hexdigest() + ".text"


TEXTS = Texts()
