"""The speed of counting, and the time to lines anywhere in a large file."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from tests.bench import corpus
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import cpu_seconds, memory
from tests.helpers.server import Server, until

_COUNT = 1000
_ROUNDS = 100
_BLOCK = 256 * 1024


def run(plan: Plan) -> Iterator[Figure]:
    """Measure the first screen, counting and lines anywhere, with ten times the plan's large file."""
    size = 10 * plan.size
    with corpus.room(size) as logs:
        path = logs / "large.log"
        total = corpus.write(path, size)
        plain = path.stat().st_size / 1e9 / _seconds(lambda: _read_through(path))
        with Server(path) as server:
            source = server.source_id(path.name)
            yield Figure("lines: the last 1,000, nothing counted", 1e3 * _ask(server, source, -_COUNT), "ms", 50)
            yield from _count(server, source, path, total, plain)
            yield from _anywhere(server, source, total)


def _read_through(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(_BLOCK)
        while file.readinto(buffer):
            pass


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _ask(server: Server, source: str, start: int) -> float:
    def ask() -> None:
        response = server.get("/api/lines", source=source, start=start, count=_COUNT)
        if response.status_code != 200:
            raise RuntimeError(response.text)

    return _seconds(ask)


def _count(server: Server, source: str, path: Path, total: int, plain: float) -> Iterator[Figure]:
    """Measure the CPU time of the count, which began with the first request; other load does not change it."""
    size, own = path.stat().st_size, memory(server.process.pid).own
    start, cpu = time.perf_counter(), cpu_seconds(server.process.pid)
    found = until(lambda: _lines_of(server, source), what="the count", timeout=60 + size / 1e8)
    seconds, cpu = time.perf_counter() - start, cpu_seconds(server.process.pid) - cpu
    if found != total:
        raise RuntimeError(f"counted {found} lines of {total}")
    yield Figure("lines: counted", size / 1e9 / seconds, "GB/s", 2, at_least=True, beside=Beside("read", plain))
    yield Figure("lines: counted, CPU", cpu / size * 1e9, "s/GB")
    grown = max(0, memory(server.process.pid).own - own)
    yield Figure("lines: memory of the count, at most", grown / 2**20 / (size / 1e9), "MiB/GB", 1)


def _lines_of(server: Server, source: str) -> int | None:
    time.sleep(0.05)
    (found,) = (each["lines"] for each in server.get("/api/sources").json() if each["id"] == source)
    return None if found is None else int(found)


def _anywhere(server: Server, source: str, total: int) -> Iterator[Figure]:
    random = Random(1)
    took = [1e3 * _ask(server, source, random.randrange(total - _COUNT)) for _ in range(_ROUNDS)]
    yield Figure("lines: 1,000 anywhere in the file, p50", percentile(took, 0.5), "ms", 10)
    yield Figure("lines: 1,000 anywhere in the file, p95", percentile(took, 0.95), "ms")
    took = [1e3 * _ask(server, source, -_COUNT) for _ in range(_ROUNDS)]
    yield Figure("lines: the last 1,000, p50", percentile(took, 0.5), "ms", 10)
