"""The files with the output of a command, each line in an envelope with its stream."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from io import FileIO
from itertools import pairwise
from pathlib import Path

from logviewer.formats.envelope import Spooled, Stream, spooled
from logviewer.rotation.history import OLDEST

OUTPUT_NAME = "lines"
GAPS_NAME = "gaps"
# The live file, and three rotated ones.
_FILES = 4
# Longer than between two polls of a source without readers.
_LEAST_SECONDS = 1.5
_RETRY_SECONDS = 1.0
_LAST_LINE_BYTES = 1024 * 1024
# A longer line is written in pieces.
_PIECE_BYTES = 256 * 1024

Report = Callable[[str | None], None]


class Spool:
    """A live file, and three rotated ones, of ``most_bytes`` together. For one thread.

    ``stopped`` ends waits. While writes fail, ``report`` gets the reason, then None.
    """

    def __init__(self, directory: Path, most_bytes: int, stopped: threading.Event, report: Report) -> None:
        self.path = directory / OUTPUT_NAME
        self.path.touch(mode=0o600)
        self.report = report
        self.most_bytes = most_bytes
        self._stopped = stopped
        self._rotated = time.monotonic()
        self._file: FileIO | None = None
        # The text of each stream after its last newline, and whether a piece of its line is written.
        self._rest: dict[Stream, bytes] = {}
        self._in_line: set[Stream] = set()

    def add(self, stream: Stream, data: bytes) -> None:
        """Append the whole lines in the output of a stream so far, and begin a new file after many."""
        lines, newline, rest = (self._rest.pop(stream, b"") + data).rpartition(b"\n")
        if newline:
            self._write(spooled(lines + newline, stream))
            self._in_line.discard(stream)
        self._rest[stream] = rest
        if len(rest) >= _PIECE_BYTES:
            self.flush()
        over = self._file.tell() - self.most_bytes // _FILES if self._file else 0
        if over > _LAST_LINE_BYTES:
            # Of a line that goes on and on.
            self._end_lines()
        if over > 0 and not self._in_line:
            # A file that is gone before the next poll is never read: the command waits.
            self._stopped.wait(self._rotated + _LEAST_SECONDS - time.monotonic())
            self.rotate()

    @property
    def has_rest(self) -> bool:
        """Whether a part of a line is not written."""
        return any(self._rest.values())

    def flush(self) -> None:
        """Write the parts of lines, as pieces that go on."""
        for stream, rest in self._rest.items():
            if rest:
                self._write(spooled(rest, stream, is_partial=True))
                self._in_line.add(stream)
                self._rest[stream] = b""

    def close(self) -> None:
        """End the last lines: the first line of the next run is not the rest of them."""
        for stream in [each for each, rest in self._rest.items() if rest or each in self._in_line]:
            self.add(stream, b"\n")
        self._rest.clear()
        self._close_file()

    def _end_lines(self) -> None:
        """End the lines of which pieces are written."""
        for stream in self._in_line:
            self._write(spooled(b"\n", stream))
        self._in_line.clear()

    def begin_after_gap(self) -> None:
        """Begin a new file, and note that lines are missing before it."""
        if self.path.stat().st_size:
            self.rotate()
        self._mark(self.path.stat().st_ino)

    def last_lines(self) -> Iterator[bytes]:
        """Yield the last whole lines, the newest first, of the live file and of the newest rotated one."""
        for each in (self.path, self.path.with_name(f"{OUTPUT_NAME}.1")):
            with contextlib.suppress(FileNotFoundError), each.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_LINE_BYTES))
                lines = file.read().rpartition(b"\n")[0].splitlines()
                yield from (piece.text for piece in map(Spooled().piece, reversed(lines)) if piece)

    def rotate(self) -> None:
        """Rename the files, and begin a new one; the oldest is removed."""
        self._close_file()
        paths = [self.path, *(self.path.with_name(f"{OUTPUT_NAME}.{number}") for number in range(1, _FILES))]
        loses = paths[-1].exists()
        for newer, older in reversed(list(pairwise(paths))):
            with contextlib.suppress(FileNotFoundError):
                newer.rename(older)
        if loses:
            # Before a new file gets the inode of the lost one.
            self._mark(OLDEST)
        self.path.touch(mode=0o600)
        self._rotated = time.monotonic()

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = self.path.open("ab", buffering=0)
            data = _end_of_line(self.path) + data
        while data:
            try:
                data = data[self._file.write(data) :]
            except OSError as error:
                self.report(f"cannot store the output: {error.strerror}")
                if self._stopped.wait(_RETRY_SECONDS):
                    return
            else:
                self.report(None)

    def _close_file(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _mark(self, inode: int) -> None:
        """Note that lines were lost before those of a file. Forget files that are gone: inodes are reused."""
        files = self.path.parent.glob(f"{OUTPUT_NAME}*")
        marks = (gap_marks(self.path) & {OLDEST, *(each.stat().st_ino for each in files)}) | {inode}
        unfinished = self.path.with_name(f"{GAPS_NAME}.tmp")
        unfinished.write_text(" ".join(map(str, marks)))
        unfinished.replace(self.path.with_name(GAPS_NAME))


def gap_marks(path: Path) -> set[int]:
    """Return the inodes of the files of a spool before whose lines others were lost; ``OLDEST`` for the oldest."""
    try:
        return {int(each) for each in path.with_name(GAPS_NAME).read_text().split()}
    except (OSError, ValueError):
        return set()


def _end_of_line(path: Path) -> bytes:
    """Return the bytes that end the lines of a file whose writer was killed."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_LINE_BYTES))
        data = file.read()
    pieces = filter(None, map(Spooled().piece, data.splitlines()))
    in_line = {piece.stamp.stream: piece.is_partial for piece in pieces}
    ends = b"".join(spooled(b"\n", stream) for stream, is_partial in in_line.items() if is_partial)
    return ends if data.endswith(b"\n") or not data else b"\n" + ends
