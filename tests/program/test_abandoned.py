"""Scans whose clients have left end, whether they run or wait."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from tests.bench.process import cpu_seconds, memory
from tests.helpers.connection import connect, request
from tests.helpers.server import Server, until

Serve = Callable[..., Server]
# Slow for the engine: minutes for the file below.
MIB = 2**20
PATTERN = "a[ab]{400}c"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path = tmp_path_factory.mktemp("abandoned") / "app.log"
    random = Random(1)
    lines = [bytes(random.choices(b"ab", k=2_000)) for _ in range(1_000)]
    path.write_bytes(b"".join(b"%s\n" % random.choice(lines) for _ in range(20_000)))
    with Server(path) as running:
        yield running


def is_idle(server: Server) -> bool:
    before = cpu_seconds(server.process.pid)
    # Polls take some milliseconds of CPU time in a second, a scan takes hundreds.
    time.sleep(1)
    return cpu_seconds(server.process.pid) - before < 0.04


def test_many_lines_around_many_matches_take_little_more_time(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_bytes(b"".join(b"ERROR line %d\n" % number for number in range(60_000)))
    server = serve(logs / "app.log")
    taken = []
    for context in (0, 1000):
        began = cpu_seconds(server.process.pid)
        query = {"q": "ERROR", "context": context, "format": "text", "follow": "false", "from_": "start"}
        assert len(server.get("/api/stream", source="app.log", **query).text.splitlines()) == 60_000
        taken.append(cpu_seconds(server.process.pid) - began)
    assert taken[1] < 10 * taken[0]


@pytest.mark.parametrize("count", [1, 20], ids=["running", "queued"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/download?source=app.log",
        "/api/search?source=app.log",
        "/api/lines?source=app.log&start=-5&count=5",
        "/api/histogram?source=app.log",
        "/api/stream?source=app.log&from=-5",
        "/api/stream?source=app.log&from=start&follow=false&format=text&context=1",
        "/api/stream?source=app.log&from=start",
    ],
)
def test_a_scan_ends_with_its_clients(server: Server, path: str, count: int) -> None:
    began = cpu_seconds(server.process.pid)
    with ExitStack() as stack:
        for number in range(count):
            client = stack.enter_context(connect(server))
            client.sendall(request(server, f"{path}&regex=true&q={quote(f'{PATTERN}|{number}')}"))
        until(lambda: cpu_seconds(server.process.pid) > began + 0.3, what="the scan")
    until(lambda: is_idle(server), what="the end of the scan")


def test_masks_that_take_long_end_with_their_client(logs: Path, serve: Serve) -> None:
    # Readers differ in the text of broken sequences.
    (logs / "app.log").write_text("\x1b[3\x1b[3a\b\ufffd\n" * 5_000)
    (logs / "rule.toml").write_text("[[redact]]\npattern = 'password=.*'\n")
    server = serve("--config", logs / "rule.toml", logs / "app.log")
    began = cpu_seconds(server.process.pid)
    path = "/api/lines?source=app.log&start=-5000&count=5000"
    assert len(server.get("/api/lines", source="app.log", start=-5_000, count=5_000).json()["lines"]) == 5_000
    whole = cpu_seconds(server.process.pid) - began
    began = cpu_seconds(server.process.pid)
    with connect(server) as client:
        client.sendall(request(server, path))
        until(lambda: cpu_seconds(server.process.pid) > began + 0.1, what="the masks")
    until(lambda: is_idle(server), what="the end of the masks")
    assert cpu_seconds(server.process.pid) - began < whole / 2


@pytest.mark.parametrize("path", ["/api/search?q=needle", "/api/stream?from=start", "/api/download?q=needle"])
def test_answers_that_were_not_read_leave_no_memory(logs: Path, serve: Serve, path: str) -> None:
    with (logs / "long.log").open("w") as file:
        file.writelines(f"needle {'x' * 1_048_000}\n" for _ in range(60))
    server = serve(logs / "long.log")
    pid = server.process.pid
    server.get("/api/lines", source="long.log", q="needle", start=0, count=1)
    before = memory(pid).rss
    for _ in range(3):
        with ExitStack() as stack:
            for _ in range(30):
                client = stack.enter_context(connect(server, buffer=4096))
                client.sendall(request(server, f"{path}&source=long.log"))
            # Each has bytes that it cannot send.
            until(lambda: is_idle(server), what="full buffers")
    until(lambda: memory(pid).rss < before + 32 * MIB, what="the end of the answers")
