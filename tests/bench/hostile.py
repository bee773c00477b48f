"""Ordinary readers beside a hostile crowd: strangers, clumsy viewers, and a writer of odd files, each trick in turn.

The crowd has the lowest priority, as if it had machines of its own. The kernel notes when a line arrives, so a reader
that waits for a core is not late. A second server without a crowd shows what the machine itself delays.
"""

import os
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import pairwise
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path

from logviewer.password_hash import hash_password
from tests.bench import corpus
from tests.bench.children import Child, started
from tests.bench.client import open_stream, request
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import descriptors, forget_peak, memory, peak_rss
from tests.bench.tricks import FEW_DESCRIPTORS, TRICKS, Target, Trick
from tests.helpers.forked import PROGRAM
from tests.helpers.server import Server

_MIB = 2**20
_P99_MS, _MOST_MIB, _MOST_GAINED_DESCRIPTORS = 250.0, 250.0, 16
# What thousands of sources leave between other memory, and what grows without end.
_MOST_GAINED_MIB = {"first": 128.0, "second": 16.0}
_MOST_LOGGED_A_MINUTE = 10
_READERS = 3
_PAUSE_SECONDS = 0.05
_VISIT_SECONDS = 0.5
_SETTLE_SECONDS = 2.0
# A deleted file is held for its readers for a while, and thousands of sources are looked at in turn.
_RELEASE_SECONDS = 45.0
_TIMEOUT = 5.0
_LOWEST_PRIORITY = 19
_STAMP = re.compile(rb"line (\d{9}) at (\d{19})")
# SO_TIMESTAMPNS, which the module ``socket`` does not name.
_ARRIVAL, _TIME = 35, struct.Struct("qq")


def run(plan: Plan) -> Iterator[Figure]:
    """Measure live lines during each trick, and the memory and descriptors that stay after all."""
    tricks = {name: trick for name, trick in TRICKS.items() if plan.only in name}
    few = {name: trick for name, trick in FEW_DESCRIPTORS.items() if plan.only in name}
    seconds = plan.seconds / max(1, len(tricks) + len(few))
    for limit, some in ((None, tricks), (64, few)):
        if some:
            with corpus.room() as room, ExitStack() as stack:
                yield from _Stand(room, stack, limit).play(some, seconds)


class _Stand:
    """The attacked server and the calm one, with a writer and readers."""

    def __init__(self, room: Path, stack: ExitStack, limit: int | None) -> None:
        paths = [room / name / "app.log" for name in ("live", "calm")]
        _fill(room, paths)
        config = room / "logviewer.toml"
        config.write_text(f'[[users]]\nname = "ada"\npassword = "{hash_password("right")}"\nsources = "/**"\n')
        env = {"LOGVIEWER_TOKEN": secrets.token_urlsafe(32)}
        program = [] if limit is None else ["prlimit", f"--nofile={limit}:{limit}"]
        self._server, calm = (
            stack.enter_context(Server("--config", config, path.parent, env=env, program=[*program, *PROGRAM]))
            for path in paths
        )
        self._logs = paths[0].parent
        self._log = _Log(self._server)
        self._room = f" ({limit} descriptors)" if limit else ""
        self._readers = [_reading(stack, self._server) for _ in range(_READERS)]
        self._calm = [_reading(stack, calm)]
        self._visitor = stack.enter_context(started(_visit, self._server.port, self._server.headers))
        self._writer = stack.enter_context(started(_write, paths))
        time.sleep(_SETTLE_SECONDS)

    def play(self, tricks: Mapping[str, Trick], seconds: float) -> Iterator[Figure]:
        """Play each trick for so many seconds, in two rounds: caches fill in the first, and no memory in the second."""
        began, before = time.monotonic(), self._held()
        for turn in ("first", "second"):
            for name, trick in tricks.items():
                yield from self._play(f"{name}{self._room}", trick, seconds / 2)
            rss, count = self._gained(before)
            yield Figure(f"{turn} round{self._room}: RSS gained", rss / _MIB, "MiB", _MOST_GAINED_MIB[turn])
            yield Figure(f"{turn} round{self._room}: descriptors gained", count, "", _MOST_GAINED_DESCRIPTORS)
            before = self._held()
        self._visitor.pipe.send("end")
        refused, slowest = self._visitor.pipe.recv()
        yield Figure(f"requests of a viewer refused{self._room}", refused, "", 0)
        yield Figure(f"slowest answer to a viewer{self._room}", slowest, "s")
        most = 10 + _MOST_LOGGED_A_MINUTE * (time.monotonic() - began) / 60
        yield Figure(f"lines in the server's own log{self._room}", len(self._log.lines), "", most)
        yield Figure(f"tracebacks in it{self._room}", sum(map(_is_traceback, self._log.lines)), "", 0)
        yield Figure(f"lines lost or doubled{self._room}", self._wrong(), "lines", 0)

    def _play(self, name: str, trick: Trick, seconds: float) -> Iterator[Figure]:
        pid = self._server.process.pid
        forget_peak(pid)
        target = Target(self._server.port, self._server.headers, self._logs, seconds)
        with started(_play, trick, target) as crowd:
            # Not the start of the process, which takes a core.
            crowd.pipe.recv()
            for each in (*self._readers, *self._calm):
                each.pipe.send("begin")
            crowd.pipe.send("begin")
            crowd.pipe.recv()
        delays, calm, peak = _delays(self._readers), _delays(self._calm), peak_rss(pid)
        time.sleep(_SETTLE_SECONDS)
        yield from _figures(name, delays, calm)
        yield Figure(f"{name}: highest RSS", peak / _MIB, "MiB", _MOST_MIB)
        yield Figure(f"{name}: RSS after", memory(pid).rss / _MIB, "MiB")

    def _held(self) -> tuple[int, int]:
        pid = self._server.process.pid
        return memory(pid).rss, descriptors(pid)

    def _gained(self, before: tuple[int, int]) -> tuple[int, int]:
        """Return the bytes and descriptors that the server holds beyond those before, after its looks at all files."""
        end = time.monotonic() + _RELEASE_SECONDS
        while True:
            rss, count = (now - then for now, then in zip(self._held(), before, strict=True))
            is_little = rss <= _MOST_GAINED_MIB["second"] * _MIB and count <= _MOST_GAINED_DESCRIPTORS
            if is_little or time.monotonic() > end:
                return rss, count
            time.sleep(_SETTLE_SECONDS)

    def _wrong(self) -> int:
        self._writer.pipe.send("end")
        written = self._writer.pipe.recv()
        for reader in self._readers:
            reader.pipe.send(written)
        return sum(reader.pipe.recv() for reader in self._readers)


