"""A log, its source, one reader and a clock, as a script of steps.

Each step returns the log, so that a test reads as a script::

    log.open("one").expect("one")
    log.rotate().append("new").poll().expect("new")
    log.restart().reconnect().expect()
"""

import os
import shutil
from concurrent.futures import wait
from pathlib import Path
from typing import Self

from logviewer import cursor
from logviewer.cursor import Checkpoint
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Batch
from logviewer.sources.local import LocalSource
from logviewer.tail.events import Gap, Lines, StateChange
from logviewer.tail.reader import Reader
from tests.helpers.compression import compress
from tests.helpers.reading import drain, next_event, open_reader

Event = Lines[Batch] | Gap | StateChange


def event_texts(events: list[Event]) -> list[str]:
    """Return the lines, an unterminated one with an ellipsis, and ``<reason>`` for each gap."""
    found: list[str] = []
    for event in events:
        match event:
            case Lines(chunk=batch):
                found += batch.texts()
                if batch.unterminated:
                    found[-1] += "..."
            case Gap(reason=reason):
                found.append(f"<{reason}>")
    return found


class FollowedLog:
    """The file ``app.log`` in a directory, followed in this process by a clock that only polls move.

    ``polled`` is whether the last poll found a change.
    """

    reader: Reader[Batch]

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = 1000.0
        self.polled = False
        self._earlier_readers: list[Reader[Batch]] = []
        self.restart()

    def beside(self, name: str) -> Path:
        """Return the path of another file in the log's directory."""
        return self.path.with_name(name)

    # The server and its reader

    def restart(self, *, max_history: int | None = None) -> Self:
        """Follow the log with a new source, as another server would; the reader keeps the old one."""
        if hasattr(self, "reader"):
            self._earlier_readers.append(self.reader)
        self.source = LocalSource(
            "app", self.path, name="app.log", line_format=PLAIN, max_history=max_history, clock=lambda: self.clock
        )
        self.source.is_used = True
        return self.poll()

    def poll(self, seconds: float = 0.25) -> Self:
        """Advance the clock, poll the source, and wake its readers after a change."""
        self.clock += seconds
        self.polled = self.source.poll()
        if self.polled:
            self.source.changed.send()
        return self

    def open(self, *lines: str, follow: bool = True) -> Self:
        """Append these lines, if any, and poll; then open a reader at the start."""
        if lines:
            self.append(*lines).poll()
        if self.source.decodings(whole=True):
            self.decode()
        self.reader = open_reader(self.source, follow=follow)
        return self

    def open_live(self) -> Self:
        """Open a reader at the start of the live file."""
        self.reader = open_reader(self.source, start=lambda source: source.start_live())
        return self

    def open_at_end(self) -> Self:
        """Open a reader at the end."""
        self.reader = open_reader(self.source, start=lambda source: source.last(0))
        return self

    def reconnect(self, *, follow: bool = True) -> Self:
        """Open another reader at the cursor of the last one."""
        return self.open_at(self.checkpoints(), follow=follow)

    def open_at(self, checkpoints: tuple[Checkpoint, ...], *, follow: bool = True) -> Self:
        """Open a reader at a cursor."""
        self.reader = open_reader(self.source, checkpoints, follow=follow)
        return self

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return the reader's cursor, as a browser would send it."""
        return cursor.decode(self.reader.cursor())

    def read(self) -> list[str]:
        """Read all lines and gaps that are there now, as ``event_texts`` returns them."""
        return event_texts(drain(self.reader))

    def read_event(self) -> list[str]:
        """Read one event; empty where there is none or only a state changes."""
        event = next_event(self.reader)
        return event_texts([event] if event else [])

    def expect(self, *wanted: str) -> Self:
        """Assert that the reader gets exactly these lines and gaps now."""
        assert self.read() == list(wanted)
        return self

    def expect_in_any_order(self, *wanted: str) -> Self:
        """Assert that the reader gets these lines and gaps now."""
        assert sorted(self.read()) == sorted(wanted)
        return self

    # The file

    def append(self, *lines: str, to: str = "app.log", end: str = "\n") -> Self:
        """Append lines to the log or to another file."""
        with self.beside(to).open("a") as file:
            file.write("".join(f"{line}{end}" for line in lines))
        return self

    def rotate(self) -> Self:
        """Rename the log to ``.1`` and older ones onwards, as logrotate does with ``create``."""
        self._shift()
        return self.rename("app.log", "app.log.1")

    def copytruncate(self) -> Self:
        """Copy the log to ``.1`` and truncate it, as logrotate does with ``copytruncate``."""
        self._shift()
        return self.copy("app.log.1").truncate()

    def _shift(self) -> None:
        for number in range(99, 0, -1):
            older = self.beside(f"app.log.{number}")
            if older.exists():
                older.rename(self.beside(f"app.log.{number + 1}"))

    def rename(self, name: str, new: str) -> Self:
        """Rename a file in the log's directory."""
        self.beside(name).rename(self.beside(new))
        return self

    def copy(self, name: str) -> Self:
        """Copy the log to another file."""
        shutil.copyfile(self.path, self.beside(name))
        return self

    def compress(self, name: str, ending: str = ".gz") -> Self:
        """Compress a file, as gzip does: the name gets an ending, the inode is another one."""
        compress(self.beside(name), ending)
        return self

    def decode(self) -> Self:
        """Wait until the compressed files are decoded that the last poll asked for, and poll."""
        while running := self.source.decodings(whole=True):
            wait(running)
            self.source.poll()
        return self.poll()

    def truncate(self, name: str = "app.log") -> Self:
        """Truncate the log or another file to nothing."""
        os.truncate(self.beside(name), 0)
        return self

    def write(self, text: str) -> Self:
        """Replace the content of the log; its inode stays."""
        self.path.write_text(text)
        return self

    def touch(self) -> Self:
        """Create an empty log."""
        self.path.touch()
        return self

    def delete(self, name: str = "app.log") -> Self:
        """Delete the log or another file."""
        self.beside(name).unlink()
        return self

    def swap_symlink(self, target: str) -> Self:
        """Replace the log with a symlink to another file of its directory."""
        link = self.beside("new link")
        link.symlink_to(self.beside(target))
        link.rename(self.path)
        return self

    def descriptors(self) -> list[str]:
        """Return the names of the files below the log's directory that this process holds open, sorted."""
        held = []
        for each in Path("/proc/self/fd").iterdir():
            try:
                target = each.readlink()
            except FileNotFoundError:
                continue
            if target.is_relative_to(self.path.parent):
                held.append(target.name)
        return sorted(held)
