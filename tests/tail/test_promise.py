"""The promise: every complete line on disk reaches a reader once and in order, or a gap marks its loss."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from logviewer import cursor
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Batch
from logviewer.sources.local import LocalSource
from logviewer.tail.events import Gap, Lines, StateChange
from logviewer.tail.reader import Reader
from tests.helpers.reading import next_event, open_reader, without_descriptors, without_disk, without_privilege
from tests.helpers.soak import EXAMPLES

KEPT = 3
FAULTS: Mapping[str, Callable[[Path], AbstractContextManager[None]]] = {
    "bad file": lambda directory: without_disk(bad) if (bad := directory / "app.log.1").exists() else nullcontext(),
    "descriptors": lambda _: without_descriptors(),
    "disk": lambda _: without_disk(),
    "listing": lambda _: nullcontext(),
    "": lambda _: nullcontext(),
}


@dataclass(eq=False)
class Contents:
    """The numbers of the whole lines of one generation, in order."""

    number: int
    lines: list[int] = field(default_factory=list)
    partial: bool = False
    survives: bool = True
    refused: bool = False
    """Whether it once could not be opened: who came back then was told of a gap."""
    passed: bool = False
    """Whether it was rotated or copied away unseen while that could not be read: a gap may stand for its lines."""
    seen: int = 0
    """How many of the lines a look saw: what comes and goes between two looks, nobody can tell of."""


class Following(RuleBasedStateMachine):
    """A writer, a rotator, a reader and a faulty machine work on one followed path."""

    @initialize(symlink=st.booleans(), rotated=st.integers(0, KEPT))
    def begin(self, symlink: bool, rotated: int) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="logviewer-promise-"))
        self.room.chmod(0o755)
        self.directory = self.room / "logs"
        self.directory.mkdir()
        self.fault = ""
        self.path = self.directory / "app.log"
        self.symlink = symlink
        if symlink:
            self.path.symlink_to(self.directory / "target-0.log")
        self.clock = 1000.0
        self.written = 0
        self.contents: list[Contents] = []
        self.on_disk: dict[Path, Contents] = {}
        self.deleted: set[int] = set()
        self.never_read: set[int] = set()
        self.received: list[int] = []
        self.gaps = 0
        self.cursor: str | None = None
        self.reader: Reader[Batch] | None = None
        self.resumed = False
        for number in range(0 if symlink else rotated, 0, -1):
            self.append(self.directory / f"app.log.{number}", "\n")
        self.restart()
        self.restarted = False
        self.connect()

    def new_source(self) -> LocalSource:
        return LocalSource("app", self.path, name="app.log", line_format=PLAIN, clock=lambda: self.clock)

    # The writer and the rotator

    @property
    def target(self) -> Path:
        return self.path.resolve() if self.symlink else self.path

    @property
    def current(self) -> Contents | None:
        return self.on_disk.get(self.target)

    def fresh(self, path: Path) -> Contents:
        contents = Contents(len(self.contents), refused=self.fault == "listing")
        self.contents.append(contents)
        self.on_disk[path] = contents
        return contents

    @rule(count=st.integers(1, 7))
    def write(self, count: int) -> None:
        for _ in range(count):
            self.append(self.target, "\n")

    def append(self, path: Path, end: str) -> None:
        if path not in self.on_disk:
            self.fresh(path)
        contents = self.on_disk[path]
        with path.open("a") as file:
            if contents.partial:
                file.write(" more" + end)
            else:
                self.written += 1
                file.write(f"line {self.written} of {contents.number}" + end)
                contents.lines.append(self.written)
            contents.partial = not end

    @precondition(lambda self: self.current and not self.current.partial)
    @rule()
    def write_partly(self) -> None:
        self.append(self.target, "")

    @precondition(lambda self: self.current and not self.symlink)
    @rule(late=st.booleans())
    def rotate(self, late: bool) -> None:
        for index in range(KEPT, 0, -1):
            older = self.directory / f"app.log.{index}"
            if index == KEPT:
                self.remove(older)
            else:
                self.rename(older, self.directory / f"app.log.{index + 1}")
        first = self.directory / "app.log.1"
        self.rename(self.path, first)
        if late:
            self.append(first, "\n")

    def rename(self, old: Path, new: Path) -> None:
        if old in self.on_disk:
            old.rename(new)
            self.on_disk[new] = self.on_disk.pop(old)

    def remove(self, path: Path) -> None:
        if path in self.on_disk:
            contents = self.on_disk.pop(path)
            contents.survives = False
            self.deleted.add(path.stat().st_ino)
            if contents.refused:
                self.never_read.add(path.stat().st_ino)
            path.unlink()

    @precondition(lambda self: self.current)
    @rule(copy=st.booleans(), grow=st.integers(0, 9))
    def truncate(self, copy: bool, grow: int) -> None:
        before = self.current
        assert before
        if copy and not self.symlink:
            for index in range(KEPT, 1, -1):
                if index == KEPT:
                    self.remove(self.directory / f"app.log.{index}")
                self.rename(self.directory / f"app.log.{index - 1}", self.directory / f"app.log.{index}")
            self.remove(self.directory / "app.log.1")
            shutil.copyfile(self.path, self.directory / "app.log.1")
            self.on_disk[self.directory / "app.log.1"] = before
        else:
            before.survives = False
        os.truncate(self.path, 0)
        self.fresh(self.target).refused = before.refused
        for _ in range(grow):
            self.append(self.target, "\n")

    @precondition(lambda self: self.current and not self.symlink)
    @rule()
    def delete(self) -> None:
        self.remove(self.path)

    @rule()
    def create(self) -> None:
        if self.target not in self.on_disk:
            self.target.touch()
            self.fresh(self.target)

    @precondition(lambda self: self.symlink)
    @rule(number=st.integers(0, 3))
    def swap(self, number: int) -> None:
        if self.restarted:
            # A server knows earlier files only by their rotated names.
            number = 10 + len(self.contents)
        new = self.directory / "new-link"
        new.symlink_to(self.directory / f"target-{number}.log")
        new.rename(self.path)

    @precondition(lambda self: self.current)
    @rule(mode=st.sampled_from([0o000, 0o644]))
    def chmod(self, mode: int) -> None:
        self.path.chmod(mode)
        if not mode and self.current:
            self.current.refused = True

    # The machine

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def suffer(self, fault: str) -> None:
        self.fault = fault
        self.directory.chmod(0o711 if fault == "listing" else 0o755)
        for contents in self.contents:
            # A file that appears and is rotated while rotated names are hidden cannot be found.
            contents.refused |= fault == "listing"

    @rule(restart=st.booleans())
    def move_the_directory_away_and_back(self, restart: bool) -> None:
        away = self.directory.rename(self.room / "away")
        if restart:
            self.restart()
        self.poll(0.25)
        assert self.source.state in ("missing", "unreadable")
        self.read(2)
        away.rename(self.directory)

    def pass_by(self) -> None:
        for contents in self.contents:
            contents.passed |= contents is not self.current

    def excuse_numbers_of(self, others: set[int]) -> None:
        """Excuse a reused inode: its number alone does not distinguish the two files."""
        for path, contents in self.on_disk.items():
            contents.refused |= path.exists() and path.stat().st_ino in others

    @contextmanager
    def as_the_server(self) -> Iterator[None]:
        self.excuse_numbers_of(self.never_read)
        if self.fault in ("bad file", "disk"):
            self.pass_by()
            self.excuse_numbers_of(self.deleted)
        with FAULTS[self.fault](self.directory), without_privilege():
            yield

    # The server and the reader

    @rule(seconds=st.sampled_from([0.25, 6.0]))
    def poll(self, seconds: float) -> None:
        self.clock += seconds
        with self.as_the_server():
            changed = self.source.poll()
        self.note_seen()
        if changed:
            self.source.changed.send()

    def note_seen(self) -> None:
        if self.source.state == "open" and (contents := self.current):
            contents.seen = len(contents.lines)

    @rule(count=st.integers(1, 5))
    def read(self, count: int) -> None:
        for _ in range(count):
            with self.as_the_server():
                event = next_event(self.reader) if self.reader else None
            if event is None:
                return
            match event:
                case Lines(chunk=batch):
                    for text in batch.texts():
                        self.receive(text, unterminated=batch.unterminated)
                case Gap():
                    self.gaps += 1
                    self.excuse_what_rotated_away()
            assert self.reader
            self.resumed = self.resumed and isinstance(event, StateChange)
            self.cursor = self.reader.cursor()

    def excuse_what_rotated_away(self) -> None:
        if self.resumed:
            # The file of the cursor is gone: files rotated meanwhile cannot be ordered after it.
            for contents in self.contents:
                contents.refused |= contents is not self.current

    def receive(self, text: str, *, unterminated: bool) -> None:
        if not unterminated and text != " more":
            self.received.append(int(text.split()[1]))

    @rule()
    def cut(self) -> None:
        if self.reader:
            self.reader.close()
            self.reader = None

    @precondition(lambda self: self.reader is None)
    @rule()
    def connect(self) -> None:
        checkpoints = cursor.decode(self.cursor) if self.cursor else ()
        with self.as_the_server():
            try:
                self.reader = open_reader(self.source, checkpoints)
            except OSError:
                # Refused while its start is unknown; it will retry.
                assert self.fault
                assert not checkpoints
                return
        self.cursor = self.reader.cursor()
        self.resumed = True

    @rule()
    def restart(self) -> None:
        self.cut()
        self.restarted = True
        for contents in self.contents:
            if not set(contents.lines) & set(self.received):
                # No cursor names the file, and this server has not polled it yet.
                contents.seen = 0
        self.source = self.new_source()
        self.poll(0.25)

    # The promise

    @invariant()
    def never_twice(self) -> None:
        if hasattr(self, "received"):
            assert len(set(self.received)) == len(self.received)

    @invariant()
    def in_order_per_generation(self) -> None:
        for contents in getattr(self, "contents", ()):
            lines = [line for line in self.received if line in contents.lines]
            assert lines == sorted(lines)

    def teardown(self) -> None:
        if not hasattr(self, "received"):
            return
        self.create()
        self.suffer("")
        for path in self.on_disk:
            path.chmod(0o644)
        if self.reader is None:
            self.connect()
        for _ in range(4):
            self.poll(6.0)
            self.read(1000)
        self.cut()
        self.never_silent()
        shutil.rmtree(self.room)

    def never_silent(self) -> None:
        for contents in self.contents:
            whole = contents.lines[: len(contents.lines) - contents.partial]
            seen = whole[: contents.seen]
            missing = sorted(set(seen if self.symlink else whole) - set(self.received))
            if contents.survives and not contents.refused and not (contents.passed and self.gaps):
                assert not missing, f"lines {missing} are on disk and were not delivered"
            elif set(missing) & set(seen):
                assert self.gaps, f"lines {missing} were lost without a word"


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    max_examples=150 * EXAMPLES,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
    # Explaining a failure takes longer than finding it.
    phases=set(Phase) - {Phase.explain},
)
