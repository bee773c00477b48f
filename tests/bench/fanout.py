"""What it takes to give one log to many readers at once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import corpus, limits
from tests.bench.children import started
from tests.bench.client import request
from tests.bench.crowd import Crowd, connected, frame
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import Memory, cpu_seconds, memory
from tests.server import Server

COUNTS = 100, 1000, 2000
# What the targets below hold for.
MEASURE = 1000
CPU_US, CLIENT_KIB, P99_MS = 30.0, 45.0, 100.0
_RATE = 10
_FRAMES = 100
_LIMIT_FRAMES = 30
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Run:
    """CPU microseconds for each delivery, deliveries in ms, frames that went wrong."""

    cpu_us: float
    taken_ms: list[float]
    wrong: int


@dataclass(frozen=True, slots=True)
class _Sizes:
    alone: Memory
    quiet: Memory
    active: Memory


def run(_: Plan) -> Iterator[Figure]:
    """For each number of readers: CPU, delivery times and memory, beside a loop that only sends."""
    for count in COUNTS:
        with corpus.room() as logs:
            served, sizes = _serve(logs / "app.log", count)
        yield from _figures(count, served, _limit(count))
        yield from _memory_figures(count, sizes)


def _serve(path: Path, count: int) -> tuple[_Run, _Sizes]:
    corpus.write(path, 100_000)
    with Server(path) as server:
        asking = request(server, source=server.source_id(path.name))
        # The first reader brings up threads and the watch, which are not a reader's own.
        with connected(1, server.port, asking) as one:
            _deliver(one, server.process.pid, 1, lambda data: _append(path, data), frames=5)
        time.sleep(_SETTLE_SECONDS)
        alone = memory(server.process.pid)
        with connected(count, server.port, asking) as crowd:
            time.sleep(_SETTLE_SECONDS)
            quiet = memory(server.process.pid)
            served = _deliver(crowd, server.process.pid, count, lambda data: _append(path, data), frames=_FRAMES)
            return served, _Sizes(alone, quiet, memory(server.process.pid))


def _limit(count: int) -> _Run:
    """A loop that sends the same frames to as many sockets."""
    with started(limits.serve_frames, count) as peer, connected(count, peer.pipe.recv(), b"GET /") as crowd:
        return _deliver(crowd, peer.pid, count, peer.pipe.send_bytes, frames=_LIMIT_FRAMES)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        file.write(data)


def _deliver(crowd: Crowd, pid: int, count: int, write: Callable[[bytes], None], *, frames: int) -> _Run:
    before, start = cpu_seconds(pid), time.monotonic()
    for number in range(1, frames + 1):
        time.sleep(max(0.0, start + number / _RATE - time.monotonic()))
        write(frame(number))
    received = crowd.wait_for(frames)
    cpu = cpu_seconds(pid) - before
    return _Run(cpu / (count * frames) * 1e6, [taken / 1e6 for taken in received.taken_ns], received.wrong)


def _figures(count: int, served: _Run, limit: _Run) -> Iterator[Figure]:
    name = f"fan-out to {count}"
    counts = count == MEASURE
    yield Figure(
        f"{name}: CPU a delivery",
        served.cpu_us,
        "us",
        CPU_US if counts else None,
        beside=Beside("bare send", limit.cpu_us),
    )
    for share, target in ((0.5, None), (0.99, P99_MS)):
        beside = Beside("bare send", percentile(limit.taken_ms, share))
        value = percentile(served.taken_ms, share)
        yield Figure(f"{name}: delivery p{share * 100:.0f}", value, "ms", target if counts else None, beside=beside)
    yield Figure(f"{name}: lost or doubled", served.wrong, "frames", 0)


def _memory_figures(count: int, sizes: _Sizes) -> Iterator[Figure]:
    for when, size in (("quiet", sizes.quiet), ("active", sizes.active)):
        rss, own = (size.rss - sizes.alone.rss) / count / 1024, (size.own - sizes.alone.own) / count / 1024
        yield Figure(f"fan-out to {count}: RSS a client, {when}", rss, "KiB", CLIENT_KIB if count == MEASURE else None)
        yield Figure(f"fan-out to {count}: own memory a client, {when}", own, "KiB")
