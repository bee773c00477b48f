"""How fast a large file comes to one client that only receives."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tests.bench import corpus, limits
from tests.bench.client import connect, drain, end_of, events, open_stream, request
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan
from tests.bench.process import cpu_seconds
from tests.server import Server

TARGET = 500.0
_ROUNDS = 3
_CHECKED = 32 * MEGABYTE


@dataclass(frozen=True, slots=True)
class _Round:
    seconds: float
    cpu: float


def run(plan: Plan) -> Iterator[Figure]:
    """Bytes of the file for each second, as events and as text, beside sendfile over the same loopback."""
    with corpus.room(plan.size) as logs:
        large, small = logs / "large.log", logs / "small.log"
        count = corpus.write(large, plan.size)
        corpus.write(small, _CHECKED)
        size = large.stat().st_size
        with Server(large, small) as server, limits.running(limits.serve_file, large) as (port, _, _):
            _check(server, small)
            plain, sse, text = [], [], []
            for _ in range(_ROUNDS):
                plain.append(_copy(port, size))
                sse.append(_replay(server, size, count))
                text.append(_replay_text(server, size))
    limit = Beside("sendfile", size / MEGABYTE / median(plain))
    for name, rounds, target in (("events", sse, TARGET), ("text", text, None)):
        speed = size / MEGABYTE / median(each.seconds for each in rounds)
        yield Figure(f"replay as {name}", speed, "MB/s", target, at_least=True, beside=limit)
        yield Figure(f"replay as {name}: server CPU", median(each.cpu for each in rounds) / size * 1e9, "s/GB")


def _check(server: Server, path: Path) -> None:
    """That the lines of the stream are those of the file."""
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


def _replay(server: Server, size: int, count: int) -> _Round:
    asked = {"source": server.source_id("large.log"), "from_": "start", "follow": "false"}
    start, cpu = time.perf_counter(), cpu_seconds(server.process.pid)
    drained = drain(open_stream(server.port, request(server, **asked)))
    done = _Round(time.perf_counter() - start, cpu_seconds(server.process.pid) - cpu)
    if end_of(drained) != (size, count):
        raise RuntimeError(f"the replay ended at {end_of(drained)}, the file at {(size, count)}")
    return done


def _replay_text(server: Server, size: int) -> _Round:
    asked = {"source": server.source_id("large.log"), "from_": "start", "follow": "false", "format": "text"}
    start, cpu = time.perf_counter(), cpu_seconds(server.process.pid)
    drained = drain(open_stream(server.port, request(server, **asked)))
    done = _Round(time.perf_counter() - start, cpu_seconds(server.process.pid) - cpu)
    if drained.size < size or not drained.tail.endswith(b"\n\r\n0\r\n\r\n"):
        raise RuntimeError(f"the replay as text broke off after {drained.size} bytes")
    return done
