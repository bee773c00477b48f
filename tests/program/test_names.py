"""Live logs whose names look like rotations, in a directory that the program follows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]


def write(path: Path, *texts: str, minute: int | None = None) -> None:
    stamp = "" if minute is None else f"2026-11-26 10:{minute:02}:00 "
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("".join(f"{stamp}{text}\n" for text in texts))


def names(server: Server) -> list[str]:
    return sorted(source["name"] for source in server.get("/api/sources").json())


LIVE = [
    ["app-8080.log", "app-8081.log", "app.log"],
    ["tenant-1001.log", "tenant.log"],
    ["tornado.log", "tornado.log.1", "tornado.log.2"],
    ["worker.12345.log", "worker.log", "worker.log.23456"],
]


@pytest.mark.parametrize("live", LIVE, ids=lambda names: names[-1])
@pytest.mark.parametrize("minute", [None, 3])
def test_every_live_log_is_shown(logs: Path, serve: Serve, live: list[str], minute: int | None) -> None:
    for name in live:
        write(logs / name, "one", minute=minute)
    server = serve(logs)

    def all_are_shown() -> bool:
        for name in live:
            write(logs / name, "more", minute=minute and minute + 1)
        return names(server) == live

    until(all_are_shown)
    for name in live:
        lines = server.get("/api/lines", source=name, start=0, count=5000).json()["lines"]
        assert lines[0]["text"].endswith("one")
        assert lines[-1]["text"].endswith("more")


ROTATED = {
    "0.log": "0.log.20261126-101010.tmp",
    "SystemOut.log": "SystemOut_26.11.25_01.02.03.log",
    "app.log": "app-11-25-2026-1.log",
    "net.log": "net.log20261125",
    "current": "@400000006b00eef51234abcd.s",
    "out.log": "out__2026-11-26_00-00-00.log",
    "kept.log": "old/kept.log.1",
    "archived.log": "Archive/archived.log.1",
}


def test_rotations_are_not_sources(logs: Path, serve: Serve) -> None:
    for live, rotation in ROTATED.items():
        write(logs / rotation, "old", minute=1)
        write(logs / live, "new", minute=2)
    for name in ("lock", "config", "state", "wtmp", "btmp", "lastlog", "faillog"):
        write(logs / name, "\0")
    server = serve(logs)
    assert names(server) == sorted(ROTATED)
    for live, rotation in ROTATED.items():
        lines = server.get("/api/lines", source=live, start=0, count=5).json()["lines"]
        assert [line["text"][-3:] for line in lines] == (["new"] if rotation.endswith(".tmp") else ["old", "new"])
