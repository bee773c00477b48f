"""A directory of many files: the start, and what they take of an idle server."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import corpus
from tests.bench.figures import Beside, Figure, Plan
from tests.bench.process import cpu_seconds, descriptors, memory
from tests.helpers.server import Server, until

START_SECONDS, IDLE_PERCENT, MOST_DESCRIPTORS, FOUND_SECONDS = 2.0, 5.0, 512, 2.0
_COUNTS = 1, 1_000, 10_000
_MIB = 2**20
_SETTLE_SECONDS = 3.0
_SECONDS = 20.0


def run(_: Plan) -> Iterator[Figure]:
    """Measure start, idle time, memory and descriptors with 1 to 10,000 files, and the time to find a new one."""
    alone = 0.0
    for count in _COUNTS:
        with corpus.room() as logs:
            for number in range(count):
                (logs / f"service-{number}.log").write_text(f"line of service {number}\n" * 20)
            name = f"{count:,} file{'s' if count > 1 else ''}"
            began = time.perf_counter()
            with Server(logs) as server:
                started = time.perf_counter() - began
                alone = alone or started
                yield Figure(f"{name}: ready", started, "s", START_SECONDS, beside=Beside("1 file", alone))
                yield from _held(name, server)
                yield Figure(f"{name}: a new file is a source", _found(logs, server), "s", FOUND_SECONDS)


def _held(name: str, server: Server) -> Iterator[Figure]:
    time.sleep(_SETTLE_SECONDS)
    start, before = time.monotonic(), cpu_seconds(server.process.pid)
    time.sleep(_SECONDS)
    percent = 100 * (cpu_seconds(server.process.pid) - before) / (time.monotonic() - start)
    yield Figure(f"{name}: idle", percent, "% core", IDLE_PERCENT)
    yield Figure(f"{name}: RSS", memory(server.process.pid).rss / _MIB, "MiB")
    yield Figure(f"{name}: open descriptors", descriptors(server.process.pid), "", MOST_DESCRIPTORS)


def _found(logs: Path, server: Server) -> float:
    (logs / "new.log").write_text("new\n")
    began = time.perf_counter()
    until(lambda: server.get("/api/lines", source="new.log", start=0).status_code == 200, what="the new source")
    return time.perf_counter() - began
