"""The output of a command, kept in files that are followed like any other log."""

import contextlib
import fcntl
import os
import re
import selectors
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO

import orjson

from logviewer import temporary
from logviewer.formats.envelope import Stream
from logviewer.sources.spool import Report, Spool

DEFAULT_MIB = 256
_MIB = 1024 * 1024
_READ_BYTES = 256 * 1024
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
# A command that ran so long is started again at once.
_STEADY_SECONDS = 60.0
_END_SECONDS = 0.7
_EXIT_SECONDS = 0.2
# The rest of a line usually follows within this time.
_HALF_LINE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Command:
    """A program whose output is a source of this name. It runs without a shell.

    ``place`` returns the place of a line, from which the command can ``resume``: more words for output from this place
    on, or without one, for as many bytes. ``history`` are the words of a program that prints the lines of the past, the
    oldest first, and ends. It runs before the command.
    """

    name: str
    words: tuple[str, ...]
    history: tuple[str, ...] = ()
    place: Callable[[bytes], str | None] = lambda _: None
    resume: Callable[[str | None, int], Sequence[str]] = lambda _, __: ()

    @property
    def key(self) -> str:
        """A name for the files of its output."""
        return blake2b("\0".join([self.name, *self.words]).encode(errors="surrogateescape"), digest_size=16).hexdigest()


class CommandOutput:
    """Runs a command, and appends what it writes to the spool at ``path``, from ``start`` until ``stop``.

    A command that ends is started again, after a pause that doubles up to a minute. The files of the spool take
    ``most_mib``; without a ``directory``, they are temporary. Of several servers that share the directory, one runs the
    command, and the others follow its files.
    """

    def __init__(self, command: Command, directory: Path | None, most_mib: int = DEFAULT_MIB) -> None:
        self.command = command
        own = (
            directory / "commands" / command.key if directory else temporary.directory(f"the output of {command.name}")
        )
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stopped = threading.Event()
        self._spool = Spool(own, most_mib * _MIB, self._stopped, lambda _: None)
        self.path = self._spool.path
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._lock: int | None = None

    def start(self, report: Report) -> None:
        """Run the command in a thread, which calls ``report`` with the reason why it does not run, or with None."""
        self._spool.report = report
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
        """Run the command until it ends, after its history, and return the reason of the end."""
        reason = ""
        for words in filter(None, (self.command.history, self.command.words)):
            try:
                kept = self._last_place()
                first = kept or (self._first_place() if words is self.command.history else None)
                with self._running([*words, *self.command.resume(kept, self._spool.most_bytes)]) as process:
                    report(None)
                    head = self._head(process, first, is_kept=kept is not None) if first else b""
                    self._copy(process, head)
            except OSError as error:
                return f"cannot start {words[0]}: {error.strerror}"
            code = process.returncode
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
            # Its other words may hold a password.
            reason = f"{words[0]} {how}"
            if code or self._stopped.is_set():
                break
        return reason

    @contextlib.contextmanager
    def _running(self, words: Sequence[str], errors: int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program; it ends with the block or with ``end``. Raises OSError if it cannot start."""
        process = self._process = subprocess.Popen(
            words,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            for _, pipe in _pipes(process):
                pipe.close()
            _await_end(process)
            # Its children may go on without a reader.
            _signal(process, signal.SIGTERM)
            process.wait()
            self._process = None

    def _last_place(self) -> str | None:
        """Return the place of the newest line with one among the last that are kept."""
        return next(filter(None, map(self.command.place, self._spool.last_lines())), None)

    def _first_place(self) -> str | None:
        """Return the place of the oldest line of the history. Raises OSError."""
        with self._running(self.command.history, subprocess.DEVNULL) as process:
            line = process.stdout.readline() if process.stdout else b""
            _signal(process, signal.SIGTERM)
        return self.command.place(line)

    def _head(self, process: subprocess.Popen[bytes], first: str, *, is_kept: bool) -> bytes:
        """Read the output up to its first line with a place, and return the bytes to keep.

        With another place than ``first``, lines before it were lost. Otherwise it is left out if it ``is_kept``.
        """
        head, rest = b"", b""
        while process.stdout and (data := process.stdout.read(_READ_BYTES)):
            rest += data
            while b"\n" in rest:
                line, newline, rest = rest.partition(b"\n")
                place = self.command.place(line)
                head += b"" if is_kept and place == first else line + newline
                if place:
                    if place != first:
                        self._spool.begin_after_gap()
                    return head + rest
        return head + rest

    def _copy(self, process: subprocess.Popen[bytes], head: bytes) -> None:
        """Append the output of a command to the spool, until it ends. While writes fail, the command waits."""
        try:
            self._spool.add("stdout", head)
            with selectors.DefaultSelector() as pipes:
                for stream, pipe in _pipes(process):
                    pipes.register(pipe, selectors.EVENT_READ, stream)
                while pipes.get_map():
                    ready = pipes.select(_HALF_LINE_SECONDS if self._spool.has_rest else None)
                    if not ready:
                        self._spool.flush()
                    for key, _ in ready:
                        if data := os.read(key.fd, _READ_BYTES):
                            self._spool.add(key.data, data)
                        else:
                            pipes.unregister(key.fileobj)
        finally:
            self._spool.close()


def _pipes(process: subprocess.Popen[bytes]) -> list[tuple[Stream, IO[bytes]]]:
    pipes: list[tuple[Stream, IO[bytes] | None]] = [("stdout", process.stdout), ("stderr", process.stderr)]
    return [(stream, pipe) for stream, pipe in pipes if pipe]


def _lock(path: Path) -> int | None:
    """Lock a file until this process ends; None if another one holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _await_end(process: subprocess.Popen[bytes]) -> None:
    """Wait a moment for the end of a program that has closed its output: its exit status must be its own."""
    deadline = time.monotonic() + _EXIT_SECONDS
    while time.monotonic() < deadline:
        # Its process id stays valid.
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            return
        time.sleep(_EXIT_SECONDS / 20)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a command and its children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


# Schemes: a PATH that begins with one of them is a command.

_JOURNAL_FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,_PID,_HOSTNAME,_BOOT_ID"
_OTHER_JOURNAL = re.compile(r"-D|--directory|--file|--root|--image")
# No entry is shorter: more of them would only pass through the files.
_JOURNAL_BYTES = 300


def journal(rest: str) -> Command:
    """Return the command of ``journal:REST``: a unit, or options of journalctl. Raises ValueError for a bad quote."""
    given = shlex.split(rest)
    chosen = given if not given or given[0].startswith("-") else [f"--unit={given[0]}", *given[1:]]
    options = ("--all", "--quiet", "--output=json", f"--output-fields={_JOURNAL_FIELDS}", *chosen)
    # With --follow, versions 250 to 257 show the last boot alone: in a directory, that of one of several machines.
    merge = ("--merge",) if any(_OTHER_JOURNAL.match(each) for each in chosen) else ()
    history = ("journalctl", *options, *merge)
    return Command(f"journal:{rest}", ("journalctl", "--follow", *options, *merge), history, _cursor, _from_cursor)


def _cursor(line: bytes) -> str | None:
    # Other lines are warnings of journalctl.
    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
        return str(orjson.loads(line)["__CURSOR"])
    return None


def _from_cursor(cursor: str | None, most_bytes: int) -> Sequence[str]:
    # Not after it: without its entry, that would skip the next one.
    return ["--no-tail", f"--cursor={cursor}"] if cursor else [f"--lines={most_bytes // _JOURNAL_BYTES}"]


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
