"""Some lines of a log file, which decide how all of its lines are read."""

from collections.abc import Callable

from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import Encoding, to_text
from logviewer.files.lines import LINE_CAP, rfind_newline, split

# So many bytes and lines at the begin of a file and at its end.
_BYTES = 64 * 1024
_LINES = 120


class LineSample:
    """Returns the first and last whole lines of a file when called; none if it has none or cannot be read."""

    def __init__(self, file: ByteFile, encoding: Callable[[], Encoding], size: Callable[[], int]) -> None:
        self._file = file
        self._encoding = encoding
        self._size = size

    def __call__(self) -> list[str]:
        """Return the lines."""
        try:
            size, encoding = self._size(), self._encoding()
            head = self._file.pread(min(size, _BYTES), 0)
            start = max(_BYTES, (size - _BYTES) // len(encoding.newline) * len(encoding.newline))
            tail = self._file.pread(size - start, start) if size > start else b""
        except (OSError, ReferenceError):
            return []
        lines, end = split(head, encoding, _LINES)
        if not end and size >= _BYTES:
            # A line that is longer than the sample.
            return [to_text(head[:LINE_CAP], encoding)]
        width = len(encoding.newline)
        cut = rfind_newline(tail, encoding, len(tail)) + width
        last = tail[:cut].split(encoding.newline)[1:-1][-_LINES:] if cut >= width else []
        return [to_text(line, encoding).removesuffix("\r") for line in [*lines, *last]]
