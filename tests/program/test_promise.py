"""The promise, with a server: no rule here destroys unread lines, so every line arrives exactly once."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from logviewer import cursor
from tests.helpers.server import EventStream, Server
from tests.helpers.soak import EXAMPLES

SILENCE = 12.0


class Served(RuleBasedStateMachine):
    """A writer and a rotator, a running server, and a client whose connection is cut at random.

    A rule that destroys lines first waits until the client has them. A rule that moves them does not wait, but the
    client has at least one line of a file that is copied and truncated, and of both files of a swap.
    """

    @initialize(symlink=st.booleans())
    def begin(self, symlink: bool) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="logviewer-served-"))
        self.directory.chmod(0o755)
        self.path = self.directory / "app.log"
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
        self.server = Server(self.path)
        self.connect()
        assert self.stream
        self.last = self.stream.next().id

    # The client

    def connect(self) -> None:
        # Shorter than two pings: otherwise a missing line would be awaited for ever.
        self.server.client.timeout = SILENCE
        self.context = self.server.stream(source="app.log", last_event_id=self.last)
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

    @rule(number=st.sampled_from([signal.SIGTERM, signal.SIGKILL]))
    def restart(self, number: signal.Signals) -> None:
        if self.stream:
            self.cut()
        assert self.server.stop(number) == (0 if number is signal.SIGTERM else -number)
        self.server = Server(self.path)
        self.known_targets = {self.target}

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

    # The writer

    @rule(count=st.integers(1, 50))
    def write(self, count: int) -> None:
        lines = [f"line {len(self.written) + number} of many" for number in range(count)]
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
        lines[0] = self.partial + lines[0]
        self.partial = ""
        self.written += lines

    @precondition(lambda self: not self.partial)
    @rule()
    def write_partly(self) -> None:
        self.partial = "first half, "
        with self.path.open("a") as file:
            file.write(self.partial)

    # The rotator

    # After a deletion, a reader that reconnects cannot order the rotated files; it continues with the live one.
    @precondition(lambda self: not self.deleted and not self.partial and not self.symlink and self.path.exists())
    @rule()
    def rotate(self) -> None:
        self.shift()
        self.path.rename(self.rotated(1))

    @precondition(lambda self: self.stream and not self.partial and not self.symlink and self.path.exists())
    @precondition(lambda self: not self.deleted)
    @rule(more=st.integers(0, 9))
    def copy_and_truncate(self, more: int) -> None:
        if not self.path.stat().st_size:
            # The order of a file without a read line is not promised: see docs/following.md.
            self.write(1)
        self.read_all()
        if more:
            self.write(more)
        self.shift()
        shutil.copy(self.path, self.rotated(1))
        os.truncate(self.path, 0)

    def shift(self) -> None:
        # A rotated file without permission is skipped: see docs/following.md.
        self.give_back_permissions()
        numbers = [number for number in range(1, 60) if self.rotated(number).exists()]
        for number in reversed(numbers):
            self.rotated(number).rename(self.rotated(number + 1))

    def rotated(self, number: int) -> Path:
        return self.directory / f"app.log.{number}"

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
        for file in self.directory.iterdir():
            if file.exists():
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
            assert self.server.stop() == 0
        finally:
            self.server.close()
            shutil.rmtree(self.directory)


TestServed = Served.TestCase
TestServed.settings = settings(
    max_examples=10 * EXAMPLES,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
    # A failure takes many seconds, too long to shrink.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
