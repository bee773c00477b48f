"""Bytes as whole lines. Only a newline ends a line; each line is decoded alone."""

from logviewer.files.encoding import Encoding, to_text

MAX_LINES = 1000
MAX_BYTES = 256 * 1024
LINE_CAP = 1024 * 1024


def split(data: bytes, encoding: Encoding, limit: int) -> tuple[list[bytes], int]:
    """Return the first whole lines of ``data``, at most ``limit``, without newlines, and their size with newlines.

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
