"""The text of a compressed file on disk, in frames that are decoded alone: any place is a millisecond away."""

import os
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from logviewer.files.codecs import TruncatedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FRAME_BYTES = 256 * 1024
# The fastest level whose frames of a log are about as large as the file that they come from.
_LEVEL = 1
_VERSION = b"frames01"
# Bytes of text, number of frames, whether the compressed file was whole, version.
_FOOTER = struct.Struct("<QI?8s")
_END_BYTES = 8


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a text of ``size`` bytes: frame ``n`` ends at ``ends[n]``. Without its end, it is not whole."""

    size: int
    is_whole: bool
    ends: "array[int]"

    def read(self, fd: int, first: int, last: int) -> list[bytes]:
        """Return the text of the frames from ``first`` to before ``last``. Raises OSError."""
        start = self.ends[first - 1] if first else 0
        packed = memoryview(os.pread(fd, self.ends[last - 1] - start, start))
        begins = [start, *self.ends[first : last - 1]]
        ends = self.ends[first:last]
        try:
            return [
                zstd.decompress(packed[begin - start : end - start]) for begin, end in zip(begins, ends, strict=True)
            ]
        except zstd.ZstdError as error:
            raise OSError(f"the decoded text is damaged: {error}") from error


def encode(text: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file of frames with this text. A TruncatedError of the text ends it."""
    buffer, size, at, ends, is_whole = bytearray(), 0, 0, array("Q"), True
    pieces = iter(text)
    while True:
        try:
            piece = next(pieces, None)
        except TruncatedError:
            piece, is_whole = None, False
        buffer += piece or b""
        while len(buffer) >= FRAME_BYTES or (piece is None and buffer):
            frame = zstd.compress(memoryview(buffer)[:FRAME_BYTES].tobytes(), _LEVEL)
            size += min(FRAME_BYTES, len(buffer))
            del buffer[:FRAME_BYTES]
            at += len(frame)
            ends.append(at)
            yield frame
        if piece is None:
            break
    yield ends.tobytes()
    yield _FOOTER.pack(size, len(ends), is_whole, _VERSION)


def read_index(fd: int) -> Frames | None:
    """Return the frames of an open file; None if it is not a whole file of frames. Raises OSError."""
    end = os.fstat(fd).st_size - _FOOTER.size
    footer = os.pread(fd, _FOOTER.size, max(0, end))
    if end < 0 or len(footer) < _FOOTER.size:
        return None
    size, count, is_whole, version = _FOOTER.unpack(footer)
    start = end - count * _END_BYTES
    if version != _VERSION or start < 0 or count != -(-size // FRAME_BYTES):
        return None
    ends = array("Q", os.pread(fd, count * _END_BYTES, start))
    is_sound = (ends[-1] if ends else 0) == start and all(low < high for low, high in pairwise(ends))
    return Frames(size, is_whole, ends) if is_sound else None
