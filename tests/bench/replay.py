"""The speed of a large file to one client that only receives.

Beside it in the same run: a loop that reads the file, splits its lines and writes them as JSON; and sendfile.
"""

import json
import time
from collections.abc import Iterator, Mapping
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
from tests.bench.process import cpu_seconds, peak_rss
from tests.helpers.server import Server

# Shares of the bare loop, and MB/s for text.
EVENTS_SHARE, FOREIGN_SHARE, TEXT_SPEED = 0.75, 0.6, 600.0
_LOOP_BYTES = 512 * 1024
_ROUNDS = 5
# The peer of each kind, and the goal beside it.
_KINDS: Mapping[str, tuple[str, float | None]] = {
    "events": ("bare loop", EVENTS_SHARE),
    "events, 1 % not ASCII": ("bare loop", FOREIGN_SHARE),
    "text": ("sendfile", None),
}
_CHECKED = 32 * MEGABYTE


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a replay took, and the seconds of its peer before it."""

    seconds: float
    cpu: float
    beside: float


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
            rounds = [_round(server, port, large, foreign) for _ in range(_ROUNDS)]
            peak = peak_rss(server.process.pid)
    for kind, (name, share) in _KINDS.items():
        taken = [each[kind] for each in rounds]
        speed = large.size / MEGABYTE / median(each.seconds for each in taken)
        # Each ratio is of two neighbours in time: a busy machine changes both.
        limit = Beside(name, speed / median(each.beside / each.seconds for each in taken))
        target = TEXT_SPEED if share is None else share * limit.value
        yield Figure(f"replay as {kind}", speed, "MB/s", target, at_least=True, beside=limit, peak=peak)
        yield Figure(f"replay as {kind}: CPU", median(each.cpu for each in taken) / large.size * 1e9, "s/GB")


def _round(server: Server, port: int, large: _File, foreign: _File) -> dict[str, _Taken]:
    """Measure each kind of replay once, directly after its peer."""
    taken = {"text": _replay_text(server, large, _copy(port, large.size))}
    taken["events"] = _replay(server, large, _loop(large.path))
    return taken | {"events, 1 % not ASCII": _replay(server, foreign, _loop(foreign.path))}


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


def _replay(server: Server, file: _File, beside: float) -> _Taken:
    took, drained = _timed(server, beside, source=server.source_id(file.path.name))
    if end_of(drained) != (file.size, file.lines):
        raise RuntimeError(f"the replay ended at {end_of(drained)}, the file at {(file.size, file.lines)}")
    return took


def _replay_text(server: Server, file: _File, beside: float) -> _Taken:
    took, drained = _timed(server, beside, source=server.source_id(file.path.name), format="text")
    if drained.size < file.size or not drained.tail.endswith(b"\n\r\n0\r\n\r\n"):
        raise RuntimeError(f"the replay as text broke off after {drained.size} bytes")
    return took


def _timed(server: Server, beside: float, **asked: str) -> tuple[_Taken, Drained]:
    asking = request(server, **asked, from_="start", follow="false")
    start, cpu = time.perf_counter(), cpu_seconds(server.process.pid)
    drained = drain(open_stream(server.port, asking))
    return _Taken(time.perf_counter() - start, cpu_seconds(server.process.pid) - cpu, beside), drained
