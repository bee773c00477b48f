"""Bytes to whole lines. A line ends at a newline and nowhere else; decoding happens line by line."""

from logviewer.files.encoding import Encoding

MAX_LINES = 1000
MAX_BYTES = 256 * 1024
LINE_CAP = 1024 * 1024


def split(data: bytes, encoding: Encoding, limit: int) -> tuple[list[bytes], int]:
    """The first whole lines of ``data``, at most ``limit``, without their newlines, and how many bytes they take.

    ``data`` begins at the start of a line.
    """
    if len(encoding.newline) == 1:
        lines = data.split(b"\n", limit)
        return lines, len(data) - len(lines.pop())
    lines = []
    start = 0
    while len(lines) < limit and (end := find_newline(data, encoding, start)) >= 0:
        lines.append(data[start:end])
        start = end + len(encoding.newline)
    return lines, start


def find_newline(data: bytes, encoding: Encoding, start: int = 0) -> int:
    """Where the first newline from ``start`` on begins, -1 if there is none; both count from a line's start."""
    width = len(encoding.newline)
    found = data.find(encoding.newline, start)
    while found >= 0 and found % width:
        found = data.find(encoding.newline, found + 1)
    return found


def rfind_newline(data: bytes, encoding: Encoding, end: int) -> int:
    """Where the last newline that begins before ``end`` begins, -1 if there is none."""
    width = len(encoding.newline)
    found = data.rfind(encoding.newline, 0, end)
    while found >= 0 and found % width:
        found = data.rfind(encoding.newline, 0, found + width - 1)
    return found


def count_newlines(data: bytes, encoding: Encoding, start: int = 0, end: int | None = None) -> int:
    """How many newlines are in ``data``; it, ``start`` and ``end`` begin and end with whole characters."""
    if len(encoding.newline) == 1:
        return data.count(b"\n", start, end)
    return data[start:end].decode(encoding.codec, "replace").count("\n")


def end_of_newline(data: bytes, encoding: Encoding, number: int) -> int | None:
    """Where the newline of this number, counted from 1, ends; None if there are fewer."""
    width = len(encoding.newline)
    low, high = 0, len(data) // width
    if count_newlines(data, encoding, 0, high * width) < number:
        return None
    # Counting halves is a hundred times as fast as a step from newline to newline.
    while high - low > 1:
        middle = (low + high) // 2
        count = count_newlines(data, encoding, low * width, middle * width)
        if count >= number:
            high = middle
        else:
            low, number = middle, number - count
    return high * width
