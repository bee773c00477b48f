"""The output of a command, kept in files that are followed like any other log."""

import contextlib
import fcntl
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from io import BufferedReader, FileIO
from itertools import pairwise
from pathlib import Path
from typing import IO, cast

import orjson

from logviewer import temporary
from logviewer.rotation.history import OLDEST

OUTPUT_NAME = "output"
GAPS_NAME = "gaps"
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
_EXIT_SECONDS = 0.2
_LAST_LINE_BYTES = 1024 * 1024

Report = Callable[[str | None], None]


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
    """Runs a command, and appends what it writes to ``path``, from ``start`` until ``stop``.

    A command that ends is started again, after a pause that doubles up to a minute. The files are rotated at a quarter
    of ``most_mib``; without a ``directory``, they are temporary. A file ``gaps`` beside them
    names those before whose lines others were lost. Of several servers that share the directory, one runs the command,
    and the others follow its files.
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
        """Run the command until it ends, after its history, and return the reason of the end."""
        reason = ""
        for words in filter(None, (self.command.history, self.command.words)):
            try:
                kept = self._last_place()
                first = kept or (self._first_place() if words is self.command.history else None)
                with self._running([*words, *self.command.resume(kept, _FILES * self._most_bytes)]) as process:
                    report(None)
                    if pipe := process.stdout:
                        self._copy(pipe, report, self._head(pipe, first, is_kept=kept is not None))
            except OSError as error:
                return f"cannot start {words[0]}: {error.strerror}"
            code = process.returncode
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
            reason = f"{shlex.join(words)} {how}"
            if code or self._stopped.is_set():
                break
        return reason

    @contextlib.contextmanager
    def _running(self, words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program; it ends with the block or with ``end``. Raises OSError if it cannot start."""
        process = self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.stdout:
                process.stdout.close()
            _await_end(process)
            # Its children may go on without a reader.
            _signal(process, signal.SIGTERM)
            process.wait()
            self._process = None

    def _last_place(self) -> str | None:
        """Return the place of the newest line with one among the last that are kept."""
        return next(filter(None, map(self.command.place, last_lines(self.path))), None)

    def _first_place(self) -> str | None:
        """Return the place of the oldest line of the history. Raises OSError."""
        with self._running(self.command.history) as process:
            line = process.stdout.readline() if process.stdout else b""
            _signal(process, signal.SIGTERM)
        return self.command.place(line)

    def _head(self, pipe: IO[bytes], first: str | None, *, is_kept: bool) -> bytes:
        """Read the output up to its first line with a place, and return the lines to keep.

        With another place than ``first``, lines before it were lost. Otherwise it is left out if it ``is_kept``.
        """
        head: list[bytes] = []
        for line in iter(pipe.readline, b"") if first else ():
            place = self.command.place(line)
            head += [] if is_kept and place == first else [line]
            if place:
                if place != first:
                    self._begin_after_gap()
                break
        return b"".join(head)

    def _copy(self, pipe: IO[bytes], report: Report, head: bytes) -> None:
        """Append the output of a command to the files, until it ends. While writes fail, the command waits."""
        file, last, rotated = self.path.open("ab", buffering=0), b"\n", time.monotonic()
        if _is_unterminated(self.path):
            # This process was killed before.
            head = b"\n" + head
        try:
            data = head or _read(pipe)
            while data:
                last = data[-1:]
                self._write(file, data, report)
                if last == b"\n" and file.tell() > self._most_bytes:
                    file.close()
                    # A file that is gone before the next poll is never read: the command waits.
                    self._stopped.wait(rotated + _LEAST_SECONDS - time.monotonic())
                    self._rotate()
                    rotated = time.monotonic()
                    file = self.path.open("ab", buffering=0)
                data = _read(pipe)
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

    def _begin_after_gap(self) -> None:
        if self.path.stat().st_size:
            self._rotate()
        self._mark(self.path.stat().st_ino)

    def _mark(self, inode: int) -> None:
        """Note that lines were lost before those of a file. Forget files that are gone: inodes are reused."""
        files = self.path.parent.glob(f"{OUTPUT_NAME}*")
        marks = (gap_marks(self.path) & {OLDEST, *(each.stat().st_ino for each in files)}) | {inode}
        unfinished = self.path.with_name(f"{GAPS_NAME}.tmp")
        unfinished.write_text(" ".join(map(str, marks)))
        unfinished.replace(self.path.with_name(GAPS_NAME))

    def _rotate(self) -> None:
        paths = [self.path, *(self.path.with_name(f"{OUTPUT_NAME}.{number}") for number in range(1, _FILES))]
        loses = paths[-1].exists()
        for newer, older in reversed(list(pairwise(paths))):
            with contextlib.suppress(FileNotFoundError):
                newer.rename(older)
        if loses:
            # Before a new file gets the inode of the lost one.
            self._mark(OLDEST)
        self.path.touch(mode=0o600)


def gap_marks(path: Path) -> set[int]:
    """Return the inodes of the files of an output before whose lines others were lost; ``OLDEST`` for the oldest."""
    try:
        return {int(each) for each in path.with_name(GAPS_NAME).read_text().split()}
    except (OSError, ValueError):
        return set()


def _read(pipe: IO[bytes]) -> bytes:
    # The bytes after the head may be in the buffer.
    return cast("BufferedReader", pipe).read1(_READ_BYTES)


def _is_unterminated(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        return file.read(1) not in (b"", b"\n")


def last_lines(path: Path) -> Iterator[bytes]:
    """Yield the last whole lines of the output so far, the newest first, from the live file and the newest rotated."""
    for each in (path, path.with_name(f"{OUTPUT_NAME}.1")):
        with contextlib.suppress(FileNotFoundError), each.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_LINE_BYTES))
            yield from reversed(file.read().rpartition(b"\n")[0].splitlines())


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
