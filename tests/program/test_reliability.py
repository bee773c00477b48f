"""Readers of a server that is killed, of two servers, and of one without a writable disk."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.following import read_until_killed
from tests.helpers.server import Server

Serve = Callable[..., Server]
KILLS = 4


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.write_text("".join(f"line {number}\n" for number in range(1000)))
    return path


def test_readers_resume_exactly_after_kill_9(log: Path, serve: Serve, written: Callable[[], int]) -> None:
    received: list[str] = []
    last: str | None = None
    for number in range(KILLS):
        server = serve(log)
        last = read_until_killed(server, last, received, 50 + 37 * number, lambda each, _: each.process.kill())
    total = written()
    with serve(log).stream(source="app.log", last_event_id=last) as stream:
        received += stream.lines(total - len(received))
    assert received == [f"line {number}" for number in range(total)]


def test_two_servers_give_the_same_cursors(log: Path, serve: Serve) -> None:
    one, other = serve(log), serve(log)
    answers = [server.get("/api/lines", source="app.log", start=0, count=1000).json() for server in (one, other)]
    assert answers[0] == answers[1]
    at = answers[0]["lines"][500]["at"]
    assert other.get("/api/lines", source="app.log", at=at, count=1).json()["lines"][0]["text"] == "line 500"


def test_a_reader_switches_between_servers(log: Path, serve: Serve) -> None:
    one, other = serve(log), serve(log)
    with one.stream(source="app.log", from_="-1") as stream:
        last = stream.next("lines").id
    with log.open("a") as file:
        file.write("next\n")
    with other.stream(source="app.log", last_event_id=last) as stream:
        assert stream.lines(1) == ["next"]


def test_a_full_disk_below_the_servers_log_stops_nothing(log: Path, serve: Serve) -> None:
    program = ["sh", "-c", 'exec "$@" 2>/dev/full', "sh", sys.executable, "-m", "logviewer"]
    server = serve("--log-format", "json", log, log.with_name("later.log"), program=program)
    for _ in range(3):
        assert server.get("/api/lines", source="app.log", count=1).json()["lines"][0]["text"] == "line 0"
    assert server.stop() == 0
