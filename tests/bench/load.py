"""Heavy load on one server: many readers, a storm of reconnects, many files, and clients that read nothing."""

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

from tests.bench import corpus
from tests.bench.children import started
from tests.bench.client import TIMEOUT, open_stream, request
from tests.bench.crowd import connected
from tests.bench.fanout import Run, append, deliver
from tests.bench.figures import Figure, Plan, percentile
from tests.bench.process import memory
from tests.helpers.server import Server

P99_MS, STORM_SECONDS, STUCK_KIB, END_SECONDS = 250.0, 10.0, 512.0, 2.0
_RATE = 10
_READERS = 2000
_RETURNING = 1000
_STORM_LASTS = 2.0
_FILES = 500
_STUCK = 500
_READERS = 100
_FRAMES = 50
_NUMBER = re.compile(rb"line (\d{6})")
_SETTLE_SECONDS = 2.0


def run(plan: Plan) -> Iterator[Figure]:
    """Measure each on a server of its own; the first for the plan's time."""
    for bench in (_crowd, _storm, _many_files, _stuck):
        with corpus.room() as logs:
            yield from bench(logs, plan)


def _crowd(logs: Path, plan: Plan) -> Iterator[Figure]:
    path = logs / "app.log"
    corpus.write(path, 100_000)
    with Server(path) as server:
        asking = request(server, source=server.source_id(path.name))
        with connected(server.port, [asking] * _READERS) as crowd:
            loader = max(1, int(plan.seconds * _RATE))
            ran = deliver(crowd, server.process.pid, _READERS, lambda data: append(path, data), loader=loader)
    yield from _delivered(f"{_READERS} readers for {plan.seconds:.0f} s", ran)


def _delivered(name: str, ran: Run) -> Iterator[Figure]:
    yield Figure(f"{name}: CPU a delivery", ran.cpu_us, "us")
    yield Figure(f"{name}: delivery p50", percentile(ran.taken_ms, 0.5), "ms")
    yield Figure(f"{name}: delivery p99", percentile(ran.taken_ms, 0.99), "ms", P99_MS)
    yield Figure(f"{name}: lost or doubled", ran.wrong, "frames", 0)


def _storm(logs: Path, _: Plan) -> Iterator[Figure]:
    """Measure readers that reconnect within two seconds, each with its own cursor, and get the missed lines."""
    path = logs / "app.log"
    path.write_text("".join(f"line {number:06d} of those that were missed {'.' * 60}\n" for number in range(10_000)))
    with Server(path) as server:
        source = server.source_id(path.name)
        rows = server.get("/api/lines", source=source, start=-_RETURNING, count=_RETURNING).json()["lines"]
        askings = [request(server, source=source, cursor=row["at"]) for row in rows]
        with started(_come_back, server.port, askings) as child:
            seconds, wrong = child.pipe.recv()
    name = f"{_RETURNING} reconnects in {_STORM_LASTS:.0f} s"
    yield Figure(f"{name}: all have all after", seconds, "s", STORM_SECONDS)
    yield Figure(f"{name}: lost or doubled", wrong, "readers", 0)


def _come_back(pipe: Connection, port: int, askings: Sequence[bytes]) -> None:
    """Return the time, and the number of readers that did not get exactly their missed lines."""
    received: dict[socket.socket, bytearray] = {}
    begin = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for number, asking in enumerate(askings):
            time.sleep(max(0.0, begin + number * _STORM_LASTS / len(askings) - time.monotonic()))
            stream = open_stream(port, asking)
            received[stream] = bytearray()
            selector.register(stream, selectors.EVENT_READ)
            _receive(selector, received, wait=0)
        while selector.get_map() and _receive(selector, received, wait=TIMEOUT):
            pass
    seconds = time.monotonic() - begin
    whole = [f"{number:06d}".encode() for number in range(10_000)]
    got = [_NUMBER.findall(data) for data in received.values()]
    pipe.send((seconds, sum(got[place] != whole[place - len(askings) :] for place in range(len(askings)))))


def _receive(selector: selectors.BaseSelector, received: dict[socket.socket, bytearray], *, wait: float) -> bool:
    """Receive, and return whether data arrived; drop readers that have the last line."""
    ready = selector.select(wait)
    for key, _ in ready:
        stream = key.fileobj
        assert isinstance(stream, socket.socket)
        received[stream] += stream.recv(262_144)
        if b"line 009999 " in received[stream][-300:]:
            selector.unregister(stream)
    return bool(ready)


def _many_files(logs: Path, _: Plan) -> Iterator[Figure]:
    paths = [logs / f"app-{number}.log" for number in range(_FILES)]
    for path in paths:
        corpus.write(path, 10_000)
    with Server(logs) as server:
        ids = {each["name"]: each["id"] for each in server.get("/api/sources").json()}
        askings = [request(server, source=ids[path.name]) for path in paths]

        def write(data: bytes) -> None:
            for path in paths:
                append(path, data)

        with connected(server.port, askings) as crowd:
            ran = deliver(crowd, server.process.pid, _FILES, write, loader=_FRAMES)
    yield from _delivered(f"{_FILES} files, each with a reader", ran)


def _stuck(logs: Path, _: Plan) -> Iterator[Figure]:
    """Measure clients that request a large file and read nothing, beside readers of new lines."""
    path, large = logs / "app.log", logs / "large.log"
    corpus.write(path, 100_000)
    corpus.write(large, 100_000_000)
    with Server(path, large) as server, ExitStack() as stack:
        requests = [request(server, source=server.source_id(path.name))] * _READERS
        asking = request(server, source=server.source_id(large.name), from_="start")
        crowd = stack.enter_context(connected(server.port, requests))
        before = memory(server.process.pid).rss
        for asked in [asking] * _STUCK:
            stack.enter_context(open_stream(server.port, asked, receive_buffer=65536))
        time.sleep(_SETTLE_SECONDS)
        after = memory(server.process.pid).rss
        ran = deliver(crowd, server.process.pid, _READERS, lambda data: append(path, data), loader=_FRAMES)
        begin = time.monotonic()
        server.stop()
        ended = time.monotonic() - begin
    yield Figure(f"{_STUCK} that read nothing: RSS each", (after - before) / _STUCK / 1024, "KiB", STUCK_KIB)
    yield Figure(f"beside {_STUCK} that read nothing: delivery p99", percentile(ran.taken_ms, 0.99), "ms", P99_MS)
    yield Figure(f"beside {_STUCK} that read nothing: lost", ran.wrong, "frames", 0)
    yield Figure(f"with {_STUCK} that read nothing: end of the server", ended, "s", END_SECONDS)