class _Log:
    """The lines that a server writes on standard error."""

    def __init__(self, server: Server) -> None:
        self.lines: list[str] = []
        self._pipe = server.process.stderr
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        # The pipe is closed at the end.
        with suppress(ValueError):
            self.lines.extend(self._pipe or ())


def _is_traceback(line: str) -> bool:
    return line.startswith("Traceback")


def _reading(stack: ExitStack, server: Server) -> Child:
    asking = request(server, source=server.source_id("app.log"))
    return stack.enter_context(started(_read, server.port, asking))


def _delays(readers: Sequence[Child]) -> list[float]:
    for reader in readers:
        reader.pipe.send("end")
    return [delay for reader in readers for delay in reader.pipe.recv()] or [inf]


def _figures(name: str, delays: list[float], calm: list[float]) -> Iterator[Figure]:
    for share, target in ((0.5, None), (0.99, _P99_MS)):
        beside = Beside("a calm server", percentile(calm, share))
        yield Figure(f"{name}: p{share * 100:.0f}", percentile(delays, share), "ms", target, beside=beside)


def _fill(room: Path, paths: Sequence[Path]) -> None:
    for path in paths:
        path.parent.mkdir()
        path.write_text("an earlier line\n")
    corpus.write(paths[0].with_name("dense.log"), 50_000_000)
    with paths[0].with_name("long.log").open("w") as file:
        for _ in range(60):
            file.write(f"needle {'x' * 1_048_000}\n")
    (room / "outside").mkdir()
    (room / "outside" / "x.log").write_text("outside\n")


def _write(pipe: Connection, paths: Sequence[Path]) -> None:
    """Write a stamped line to each file every 50 ms; return their number at the end."""
    number = 0
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("ab", buffering=0)) for path in paths]
        while not pipe.poll(_PAUSE_SECONDS):
            for file in files:
                file.write(b"line %09d at %019d\n" % (number, time.time_ns()))
            number += 1
    pipe.send(number)


def _read(pipe: Connection, port: int, asking: bytes) -> None:
    """Send the delays between "begin" and "end" in milliseconds; at last how many of the written lines are wrong."""
    delays: list[float] = []
    numbers: list[int] = []
    with open_stream(port, asking) as stream:
        stream.settimeout(_PAUSE_SECONDS)
        stream.setsockopt(socket.SOL_SOCKET, _ARRIVAL, 1)
        rest, written = b"", None
        while written is None or not numbers or numbers[-1] < written - 1:
            now = 0
            with suppress(TimeoutError):
                data, now = _receive(stream)
                rest += data
            whole, newline, rest = rest.rpartition(b"\n")
            for number, stamp in _STAMP.findall(whole + newline):
                numbers.append(int(number))
                delays.append((now - int(stamp)) / 1e6)
            if pipe.poll():
                match pipe.recv():
                    case "begin":
                        delays = []
                    case "end":
                        pipe.send(delays)
                    case int(number):
                        written = number
    wrong = sum(after != before + 1 for before, after in pairwise(numbers))
    pipe.send(wrong)


def _receive(stream: socket.socket) -> tuple[bytes, int]:
    """Return bytes, and the time in ns at which the kernel got the last of them."""
    data, extra, _, _ = stream.recvmsg(65536, 64)
    for _, kind, value in extra:
        if kind == _ARRIVAL:
            seconds, nanoseconds = _TIME.unpack(value)
            return data, seconds * 10**9 + nanoseconds
    return data, time.time_ns()


def _visit(pipe: Connection, port: int, headers: Mapping[str, str]) -> None:
    """Ask for the sources at intervals, as a user at the address of the strangers does.

    At the end, send how many requests were refused, and the seconds of the slowest one.
    """
    refused, slowest = 0, 0.0
    lines = [f"{name}: {value}" for name, value in headers.items()]
    asking = "\r\n".join(["GET /api/sources HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""])
    while not pipe.poll(_VISIT_SECONDS):
        began = time.monotonic()
        answer = b""
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
            connection.sendall(asking.encode())
            answer = connection.recv(65536)
        refused += not answer.startswith(b"HTTP/1.1 200 ")
        slowest = max(slowest, time.monotonic() - began)
    pipe.send((refused, slowest))


def _play(pipe: Connection, trick: Trick, target: Target) -> None:
    os.nice(_LOWEST_PRIORITY)
    pipe.send(None)
    pipe.recv()
    target.begin()
    while not target.is_over():
        # A refused or closed connection is a right answer to any trick.
        with suppress(OSError):
            trick(target)
        time.sleep(_PAUSE_SECONDS)
    pipe.send(None)
