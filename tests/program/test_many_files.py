"""More files than descriptors: a few are held open, all can be read."""

import contextlib
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]


def held(server: Server, below: Path) -> int:
    """Count the files below a directory that the server holds open."""
    descriptors = Path(f"/proc/{server.process.pid}/fd").iterdir()
    return sum(_target(each).startswith(f"{below}/") for each in descriptors)


def _target(descriptor: Path) -> str:
    with contextlib.suppress(OSError):
        return str(descriptor.readlink())
    return ""


def write(directory: Path, *numbers: int) -> None:
    for number in numbers:
        (directory / f"f{number}x.log").write_text(f"line {number}\n")


def with_limit(count: int) -> list[str]:
    return ["prlimit", f"--nofile={count}"]


def first_line(server: Server, name: str) -> str:
    text: str = server.get("/api/lines", source=name, start=0, count=1).json()["lines"][0]["text"]
    return text


@pytest.mark.parametrize(("limit", "count"), [(64, 400), (256, 1500)])
def test_files_take_at_most_half_of_the_descriptors(limit: int, count: int, logs: Path, serve: Serve) -> None:
    write(logs, *range(count // 2))
    server = serve(logs, program=[*with_limit(limit), sys.executable, "-m", "logviewer"])
    assert held(server, logs) <= limit // 2
    write(logs, *range(count // 2, count))
    until(lambda: len(server.get("/api/sources").json()) == count)
    for number in range(0, count, 5):
        assert first_line(server, f"f{number}x.log") == f"line {number}"
        assert held(server, logs) <= limit // 2
    # A reader of more files than can be open gets a line of any of them.
    sources = [f"f{number}x.log" for number in range(limit)]
    with server.client.stream("GET", "/api/stream", params={"source": sources, "format": "text"}) as stream:
        texts = (line for line in stream.iter_lines() if line and not line.startswith("==>"))
        for number in (0, limit - 1):
            with (logs / f"f{number}x.log").open("a") as file:
                file.write(f"more {number}\n")
            assert next(texts) == f"more {number}"
        (logs / "f1x.log").rename(logs / "f1x.log.1")
        (logs / "f1x.log").write_text("after the rotation\n")
        assert next(texts) == "after the rotation"
        assert held(server, logs) <= limit // 2
    assert server.get("/healthz").status_code == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait() == 0
    assert server.process.stderr
    assert not re.search("Traceback|failed", server.process.stderr.read())


def test_deleted_files_of_some_logs_leave_descriptors_to_the_others(logs: Path, serve: Serve) -> None:
    limit = 64
    numbers = range(limit)
    write(logs, *numbers)
    (logs / "app.log").write_text("first\n")
    server = serve(logs, program=[*with_limit(limit), sys.executable, "-m", "logviewer"])
    with server.stream(source="app.log", **{"from": "start"}) as stream:
        assert stream.lines(1) == ["first"]
        for number in numbers:
            # A deleted file stays open for its readers.
            assert first_line(server, f"f{number}x.log") == f"line {number}"
            (logs / f"f{number}x.log").unlink()
        with (logs / "app.log").open("a") as file:
            file.write("second\n")
        assert stream.lines(1) == ["second"]
        statuses = server.get("/api/sources").json()
        assert [each["state"] for each in statuses if each["name"] == "app.log"] == ["open"]
        assert first_line(server, "app.log") == "first"


def test_few_of_thousands_of_files_are_held_open(logs: Path, serve: Serve) -> None:
    write(logs, *range(3000))
    (logs / "odd.log").symlink_to("/etc/passwd")
    server = serve(logs)
    states = {each["name"]: each["state"] for each in server.get("/api/sources").json()}
    assert len(states) == 3001
    assert {name for name, state in states.items() if state != "open"} == {"odd.log"}
    assert held(server, logs) <= 256
    statuses = server.get("/api/sources").json()
    assert {each["size"] for each in statuses if each["name"].startswith("f10")} == {8, 9, 10}


def test_an_unread_log_of_thousands_has_its_rotations_in_order(logs: Path, serve: Serve) -> None:
    write(logs, *range(400))
    server = serve(logs)
    log = logs / "f7x.log"
    for number in range(1, 4):
        # Numbers that only the server's looks can order.
        log.rename(logs / f"f7x.log.{number}")
        log.write_text(f"turn {number}\n")
        mark = logs / f"mark{number}x.log"
        mark.touch()
        server.source_id(mark.name)
    lines = server.get("/api/lines", source="f7x.log", start=0, count=9).json()["lines"]
    assert [each["text"] for each in lines] == ["line 7", "turn 1", "turn 2", "turn 3"]


def test_a_file_that_appears_beside_thousands_is_a_source(logs: Path, serve: Serve) -> None:
    write(logs, *range(2000))
    server = serve(logs)
    for number in range(3):
        (logs / f"new{number}x.log").write_text("new\n")
        assert server.source_id(f"new{number}x.log")
        assert first_line(server, f"new{number}x.log") == "new"
    (logs / "f3x.log").unlink()
    until(lambda: "f3x.log" not in server._ids())
