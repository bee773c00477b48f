"""The hub's end of agents behind ssh: one process of ssh a host, which runs an agent there."""

import asyncio
import logging
import os
import shlex
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from logviewer.hosts import frames
from logviewer.hosts.api import PIECE_BYTES
from logviewer.hosts.names import token
from logviewer.hosts.transport import TO, UP, WHO, Received
from logviewer.showable import one_line

SCHEME = "ssh:"
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 30.0
_WELL_SECONDS = 10.0
_MOST_UNSENT = 1024 * 1024
_LAST_BYTES = 2000
_LAST_SECONDS = 0.5
# Keys and known hosts are those of ssh itself. It must never ask: there is no terminal that could answer.
_COMMAND = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2")
_LOG = logging.getLogger("logviewer")


@dataclass(frozen=True, slots=True)
class SshPath:
    """The path ``ssh:DESTINATION:PATH``. The name of the host is the destination without a user."""

    destination: str
    path: str

    @property
    def host(self) -> str:
        """The name of the host."""
        return self.destination.rpartition("@")[2]

    @classmethod
    def of(cls, text: str) -> "SshPath":
        """Read a path with its scheme. Raises ValueError."""
        destination, colon, path = text.removeprefix(SCHEME).partition(":")
        # ssh would take it for an option.
        if not colon or not path or not destination or destination.startswith("-") or not destination.isprintable():
            raise ValueError(f"{text!r} is not of the form ssh:HOST:PATH")
        return cls(destination, path)


def by_host(paths: Sequence[SshPath]) -> Mapping[str, Sequence[SshPath]]:
    """Return the paths by the name of their host. Raises ValueError for two destinations of one name."""
    found: dict[str, list[SshPath]] = {}
    for each in paths:
        found.setdefault(each.host, []).append(each)
    for host, own in found.items():
        if len({each.destination for each in own}) > 1:
            raise ValueError(f"two users of the host {host}; give one of them")
    return found


def command(paths: Sequence[SshPath]) -> list[str]:
    """Return the words of the command that runs an agent for paths of one host."""
    first = paths[0]
    words = ["logviewer", "agent", "--stdio", "--host", first.host, "--", *(each.path for each in paths)]
    # The shell there must not expand globs: the agent also finds files that are created later.
    return [*_COMMAND, first.destination, shlex.join(words)]


class SshTransport:
    """Agents behind ssh, by the name of their host; see ``Transport``. ``commands`` start them."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._subscriptions: frames.Subscriptions = []
        self._pipes = {token(host): _Pipe(host, words, self) for host, words in commands.items()}

    @property
    def is_connected(self) -> bool:
        """See ``Transport``."""
        return True

    def problem(self, host: str) -> str | None:
        """See ``Transport``."""
        pipe = self._pipes.get(token(host))
        return pipe.problem if pipe else None

    async def run(self) -> None:
        """Start the agents, and start them again, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for pipe in self._pipes.values():
                tasks.create_task(pipe.run())

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        """See ``Transport``."""
        if subject == WHO:
            for pipe in self._pipes.values():
                pipe.write(subject, data, reply)
            return
        host = self._pipes.get(subject.split(".")[2])
        if (host is None or not host.write(subject, data, reply)) and reply:
            self.receive(Received(reply, b"", is_refused=True))

    async def subscribe(self, subject: str, handle: Callable[[Received], None]) -> None:
        """See ``Transport``."""
        self._subscriptions.append((frames.pattern_of(subject), handle))

    def on_connected(self, call: Callable[[], None]) -> None:
        """Do nothing: an agent reports as soon as it is connected."""

    def receive(self, message: Received) -> None:
        """Pass on a message of a host."""
        frames.dispatch(self._subscriptions, message)

    async def close(self) -> None:
        """See ``Transport``."""


@dataclass(slots=True, eq=False)
class _Pipe:
    """The process for one host."""

    host: str
    words: Sequence[str]
    owner: SshTransport
    problem: str | None = None
    _process: "asyncio.subprocess.Process | None" = None
    _last: bytes = field(default=b"")

    async def run(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._run_once()
            except (OSError, ConnectionError) as error:
                self.problem = one_line(str(error))
            _LOG.warning("%s: %s", self.host, self.problem)
            wait = _FIRST_WAIT_SECONDS if loop.time() - began > _WELL_SECONDS else min(2 * wait, _LONGEST_WAIT_SECONDS)
            await asyncio.sleep(wait)

    def write(self, subject: str, data: bytes, reply: str) -> bool:
        """Send a message; return False if it is lost."""
        stdin = self._process.stdin if self._process else None
        # A host that reads nothing must not hold up the others.
        if stdin is None or stdin.is_closing() or stdin.transport.get_write_buffer_size() > _MOST_UNSENT:
            return False
        stdin.write(frames.pack(subject, data, reply))
        return True

    async def _run_once(self) -> None:
        """Run the process until it ends, and note why. Raises OSError, ConnectionError."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self.words, stdin=pipe, stdout=pipe, stderr=pipe, limit=2 * PIECE_BYTES, start_new_session=True
        )
        self._process, self._last = process, b""
        tasks = [asyncio.create_task(each) for each in (self._receive(process), process.wait())]
        errors = asyncio.create_task(self._read_errors(process))
        try:
            # Another process may hold the pipe of one that has ended.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([errors], timeout=_LAST_SECONDS)
            if tasks[0].done() and (error := tasks[0].exception()):
                raise error
            reason = self._last.decode("utf-8", "replace").strip().rpartition("\n")[2]
            self.problem = one_line(reason or f"ssh ended with status {process.returncode}")
        finally:
            self._process = None
            for task in (*tasks, errors):
                task.cancel()
            await asyncio.gather(*tasks, errors, return_exceptions=True)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            await process.wait()

    async def _receive(self, process: "asyncio.subprocess.Process") -> None:
        if process.stdout is None:
            return
        own = token(self.host)
        while message := await frames.read(process.stdout):
            tokens = message.subject.split(".")
            # A host speaks under its own name alone.
            is_own = message.subject == f"{UP}.{own}" or (
                message.subject.startswith(f"{TO}.") and len(tokens) == 5 and tokens[3] == own
            )
            if is_own:
                self.problem = None
                self.owner.receive(message)

    async def _read_errors(self, process: "asyncio.subprocess.Process") -> None:
        while process.stderr and (data := await process.stderr.read(_LAST_BYTES)):
            self._last = (self._last + data)[-_LAST_BYTES:]
