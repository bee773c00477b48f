"""Whole lines that begin in a range of a log file."""

from dataclasses import dataclass

from logviewer.files.lines import find_newline, rfind_newline
from logviewer.rotation.generation import Generation

# A longer line is searched up to this size.
LONGEST_BYTES = 16 * 1024 * 1024
_MORE_BYTES = 1024 * 1024
# Most lines end within this.
_LINE_BYTES = 4 * 1024


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes of a file from ``base`` on, with whole lines in [begin, end); the next begins at ``next_offset``."""

    data: bytes
    base: int
    begin: int
    end: int
    next_offset: int


def read_window(generation: Generation, start: int, end: int, margin: int, *, unterminated: bool) -> Window:
    """Read the whole lines that begin in [start, end) of a file, and whole lines of the margin after it."""
    encoding = generation.encoding
    width = len(encoding.newline)
    base = max(generation.begin, start - width)
    data = generation.pread(end + max(margin, _LINE_BYTES) - base, base)
    # The newline of the last line, which may be far after the range.
    after = max(0, end - base - width)
    last_newline = find_newline(data, encoding, after)
    if last_newline < 0 and (size := _size_with_newline(generation, base, len(data), end - base + LONGEST_BYTES)):
        data = generation.pread(size, base)
        last_newline = find_newline(data, encoding, after)
    if last_newline >= 0 and not margin:
        lines_end = last_newline + width
    else:
        lines_end = max(0, rfind_newline(data, encoding, len(data)) + width)
    following = last_newline + width if last_newline >= 0 else lines_end
    if unterminated and last_newline < 0:
        lines_end = len(data)
    if base == generation.begin:
        begin = len(encoding.bom) if base == 0 and data.startswith(encoding.bom) else 0
    else:
        newline = find_newline(data, encoding)
        begin = newline + width if newline >= 0 else len(data)
    return Window(data, base, begin, lines_end, base + following)


def _size_with_newline(generation: Generation, base: int, size: int, most: int) -> int:
    """Return the size of the bytes after ``base`` up to the first newline after ``size`` bytes, or up to ``most``.

    The pieces are not kept: together with the whole line they would take its memory twice. Raises OSError.
    """
    encoding = generation.encoding
    while size < most and (more := generation.pread(_MORE_BYTES, base + size)):
        newline = find_newline(more, encoding)
        if newline >= 0:
            return size + newline + len(encoding.newline)
        size += len(more)
    return size


def last_cell(generation: Generation, cell_bytes: int) -> int:
    """Return the start of the last cell, or of the one before it in which an unterminated last line begins.

    Raises OSError.
    """
    size, width = generation.size(), len(generation.encoding.newline)
    start, end = max(generation.begin, size - size % cell_bytes), size
    while start > max(generation.begin, size - LONGEST_BYTES):
        base = start - width
        if find_newline(generation.pread(end - base, base), generation.encoding) >= 0:
            break
        start, end = max(generation.begin, start - cell_bytes), start
    return start
