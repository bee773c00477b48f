"""The text of a compressed file on disk, in frames that are decoded alone: any place is a millisecond away."""

import os
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

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
        try:
            return [
                zstd.decompress(packed[begin - start : end - start]) for begin, end in zip(begins, ends, strict=True)
            ]
        except zstd.ZstdError as error:
            raise OSError(f"the decoded text is damaged: {error}") from error


def encode(text: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file of frames with this text. A TruncatedError of the text ends it."""
    buffer, size, at, ends, end = bytearray(), 0, 0, array("Q"), End.WHOLE
    pieces = iter(text)
    while True:
        try:
            piece = next(pieces, None)
        except TruncatedError as error:
            piece, end = None, End.DAMAGED if isinstance(error, DamagedError) else End.CUT
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
    yield _FOOTER.pack(size, len(ends), end, _VERSION)


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
