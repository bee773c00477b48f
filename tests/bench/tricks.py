"""The tricks of a hostile crowd, each called again and again until its time is over."""

import ctypes
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import TypeAlias
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from logviewer import cursor

_MIB = 2**20
_TIMEOUT = 5.0
_MANY = 20
_NAME_HERE, _EXCHANGE = -100, 2


class Target:
    """The server for a trick: its port, the headers of a viewer, and the directory that it follows."""

    def __init__(self, port: int, headers: Mapping[str, str], logs: Path, seconds: float) -> None:
        self.port = port
        self.headers = headers
        self.logs = logs
        self._seconds = seconds
        self._until = 0.0

    def begin(self) -> None:
        """Let the time of the trick begin."""
        self._until = time.monotonic() + self._seconds

    def is_over(self) -> bool:
        """Whether the time of the trick has passed."""
        return time.monotonic() >= self._until

    def wait(self, seconds: float = _TIMEOUT) -> None:
        """Sleep, but no longer than until the end."""
        time.sleep(max(0.0, min(seconds, self._until - time.monotonic())))


Trick: TypeAlias = Callable[[Target], None]


def _connect(target: Target, data: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", target.port), timeout=_TIMEOUT)
    connection.sendall(data)
    return connection


@contextmanager
def _connected(target: Target, data: bytes, count: int = _MANY) -> Iterator[list[socket.socket]]:
    """Yield connections on which this data was sent. A server may refuse some of them."""
    connections: list[socket.socket] = []
    with ExitStack() as stack:
        for _ in range(count):
            with suppress(OSError):
                connections.append(stack.enter_context(_connect(target, data)))
        yield connections


@contextmanager
def _made(target: Target, names: Sequence[str]) -> Iterator[None]:
    """Make files, and delete them at the end."""
    for name in names:
        (target.logs / name).write_text("x\n")
    try:
        yield
    finally:
        for name in names:
            (target.logs / name).unlink()


def _asking(target: Target, path: str) -> bytes:
    lines = [f"{name}: {value}" for name, value in target.headers.items()]
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def _source_id(target: Target, name: str) -> str:
    """Return the id of a source."""
    base = f"http://127.0.0.1:{target.port}"
    sources = httpx.get(f"{base}/api/sources", headers=dict(target.headers), timeout=60.0, trust_env=False).json()
    return next(str(source["id"]) for source in sources if source["name"] == name)


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
        connections = [stack.enter_context(_connect(target)) for _ in range(_MANY)]
        while not target.is_over():
            for connection in connections:
                connection.sendall(asking * 1024)
            time.sleep(0.02)


def _fields(target: Target) -> None:
    with _connected(target, b"GET /?" + b"a&" * 28_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") as connections:
        for connection in connections:
            connection.recv(_MIB)


def _bodies(target: Target) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with _connected(target, head) as connections:
        while connections and not target.is_over():
            for connection in [*connections]:
                try:
                    connection.sendall(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")
                except OSError:
                    connections.remove(connection)


def _heads(target: Target) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 60_000
    with _connected(target, head, 4_000):
        target.wait()


def _tokens(target: Target) -> None:
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    for number in range(20):
        for headers in ({}, image):
            _get(target, "/", headers=headers, token=f"wrong{number}")


def _passwords(target: Target) -> None:
    body = urlencode({"user": "ada", "password": "wrong"}).encode()
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nContent-Length: {len(body)}\r\n"
    head += f"Origin: http://127.0.0.1:{target.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    with _connected(target, head.encode() + body, 50) as connections:
        for connection in connections:
            connection.recv(_MIB)


def _patterns(target: Target) -> None:
    large = [rf"\pL{{{400 + number}}}X" for number in range(30)]
    _get(target, "/api/lines", headers=target.headers, source="dense.log", start=-5, regex="true", q=large)
    for texts in ([f"[ab]*a[ab]{{{14 + number}}}c" for number in range(50)], ["a[ab]{999}c|b[ab]{999}d"]):
        for source in ("dense.log", "long.log"):
            asked = {"source": source, "start": -5, "regex": "true", "q": texts}
            _get(target, "/api/lines", headers=target.headers, seconds=1.0, **asked)


def _cursors(target: Target) -> None:
    random = Random(1)
    # Half of them are sources.
    names = [f"crowded-{number}.{suffix}" for number in range(10_000) for suffix in ("log", "png")]
    with _made(target, names):
        key = cursor.source_key(_source_id(target, "app.log"))
        while not target.is_over():
            marks = [
                cursor.checkpoint_text(key, random.randbytes(6), 9, 1, 9, random.randbytes(6), random.randbytes(6))
                for _ in range(1_240)
            ]
            headers = {**target.headers, "Last-Event-ID": cursor.encode(marks)}
            _get(target, "/api/stream", headers=headers, source="app.log", follow="false")


def _long_lines(target: Target) -> None:
    for path in ("/api/lines", "/api/download", "/api/search"):
        start = -500 if path == "/api/lines" else None
        _get(target, path, headers=target.headers, source="long.log", start=start, q="needle")


def _unread(target: Target) -> None:
    with _connected(target, _asking(target, "/api/download?source=dense.log&q=o"), 50):
        target.wait()


def _unread_lines(target: Target) -> None:
    paths = "/api/lines?source=long.log&start=-500&count=500", "/api/search?source=long.log&q=needle"
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(_connected(target, _asking(target, path), 30))
        target.wait()


def _malformed(target: Target) -> None:
    for _ in range(100):
        with _connect(target, b"\x00\x01 nothing\r\n\r\n") as connection:
            connection.recv(_MIB)


def _files(target: Target) -> None:
    # Names as those of pods: none comes again.
    with _made(target, [f"made-{uuid4()}.log" for _ in range(2_000)]):
        target.wait(2.0)


def _rotations(target: Target) -> None:
    path = target.logs / "storm.log"
    while not target.is_over():
        path.write_text("x\n")
        for number in range(5, 0, -1):
            with suppress(FileNotFoundError):
                path.with_name(f"{path.name}.{number}").replace(f"{path}.{number + 1}")
        path.rename(f"{path}.1")
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def _links(target: Target) -> None:
    link, names = target.logs / "flip.log", ("dense.log", "../outside/x.log", "flip.log", "missing\x1b\n.log")
    while not target.is_over():
        for name in names:
            link.unlink(missing_ok=True)
            link.symlink_to(name)
    link.unlink()


def _exchange(target: Target) -> None:
    """Exchange a directory with a symlink that leads outside."""
    own, other = target.logs / "own", target.logs.parent / "outside" / "symlink"
    own.mkdir(exist_ok=True)
    (own / "x.log").write_text("inside\n")
    other.unlink(missing_ok=True)
    other.symlink_to(target.logs.parent / "outside")
    renameat2 = ctypes.CDLL(None).renameat2
    while not target.is_over():
        for _ in range(101):
            renameat2(_NAME_HERE, bytes(own), _NAME_HERE, bytes(other), _EXCHANGE)
        _get(target, "/api/lines", headers=target.headers, source="x.log")
    for each in (own, other):
        each.unlink() if each.is_symlink() else shutil.rmtree(each)


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
    target.wait(60.0)
    # Too deep for Python's own function.
    subprocess.run(["rm", "-rf", path], check=True)


def _names(target: Target) -> None:
    """Make names that are not UTF-8 or control a terminal, and replace their files by pipes."""
    names = [b"a\xff.log", b"link\x1b]0;pwned\x07\nlogviewer: FORGED.log", b"\xe2\x80\xae.log", b"x" * 250 + b".log"]
    paths = [target.logs / os.fsdecode(name) for name in names]
    evil = target.logs / "evil.log"
    evil.unlink(missing_ok=True)
    evil.symlink_to(target.logs.parent / os.fsdecode(b"outside/x\xff"))
    for path in paths:
        path.unlink(missing_ok=True)
        path.write_text("x\n")
    target.wait(1.0)
    for path in paths:
        path.unlink()
        os.mkfifo(path)
    _get(target, "/api/sources", headers=target.headers)
    target.wait(1.0)
    for path in (*paths, evil):
        path.unlink()


TRICKS: Mapping[str, Trick] = {
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
    "a directory exchanged with a symlink": _exchange,
    "nested directories": _directories,
    "odd names": _names,
}
"""What strangers, viewers and writers do."""

FEW_DESCRIPTORS: Mapping[str, Trick] = {
    "half heads": _heads,
    "unread downloads": _unread,
    "files that come and go": _files,
    "a storm of rotations": _rotations,
}
"""What takes the descriptors of a server that has few of them."""
