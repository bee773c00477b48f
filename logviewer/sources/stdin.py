"""Standard input, copied to a temporary file that is followed like any other log file."""

import os
import sys
import threading
import time
from collections.abc import Callable
from io import FileIO
from typing import BinaryIO

from logviewer import temporary

_READ_BYTES = 256 * 1024
_RETRY_SECONDS = 0.25


class Spool:
    """Copies a stream to a temporary file, in a thread, until the stream ends.

    While writes fail, bytes wait in the stream, and so does the process that writes to it. The file is deleted
    when this process ends.

    Raises:
        CannotRunError: if the file cannot be created.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.path = temporary.directory("standard input") / "stdin"
        self.path.touch(mode=0o600)

    def start(self, at_end: Callable[[], None], report_error: Callable[[str | None], None]) -> None:
        """Start to copy.

        Calls both functions in the thread: ``report_error`` with the reason of each failed write, and with None after
        each write that succeeds; ``at_end`` once, at the end of the stream.
        """
        # A daemon: the read of a silent terminal or pipe cannot be interrupted.
        threading.Thread(target=self._copy, args=(at_end, report_error), name="stdin", daemon=True).start()

    def _copy(self, at_end: Callable[[], None], report_error: Callable[[str | None], None]) -> None:
        try:
            with self.path.open("ab", buffering=0) as file:
                while data := os.read(self._stream.fileno(), _READ_BYTES):
                    _write(file, data, report_error)
        except OSError as error:
            print(f"logviewer: stopped following standard input: {error}", file=sys.stderr)  # noqa: T201
        at_end()


def _write(file: FileIO, data: bytes, report_error: Callable[[str | None], None]) -> None:
    while data:
        try:
            data = data[file.write(data) :]
        except OSError as error:
            report_error(f"cannot store standard input: {error.strerror}")
            time.sleep(_RETRY_SECONDS)
        else:
            report_error(None)
