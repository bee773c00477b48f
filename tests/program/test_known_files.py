"""What a server saw of rotated files counts after its restart, also after kill -9."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]

TIME = 10**18


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def start(serve: Serve, state: Path) -> Iterator[Callable[..., Server]]:
    """Start a server with the state directory, and end the last one by kill -9."""
    running: list[Server] = []

    def start(*paths: Path, env: dict[str, str] | None = None) -> Server:
        kill(running)
        running.append(serve(*paths, env={"STATE_DIRECTORY": str(state), **(env or {})}))
        return running[-1]

    yield start
    kill(running)


def kill(running: list[Server]) -> None:
    for server in running:
        server.process.kill()
        server.process.wait()
    running.clear()


def append(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def ascending(log: Path) -> None:
    numbers = [int(path.name.rpartition(".")[2]) for path in log.parent.glob("app.log.*")]
    log.rename(log.with_name(f"app.log.{max(numbers, default=0) + 1}"))


def descending(log: Path) -> None:
    for number in range(len(list(log.parent.glob("app.log.*"))), 0, -1):
        log.with_name(f"app.log.{number}").rename(log.with_name(f"app.log.{number + 1}"))
    log.rename(log.with_name("app.log.1"))


def copytruncate(log: Path) -> None:
    """Copy and truncate in ascending order: no copy was ever the live file."""
    count = len(list(log.parent.glob("app.log.*")))
    log.with_name(f"app.log.{count + 1}").write_bytes(log.read_bytes())
    os.truncate(log, 0)


def hide_times(directory: Path) -> None:
    for path in directory.iterdir():
        os.utime(path, ns=(TIME, TIME))


def texts(server: Server, source: str = "app.log") -> list[str]:
    answer = server.get("/api/lines", source=source, start=0, count=5000).json()
    return [line["text"] for line in answer["lines"]]


def names(server: Server) -> list[str]:
    return sorted(source["name"] for source in server.get("/api/sources").json())


def saved(state: Path) -> int:
    return sum(path.suffix == ".json" for path in state.rglob("*"))


@pytest.mark.parametrize("rotate", [ascending, descending, copytruncate])
def test_the_direction_of_numbers_survives_a_restart(
    logs: Path, start: Callable[..., Server], rotate: Callable[[Path], None]
) -> None:
    log = logs / "app.log"
    written = ["line 0"]
    append(log, *written)
    server = start(log)
    cursor = ""
    with server.stream(source="app.log", from_="start") as stream:
        event = stream.next("lines")
        for number in range(1, 8):
            if number == 4:
                server.process.kill()
                server.process.wait()
            if number % 2:
                rotate(log)
            written.append(f"line {number}")
            append(log, written[-1])
            hide_times(logs)
            if number < 4:
                event = stream.next("lines")
                assert event.data["lines"] == written[-1:]
        cursor = event.id
    server = start(log)
    assert texts(server) == written
    with server.stream(source="app.log", last_event_id=cursor) as stream:
        assert stream.lines(4) == written[4:]


def test_an_odd_name_of_a_file_that_was_live_survives_a_restart(logs: Path, start: Callable[..., Server]) -> None:
    log = logs / "app.log"
    append(log, "one")
    server = start(logs)
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(1) == ["one"]
        log.rename(logs / "app-8080.log")
        append(log, "two")
        assert stream.lines(1) == ["two"]
    server = start(logs)
    assert names(server) == ["app.log"]
    assert texts(server) == ["one", "two"]


def test_a_log_with_a_usual_name_of_a_rotated_file_is_listed_at_once_after_a_restart(
    logs: Path, state: Path, start: Callable[..., Server]
) -> None:
    both = ["tornado.log", "tornado.log.1"]
    for name in both:
        append(logs / name, f"{name} begins")
    server = start(logs)

    def all_are_shown() -> bool:
        for name in both:
            append(logs / name, "more")
        return names(server) == both and saved(state) > 1

    until(all_are_shown)
    assert names(start(logs)) == both
