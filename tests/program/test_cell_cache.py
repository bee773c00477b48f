"""Line counts that outlive the server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]
LINE = "2026-11-21 01:{minute:02}:03 {level} request {number}\n"


def write(log: Path) -> None:
    lines = (
        LINE.format(minute=number // 2000 % 60, level="ERROR" if number % 50 == 0 else "INFO", number=number)
        for number in range(120_000)
    )
    log.write_text("".join(lines))


def answers(server: Server) -> tuple[Any, Any, Any]:
    """Return the histogram, the lines of one level, and the total, once all are complete."""

    def complete(path: str, **params: Any) -> Any:
        return until(lambda: (answer := server.get(path, source="app.log", **params).json())["complete"] and answer)

    histogram = complete("/api/histogram")
    errors = complete("/api/lines", level="error", start=-3, count=3)
    return histogram, errors["lines"], (errors["total"], complete("/api/lines", start=0, count=1)["total"])


def test_counts_are_the_same_after_a_restart_and_with_workers(logs: Path, tmp_path: Path, serve: Serve) -> None:
    write(logs / "app.log")
    environment = {"CACHE_DIRECTORY": str(tmp_path / "cache")}
    found = [answers(serve(logs / "app.log", env=environment)) for _ in range(2)]
    found.append(answers(serve("--workers", "2", logs / "app.log", env=environment)))
    assert found[0] == found[1] == found[2]
    assert found[0][2] == (2400, 120_000)
    assert len(list((tmp_path / "cache" / "cells").glob("*.cells"))) == 1


def test_no_cache_writes_nothing(logs: Path, tmp_path: Path, serve: Serve) -> None:
    write(logs / "app.log")
    answers(serve("--no-cache", logs / "app.log", env={"CACHE_DIRECTORY": str(tmp_path / "cache")}))
    assert not (tmp_path / "cache").exists()


def read_bytes(server: Server) -> int:
    """Return the bytes that the server has read from files and sockets."""
    counters = Path(f"/proc/{server.process.pid}/io").read_text().split()
    return int(counters[counters.index("rchar:") + 1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs /proc")
def test_line_numbers_are_not_counted_again_after_a_restart(logs: Path, tmp_path: Path, serve: Serve) -> None:
    line = "2026-11-21 01:02:03 INFO " + "x" * 974 + "\n"
    with (logs / "app.log").open("w") as file:
        file.writelines(f"{number:07}{line}" for number in range(64_000))
    size = (logs / "app.log").stat().st_size
    environment = {"CACHE_DIRECTORY": str(tmp_path / "cache")}
    answers(serve(logs / "app.log", env=environment))
    server = serve(logs / "app.log", env=environment)
    before = read_bytes(server)
    (found,) = server.get("/api/lines", source="app.log", start=30_000, count=1).json()["lines"]
    assert (found["n"], found["text"][:7]) == (30_001, "0030000")
    last = until(lambda: (at := server.get("/api/lines", source="app.log", start=-500).json())["complete"] and at)
    assert (last["total"], last["start"]) == (64_000, 63_500)
    assert read_bytes(server) - before < size / 4
