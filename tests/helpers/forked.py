"""Runs of the program in forks of a fork server."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, ClassVar, Self

LENGTH_BYTES = 4
"""Bytes of a length, a process id and an exit code between this process and the fork server."""
PROGRAM = (sys.executable, "-m", "logviewer")
# Variables that count only at the start of a process.
_STARTUP = ("PYTHON", "LD_", "MALLOC")


def start(
    words: Sequence[str],
    *,
    program: Sequence[str] | None = None,
    stdin: int | None = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> "subprocess.Popen[str] | ForkedProgram":
    """Start the program with these arguments, and with variables besides those of this process.

    With ``ForkedProgram.is_used`` it is a fork, unless ``program`` is given. ``prefix`` are words before its command.
    """
    environment = {**os.environ, **(env or {})}
    if ForkedProgram.is_used and program is None and not any(name.startswith(_STARTUP) for name in env or {}):
        return ForkedProgram(words, stdin=stdin, env=environment, prefix=prefix)
    return subprocess.Popen(
        [*prefix, *(program or PROGRAM), *words],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONUNBUFFERED": "1", **environment},
        text=True,
    )


class ForkedProgram:
    """One run of the program; its members are those of ``subprocess.Popen``.

    ``prefix`` are the words before the command of the fork server. Tests use forks; measurements start processes, whose
    memory and start are those of a user's program.
    """

    is_used: ClassVar[bool] = False
    stdin: IO[str] | None = None
    returncode: int | None = None

    def __init__(
        self, arguments: Sequence[str], *, stdin: int | None, env: Mapping[str, str], prefix: Sequence[str]
    ) -> None:
        self.args = list(arguments)
        ours, theirs = zip(*(os.pipe() for _ in range(3)), strict=True)
        out, err, self._status = ours
        self.stdout: IO[str] | None = os.fdopen(out)
        self.stderr: IO[str] | None = os.fdopen(err)
        if stdin == subprocess.PIPE:
            given, writes = os.pipe()
            self.stdin = os.fdopen(writes, "w")
        else:
            given = os.open(os.devnull, os.O_RDONLY) if stdin in (None, subprocess.DEVNULL) else os.dup(stdin)
        request = json.dumps({"arguments": self.args, "environment": dict(env), "directory": str(Path.cwd())}).encode()
        requests = connection(tuple(prefix))
        socket.send_fds(requests, [len(request).to_bytes(LENGTH_BYTES)], [given, *theirs])
        requests.sendall(request)
        for descriptor in (given, *theirs):
            os.close(descriptor)
        self.pid = int.from_bytes(os.read(self._status, LENGTH_BYTES))
        assert self.pid, "the fork server has ended"

    def poll(self) -> int | None:
        """Return the exit code, the negative number of the signal that ended the run, or None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code as ``poll`` does. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if the program still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pipes and wait for the end."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe:
                pipe.close()
        self.wait()

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            status = select.poll()
            status.register(self._status, select.POLLIN)
            if status.poll(None if timeout is None else timeout * 1000):
                code = os.read(self._status, LENGTH_BYTES)
                self.returncode = int.from_bytes(code, signed=True) if code else -signal.SIGKILL
                os.close(self._status)
        return self.returncode


@cache
def connection(prefix: tuple[str, ...]) -> socket.socket:
    """Start a fork server, which ends with this process, and return the connection to it."""
    ours, theirs = socket.socketpair()
    words = [*prefix, sys.executable, "-m", "tests.helpers.fork_server", str(theirs.fileno())]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=environment)
    theirs.close()
    atexit.register(_end, process, ours)
    return ours


def _end(process: "subprocess.Popen[bytes]", requests: socket.socket) -> None:
    process.kill()
    process.wait()
    requests.close()
