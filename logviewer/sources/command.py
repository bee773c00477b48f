"""The output of a command, kept in files that are followed like any other log."""

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from typing import IO

import orjson

from logviewer import temporary

OUTPUT_NAME = "output"
DEFAULT_MIB = 256
_MIB = 1024 * 1024
_READ_BYTES = 256 * 1024
# The live file, and three rotated ones.
_FILES = 4
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
# A command that ran so long is started again at once.
_STEADY_SECONDS = 60.0
# Longer than between two polls of a source without readers.
_LEAST_SECONDS = 1.5
_END_SECONDS = 0.7
_LAST_LINE_BYTES = 1024 * 1024

Report = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A program whose output is a source of this name. It runs without a shell.

    ``resume`` returns more words for a start after the last line of an earlier run, None before the first one.
    """

    name: str
    words: tuple[str, ...]
    resume: Callable[[bytes | None], Sequence[str]] = lambda _: ()

    @property
    def key(self) -> str:
        """A name for the files of its output."""
        return blake2b("\0".join([self.name, *self.words]).encode(errors="surrogateescape"), digest_size=16).hexdigest()


class CommandOutput:
    """Runs a command, and appends what it writes to ``path``, from ``start`` until ``stop``.

    A command that ends is started again, after a pause that doubles up to a minute. The files are rotated at a quarter
    of ``most_mib``; without a ``directory``, they are temporary. Of several servers that share the directory, one runs
    the command, and the others follow its files.
    """

    def __init__(self, command: Command, directory: Path | None, most_mib: int = DEFAULT_MIB) -> None:
        self.command = command
        own = (
            directory / "commands" / command.key if directory else temporary.directory(f"the output of {command.name}")
        )
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = own / OUTPUT_NAME
        self.path.touch(mode=0o600)
        self._most_bytes = most_mib * _MIB // _FILES
        self._stopped = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._lock: int | None = None

    def start(self, report: Report) -> None:
        """Run the command in a thread, which calls ``report`` with the reason why it does not run, or with None."""
        self._thread = threading.Thread(target=self._run, args=(report,), name=self.command.name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Ask the command and its children to end; start it no more."""
        self._stopped.set()
        if process := self._process:
            _signal(process, signal.SIGTERM)

    def stop(self) -> None:
        """End the command and its children, and wait for the last lines; this takes a second at most."""
        self.end()
        if self._thread:
            self._thread.join(_END_SECONDS)
        if process := self._process:
            _signal(process, signal.SIGKILL)
        if self._thread:
            self._thread.join(_END_SECONDS)

    def _run(self, report: Report) -> None:
        while self._lock is None and not self._stopped.is_set():
            self._lock = _lock(self.path.with_name("lock"))
            if self._lock is None:
                # Another server may end.
                self._stopped.wait(_FIRST_PAUSE)
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            began = time.monotonic()
            reason = self._run_once(report)
            pause = _FIRST_PAUSE if time.monotonic() > began + _STEADY_SECONDS else pause
            if not self._stopped.is_set():
                report(f"{reason}; starts again in {pause:.0f} s")
            self._stopped.wait(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def _run_once(self, report: Report) -> str:
        """Run the command until it ends, and return the reason of the end."""
        try:
            words = [*self.command.words, *self.command.resume(last_line(self.path))]
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return f"cannot start {self.command.words[0]}: {error.strerror}"
        self._process = process
        report(None)
        try:
            if process.stdout:
                with process.stdout as pipe:
                    self._copy(pipe, report)
        finally:
            # Its children may go on without a reader.
            _signal(process, signal.SIGTERM)
            process.wait()
            self._process = None
        code = process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return f"{shlex.join(self.command.words)} {how}"

    def _copy(self, pipe: IO[bytes], report: Report) -> None:
        """Append the output of a command to the files, until it ends. While writes fail, the command waits."""
        file, last, rotated = self.path.open("ab", buffering=0), b"\n", time.monotonic()
        try:
            while data := os.read(pipe.fileno(), _READ_BYTES):
                last = data[-1:]
                self._write(file, data, report)
                if last == b"\n" and file.tell() > self._most_bytes:
                    file.close()
                    # A file that is gone before the next poll is never read: the command waits.
                    self._stopped.wait(rotated + _LEAST_SECONDS - time.monotonic())
                    self._rotate()
                    rotated = time.monotonic()
                    file = self.path.open("ab", buffering=0)
            if last != b"\n":
                # The first line of the next run is not the rest of this one.
                self._write(file, b"\n", report)
        finally:
            file.close()

    def _write(self, file: FileIO, data: bytes, report: Report) -> None:
        while data:
            try:
                data = data[file.write(data) :]
            except OSError as error:
                report(f"cannot store the output: {error.strerror}")
                if self._stopped.wait(_FIRST_PAUSE):
                    return
            else:
                report(None)

    def _rotate(self) -> None:
        for number in range(_FILES - 1, 0, -1):
            older = self.path.with_name(f"{OUTPUT_NAME}.{number - 1}") if number > 1 else self.path
            with contextlib.suppress(FileNotFoundError):
                older.rename(self.path.with_name(f"{OUTPUT_NAME}.{number}"))
        self.path.touch(mode=0o600)


def last_line(path: Path) -> bytes | None:
    """Return the last whole line of the output so far, in the live file or the newest rotated one; None without."""
    for each in (path, path.with_name(f"{OUTPUT_NAME}.1")):
        with contextlib.suppress(FileNotFoundError), each.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_LINE_BYTES))
            lines = file.read().rpartition(b"\n")[0].splitlines()
            if lines:
                return lines[-1]
    return None


def _lock(path: Path) -> int | None:
    """Lock a file until this process ends; None if another one holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a command and its children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


# Schemes: a PATH that begins with one of them is a command.

_JOURNAL_FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,_PID,_HOSTNAME,_BOOT_ID"
# With the history of all boots, a full journal would be larger than its files.
_JOURNAL_LINES = 200_000


def journal(rest: str) -> Command:
    """Return the command of ``journal:REST``: a unit, or options of journalctl. Raises ValueError for a bad quote."""
    given = shlex.split(rest)
    chosen = given if not given or given[0].startswith("-") else [f"--unit={given[0]}", *given[1:]]
    words = [
        "journalctl",
        "--follow",
        "--all",
        "--quiet",
        "--output=json",
        f"--output-fields={_JOURNAL_FIELDS}",
        *chosen,
    ]
    return Command(f"journal:{rest}", tuple(words), _after_cursor)


def _after_cursor(last: bytes | None) -> Sequence[str]:
    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
        return ["--no-tail", f"--after-cursor={orjson.loads(last or b'')['__CURSOR']}"]
    return [f"--lines={_JOURNAL_LINES}"]


SCHEMES = {"journal": journal}


def of_path(path: str) -> Command | None:
    """Return the command that a PATH with a scheme means; None for another path. Raises ValueError."""
    scheme, colon, rest = path.partition(":")
    return SCHEMES[scheme](rest) if colon and scheme in SCHEMES else None


def of_option(text: str) -> Command:
    """Return the command of ``NAME=CMD ...``. Raises ValueError if it has another form."""
    name, _, rest = text.partition("=")
    words = shlex.split(rest)
    if not name or not words:
        raise ValueError(f"{text!r} is not NAME=COMMAND, such as 'pods=kubectl logs -f deploy/web'")
    return Command(name, tuple(words))
