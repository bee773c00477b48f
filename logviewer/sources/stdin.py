"""Standard input, kept in a temporary file so that it can be followed, scrolled and resumed like any other."""

import os
import sys
import threading
import time
from collections.abc import Callable
from io import FileIO
from typing import BinaryIO

from logviewer import temporary

_CHUNK = 256 * 1024
_RETRY_SECONDS = 0.25


class Spool:
    """Copies a stream to a file in a thread of its own until the stream ends.

    The file goes when the process ends; CannotRunError is raised if there can be none. What the disk does not take
    waits, and so does whoever writes to the stream.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.path = temporary.directory("standard input") / "stdin"
        self.path.touch(mode=0o600)

    def start(self, at_end: Callable[[], None], report_error: Callable[[str | None], None]) -> None:
        """Begin to copy. Both are called in that thread: ``report_error`` with what the disk refuses, or None again."""
        # A daemon: nobody can end a read of a terminal or pipe that stays silent.
        threading.Thread(target=self._copy, args=(at_end, report_error), name="stdin", daemon=True).start()

    def _copy(self, at_end: Callable[[], None], report_error: Callable[[str | None], None]) -> None:
        try:
            with self.path.open("ab", buffering=0) as file:
                while chunk := os.read(self._stream.fileno(), _CHUNK):
                    _write(file, chunk, report_error)
        except OSError as error:
            print(f"logviewer: standard input is followed no further: {error}", file=sys.stderr)  # noqa: T201
        at_end()


def _write(file: FileIO, data: bytes, report_error: Callable[[str | None], None]) -> None:
    while data:
        try:
            data = data[file.write(data) :]
        except OSError as error:
            report_error(f"standard input is not kept: {error.strerror}")
            time.sleep(_RETRY_SECONDS)
        else:
            report_error(None)
