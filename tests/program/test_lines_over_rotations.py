"""Large and rotated files in one view: positions, permalinks and totals."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]

GIB = 1 << 30


@pytest.fixture
def log(logs: Path) -> Path:
    log = logs / "app.log"
    log.write_text("one\ntwo\nthree\n")
    return log


def lines(server: Server, **params: Any) -> dict[str, Any]:
    response = server.get("/api/lines", source="app.log", places=True, **params)
    assert response.status_code == 200, response.text
    return dict(response.json())


def texts(answer: dict[str, Any]) -> list[str]:
    return [line["text"] for line in answer["lines"]]


def rotate(log: Path, name: str) -> None:
    log.rename(log.with_name(name))
    log.write_text(f"after {name}\n")


def copytruncate(log: Path, name: str) -> None:
    shutil.copyfile(log, log.with_name(name))
    os.truncate(log, 0)
    with log.open("a") as file:
        file.write(f"after {name}\n")


@pytest.mark.parametrize("turn", [rotate, copytruncate])
@pytest.mark.parametrize("name", ["app.log.1", "app.log-20261120", "app-2026-11-20.log"])
def test_rotated_files_precede_the_live_one(
    turn: Callable[[Path, str], None], name: str, log: Path, serve: Serve
) -> None:
    server = serve(log)
    link = lines(server, start=1, count=1)["lines"][0]
    turn(log, name)
    everything = ["one", "two", "three", f"after {name}"]
    until(lambda: texts(lines(server)) == everything)
    answer = lines(server)
    assert (answer["total"], answer["complete"], answer["start"]) == (4, True, 0)
    assert [line["n"] for line in answer["lines"]] == [1, 2, 3, 1]
    assert [file["lines"] for file in answer["files"]] == [3, 1]
    old, live = (file["file"] for file in answer["files"])
    assert [line["file"] for line in answer["lines"]] == [old, old, old, live]
    for start in range(-4, 4):
        assert texts(lines(server, start=start)) == everything[start:]
        assert lines(server, start=start)["start"] == start % 4
    for index, line in enumerate(answer["lines"]):
        assert texts(lines(server, at=line["at"])) == everything[index:]
        assert texts(lines(server, before=line["at"])) == everything[:index]
    found = lines(server, at=link["at"], count=1)
    assert (texts(found), found["start"], found["lines"][0]["n"]) == (["two"], 1, 2)
    assert server.get("/api/sources").json()[0]["lines"] == 1


def test_a_permalink_survives_a_restart(log: Path, serve: Serve) -> None:
    first = serve(log)
    link = lines(first, start=1, count=1)["lines"][0]
    rotate(log, "app.log.1")
    until(lambda: len(lines(first)["files"]) == 2)
    first.stop()
    again = serve(log)
    found = lines(again, at=link["at"])
    assert (texts(found), found["start"]) == (["two", "three", "after app.log.1"], 1)
    assert texts(lines(again)) == ["one", "two", "three", "after app.log.1"]


def test_a_deleted_file_is_shown_for_a_while(log: Path, serve: Serve) -> None:
    server = serve(log)
    rotate(log, "app.log.1")
    until(lambda: len(lines(server)["files"]) == 2)
    log.with_name("app.log.1").unlink()
    assert texts(lines(server)) == ["one", "two", "three", "after app.log.1"]


def test_the_partial_line_of_a_rotated_file_is_a_line(log: Path, serve: Serve) -> None:
    with log.open("a") as file:
        file.write("half")
    server = serve(log)
    rotate(log, "app.log.1")
    until(lambda: len(lines(server)["files"]) == 2)
    answer = lines(server, start=-3)
    assert texts(answer) == ["three", "half", "after app.log.1"]
    assert [line.get("unterminated") for line in answer["lines"]] == [None, True, None]
    assert (answer["total"], answer["start"]) == (5, 2)


def test_a_truncated_file_has_a_loss(log: Path, serve: Serve) -> None:
    server = serve(log)
    assert lines(server)["total"] == 3
    os.truncate(log, 0)
    with log.open("a") as file:
        file.write("new\n")
    until(lambda: texts(lines(server)) == ["new"])
    assert [file["loss"] for file in lines(server)["files"]] == ["truncated"]


# Large files


def cpu_seconds(server: Server) -> float:
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


def make_sparse(path: Path, size: int) -> None:
    """Write a file with a hole of this size between thousands of lines."""
    with path.open("wb") as file:
        file.write(b"".join(b"head %d\n" % number for number in range(5000)))
        file.seek(size)
        file.write(b"\n" + b"".join(b"tail %d\n" % number for number in range(5000)))


def test_a_sparse_file_is_numbered_without_reading_its_hole(log: Path, serve: Serve) -> None:
    make_sparse(log, 10 * GIB)
    server = serve(log)
    used = cpu_seconds(server)
    assert texts(lines(server, start=-1)) == ["tail 4999"]
    assert cpu_seconds(server) - used < 1
    assert texts(lines(server, start=6000, count=1)) == ["tail 999"]
    answer = until(lambda: (found := lines(server, start=4998, count=4))["complete"] and found)
    assert (answer["total"], answer["start"]) == (10_001, 4998)
    assert texts(answer) == ["head 4998", "head 4999", "", "tail 0"]
    assert [line["n"] for line in answer["lines"]] == [4999, 5000, 5001, 5002]
    assert lines(server, start=-1)["lines"][0]["n"] == 10_001
    before = lines(server, before=answer["lines"][3]["at"], count=2)
    assert texts(before) == [""], "with its hole this line is longer than an answer, and stays alone"
    assert texts(lines(server, before=before["lines"][0]["at"], count=2)) == ["head 4998", "head 4999"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 300 MB, too large to be counted unasked or within a request."""
    path = tmp_path_factory.mktemp("large") / "app.log"
    block = b"".join(b"%07d " % number + b"x" * 91 + b"\n" for number in range(10_000))
    with path.open("wb") as file:
        for _ in range(300):
            file.write(block)
    return path


def test_a_large_file_is_counted_on_request(large: Path, serve: Serve) -> None:
    server = serve(large)
    time.sleep(1.5)
    assert server.get("/api/sources").json()[0]["lines"] is None
    middle = lines(server, start=1_505_000, count=2)
    assert texts(middle) == [f"{number:07} " + "x" * 91 for number in (5000, 5001)]
    assert [line["n"] for line in middle["lines"]] == [1_505_001, 1_505_002]
    until(lambda: server.get("/api/sources").json()[0]["lines"] == 3_000_000)
    answer = lines(server, start=-2_999_999, count=1)
    assert (answer["total"], answer["start"], answer["lines"][0]["n"]) == (3_000_000, 1, 2)


def test_a_large_file_is_counted_for_its_stream(large: Path, logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    shutil.copyfile(large, log)
    server = serve(log)
    with server.stream(source="app.log", from_="end") as stream:
        stream.next("")
        until(lambda: lines(server, start=-1)["complete"])
        with log.open("a") as file:
            file.write("new\n")
        assert stream.next("lines").data["n"] == 3_000_001


def test_a_counting_server_stops_in_time(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    with log.open("wb") as file:
        for _ in range(200):
            file.write(b"x\n" * (4 << 20))
    server = serve(log)
    lines(server, start=-1)
    server.stop_in_time()
