"""Bytes as whole lines. Only a newline ends a line; each line is decoded alone."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, overload

from logviewer.files.encoding import Encoding, to_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_LINES = 1000
MAX_BYTES = 256 * 1024
LINE_CAP = 1024 * 1024
_NEWLINE = 10


class Block(Sequence[bytes]):
    """Whole lines of an encoding with one-byte newlines, split when they are needed one by one.

    ``data`` has the lines with their newlines, and ``len`` counts them.
    """

    __slots__ = ("_count", "_lines", "data")

    def __init__(self, data: bytes, count: int) -> None:
        self.data = data
        self._count = count
        self._lines: list[bytes] | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        return self._split()[index]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._split())

    def _split(self) -> list[bytes]:
        if self._lines is None:
            self._lines = self.data.split(b"\n")
            self._lines.pop()
        return self._lines


def joined(lines: Sequence[bytes]) -> Block:
    """Return lines as a block."""
    return Block(b"\n".join([*lines, b""]), len(lines))


def split(data: bytes, encoding: Encoding, limit: int) -> tuple[Sequence[bytes], int]:
    """Return the first whole lines of ``data``, at most ``limit``, without newlines, and their size with newlines.

    ``data`` begins at the start of a line.
    """
    if len(encoding.newline) == 1:
        # Without numpy, which the first request of a server would have to wait for.
        count, size = data.count(b"\n"), data.rfind(b"\n") + 1
        if count > limit:
            count, size = limit, end_of_newline(data, encoding, limit) or 0
        return Block(data[:size], count), size
    lines: list[bytes] = []
    start = 0
    while len(lines) < limit and (end := find_newline(data, encoding, start)) >= 0:
        lines.append(data[start:end])
        start = end + len(encoding.newline)
    return lines, start


def blocks(data: bytes, max_lines: int, max_bytes: int) -> Iterator[Block]:
    """Yield whole lines of one-byte newlines, in blocks of at most so many lines and bytes; stops at a longer line."""
    import numpy as np  # noqa: PLC0415 (heavy)

    # A bit for each byte, and counts of 64 of them: three times as fast as the index of each newline.
    bits = np.packbits(np.frombuffer(data, np.uint8) == _NEWLINE)
    words = np.concatenate((bits, np.zeros(-len(bits) % 8, np.uint8))).view(np.uint64)
    counts = np.concatenate(([0], np.bitwise_count(words).cumsum(dtype=np.int64)))
    start = number = 0
    while number < counts[-1]:
        last = min(number + max_lines, int(counts[-1]))
        word = int(counts.searchsorted(last)) - 1
        end = word * 64
        for _ in range(last - int(counts[word])):
            end = data.index(b"\n", end) + 1
        if end > start + max_bytes:
            end = data.rfind(b"\n", start, start + max_bytes) + 1
            last = int(counts[end // 64]) + data.count(b"\n", end - end % 64, end)
            if not end:
                return
        yield Block(data[start:end], last - number)
        start, number = end, last


def line_ends(data: bytes) -> "npt.NDArray[np.int64]":
    """Return the index after each newline byte, ascending."""
    import numpy as np  # noqa: PLC0415 (heavy)

    return np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE) + 1


def line_text(data: bytes, start: int, end: int, encoding: Encoding) -> str:
    """Return the line ``data[start:end]`` as text, cut at 1 MiB: each reader of a time or a level gets this text."""
    return to_text(data[start : min(end, start + LINE_CAP)], encoding)


def find_newline(data: bytes, encoding: Encoding, start: int = 0) -> int:
    """Return the index of the first newline at or after ``start``, or -1. ``data`` begins with a whole character."""
    width = len(encoding.newline)
    found = data.find(encoding.newline, start)
    while found >= 0 and found % width:
        found = data.find(encoding.newline, found + 1)
    return found


def rfind_newline(data: bytes, encoding: Encoding, end: int) -> int:
    """Return the index of the last newline that ends at or before ``end``, or -1."""
    width = len(encoding.newline)
    found = data.rfind(encoding.newline, 0, end)
    while found >= 0 and found % width:
        found = data.rfind(encoding.newline, 0, found + width - 1)
    return found


def count_newlines(data: bytes, encoding: Encoding, start: int = 0, end: int | None = None) -> int:
    """Count the newlines in ``data[start:end]``.

    ``data``, ``start`` and ``end`` begin and end with whole characters.
    """
    if len(encoding.newline) == 1:
        return data.count(b"\n", start, end)
    return data[start:end].decode(encoding.codec, "replace").count("\n")


def newlines_before(data: bytes, encoding: Encoding, places: Sequence[int]) -> list[int]:
    """Return the numbers of newlines before some ascending indexes, which are at whole characters."""
    if len(encoding.newline) == 1 and len(places) > 1:
        found: list[int] = line_ends(data).searchsorted(places, "right").tolist()
        return found
    counts = (count_newlines(data, encoding, start, end) for start, end in pairwise([0, *places]))
    return list(accumulate(counts))


def end_of_newline(data: bytes, encoding: Encoding, number: int) -> int | None:
    """Return the index after newline ``number``, counted from 1, or None if ``data`` has fewer."""
    width = len(encoding.newline)
    low, high = 0, len(data) // width
    if count_newlines(data, encoding, 0, high * width) < number:
        return None
    # Bisection with counts is a hundred times as fast as a step from newline to newline.
    while high - low > 1:
        middle = (low + high) // 2
        count = count_newlines(data, encoding, low * width, middle * width)
        if count >= number:
            high = middle
        else:
            low, number = middle, number - count
    return high * width
