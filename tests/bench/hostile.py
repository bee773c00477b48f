"""Ordinary readers beside a hostile crowd: strangers, clumsy viewers, and a writer of odd files, each trick in turn."""

import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode

from logviewer.password_hash import hash_password
from tests.bench import corpus
from tests.bench.children import started
from tests.bench.client import open_stream, request
from tests.bench.figures import Figure, Plan, percentile
from tests.bench.process import descriptors, forget_peak, memory, peak_rss
from tests.helpers.server import Server

_MIB = 2**20
_P99_MS, _MOST_MIB, _MOST_GAINED_MIB = 250.0, 250.0, 64.0
_READERS = 3
_PAUSE_SECONDS = 0.05
_SETTLE_SECONDS = 2.0
_TIMEOUT = 5.0
_STAMP = re.compile(rb"line (\d{9}) at (\d{18})")


@dataclass(frozen=True, slots=True)
class Target:
    """The server for a trick: its port, the headers of a viewer, and the directory that it follows."""

    port: int
    headers: Mapping[str, str]
    logs: Path
    until: float

    def is_over(self) -> bool:
        """Whether the time of the trick has passed."""
        return time.monotonic() >= self.until


def run(plan: Plan) -> Iterator[Figure]:
    """Measure the delay of live lines during each trick, and the memory and descriptors that stay after all."""
    with corpus.room() as logs, ExitStack() as stack:
        path = logs / "live" / "app.log"
        _fill(logs, path)
        config = logs / "logviewer.toml"
        config.write_text(f'[[users]]\nname = "ada"\npassword = "{hash_password("right")}"\nsources = "/**"\n')
        env = {"LOGVIEWER_TOKEN": secrets.token_urlsafe(32)}
        server = stack.enter_context(Server("--config", config, logs / "live", env=env))
        asking = request(server, source=server.source_id("app.log"))
        readers = [stack.enter_context(started(_read, server.port, asking)) for _ in range(_READERS)]
        writer = stack.enter_context(started(_write, path))
        time.sleep(_SETTLE_SECONDS)
        before = memory(server.process.pid).rss, descriptors(server.process.pid)
        for name in _TRICKS:
            forget_peak(server.process.pid)
            for reader in readers:
                reader.pipe.send("begin")
            seconds = plan.seconds / len(_TRICKS)
            target = Target(server.port, server.headers, logs / "live", time.monotonic() + seconds)
            with started(_play, name, target) as child:
                child.pipe.recv()
            for reader in readers:
                reader.pipe.send("end")
            delays = [delay for reader in readers for delay in reader.pipe.recv()]
            yield Figure(f"{name}: live line, p99", percentile(delays or [inf], 0.99), "ms", _P99_MS)
            yield Figure(f"{name}: highest RSS", peak_rss(server.process.pid) / _MIB, "MiB", _MOST_MIB)
        time.sleep(_SETTLE_SECONDS)
        gained = memory(server.process.pid).rss - before[0]
        yield Figure("after the crowd: RSS gained", gained / _MIB, "MiB", _MOST_GAINED_MIB)
        yield Figure("after the crowd: descriptors gained", descriptors(server.process.pid) - before[1], "", 16)
        writer.pipe.send("end")
        written = writer.pipe.recv()
        for reader in readers:
            reader.pipe.send(written)
        yield Figure("lines lost or doubled", sum(reader.pipe.recv() for reader in readers), "lines", 0)


