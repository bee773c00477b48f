"""A compressed file that is read as its text."""

import os
from concurrent.futures import Future
from pathlib import Path

from logviewer.errors import NotDecodedError
from logviewer.files.byte_file import ByteFile, Urgency
from logviewer.files.frames import End
from logviewer.files.rotations import is_compressed
from logviewer.files.texts import TEXTS, Text, finished, text_name

_ST_SIZE = 6
_FAULTS = {
    End.CUT: "cut: the compressed file ends before its text does",
    End.DAMAGED: "damaged: the compressed file has no readable text after the last line",
}


class CompressedFile(ByteFile):
    """The text of a compressed file: sizes and offsets are those of the text, identity and rest those of the file.

    Every read raises NotDecodedError until the text is decoded. A file that was rewritten in place has no bytes, so it
    counts as truncated.
    """

    __slots__ = ("_compressed_size", "_found", "_name")

    def __init__(self, fd: int, path: Path | None = None) -> None:
        self._found: Text | None = None
        self._note(fd)
        super().__init__(fd, path)

    def _note(self, fd: int) -> None:
        self._compressed_size = os.fstat(fd).st_size
        self._name = text_name(fd)

    @property
    def is_compressed(self) -> bool:
        """Whether the bytes are the text of a compressed file."""
        return True

    @property
    def _text(self) -> Text:
        """The text. Raises NotDecodedError, and OSError if it cannot be decoded."""
        if self._found is None:
            self._found = TEXTS.find(self._name)
            if self._found is None:
                raise NotDecodedError
        return self._found

    @property
    def fault(self) -> str | None:
        """Why the end of the text is missing, for people; None if it is not. Raises OSError."""
        return None if self._is_plain else _FAULTS.get(self._text.frames.end)

    @property
    def is_decoded(self) -> bool:
        """Whether the text can be read now."""
        try:
            return self._text is not None
        except OSError:
            return False

    def decode(self, urgency: Urgency = Urgency.BACKGROUND, *, wait: bool = False) -> Future[Text] | None:
        """Begin to decode the text, unless many files as urgent wait, or ``wait`` some seconds for the end.

        Returns the decoding that runs, None without one. Raises OSError.
        """
        if self._found or (TEXTS.is_busy(urgency) and not wait):
            return None
        with self:
            # It may have been unfinished.
            self._note(self._fd)
            self._found = TEXTS.find(self._name)
            if self._found:
                return None
            running = TEXTS.decode(self._name, self._fd, Urgency.SHOWN if wait else urgency)
        if wait:
            self._found = finished(running)
        return running

    @property
    def _is_plain(self) -> bool:
        """Whether the file only begins like a compressed one. Raises NotDecodedError, and OSError."""
        frames = self._text.frames
        return frames.end is not End.WHOLE and frames.size == 0 and not is_compressed((self.path or Path()).name)

    def _read(self, size: int, offset: int) -> bytes:
        if self._is_plain:
            return super()._read(size, offset)
        return TEXTS.read(self._fd, self._text, size, offset)

    def stat(self) -> os.stat_result:
        """Return the stat of the file, with the size of its text. Raises OSError."""
        # A file at rest is opened only once it can be read.
        is_plain, status = self._is_plain, self._stat()
        if is_plain:
            return status
        fields = list(status[:10])
        fields[_ST_SIZE] = self.size_of(status)
        exact = {name: getattr(status, name) for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")}
        return os.stat_result(fields, exact)

    def size_of(self, status: os.stat_result) -> int:
        """Return the size of the text; 0 if the file has another size than before. Raises OSError."""
        if self._is_plain:
            return status.st_size
        return self._text.frames.size if status.st_size == self._compressed_size else 0

    def cached_bytes(self, size: int, offset: int) -> int:  # noqa: ARG002 (as its base class)
        """Return 0: each read decodes frames."""
        return 0

    def next_data(self, offset: int) -> int:
        """Return the offset, or the size of the text: it has no holes."""
        return min(offset, self.size_of(self._stat()))

    def next_hole(self, offset: int) -> int:  # noqa: ARG002 (as its base class)
        """Return the size of the text."""
        return self.size_of(self._stat())

    def previous_data(self, offset: int) -> int:
        """Return the offset: a text has no holes."""
        return offset
