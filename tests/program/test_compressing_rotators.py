"""Rotators that compress a moment later: readers follow, are cut and come back, search and hold links meanwhile."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.following import read_until
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

START = datetime(2026, 11, 27, 10, tzinfo=UTC)
ROUNDS = 5
LINES = 60


class Kubelet:
    """Renames ``0.log`` by the second. Before that it compresses the older files, each to a temporary file first."""

    live = "0.log"

    def __init__(self) -> None:
        self._seconds = iter(range(10**6))

    def rotate(self, log: Path) -> Iterator[None]:
        """Rotate in steps."""
        for old in sorted(log.parent.glob("0.log.*")):
            if old.suffix != ".gz":
                unfinished = old.with_name(f"{old.name}.tmp")
                data = gzip.compress(old.read_bytes())
                unfinished.write_bytes(data[: len(data) // 2])
                yield
                unfinished.write_bytes(data)
                unfinished.rename(old.with_name(f"{old.name}.gz"))
                yield
                old.unlink()
                yield
        stamp = START + timedelta(seconds=next(self._seconds))
        log.rename(log.with_name(f"0.log.{stamp:%Y%m%d-%H%M%S}"))
        yield
        log.touch()


class Log4j2:
    """Renames ``app.log`` to ascending numbers, and compresses the file in its place while the next one is written."""

    live = "app.log"

    def __init__(self) -> None:
        self._numbers = iter(range(1, 10**6))

    def rotate(self, log: Path) -> Iterator[None]:
        """Rotate in steps."""
        rotated = log.with_name(f"app-2026-11-27-{next(self._numbers)}.log")
        log.rename(rotated)
        yield
        log.touch()
        yield
        data = gzip.compress(rotated.read_bytes())
        packed = rotated.with_name(f"{rotated.name}.gz")
        with packed.open("wb", buffering=0) as file:
            for start in range(0, len(data), 200):
                file.write(data[start : start + 200])
                yield
        rotated.unlink()


class Growing:
    """A log that gets a line before each step of its rotations; ``written`` are all lines."""

    def __init__(self, directory: Path, rotator: Kubelet | Log4j2) -> None:
        self.log = directory / rotator.live
        self.log.touch()
        self.written: list[str] = []
        self._rotator = rotator

    def write(self, count: int = 1) -> str:
        """Append lines, and return the last one."""
        with self.log.open("a") as file:
            for _ in range(count):
                number = len(self.written)
                self.written.append(f"{START + timedelta(seconds=number):%F %T} INFO line {number}")
                file.write(f"{self.written[-1]}\n")
        return self.written[-1]

    def rotate(self) -> None:
        """Rotate once; the program that writes goes on meanwhile."""
        for _ in self._rotator.rotate(self.log):
            if self.log.exists():
                self.write()


def link(server: Server, name: str, text: str) -> str:
    """Return the cursor before a line of the last ones."""
    lines = server.get("/api/lines", source=name, start=-LINES, count=LINES).json()["lines"]
    return str(next(line["at"] for line in lines if line["text"] == text))


def matches(server: Server, name: str) -> int | None:
    """Return the number of matches in the whole history, once all of it is known."""
    answer: dict[str, Any] = server.get("/api/lines", source=name, q="INFO", start=0, count=1).json()
    return answer["total"] if answer["complete"] else None


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("rotator", [Kubelet, Log4j2])
def test_each_line_comes_once_and_links_hold(
    rotator: type[Kubelet | Log4j2], restarts: bool, logs: Path, serve: Serve
) -> None:
    growing = Growing(logs, rotator())
    name = growing.log.name
    server = serve(logs)
    links: dict[str, str] = {}
    cut: list[str] = []
    steady: list[str] = []
    last: str | None = None
    with ExitStack() as stack:
        stream = stack.enter_context(server.stream(source=server.source_id(name), from_="start"))
        for number in range(ROUNDS):
            wanted = growing.write(LINES)
            while wanted not in steady:
                event = stream.next("lines", "gap")
                assert event.name == "lines", event
                steady += event.data["lines"]
            # This reader was away during a rotation.
            last = read_until(server, server.source_id(name), last, cut, wanted)
            links[wanted] = link(server, name, wanted)
            if restarts and number == ROUNDS // 2:
                stack.close()
                server.process.kill()
            growing.rotate()
            if restarts and number == ROUNDS // 2:
                server = serve(logs)
                position = {"last_event_id": last}
                stream = stack.enter_context(server.stream(source=server.source_id(name), **position))
        wanted = growing.write()
        while wanted not in steady:
            steady += stream.next("lines", "gap").data["lines"]
    read_until(server, server.source_id(name), last, cut, wanted)
    assert steady == growing.written
    assert cut == growing.written
    assert {each["name"] for each in server.get("/api/sources").json()} == {name}
    assert until(lambda: matches(server, name)) == len(growing.written)
    for text, at in links.items():
        assert server.get("/api/line", source=name, at=at).text.rstrip("\n") == text
        answer = server.get("/api/lines", source=name, at=at, count=2).json()["lines"]
        index = growing.written.index(text)
        assert [line["text"] for line in answer] == growing.written[index : index + 2]
    whole = server.get("/api/stream", source=name, from_="start", follow="false", format="text")
    assert whole.text.splitlines() == growing.written


@pytest.mark.parametrize("rotator", [Kubelet, Log4j2])
def test_the_history_is_there_after_the_rotations(rotator: type[Kubelet | Log4j2], logs: Path, serve: Serve) -> None:
    growing = Growing(logs, rotator())
    for _ in range(ROUNDS):
        growing.write(LINES)
        growing.rotate()
    growing.write()
    server = serve(logs)
    name = growing.log.name
    whole = server.get("/api/stream", source=name, from_="start", follow="false", format="text")
    assert whole.text.splitlines() == growing.written
