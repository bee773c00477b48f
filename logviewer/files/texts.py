"""The texts of compressed files: each is decoded once, in a thread, and kept in the cache directory."""

import contextlib
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from errno import EFBIG
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

from logviewer import temporary
from logviewer.errors import ClosedError, NotDecodedError, TooLargeError
from logviewer.files import frames
from logviewer.files.byte_file import Urgency
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
# Decoders give two gigabytes of text a second, and the compression of frames takes one.
_COMPRESSORS = 2
# Each file that waits takes a descriptor.
_MOST_JOBS = 16
_FAR_SMALLER = 8
# A file without its end is decoded again after these seconds: it may have been written meanwhile.
_WRITTEN_SECONDS = 5.0
_RETRY_SECONDS = 5.0
_TOO_LARGE_SECONDS = 600.0


T = TypeVar("T")


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Text:
    """The text of one compressed file. ``name`` depends on its bytes."""

    name: str
    frames: Frames


@dataclass(frozen=True, slots=True)
class _Failure:
    error: OSError
    until: float


@dataclass(slots=True)
class _Job:
    """A compressed file to decode; ``size`` is that of the file."""

    name: str
    fd: int
    size: int
    urgency: Urgency
    result: "Future[Text]" = field(default_factory=Future)

    def __post_init__(self) -> None:
        # A client that goes away must not cancel it for the others.
        self.result.set_running_or_notify_cancel()

    def order(self) -> tuple[Urgency, int]:
        """Return the key of the order in which files are decoded."""
        return self.urgency, self.size

    def interrupts(self, running: "_Job") -> bool:
        """Return whether the running one should wait for this one."""
        is_smaller = self.size * _FAR_SMALLER < running.size
        return self.urgency < running.urgency or (self.urgency == running.urgency and is_smaller)


class Texts:
    """Decodes compressed files one after the other, the most urgent and smallest first, and reads their texts.

    For any thread. A file that is far more urgent interrupts the one that is decoded.

    ``keep`` sets the directory of the texts and the most bytes that they take there; without it, they go to a temporary
    directory. Texts that were not used for the longest time are removed first, and decoded again by the next read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OwnDirectory | None = None
        self._most_bytes: int | None = None
        self._threads = ThreadPoolExecutor(1, "decode")
        self._compressors = ThreadPoolExecutor(_COMPRESSORS, "compress")
        # As long as a file holds its text.
        self._found: WeakValueDictionary[str, Text] = WeakValueDictionary()
        self._jobs: dict[str, _Job] = {}
        self._waiting: dict[str, _Job] = {}
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
            waiting, self._waiting = self._waiting, {}
        self._threads.shutdown(wait=False)
        for each in waiting.values():
            each.result.set_exception(ClosedError("the server ends"))
            os.close(each.fd)
            del self._jobs[each.name]

    def is_busy(self, urgency: Urgency) -> bool:
        """Return whether so many files as urgent as this wait that another one must be decoded later."""
        with self._lock:
            return sum(each.urgency <= urgency for each in self._jobs.values()) >= _MOST_JOBS

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

    def decode(self, name: str, fd: int, urgency: Urgency) -> "Future[Text]":
        """Begin to decode an open compressed file, or return the decoding that runs. Raises OSError."""
        with self._lock:
            if self._is_closed:
                raise ClosedError("the server ends")
            job = self._jobs.get(name)
            if job is None:
                job = self._jobs[name] = self._waiting[name] = _Job(name, os.dup(fd), os.fstat(fd).st_size, urgency)
                # One step for each job; each takes the most urgent one of its time.
                self._threads.submit(self._decode_next)
            job.urgency = min(job.urgency, urgency)
        return job.result

    def read(self, fd: int, text: Text, size: int, offset: int) -> bytes:
        """Return bytes of a text; ``fd`` is its compressed file. Raises OSError."""
        try:
            return self._read(text, size, offset)
        except FileNotFoundError:
            # Others needed the space.
            with self._lock:
                self._found.pop(text.name, None)
            return self._read(finished(self.decode(text.name, fd, Urgency.SHOWN)), size, offset)

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

    def _decode_next(self, running: "_Job | None" = None) -> bool:
        """Decode the most urgent file, if one is far more urgent than the running one; return whether there was one."""
        with self._lock:
            job = min(self._waiting.values(), key=_Job.order, default=None)
            if job is None or (running and not job.interrupts(running)):
                return False
            del self._waiting[job.name]
        text: Text | BaseException
        try:
            text = self._write(job)
        except BaseException as error:  # noqa: BLE001 (for the callers that wait)
            text = error
        os.close(job.fd)
        with self._lock:
            del self._jobs[job.name]
            if isinstance(text, OSError):
                seconds = _TOO_LARGE_SECONDS if isinstance(text, TooLargeError) else _RETRY_SECONDS
                _note(self._failed, job.name, _Failure(text, time.monotonic() + seconds))
        job.result.set_result(text) if isinstance(text, Text) else job.result.set_exception(text)
        return True

    def _write(self, job: "_Job") -> Text:
        name, directory, most = job.name, self._directory(), self._most()
        text = _bounded(
            decode(self._pieces(job)),
            max(_MOST_TEXT_BYTES, _MOST_EXPANSION * job.size),
            "its text is larger than {} MiB, and far larger than the file",
        )
        pieces = _bounded(
            frames.encode(text, self._compressors), most, "its text needs more than the {} MiB of --cache-size"
        )
        directory.write(name, pieces)
        known = self._known(name)
        if known is None:
            raise OSError(f"the decoded text cannot be read in {directory.path}")
        if known.frames.end is End.CUT and not self._is_final(name):
            directory.remove(name)
            with self._lock:
                self._found.pop(name, None)
            raise NotDecodedError
        with contextlib.suppress(OSError):
            directory.remove_unused(days=_UNUSED_DAYS, most_files=_MOST_FILES, most_bytes=most)
        return known

    def _is_final(self, name: str) -> bool:
        """Return whether a file without its end has had these bytes for some seconds: no program writes it now."""
        now = time.monotonic()
        _note(self._unfinished, name, since := self._unfinished.get(name, now))
        return now >= since + _WRITTEN_SECONDS

    def _pieces(self, job: "_Job") -> Iterator[bytes]:
        at = 0
        while data := os.pread(job.fd, _READ_BYTES, at):
            while self._decode_next(job):
                pass
            if self._is_closed:
                raise ClosedError("the server ends")
            yield data
            at += len(data)


def _note(notes: dict[str, T], name: str, value: T) -> None:
    """Set an entry, and remove the oldest ones of too many."""
    notes[name] = value
    while len(notes) > _MOST_FILES:
        del notes[next(iter(notes))]


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
