"""The speed of a large file to one client that only receives.

Beside it in the same run: a loop that reads the file, splits its lines and writes them as JSON; and sendfile.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import orjson

from tests.bench import corpus, limits
from tests.bench.children import started
from tests.bench.client import Drained, connect, drain, end_of, events, open_stream, request
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan
from tests.bench.process import cpu_seconds
from tests.helpers.server import Server

# Shares of the bare loop, and MB/s for text.
EVENTS_SHARE, FOREIGN_SHARE, TEXT_SPEED = 0.75, 0.6, 600.0
_LOOP_BYTES = 512 * 1024
_ROUNDS = 3
_CHECKED = 32 * MEGABYTE


@dataclass(frozen=True, slots=True)
class _Round:
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    size: int
    lines: int


def run(plan: Plan) -> Iterator[Figure]:
    """Measure bytes of the file a second, as events and as text, beside sendfile over the same loopback."""
    with corpus.room(2 * plan.size) as logs:
        large = _write(logs / "large.log", plan.size)
        foreign = _write(logs / "foreign.log", plan.size, foreign=True)
        small = _write(logs / "small.log", _CHECKED, foreign=True)
        paths = [each.path for each in (large, foreign, small)]
        with Server(*paths) as server, started(limits.serve_file, large.path) as peer:
            port: int = peer.pipe.recv()
            _check(server, small.path)
            plain: list[float] = []
            loops: dict[str, list[float]] = {"events": [], "events, 1 % not ASCII": []}
            kinds: dict[str, list[_Round]] = {"events": [], "events, 1 % not ASCII": [], "text": []}
            for _ in range(_ROUNDS):
                plain.append(_copy(port, large.size))
                loops["events"].append(_loop(large.path))
                kinds["events"].append(_replay(server, large))
                loops["events, 1 % not ASCII"].append(_loop(foreign.path))
                kinds["events, 1 % not ASCII"].append(_replay(server, foreign))
                kinds["text"].append(_replay_text(server, large))
    for name, rounds in kinds.items():
        speed = large.size / MEGABYTE / median(each.seconds for each in rounds)
        seconds = median(loops.get(name, plain))
        limit = Beside("bare loop" if name in loops else "sendfile", large.size / MEGABYTE / seconds)
        share = {"events": EVENTS_SHARE, "events, 1 % not ASCII": FOREIGN_SHARE}.get(name)
        target = TEXT_SPEED if share is None else share * limit.value
        yield Figure(f"replay as {name}", speed, "MB/s", target, at_least=True, beside=limit)
        yield Figure(f"replay as {name}: CPU", median(each.cpu for each in rounds) / large.size * 1e9, "s/GB")


def _loop(path: Path) -> float:
    start = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        rest = b""
        while data := file.read(_LOOP_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            orjson.dumps({"lines": [line.decode("utf-8", "replace") for line in lines]})
    return time.perf_counter() - start


def _write(path: Path, size: int, *, foreign: bool = False) -> _File:
    lines = corpus.write(path, size, foreign=foreign)
    return _File(path, path.stat().st_size, lines)


def _check(server: Server, path: Path) -> None:
    """Check that the lines of the stream are those of the file."""
    asked = {"source": server.source_id(path.name), "from_": "start", "follow": "false"}
    with closing(connect(server.port, server.headers, **asked)) as connection:
        got = list(_lines(connection))
    if got != path.read_text().split("\n")[:-1]:
        raise RuntimeError(f"the replay of {path} is not the file: {len(got)} lines")


def _lines(connection: HTTPConnection) -> Iterator[str]:
    for event in events(connection.getresponse()):
        if event.name == b"lines":
            yield from json.loads(event.data)["lines"]


def _copy(port: int, size: int) -> float:
    start = time.perf_counter()
    drained = drain(open_stream(port, b"GET / HTTP/1.1\r\n\r\n"))
    took = time.perf_counter() - start
    if drained.size < size:
        raise RuntimeError("the plain copy broke off")
    return took


def _replay(server: Server, file: _File) -> _Round:
    took, drained = _timed(server, source=server.source_id(file.path.name))
    if end_of(drained) != (file.size, file.lines):
        raise RuntimeError(f"the replay ended at {end_of(drained)}, the file at {(file.size, file.lines)}")
    return took


def _replay_text(server: Server, file: _File) -> _Round:
    took, drained = _timed(server, source=server.source_id(file.path.name), format="text")
    if drained.size < file.size or not drained.tail.endswith(b"\n\r\n0\r\n\r\n"):
        raise RuntimeError(f"the replay as text broke off after {drained.size} bytes")
    return took


def _timed(server: Server, **asked: str) -> tuple[_Round, Drained]:
    asking = request(server, **asked, from_="start", follow="false")
    start, cpu = time.perf_counter(), cpu_seconds(server.process.pid)
    drained = drain(open_stream(server.port, asking))
    return _Round(time.perf_counter() - start, cpu_seconds(server.process.pid) - cpu), drained
