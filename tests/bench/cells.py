"""The cell table: one pass for total, levels and histogram, and what a server knows after a restart."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.bench import corpus, search
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan, percentile
from tests.bench.process import memory, peak_rss
from tests.helpers.server import Server

_ROUNDS = 50
_PIECE = 4 * 1024 * 1024


def run(plan: Plan) -> Iterator[Figure]:
    """Measure the pass over the plan's file, then a file ten times as large before and after a restart."""
    with corpus.room(11 * plan.size) as logs:
        small, large = logs / "small.log", logs / "large.log"
        search.write_lines(small, plan.size)
        search.write_lines(large, 10 * plan.size)
        with Server("--no-cache", small) as server:
            yield from _one_pass(server, small)
            yield from _spans(server, small.name)
        yield from _restart(large, logs / "cache")


def _one_pass(server: Server, path: Path) -> Iterator[Figure]:
    size = path.stat().st_size
    server.source_id(path.name)
    beside = max(_newlines(path) for _ in range(3))
    read, begun = _bytes_read(server), time.perf_counter()
    _know(server, path.name)
    took = time.perf_counter() - begun
    yield Figure(
        "levels, times and numbers of all lines",
        size / 1e9 / took,
        "GB/s",
        0.3 * beside,
        at_least=True,
        beside=Beside("newlines, numpy", beside),
        peak=peak_rss(server.process.pid),
    )
    yield Figure("bytes read for them", (_bytes_read(server) - read) / size, "× file", 1.1)


def _spans(server: Server, name: str) -> Iterator[Figure]:
    random = Random(1)
    whole = _histogram(server, name)
    begin, span = whole["from"], whole["to"] - whole["from"]
    took = []
    for _ in range(_ROUNDS):
        since = begin + random.randrange(span)
        start = time.perf_counter()
        _histogram(server, name, **{"from": since, "to": since + span // 3})
        took.append(1e3 * (time.perf_counter() - start))
    yield Figure("histogram of a span, p50", percentile(took, 0.5), "ms", 5)


def _restart(path: Path, cache: Path) -> Iterator[Figure]:
    environment = {"CACHE_DIRECTORY": str(cache)}
    with Server(path, env=environment) as server:
        server.source_id(path.name)
        idle = memory(server.process.pid).rss
        begun = time.perf_counter()
        _know(server, path.name)
        first = time.perf_counter() - begun
        peak = peak_rss(server.process.pid)
        resident = memory(server.process.pid).rss / MEGABYTE
        yield Figure("memory with a table of ten times the file", resident, "MB", 100, peak=peak)
        yield Figure("… at most, above idle", (peak - idle) / MEGABYTE, "MB")
    with Server(path, env=environment) as server:
        server.source_id(path.name)
        begun = time.perf_counter()
        _know(server, path.name)
        took = time.perf_counter() - begun
        beside, peak = Beside("the first time", first), peak_rss(server.process.pid)
        yield Figure("the same after a restart, known", took, "s", 1, beside=beside, peak=peak)


def _know(server: Server, name: str) -> None:
    """Wait for the histogram, the total, and the lines of one level."""
    while not _histogram(server, name)["complete"]:
        pass
    for query in ({"level": "error"}, {}):
        while not _get(server, "/api/lines", source=name, start=0, count=10, **query)["complete"]:
            pass


def _histogram(server: Server, name: str, **params: Any) -> Any:
    return _get(server, "/api/histogram", source=name, **params)


def _get(server: Server, path: str, **params: Any) -> Any:
    return server.client.get(path, params=params, timeout=600).raise_for_status().json()


def _newlines(path: Path) -> float:
    """Return the GB/s at which one thread reads a file and counts its newlines."""
    buffer = bytearray(_PIECE)
    view = np.frombuffer(buffer, np.uint8)
    begun, size = time.perf_counter(), 0
    with path.open("rb", buffering=0) as file:
        while length := file.readinto(buffer):
            np.count_nonzero(view[:length] == ord("\n"))
            size += length
    return size / 1e9 / (time.perf_counter() - begun)


def _bytes_read(server: Server) -> int:
    counters = Path(f"/proc/{server.process.pid}/io").read_text().split()
    return int(counters[counters.index("rchar:") + 1])
