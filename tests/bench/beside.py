"""The delay of live lines while the server reads a large file for another client."""

import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode

from tests.bench import corpus
from tests.bench.children import started
from tests.bench.client import open_stream
from tests.bench.figures import MEGABYTE, Figure, Plan, percentile
from tests.bench.process import peak_rss, reset_peak
from tests.bench.search import write_lines
from tests.helpers.server import EventStream, Server

_SECONDS = 60.0
_BUFFER = 1024 * 1024
_PAUSE_SECONDS = 0.02
# In half of the lines.
_DENSE = "shard"


def run(plan: Plan) -> Iterator[Figure]:
    """Measure lines of a small file beside a search and a dense download of one ten times as large as the plan's."""
    with corpus.room(10 * plan.size) as logs:
        large, live = logs / "large.log", logs / "live.log"
        write_lines(large, 10 * plan.size)
        live.touch()
        for what, path, params in (
            ("nothing else", "", {}),
            ("a search", "/api/search", {"quiet": "true"}),
            ("a dense download", "/api/download", {}),
        ):
            with Server("--no-cache", large, live) as server:
                server.source_id(large.name)
                query = urlencode({"source": large.name, "q": _DENSE, **params})
                yield from _beside(server, live, what, _request(server, f"{path}?{query}") if path else b"")


def _request(server: Server, path: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in server.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _beside(server: Server, live: Path, what: str, asking: bytes) -> Iterator[Figure]:
    """Measure for a minute; another client sends its request again and again meanwhile."""
    server.source_id(live.name)
    reset_peak(server.process.pid)
    with started(_receive, server.port, asking) as child:
        ages = _ages(server, live)
        child.pipe.send(None)
        received = child.pipe.recv()
    peak = peak_rss(server.process.pid)
    if asking:
        yield Figure(f"{what} beside live lines", received / MEGABYTE / _SECONDS, "MB/s")
    yield Figure(f"a live line beside {what}, p50", percentile(ages, 0.5), "ms")
    yield Figure(f"a live line beside {what}, p99", percentile(ages, 0.99), "ms", 50, peak=peak)
    yield Figure(f"a live line beside {what}, at most", max(ages), "ms")


def _receive(pipe: Connection, port: int, asking: bytes) -> None:
    """Send a request and receive the answer, until the parent writes; return the number of received bytes."""
    buffer, total = bytearray(_BUFFER), 0
    while asking and not pipe.poll():
        with open_stream(port, asking) as stream:
            while not pipe.poll() and (size := stream.recv_into(buffer)):
                total += size
    pipe.recv()
    pipe.send(total)


def _ages(server: Server, live: Path) -> list[float]:
    """Return the milliseconds from the write of each line to its arrival."""
    ages: list[float] = []
    with server.client.stream("GET", "/api/stream", params={"source": live.name}) as response:
        events = EventStream(response)
        events.next("")
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            with live.open("a") as file:
                file.write(f"{time.time()}\n")
            ages += [1e3 * (time.time() - float(line)) for line in events.next("lines").data["lines"]]
            time.sleep(_PAUSE_SECONDS)
    return ages