def _fill(logs: Path, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("an earlier line\n")
    corpus.write(path.with_name("dense.log"), 50_000_000)
    with path.with_name("long.log").open("w") as file:
        for _ in range(60):
            file.write(f"needle {'x' * 1_048_000}\n")
    (logs / "outside").mkdir()
    (logs / "outside" / "x.log").write_text("outside\n")


def _write(pipe: Connection, path: Path) -> None:
    """Write a stamped line every 50 ms; return their number at the end."""
    number = 0
    with path.open("ab", buffering=0) as file:
        while not pipe.poll(_PAUSE_SECONDS):
            file.write(b"line %09d at %018d\n" % (number, time.clock_gettime_ns(time.CLOCK_MONOTONIC)))
            number += 1
    pipe.send(number)


def _read(pipe: Connection, port: int, asking: bytes) -> None:
    """Send the delays between "begin" and "end" in milliseconds; at last how many of the written lines are wrong."""
    delays: list[float] = []
    numbers: list[int] = []
    with open_stream(port, asking) as stream:
        stream.settimeout(_PAUSE_SECONDS)
        rest, written = b"", None
        while written is None or not numbers or numbers[-1] < written - 1:
            with suppress(TimeoutError):
                rest += stream.recv(65536)
            now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
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


def _play(pipe: Connection, name: str, target: Target) -> None:
    while not target.is_over():
        # A refused or closed connection is a right answer to any trick.
        with suppress(OSError):
            _TRICKS[name](target)
        time.sleep(_PAUSE_SECONDS)
    pipe.send(None)


def _connect(target: Target, data: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", target.port), timeout=_TIMEOUT)
    connection.sendall(data)
    return connection


def _get(target: Target, path: str, *, headers: Mapping[str, str], seconds: float = _TIMEOUT, **params: object) -> None:
    """Send a request, and leave after so many seconds."""
    query = urlencode({name: value for name, value in params.items() if value is not None}, doseq=True)
    lines = [f"GET {path}?{query} HTTP/1.1", f"Host: 127.0.0.1:{target.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with _connect(target, "\r\n".join([*lines, "", ""]).encode()) as connection:
        connection.settimeout(seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end and connection.recv(_MIB):
            pass


def _pipeline(target: Target) -> None:
    asking = b"GET /a HTTP/1.1\r\nHost:localhost\r\nX:" + b"a" * 25 + b"\r\n\r\n"
    with ExitStack() as stack:
        connections = [stack.enter_context(_connect(target)) for _ in range(20)]
        while not target.is_over():
            for connection in connections:
                connection.sendall(asking * 1024)
            time.sleep(0.02)


def _fields(target: Target) -> None:
    with _connect(target, b"GET /?" + b"a&" * 28_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") as connection:
        connection.recv(_MIB)


def _bodies(target: Target) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with _connect(target, head) as connection:
        while not target.is_over():
            connection.sendall(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")


def _heads(target: Target) -> None:
    with ExitStack() as stack:
        for _ in range(1_000):
            stack.enter_context(_connect(target, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 16_000))
        time.sleep(min(_TIMEOUT, max(0.0, target.until - time.monotonic())))


def _tokens(target: Target) -> None:
    for number in range(20):
        _get(target, "/", headers={}, token=f"wrong{number}")


def _passwords(target: Target) -> None:
    body = urlencode({"name": "ada", "password": "wrong"}).encode()
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nContent-Length: {len(body)}\r\n"
    head += f"Origin: http://127.0.0.1:{target.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    with ExitStack() as stack:
        for connection in [stack.enter_context(_connect(target, head.encode() + body)) for _ in range(50)]:
            connection.recv(_MIB)


def _patterns(target: Target) -> None:
    large = [rf"\pL{{{400 + number}}}X" for number in range(30)]
    _get(target, "/api/lines", headers=target.headers, source="dense.log", start=-5, regex="true", q=large)
    for texts in ([f"[ab]*a[ab]{{{14 + number}}}c" for number in range(50)], ["a[ab]{999}c|b[ab]{999}d"]):
        for source in ("dense.log", "long.log"):
            asked = {"source": source, "start": -5, "regex": "true", "q": texts}
            _get(target, "/api/lines", headers=target.headers, seconds=1.0, **asked)


def _cursors(target: Target) -> None:
    headers = {**target.headers, "Last-Event-ID": "1" + "A" * 48 * 1_240}
    _get(target, "/api/stream", headers=headers, source="app.log", follow="false")


def _long_lines(target: Target) -> None:
    for path in ("/api/lines", "/api/download", "/api/search"):
        start = -500 if path == "/api/lines" else None
        _get(target, path, headers=target.headers, source="long.log", start=start, q="needle")


def _unread(target: Target) -> None:
    lines = [f"{name}: {value}" for name, value in target.headers.items()]
    asking = "\r\n".join(["GET /api/download?source=dense.log&q=o HTTP/1.1", "Host: localhost", *lines, "", ""])
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(_connect(target, asking.encode()))
        time.sleep(min(_TIMEOUT, max(0.0, target.until - time.monotonic())))


def _unread_lines(target: Target) -> None:
    lines = [f"{name}: {value}" for name, value in target.headers.items()]
    head = "\r\n".join(["Host: localhost", *lines, "", ""])
    paths = "/api/lines?source=long.log&start=-500&count=500", "/api/search?source=long.log&q=needle"
    with ExitStack() as stack:
        for number in range(60):
            asking = f"GET {paths[number % len(paths)]} HTTP/1.1\r\n{head}"
            stack.enter_context(_connect(target, asking.encode()))
        time.sleep(min(_TIMEOUT, max(0.0, target.until - time.monotonic())))


def _malformed(target: Target) -> None:
    for _ in range(100):
        with _connect(target, b"\x00\x01 nothing\r\n\r\n") as connection:
            connection.recv(_MIB)


def _files(target: Target) -> None:
    for number in range(300):
        (target.logs / f"made-{number}.log").write_text("x\n")
    time.sleep(1.0)
    for number in range(300):
        (target.logs / f"made-{number}.log").unlink()


def _rotations(target: Target) -> None:
    path = target.logs / "storm.log"
    while not target.is_over():
        path.write_text("x\n")
        for number in range(5, 0, -1):
            with suppress(FileNotFoundError):
                path.with_name(f"{path.name}.{number}").replace(f"{path}.{number + 1}")
        path.rename(f"{path}.1")


def _links(target: Target) -> None:
    link, names = target.logs / "flip.log", ("dense.log", "../outside/x.log", "flip.log", "missing\x1b\n.log")
    while not target.is_over():
        for name in names:
            link.unlink(missing_ok=True)
            link.symlink_to(name)
    link.unlink()


def _directories(target: Target) -> None:
    path = target.logs / "deep"
    path.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_DIRECTORY)
    for _ in range(1_100):
        with suppress(FileExistsError):
            os.mkdir("a", dir_fd=descriptor)
        inner = os.open("a", os.O_DIRECTORY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    time.sleep(max(0.0, target.until - time.monotonic()))
    # Too deep for Python's own function.
    subprocess.run(["rm", "-rf", path], check=True)


_TRICKS: Mapping[str, Callable[[Target], None]] = {
    "pipelined requests": _pipeline,
    "many fields": _fields,
    "endless bodies": _bodies,
    "half heads": _heads,
    "wrong tokens": _tokens,
    "wrong passwords": _passwords,
    "malformed requests": _malformed,
    "large patterns": _patterns,
    "long cursors": _cursors,
    "long lines": _long_lines,
    "unread downloads": _unread,
    "unread lines": _unread_lines,
    "files that come and go": _files,
    "a storm of rotations": _rotations,
    "a symlink that changes": _links,
    "nested directories": _directories,
}
