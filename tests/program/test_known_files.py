"""What a server saw of rotated files counts after its restart, also after kill -9."""

import json
import os
import shutil
import signal
import sys
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


def wait_until_known(state: Path, count: int) -> None:
    """Wait until the files of one log are in the state directory: a reader may get a line before the poll ends."""

    def known() -> list[int]:
        return [len(json.loads(path.read_bytes())["files"]) for path in state.rglob("*.json")]

    until(lambda: known() == [count], what=f"a state of {count} files")


@pytest.mark.parametrize("rotate", [ascending, descending, copytruncate])
def test_the_direction_of_numbers_survives_a_restart(
    logs: Path, state: Path, start: Callable[..., Server], rotate: Callable[[Path], None]
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
                wait_until_known(state, len(list(logs.iterdir())))
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


def test_an_odd_name_of_a_file_that_was_live_survives_a_restart(
    logs: Path, state: Path, start: Callable[..., Server]
) -> None:
    log = logs / "app.log"
    append(log, "one")
    server = start(logs)
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(1) == ["one"]
        log.rename(logs / "app-8080.log")
        append(log, "two")
        assert stream.lines(1) == ["two"]
    wait_until_known(state, 2)
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


# A state directory that cannot be used


def rotate_twice(log: Path, server: Server, *, name: str = "app-8080.log") -> None:
    """Follow a log without times, and rotate it to a name that only the memory of the server explains."""
    with server.stream(source=log.name) as stream:
        append(log, "one")
        assert stream.lines(1) == ["one"]
        log.rename(log.with_name(name))
        append(log, "two")
        assert stream.lines(1) == ["two"]


def is_file(state: Path) -> None:
    shutil.rmtree(state)
    state.write_text("a file")


def is_missing(state: Path) -> None:
    shutil.rmtree(state)


def each_file(change: Callable[[Path], object]) -> Callable[[Path], None]:
    def apply(state: Path) -> None:
        files = list((state / "rotations").iterdir())
        assert files
        for file in files:
            change(file)

    return apply


def set_value(name: str, value: object) -> Callable[[Path], None]:
    return each_file(lambda file: file.write_text(json.dumps({**json.loads(file.read_text()), name: value})))


def make_symlink(file: Path) -> None:
    other = file.rename(file.with_name("other"))
    file.symlink_to(other)


def make_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGED: dict[str, Callable[[Path], None]] = {
    "missing": is_missing,
    "a file in its place": is_file,
    "cut": each_file(lambda file: os.truncate(file, 40)),
    "empty": each_file(lambda file: os.truncate(file, 0)),
    "not text": each_file(lambda file: file.write_bytes(bytes(range(256)))),
    "nested": each_file(lambda file: file.write_text("[" * 60000)),
    "huge": each_file(lambda file: os.truncate(file, 1 << 40)),
    "a symlink": each_file(make_symlink),
    "a directory": each_file(make_directory),
    "a pipe": each_file(make_pipe),
    "another version": set_value("version", 2),
    "another log": set_value("path", "/other.log"),
    "no list": set_value("files", {"0": 1}),
    "wrong types": set_value("files", [[1, "2", 3, "aa", 0, True]]),
    "too many files": set_value("files", [[1, number, 3, "aa", number, True] for number in range(101)]),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_without_a_usable_state_the_contents_decide(
    logs: Path, state: Path, start: Callable[..., Server], damage: Callable[[Path], None]
) -> None:
    log = logs / "app.log"
    log.touch()
    rotate_twice(log, start(logs))
    wait_until_known(state, 2)
    damage(state)
    server = start(logs)
    assert names(server) == ["app-8080.log", "app.log"]
    assert (texts(server), texts(server, "app-8080.log")) == (["two"], ["one"])
    rotate_twice(log, server, name="app-8081.log")
    server.process.kill()
    assert server.process.stderr
    assert server.process.stderr.read().count("cannot keep") <= 1


def test_reused_inodes_and_copytruncate_make_no_rotation_of_a_log(
    logs: Path, state: Path, start: Callable[..., Server]
) -> None:
    log = logs / "app.log"
    log.touch()
    server = start(logs)
    rotate_twice(log, server)
    wait_until_known(state, 2)
    server.process.kill()
    kept = log.stat().st_ino, (logs / "app-8080.log").stat().st_ino
    # As if both inodes were given to other files.
    log.write_text("other\n")
    (logs / "app-8080.log").write_text("tenant\n")
    assert kept == (log.stat().st_ino, (logs / "app-8080.log").stat().st_ino)
    server = start(logs)
    assert names(server) == ["app-8080.log", "app.log"]
    assert (texts(server), texts(server, "app-8080.log")) == (["other"], ["tenant"])


def test_two_servers_share_a_state_directory(logs: Path, state: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.touch()
    environment = {"STATE_DIRECTORY": str(state)}
    one, other = serve(logs, env=environment), serve(logs, env=environment)
    with one.stream(source="app.log") as stream, other.stream(source="app.log") as second:
        for number in range(5):
            append(log, f"line {number}")
            assert stream.lines(1) == second.lines(1) == [f"line {number}"]
            log.rename(logs / f"app-{8080 + number}.log")
            log.touch()
        append(log, "last")
        assert stream.lines(1) == second.lines(1) == ["last"]
        wait_until_known(state, 6)
    for server in (one, other):
        server.stop(signal.SIGKILL)
    server = serve(logs, env=environment)
    assert names(server) == ["app.log"]
    assert texts(server) == [*(f"line {number}" for number in range(5)), "last"]


def test_the_state_is_private_and_only_for_logs_with_rotated_files(
    logs: Path, state: Path, start: Callable[..., Server]
) -> None:
    for number in range(50):
        append(logs / f"plain{number}.log", "line")
    server = start(logs)
    with server.stream(source="plain0.log") as stream:
        append(logs / "plain0.log", "more")
        assert stream.lines(1) == ["more"]
    assert not state.exists()
    append(logs / "app.log", "line")
    append(logs / "app.log.1", "old line")
    start(logs)
    until(lambda: saved(state) == 1)
    files = [state, *state.rglob("*")]
    assert [path for path in files if path.stat().st_mode & 0o077] == []
    before = {path: path.stat().st_mtime_ns for path in files}
    server = start(logs)
    assert texts(server) == ["old line", "line"]
    assert {path: path.stat().st_mtime_ns for path in files} == before


@pytest.mark.parametrize("home", ["", "/proc/none"])
def test_the_server_works_without_a_home(logs: Path, serve: Serve, home: str) -> None:
    log = logs / "app.log"
    log.touch()
    server = serve(logs, env={"HOME": home, "XDG_STATE_HOME": ""})
    rotate_twice(log, server)
    assert texts(server) == ["one", "two"]


def test_the_demo_keeps_no_state(tmp_path: Path, serve: Serve) -> None:
    home, demo = tmp_path / "home", tmp_path / "demo"
    for directory in (home, demo):
        directory.mkdir()
    environment = {"HOME": str(home), "XDG_STATE_HOME": ""}
    # The demo rotates the logs of an earlier run.
    for _ in range(2):
        server = serve(demo, env=environment, program=(sys.executable, "-m", "logviewer", "demo"))
        assert names(server)
        server.stop()
    assert (demo / "shop.log.1").exists()
    assert list(home.iterdir()) == []
