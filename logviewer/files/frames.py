"""The text of a compressed file on disk, in frames that are decoded alone: any place is a millisecond away."""

import os
import struct
import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TypeVar

from logviewer.files.codecs import DamagedError, TruncatedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FRAME_BYTES = 256 * 1024
# The fastest level whose frames of a log are about as large as the file that they come from.
_LEVEL = 1
_VERSION = b"frames01"
# Bytes of text, number of frames, the end of the compressed file, version.
_FOOTER = struct.Struct("<QIB8s")
_END_BYTES = 8
# The decoder goes on while so many frames are compressed.
_AHEAD = 8

T = TypeVar("T")
R = TypeVar("R")


class End(IntEnum):
    """The end of a compressed file: all text was decoded, or there is a reason why more may be missing."""

    WHOLE = 0
    CUT = 1
    DAMAGED = 2


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a text of ``size`` bytes: frame ``n`` ends at ``ends[n]``."""

    size: int
    end: End
    ends: "array[int]"

    def read(self, fd: int, first: int, last: int) -> list[bytes]:
        """Return the text of the frames from ``first`` to before ``last``. Raises OSError."""
        start = self.ends[first - 1] if first else 0
        packed = memoryview(os.pread(fd, self.ends[last - 1] - start, start))
        begins = [start, *self.ends[first : last - 1]]
        ends = self.ends[first:last]
        return [_decompressed(packed[begin - start : end - start]) for begin, end in zip(begins, ends, strict=True)]


def encode(text: Iterable[bytes], threads: Executor) -> Iterator[bytes]:
    """Yield the bytes of a file of frames with this text, which are compressed in ``threads`` while more text comes.

    A TruncatedError of the text ends it.
    """
    cut = _Frames(text)
    ends = array("Q")
    at = 0
    for frame in _ahead(_compressed, cut, threads):
        at += len(frame)
        ends.append(at)
        yield frame
    yield ends.tobytes()
    yield _FOOTER.pack(cut.size, len(ends), cut.end, _VERSION)


class _Frames:
    """Cuts a text into frames. ``size`` and ``end`` are those of the text so far."""

    def __init__(self, text: Iterable[bytes]) -> None:
        self._text = text
        self.size = 0
        self.end = End.WHOLE

    def __iter__(self) -> Iterator[bytes]:
        # Joined once: a copy of the text takes a tenth of the time of its decoding.
        parts: list[memoryview] = []
        missing = FRAME_BYTES
        try:
            for piece in self._text:
                self.size += len(piece)
                rest = memoryview(piece)
                while len(rest) >= missing:
                    yield b"".join((*parts, rest[:missing]))
                    rest, parts, missing = rest[missing:], [], FRAME_BYTES
                parts += [rest] if rest else []
                missing -= len(rest)
        except TruncatedError as error:
            self.end = End.DAMAGED if isinstance(error, DamagedError) else End.CUT
        if parts:
            yield b"".join(parts)


def _decompressed(frame: memoryview) -> bytes:
    decoder = zstd.ZstdDecompressor()
    try:
        text = decoder.decompress(frame, FRAME_BYTES)
    except zstd.ZstdError as error:
        raise OSError(f"the decoded text is damaged: {error}") from error
    if not decoder.eof:
        raise OSError("the decoded text is damaged: a frame is too large")
    return text


def _compressed(frame: bytes) -> bytes:
    return zstd.compress(frame, _LEVEL)


def _ahead(call: Callable[[T], R], items: Iterable[T], threads: Executor) -> Iterator[R]:
    """Yield the results of calls in order, and begin some calls before they are needed."""
    running: deque[Future[R]] = deque()
    for item in items:
        running.append(threads.submit(call, item))
        if len(running) > _AHEAD:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def read_index(fd: int) -> Frames | None:
    """Return the frames of an open file; None if it is not a whole file of frames. Raises OSError."""
    stop = os.fstat(fd).st_size - _FOOTER.size
    footer = os.pread(fd, _FOOTER.size, max(0, stop))
    if stop < 0 or len(footer) < _FOOTER.size:
        return None
    size, count, end, version = _FOOTER.unpack(footer)
    start = stop - count * _END_BYTES
    if version != _VERSION or end not in list(End) or start < 0 or count != -(-size // FRAME_BYTES):
        return None
    ends = array("Q", os.pread(fd, count * _END_BYTES, start))
    is_sound = (ends[-1] if ends else 0) == start and all(low < high for low, high in pairwise(ends))
    return Frames(size, End(end), ends) if is_sound else None
