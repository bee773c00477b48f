"""Line counts that outlive the server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
