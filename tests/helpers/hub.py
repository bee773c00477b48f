"""A hub and its agents as subprocesses, over a real nats-server, and a network between them that may be cut."""

import os
import selectors
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from tests.helpers.forked import ForkedProgram, start
from tests.helpers.server import TIMEOUT, Server, obeying_permissions, until


class Network:
    """A TCP proxy on loopback to a port: while it is cut, connections stay, and nothing passes."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._cut = threading.Event()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.bytes = 0
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._cut.set()

    def mend(self) -> None:
        """Let all pass again, also the bytes that wait."""
        self._cut.clear()

    def reset(self) -> None:
        """Break all connections."""
        while self._sockets:
            with suppress(OSError):
                self._sockets.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the proxy."""
        self._closed.set()
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                ours, _ = self._listener.accept()
            except OSError:
                continue
            try:
                theirs = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                ours.close()
                continue
            self._sockets += ours, theirs
            threading.Thread(target=self._pass, args=(ours, theirs), daemon=True).start()

    def _pass(self, ours: socket.socket, theirs: socket.socket) -> None:
        with ours, theirs, suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            for source, target in ((ours, theirs), (theirs, ours)):
                selector.register(source, selectors.EVENT_READ, target)
            while not self._closed.is_set():
                if self._cut.is_set():
                    self._closed.wait(0.01)
                    continue
                for key, _ in selector.select(0.05):
                    data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                    if not data:
                        return
                    self.bytes += len(data)
                    key.data.sendall(data)


class Agent:
    """A running agent of a host."""

    def __init__(self, join: Path, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
        words = ["agent", "--join", str(join), *map(str, arguments)]
        self.process: subprocess.Popen[str] | ForkedProgram = start(words, env=env, prefix=obeying_permissions([]))
        assert self.process.stdout
        self.ready_line = self.process.stdout.readline().strip()
        assert self.ready_line, self.process.stderr and self.process.stderr.read()

    def kill(self) -> None:
        """Kill the agent as a machine that loses its power does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop the agent, and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(TIMEOUT)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        return code


class Hub:
    """A hub, which starts and ends with the block, and the agents of its hosts."""

    def __init__(self, *arguments: str | Path, program: Sequence[str] | None = None) -> None:
        self._state = tempfile.TemporaryDirectory(prefix="logviewer-hub-")
        self.env = {"XDG_STATE_HOME": self._state.name}
        self._arguments = arguments
        self._program = program
        self.agents: dict[str, Agent] = {}
        self.networks: dict[str, Network] = {}
        self._joins: dict[str, Path] = {}
        # The same after each restart of the hub.
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.nats_port = free.getsockname()[1]
        self.server = self._start()

    def _start(self, port: int = 0) -> Server:
        command = "hub", "--listen", f"127.0.0.1:{self.nats_port}"
        return Server(*self._arguments, env=self.env, command=command, port=port, program=self._program)

    def restart(self) -> None:
        """Kill the hub, and start it again at its port."""
        port = self.server.port
        self.server.process.kill()
        self.server.process.wait(TIMEOUT)
        self.server.close()
        self.server = self._start(port)

    def invite(self, host: str) -> Path:
        """Invite a host, over a network of its own, and return the file of the invitation."""
        if host not in self._joins:
            network = self.networks[host] = Network(self.nats_port)
            text = self.run("invite", host, "--address", f"127.0.0.1:{network.port}")
            self._joins[host] = Path(self._state.name, f"{host}.join")
            self._joins[host].write_text(text)
            self._joins[host].chmod(0o600)
        return self._joins[host]

    def start(self, host: str, *arguments: str | Path) -> Agent:
        """Start the agent of a host, and wait until the hub has its sources."""
        before = self.status(host).get("heard")
        self.agents[host] = Agent(self.invite(host), *arguments)
        until(lambda: self._is_here(host, before), what=f"{host} at the hub")
        return self.agents[host]

    def _is_here(self, host: str, before: int | None) -> bool:
        status = self.status(host)
        return bool(status.get("state") == "here" and status["heard"] != before and status["sources"])

    def status(self, host: str) -> dict[str, Any]:
        """Return the entry of ``GET /api/hosts``; an empty one for an unknown host."""
        found: list[dict[str, Any]] = self.server.get("/api/hosts").json()
        return next((each for each in found if each["name"] == host), {})

    def state(self, host: str) -> str | None:
        """Return the state of a host."""
        return self.status(host).get("state")

    def run(self, *words: str) -> str:
        """Run a command for this hub, and return its output."""
        process = start(words, env=self.env)
        assert process.stdout
        output = process.stdout.read()
        errors = process.stderr.read() if process.stderr else ""
        code = process.wait(TIMEOUT)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        assert code == 0, errors
        return output

    @property
    def directory(self) -> Path:
        """The directory of the hub's keys."""
        return Path(self._state.name, "logviewer", "hub")

    def nats_process(self) -> int:
        """Return the process id of the running nats-server."""
        return int(until(lambda: _child_of(self.server.process.pid, "nats-server"), what="nats-server"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for network in self.networks.values():
            network.mend()
        for agent in self.agents.values():
            agent.kill()
        self.server.close()
        for network in self.networks.values():
            network.close()
        self._state.cleanup()


def _child_of(parent: int, name: str) -> int | None:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            head, _, rest = path.read_text().rpartition(")")
            if name in head and int(rest.split()[1]) == parent:
                return int(path.parent.name)
    return None


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """Stop a process meanwhile."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)
