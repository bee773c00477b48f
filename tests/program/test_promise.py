"""The promise, with a server: no rule here destroys unread lines, so every line arrives exactly once."""

import os
import re
import shutil
import signal
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from logviewer import cursor
from tests.helpers.naming import DEFAULT, NAMINGS, START, Evidence, Naming
from tests.helpers.rotated_log import STAMPS, Stamps
from tests.helpers.server import EventStream, Server
from tests.helpers.soak import EXAMPLES
from tests.helpers.state import STATES, State, remove, spoil

SILENCE = 12.0
# More rotated files than a run makes.
KEPT = 300
TIME = re.compile(rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.MULTILINE)


class Served(RuleBasedStateMachine):
    """A writer and a rotator, a running server, and a client whose connection is cut at random.

    A rule that destroys lines first waits until the client has them. A rule that moves them does not wait, but the
    client has at least one line of a file that is copied and truncated, and of both files of a swap. Where nothing
    shows the order of the files to a server (see ``Naming``), their mtimes show it.
    """

    @initialize(
        rotation=st.sampled_from(["rename", "rename", "copy", "symlink", "symlink"]),
        naming=st.sampled_from(NAMINGS),
        stamps=st.sampled_from(STAMPS),
        rotated=st.integers(0, 3),
    )
    def begin(self, rotation: str, naming: Naming, stamps: Stamps, rotated: int) -> None:
        symlink = rotation == "symlink"
        self.copies = rotation == "copy"
        self.naming = DEFAULT if symlink else naming
        self.stamps = stamps
        self.directory = Path(tempfile.mkdtemp(prefix="logviewer-served-"))
        self.directory.chmod(0o755)
        self.state = Path(tempfile.mkdtemp(prefix="logviewer-state-"))
        self.path = self.directory / self.naming.live
        self.rotated(1).parent.mkdir(mode=0o755, exist_ok=True)
        self.symlink = symlink
        self.target = self.targets = 1
        self.known_targets = {1}
        if symlink:
            self.path.symlink_to(self.directory / "target-1.log")
        self.written: list[str] = []
        self.partial = ""
        self.deleted = self.may_be_late = False
        self.received: list[str] = []
        self.last: str | None = None
        self.other: Server | None = None
        self.write_before_the_start(rotated)
        self.server = self.start()
        self.connect()
        if not self.written:
            assert self.stream
            self.last = self.stream.next().id

    def write_before_the_start(self, rotated: int) -> None:
        # Without a state, only times show that app-1.log is not another log.
        if self.symlink or not rotated or (self.naming.is_port_like and self.stamps != "in order"):
            return
        for _ in range(1 if self.naming.way == "once" else rotated):
            self.write(2)
            self.path.rename(self.shift())
        self.write(1)
        self.show_order()

    def start(self) -> Server:
        return Server(self.path, env={"XDG_STATE_HOME": str(self.state)})

    # The client

    def connect(self) -> None:
        # Shorter than two pings: otherwise a missing line would be awaited for ever.
        self.server.client.timeout = SILENCE
        begin = {} if self.last or not self.written else {"from_": "start"}
        self.context = self.server.stream(source=self.path.name, last_event_id=self.last, **begin)
        self.stream: EventStream | None = self.context.__enter__()

    @precondition(lambda self: self.stream)
    @rule()
    def cut(self) -> None:
        self.context.__exit__(None, None, None)
        self.stream = None

    @precondition(lambda self: not self.stream)
    @rule()
    def resume(self) -> None:
        self.connect()

    @rule(
        number=st.sampled_from([signal.SIGTERM, signal.SIGKILL]),
        state=st.sampled_from(STATES),
        rotations=st.integers(0, 2),
    )
    def restart(self, number: signal.Signals, state: State, rotations: int) -> None:
        if self.stream:
            self.cut()
        self.stop_other()
        assert self.server.stop(number) == (0 if number is signal.SIGTERM else -number)
        if not self.is_decidable:
            # A rotated file would be taken for another log.
            state = "intact"
        known = len(self.rotated_files)
        for _ in range(rotations * self.can_rotate_unseen):
            self.path.rename(self.shift())
            self.write(2)
        if state != "intact" or not known:
            self.show_order()
        spoil(self.state, state)
        self.server = self.start()
        self.other = self.start() if state == "shared" else None
        self.known_targets = {self.target}

    def stop_other(self) -> None:
        if self.other:
            assert self.other.stop() == 0
            self.other = None

    @property
    def is_decidable(self) -> bool:
        """Whether a server without a state can know that all rotated files belong to the log."""
        live = evidence(self.path).times if self.path.exists() else []
        return all(self.naming.shows_membership(evidence(each), live) for each in self.rotated_files)

    def show_order(self) -> None:
        """Let the mtimes show the order of the rotated files if nothing else does."""
        if not self.naming.shows_order([evidence(each) for each in self.rotated_files]):
            for age, each in enumerate(self.rotated_files):
                os.utime(each, (1_000_000_000 + age, 1_000_000_000 + age))

    @precondition(lambda self: self.stream)
    @rule()
    def read_all(self) -> None:
        assert self.stream
        self.give_back_permissions()
        while len(self.received) < len(self.written):
            event = self.stream.next("", "lines", "gap", "end")
            assert event.name in ("", "lines") or (event.name == "gap" and (self.deleted or self.may_be_late)), event
            self.last = event.id or self.last
            lines = event.data.get("lines") or []
            if lines and len(cursor.decode(self.last or "")) == 1:
                # The cursor is not in the deleted file.
                self.may_be_late = False
            self.received += lines
            self.deleted = self.deleted and not lines
        assert self.received == self.written

    @precondition(lambda self: self.stream and not self.partial)
    @rule()
    def read_from_the_start(self) -> None:
        """Let another client read all that the server knows."""
        self.read_all()
        texts: list[str] = []
        with self.server.stream(source=self.path.name, from_="start", follow="false") as stream:
            for event in stream.events:
                texts += event.data.get("lines") or []
        assert texts == [text for text in self.written if text in set(texts)]
        files = [each for each in (*self.rotated_files, self.path) if each.exists()]
        assert {text for each in files for text in each.read_text().splitlines()} <= set(texts)

    @precondition(lambda self: self.stream and not self.partial and not self.deleted)
    @rule(count=st.integers(1, 9))
    def read_from_the_end(self, count: int) -> None:
        """Let another client read the lines that are written from now on."""
        if not self.path.exists():
            self.write(1)
        self.read_all()
        with self.server.stream(source=self.path.name) as stream:
            stream.next("")
            self.write(count)
            assert stream.lines(count) == self.written[-count:]

    # The writer

    @rule(count=st.integers(1, 50))
    def write(self, count: int) -> None:
        lines = [self.line(len(self.written) + number, is_first=not number) for number in range(count)]
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
        lines[0] = self.partial + lines[0]
        self.partial = ""
        self.written += lines

    def line(self, number: int, *, is_first: bool) -> str:
        is_late = self.stamps == "late lines" and number % 3 == 0 and not is_first
        time = START + timedelta(seconds=number - 3 * is_late)
        return ("" if self.stamps == "none" else f"{time:%F %T} ") + f"line {number} of many"

    @precondition(lambda self: not self.partial)
    @rule()
    def write_partly(self) -> None:
        self.partial = "first half, "
        with self.path.open("a") as file:
            file.write(self.partial)

    # The rotator

    @property
    def can_rotate(self) -> bool:
        # After a deletion, a reader that reconnects cannot order the rotated files; it continues with the live one.
        is_whole = not self.deleted and not self.partial and self.path.exists()
        return is_whole and not self.symlink and not self.copies

    @property
    def can_rotate_unseen(self) -> bool:
        # A file that no poll saw at the path may be another log. An earlier one may be deleted.
        is_shown = not self.naming.is_port_like or self.stamps == "in order"
        return self.can_rotate and is_shown and self.naming.way != "once"

    @precondition(lambda self: self.can_rotate and (self.stream or self.can_rotate_unseen))
    @rule()
    def rotate(self) -> None:
        if not self.can_rotate_unseen:
            self.read_all()
        self.path.rename(self.shift())

    @precondition(lambda self: self.stream and not self.partial and self.copies and self.path.exists())
    @precondition(lambda self: not self.deleted)
    @rule(more=st.integers(0, 9))
    def copy_and_truncate(self, more: int) -> None:
        if not self.path.stat().st_size:
            # The order of a file without a read line is not promised: see docs/following.md.
            self.write(1)
        self.read_all()
        if more:
            self.write(more)
        shutil.copy(self.path, self.shift())
        os.truncate(self.path, 0)

    def shift(self) -> Path:
        """Make room for the next rotated file, and return its path."""
        # A rotated file without permission is skipped: see docs/following.md.
        self.give_back_permissions()
        moves, newest = self.naming.shift([str(each.relative_to(self.directory)) for each in self.rotated_files], KEPT)
        for old, new in moves:
            path = self.directory / old
            path.rename(self.directory / new) if new else path.unlink()
        return self.directory / newest

    def rotated(self, number: int) -> Path:
        return self.directory / self.naming.name(number)

    @property
    def rotated_files(self) -> list[Path]:
        """The rotated files on disk, oldest first."""
        numbers = {self.naming.number(str(each.relative_to(self.directory))) for each in self.directory.rglob("*")}
        return [self.rotated(each) for each in sorted(numbers - {0}, reverse=self.naming.way == "down")]

    @precondition(lambda self: self.stream and not self.partial and self.path.exists())
    @rule()
    def delete(self) -> None:
        self.read_all()
        self.path.resolve().unlink()
        # A later server cannot know that the file had no more lines.
        self.deleted = self.may_be_late = True

    @rule()
    def create(self) -> None:
        self.path.touch()

    @precondition(lambda self: self.stream and not self.partial and self.symlink)
    @rule(back=st.booleans())
    def swap(self, back: bool) -> None:
        self.read_all()
        other = self.targets - 1 if self.target == self.targets else self.targets
        # A server knows only the targets that the symlink had since its start: docs/following.md says so.
        if not (back and other in self.known_targets):
            other = self.targets = self.targets + 1
        self.target = other
        self.known_targets.add(other)
        link = self.directory / "new-link"
        link.symlink_to(self.directory / f"target-{self.target}.log")
        link.rename(self.path)
        # A later server finds no name of the earlier file; only a line of the new one leads on.
        self.write(1)
        self.read_all()
        self.may_be_late = True

    @precondition(lambda self: self.path.exists())
    @rule(mode=st.sampled_from([0o000, 0o644]))
    def chmod(self, mode: int) -> None:
        self.path.chmod(mode)

    def give_back_permissions(self) -> None:
        for file in self.directory.rglob("*"):
            if file.is_file():
                file.chmod(0o644)

    def teardown(self) -> None:
        if not hasattr(self, "server"):
            return
        try:
            self.give_back_permissions()
            self.path.touch()
            if not self.stream:
                self.connect()
            self.write(1)
            self.read_all()
            self.cut()
            self.stop_other()
            assert self.server.stop() == 0
        finally:
            for server in (self.server, self.other):
                if server:
                    server.close()
            remove(self.state)
            shutil.rmtree(self.directory)


def evidence(path: Path) -> Evidence:
    times = [datetime.fromisoformat(each.decode()) for each in TIME.findall(path.read_bytes())]
    return Evidence(times, path.stat().st_mtime_ns)


TestServed = Served.TestCase
TestServed.settings = settings(
    max_examples=10 * EXAMPLES,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
    # A failure takes many seconds, too long to shrink.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
