"""The promise: every complete line on disk reaches a reader once and in order, or a gap marks its loss."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from logviewer import cursor
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.classifier import RotationClassifier
from logviewer.rotation.known_files import KnownFiles
from logviewer.rotation.position import Position
from logviewer.rotation.state_directory import StateDirectory
from logviewer.source import Source
from logviewer.sources.local import LocalSource
from logviewer.tail.events import Gap, Lines, StateChange
from tests.helpers.client import Client
from tests.helpers.naming import DEFAULT, NAMINGS, Naming
from tests.helpers.reading import drain, next_event, open_reader, without_descriptors, without_disk, without_privilege
from tests.helpers.rotated_log import KEPT, STAMPS, Contents, RotatedLog, Stamps
from tests.helpers.soak import EXAMPLES
from tests.helpers.state import STATES, State, remove, spoil

FAULTS: Mapping[str, Callable[[RotatedLog], AbstractContextManager[None]]] = {
    "bad file": lambda log: without_disk(bad) if (bad := log.newest_rotated) else nullcontext(),
    "descriptors": lambda _: without_descriptors(),
    "disk": lambda _: without_disk(),
    "listing": lambda _: nullcontext(),
    "": lambda _: nullcontext(),
}


class Following(RuleBasedStateMachine):
    """A writer, a rotator, two readers and a faulty machine work on one followed path."""

    @initialize(
        rotation=st.sampled_from(["rename", "copy", "symlink"]),
        naming=st.sampled_from(NAMINGS),
        stamps=st.sampled_from(STAMPS),
        equal_mtimes=st.booleans(),
        rotated=st.integers(0, KEPT),
    )
    def begin(self, rotation: str, naming: Naming, stamps: Stamps, equal_mtimes: bool, rotated: int) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="logviewer-promise-"))
        self.room.chmod(0o755)
        self.state = Path(tempfile.mkdtemp(prefix="logviewer-state-"))
        self.directory = self.room / "logs"
        self.directory.mkdir()
        self.fault = ""
        symlink = rotation == "symlink"
        self.log = RotatedLog(self.directory, DEFAULT if symlink else naming, stamps, equal_mtimes=equal_mtimes)
        # A rotator either renames or copies: a copy would look newer than its log, although its lines are older.
        self.symlink, self.copies = symlink, rotation == "copy"
        self.clock = 1000.0
        self.is_new = self.is_undecidable = self.is_disordered = False
        self.clients: list[Client] = []
        for _ in range(0 if symlink else rotated):
            self.log.append(self.log.path)
            self.log.rotate()
        if symlink:
            self.log.path.symlink_to(self.directory / "target-0.log")
        self.restart()
        self.restarted = False
        self.clients = [Client(first=0)]
        self.connect(self.clients[0])

    def new_source(self) -> LocalSource:
        path = self.log.path
        self.known_files = KnownFiles(StateDirectory(self.state))
        source = LocalSource(
            "app",
            path,
            name=path.name,
            line_format=PLAIN,
            classifier=RotationClassifier(self.known_files),
            clock=lambda: self.clock,
        )
        # Without a client, the server closes a deleted file before its lines are read.
        source.is_used = True
        return source

    # The writer and the rotator

    @property
    def current(self) -> Contents | None:
        return self.log.current

    @rule(count=st.integers(1, 7))
    def write(self, count: int) -> None:
        for _ in range(count):
            self.log.append(self.log.target)

    @precondition(lambda self: self.current and not self.current.partial)
    @rule()
    def write_partly(self) -> None:
        self.log.append(self.log.target, "")

    @precondition(lambda self: self.current and not self.symlink and not self.copies)
    @rule(late=st.booleans())
    def rotate(self, late: bool) -> None:
        newest = self.log.rotate()
        if late:
            self.log.append(newest)

    @precondition(lambda self: self.current)
    @rule(copy=st.booleans(), grow=st.integers(0, 9))
    def truncate(self, copy: bool, grow: int) -> None:
        before = self.current
        assert before
        if copy and self.copies and not self.symlink:
            # The order of a file that was filled and copied between two polls: see docs/following.md.
            self.is_disordered |= before.seen == 0
            self.log.copy()
        else:
            before.survives = False
        os.truncate(self.log.path, 0)
        self.log.fresh(self.log.target).refused |= before.refused
        self.log.note_write(self.log.target)
        for _ in range(grow):
            self.log.append(self.log.target)

    @precondition(lambda self: self.current and not self.symlink)
    @rule()
    def delete(self) -> None:
        self.log.remove(self.log.path)

    @rule()
    def create(self) -> None:
        self.log.touch()

    @precondition(lambda self: self.symlink)
    @rule(number=st.integers(0, 3))
    def swap(self, number: int) -> None:
        if self.restarted:
            # A server knows earlier files only by their rotated names.
            number = 10 + len(self.log.contents)
        new = self.directory / "new-link"
        new.symlink_to(self.directory / f"target-{number}.log")
        new.rename(self.log.path)

    @precondition(lambda self: self.current)
    @rule(mode=st.sampled_from([0o000, 0o644]))
    def chmod(self, mode: int) -> None:
        self.log.path.chmod(mode)
        if not mode and self.current:
            self.current.refused = True

    # The machine

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def suffer(self, fault: str) -> None:
        self.fault = fault
        # The lines of an older file that cannot be read yet come after those of a newer one: see docs/following.md.
        self.is_disordered |= fault == "bad file" and bool(self.log.contents)
        self.log.is_hidden = fault == "listing"
        self.directory.chmod(0o711 if fault == "listing" else 0o755)
        for contents in self.log.contents:
            # A file that appears and is rotated while rotated names are hidden cannot be found.
            contents.refused |= fault == "listing"

    @rule(restart=st.booleans())
    def move_the_directory_away_and_back(self, restart: bool) -> None:
        away = self.directory.rename(self.room / "away")
        if restart:
            self.restart()
        self.poll(0.25)
        assert self.source.state in ("missing", "unreadable")
        for client in self.clients:
            self.read(2, client)
        away.rename(self.directory)

    def pass_by(self) -> None:
        for contents in self.log.contents:
            contents.passed |= contents is not self.current

    def excuse_numbers_of(self, others: set[int]) -> None:
        """Excuse a reused inode: its number alone does not distinguish the two files."""
        for path, contents in self.log.on_disk.items():
            contents.refused |= path.exists() and path.stat().st_ino in others

    @contextmanager
    def as_the_server(self) -> Iterator[None]:
        self.excuse_numbers_of(self.log.never_read)
        if self.fault in ("bad file", "disk"):
            self.pass_by()
            self.excuse_numbers_of(self.log.deleted)
        with FAULTS[self.fault](self.log), without_privilege():
            yield

    # The server and the readers

    @rule(seconds=st.sampled_from([0.25, 6.0]))
    def poll(self, seconds: float) -> None:
        self.clock += seconds
        if self.is_new:
            self.excuse_undecidable()
        with self.as_the_server():
            changed = self.source.poll()
        self.known_files.save()
        self.note_seen()
        if changed:
            self.source.changed.send()

    def note_seen(self) -> None:
        if self.source.state == "open" and (contents := self.current):
            contents.seen = len(contents.lines)
            for client in self.clients:
                client.unseen.discard(contents)

    @rule(count=st.integers(1, 5), client=st.integers(0, 1))
    def read_some(self, count: int, client: int) -> None:
        for each in self.clients[client : client + 1]:
            self.read(count, each)

    def read(self, count: int, client: Client) -> None:
        for _ in range(count):
            with self.as_the_server():
                event = next_event(client.reader) if client.reader else None
            if event is None:
                return
            match event:
                case Lines(chunk=batch):
                    client.note(batch)
                case Gap():
                    client.gaps += 1
                    if client.resumed:
                        client.excused.update(each for each in self.log.contents if each is not self.current)
            assert client.reader
            client.resumed = client.resumed and isinstance(event, StateChange)
            client.cursor = client.reader.cursor()

    @rule(client=st.integers(0, 1))
    def cut_one(self, client: int) -> None:
        for each in self.clients[client : client + 1]:
            self.cut(each)

    def cut(self, client: Client) -> None:
        if client.reader:
            client.reader.close()
            client.reader = None

    @precondition(lambda self: any(each.reader is None for each in self.clients))
    @rule()
    def connect_all(self) -> None:
        for client in self.clients:
            if client.reader is None:
                self.connect(client)

    def connect(
        self, client: Client, start: Callable[[Source], list[Position]] = lambda source: source.start()
    ) -> None:
        checkpoints = cursor.decode(client.cursor) if client.cursor else ()
        with self.as_the_server():
            try:
                client.reader = open_reader(self.source, checkpoints, start=start)
            except OSError:
                # Refused while its start is unknown; it will retry.
                assert self.fault
                assert not checkpoints
                return
        client.cursor = client.reader.cursor()
        client.resumed = True

    @precondition(lambda self: len(self.clients) == 1 and self.is_well)
    @rule()
    def connect_at_the_end(self) -> None:
        self.poll(0.25)
        contents = self.current
        self.clients.append(Client(first=self.log.written - bool(contents and contents.partial)))
        self.connect(self.clients[1], start=lambda source: source.last(0))

    @property
    def is_well(self) -> bool:
        """Whether the server can read the directory and all files now."""
        files = self.log.on_disk
        is_readable = all(path.exists() and path.stat().st_mode & 0o400 for path in files)
        return is_readable and self.directory.exists() and not self.fault

    @precondition(lambda self: self.is_well and not self.symlink)
    @rule()
    def read_from_the_start(self) -> None:
        """Let another reader read all that is on disk."""
        self.log.touch()
        self.poll(0.25)
        client = Client(first=0)
        with self.as_the_server():
            for event in drain(open_reader(self.source, follow=False)):
                client.gaps += isinstance(event, Gap)
                if isinstance(event, Lines):
                    client.note(event.chunk)
        if not self.is_undecidable:
            assert len(set(client.received)) == len(client.received)
            assert self.is_disordered or client.received == sorted(client.received)
            for contents in self.log.on_disk.values():
                if not self.is_excused(contents, client):
                    assert set(contents.whole) <= set(client.received), "lines on disk are missing"

    @rule(state=st.sampled_from(STATES))
    def restart(self, state: State = "intact") -> None:
        spoil(self.state, state)
        for client in self.clients:
            self.cut(client)
            for contents in self.log.contents:
                if not set(contents.lines) & set(client.received):
                    client.unseen.add(contents)
        self.restarted = True
        self.is_new = True
        self.source = self.new_source()
        self.poll(0.25)

    def excuse_undecidable(self) -> None:
        """Excuse what no evidence shows to a new server: see ``Naming``."""
        self.is_undecidable |= not self.log.shows_order()
        live = self.current.times if self.current and self.is_well else []
        for contents in self.log.rotated:
            contents.refused |= not self.log.naming.shows_membership(contents.evidence, live)
        self.is_new = not self.is_well

    # The promise

    @invariant()
    def never_twice(self) -> None:
        for client in self.promised:
            assert len(set(client.received)) == len(client.received)

    @invariant()
    def in_order(self) -> None:
        for client in self.promised:
            for contents in self.log.contents:
                lines = [line for line in client.received if line in contents.lines]
                assert lines == sorted(lines)
            assert self.symlink or self.is_disordered or all(one < other for one, other in pairwise(client.received))

    @property
    def promised(self) -> list[Client]:
        """The readers, unless the server cannot know the order of the files: see ``Naming``."""
        return [] if getattr(self, "is_undecidable", True) else self.clients

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        self.log.touch()
        self.suffer("")
        for path in self.log.on_disk:
            path.chmod(0o644)
        for client in self.clients:
            if client.reader is None:
                self.connect(client)
        for _ in range(4):
            self.poll(6.0)
            for client in self.clients:
                self.read(1000, client)
        for client in self.clients:
            self.cut(client)
        for client in self.promised:
            self.never_silent(client)
        remove(self.state)
        shutil.rmtree(self.room)

    def is_excused(self, contents: Contents, client: Client) -> bool:
        return contents.refused or contents in client.excused or (contents.passed and client.gaps > 0)

    def never_silent(self, client: Client) -> None:
        for contents in self.log.contents:
            whole = [line for line in contents.whole if line > client.first]
            seen = (
                [] if contents in client.unseen else [line for line in contents.lines[: contents.seen] if line in whole]
            )
            missing = sorted(set(seen if self.symlink else whole) - set(client.received))
            if contents.survives and not self.is_excused(contents, client):
                assert not missing, f"lines {missing} are on disk and were not delivered"
            elif set(missing) & set(seen):
                assert client.gaps, f"lines {missing} were lost without a word"


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    max_examples=150 * EXAMPLES,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
    # Explaining a failure takes longer than finding it.
    phases=set(Phase) - {Phase.explain},
)
