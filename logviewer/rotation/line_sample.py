"""Some lines of a log file, which decide how all of its lines are read."""

from collections.abc import Callable
from itertools import accumulate

from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import Encoding, to_text
from logviewer.files.lines import MAX_LINES, find_newline, split
from logviewer.formats.years import DatedFile
from logviewer.rotation.file_text import FileText

# So many bytes and lines at the begin of a file and at its end.
_BYTES = 64 * 1024
_LINES = 120
# So many samples of so many lines between them in a larger file.
_BETWEEN = 12
_BETWEEN_LINES = 10
_BETWEEN_BYTES = 4 * 1024
_LARGE_BYTES = 256 * 1024
_DATED_BYTES = 4 * 1024


class LineSample:
    """Returns the first and last whole lines of a file, and some between.

    There are none if the file has none or cannot be read. ``size`` is that of the file at the last call, and with
    ``is_valid`` no line had bytes that are not of the encoding.
    """

    def __init__(
        self, file: ByteFile, encoding: Callable[[], Encoding], size: Callable[[], int], text: FileText | None = None
    ) -> None:
        self._file = file
        self._text = text or FileText(file, lambda: False)
        self._encoding = encoding
        self._size = size
        self.size = 0
        self.is_valid = True

    def __call__(self) -> list[str]:
        """Return the lines."""
        return [text for _, text in self.placed()]

    def placed(self) -> list[tuple[int, str]]:
        """Return the offsets and texts of the lines."""
        try:
            self.size = size = self._size()
            encoding = self._encoding()
            first = self._lines(0, min(size, _BYTES), encoding, _LINES)
            if not first and size >= _BYTES:
                # A line that is longer than the sample.
                return [(0, to_text(self._text.pread(_BYTES, 0), encoding))]
            between = [
                line for at in _between(size) for line in self._lines(at, at + _BETWEEN_BYTES, encoding, _BETWEEN_LINES)
            ]
            start = max(_BYTES, size - _BYTES)
            last = self._lines(start, size, encoding)[-_LINES:] if size > start else []
        except (OSError, ReferenceError):
            return []
        lines = [*first, *between, *last]
        self.is_valid = not any("\ufffd" in text for _, text in lines)
        return lines

    def dated(self) -> DatedFile | None:
        """Return the lines from which the years of the file follow; None if it cannot be read."""
        try:
            size, encoding, written = self._size(), self._encoding(), self._file.stat().st_mtime
        except (OSError, ReferenceError):
            return None

        def read(offset: int) -> list[tuple[int, str]]:
            try:
                return self._lines(offset, min(size, offset + _DATED_BYTES), encoding)
            except (OSError, ReferenceError):
                return []

        return DatedFile(size, int(written * 1000), read)

    def _lines(self, start: int, end: int, encoding: Encoding, most: int = MAX_LINES) -> list[tuple[int, str]]:
        """Return the offsets and texts of whole lines that begin in [start, end). Raises OSError."""
        width = len(encoding.newline)
        start -= start % width
        base = max(0, start - width)
        data = self._text.pread(end - base, base)
        at = 0 if base == start else find_newline(data, encoding) + width
        lines, _ = split(data[at:], encoding, most) if at or base == start else ([], 0)
        offsets = accumulate((len(line) + width for line in lines), initial=base + at)
        return [(offset, to_text(line, encoding)) for offset, line in zip(offsets, lines, strict=False)]


def _between(size: int) -> list[int]:
    """Return the offsets of samples between the begin and the end of a large file."""
    return [size * number // (_BETWEEN + 1) for number in range(1, _BETWEEN + 1)] if size > _LARGE_BYTES else []
