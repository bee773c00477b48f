"""The cost of one log with many readers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import corpus, limits, nchan
from tests.bench.children import started
from tests.bench.client import request
from tests.bench.crowd import Crowd, chunk, connected
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import Memory, cpu_seconds, memory
from tests.helpers.server import Server

COUNTS = 100, 1000, 2000
# The conditions of the targets below.
MEASURE = 2000
CPU_US, CLIENT_KIB, P99_MS = 20.0, 25.0, 250.0
_RATE = 10
_FRAMES = 100
_LIMIT_FRAMES = 30
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Run:
    """CPU microseconds a delivery, deliveries in ms, and the number of bad chunks."""

    cpu_us: float
    taken_ms: list[float]
    wrong: int


@dataclass(frozen=True, slots=True)
class _Sizes:
    alone: Memory
    quiet: Memory
    active: Memory


def run(_: Plan) -> Iterator[Figure]:
    """Measure CPU, delivery times and memory for each number of readers, beside a loop that only sends."""
    for count in COUNTS:
        with corpus.room() as logs:
            served, sizes = _serve(logs / "app.log", count)
        yield from _figures(count, served, _limit(count))
        yield from _memory_figures(count, sizes)
    yield from _peers(MEASURE)


def _peers(count: int) -> Iterator[Figure]:
    """Measure the peers: the web server alone, and nginx with nchan where it is installed."""
    with started(limits.serve_frames_by_uvicorn) as peer:
        port = peer.pipe.recv()
        alone = memory(peer.pid)
        with connected(port, [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] * count) as crowd:
            sizes = alone, memory(peer.pid)
            ran = deliver(crowd, peer.pid, count, peer.pipe.send_bytes, loader=_LIMIT_FRAMES)
        yield from _peer_figures(f"bare uvicorn to {count}", ran, count, sizes)
    if not nchan.is_here():
        print("nginx with nchan is not here: on Debian and Ubuntu, apt install libnginx-mod-nchan", flush=True)
        return
    with nchan.running() as nginx:
        alone = memory(nginx.pid)
        with connected(nginx.port, [nchan.ASKING] * count) as crowd:
            sizes = alone, memory(nginx.pid)
            ran = deliver(crowd, nginx.pid, count, nginx.publish, loader=_LIMIT_FRAMES)
    yield from _peer_figures(f"nginx with nchan to {count}", ran, count, sizes)


def _peer_figures(name: str, ran: Run, count: int, sizes: tuple[Memory, Memory]) -> Iterator[Figure]:
    own = sizes[1].own - sizes[0].own
    yield Figure(f"{name}: CPU a delivery", ran.cpu_us, "us")
    yield Figure(f"{name}: delivery p99", percentile(ran.taken_ms, 0.99), "ms")
    yield Figure(f"{name}: own memory a client", own / count / 1024, "KiB")


def _serve(path: Path, count: int) -> tuple[Run, _Sizes]:
    corpus.write(path, 100_000)
    with Server(path) as server:
        asking = request(server, source=server.source_id(path.name))
        # The first reader starts threads and the watch, which all readers share.
        with connected(server.port, [asking]) as one:
            deliver(one, server.process.pid, 1, lambda data: append(path, data), loader=5)
        time.sleep(_SETTLE_SECONDS)
        alone = memory(server.process.pid)
        with connected(server.port, [asking] * count) as crowd:
            time.sleep(_SETTLE_SECONDS)
            quiet = memory(server.process.pid)
            served = deliver(crowd, server.process.pid, count, lambda data: append(path, data), loader=_FRAMES)
            return served, _Sizes(alone, quiet, memory(server.process.pid))


def _limit(count: int) -> Run:
    """Measure a loop that sends the same chunks to as many sockets."""
    with started(limits.serve_frames, count) as peer, connected(peer.pipe.recv(), [b"GET /"] * count) as crowd:
        return deliver(crowd, peer.pid, count, peer.pipe.send_bytes, loader=_LIMIT_FRAMES)


def append(path: Path, data: bytes) -> None:
    """Append to a log in one write."""
    with path.open("ab", buffering=0) as file:
        file.write(data)


def deliver(crowd: Crowd, pid: int, count: int, write: Callable[[bytes], None], *, loader: int) -> Run:
    """Write chunks ten times a second, each for all readers; ``pid`` is the process that delivers them."""
    before, start = cpu_seconds(pid), time.monotonic()
    for number in range(1, loader + 1):
        time.sleep(max(0.0, start + number / _RATE - time.monotonic()))
        write(chunk(number))
    received = crowd.wait_for(loader)
    cpu = cpu_seconds(pid) - before
    return Run(cpu / (count * loader) * 1e6, [taken / 1e6 for taken in received.taken_ns], received.wrong)


def _figures(count: int, served: Run, limit: Run) -> Iterator[Figure]:
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
