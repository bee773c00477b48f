"""Logs that begin a file of a new name each day, without a file of the undated name: each is one source."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.helpers.following import read_until
from tests.helpers.server import Server, until

Serve = Callable[..., Server]
FIRST = datetime(2026, 11, 24, tzinfo=UTC)

FAMILIES = {
    "postgresql": ("postgresql.log", lambda day: f"postgresql-{day:%F}.log"),
    "postgresql, with a time": ("postgresql.log", lambda day: f"postgresql-{day:%F}_000000.log"),
    "IIS": ("u_ex.log", lambda day: f"u_ex{day:%y%m%d}.log"),
    "Tomcat": ("catalina.log", lambda day: f"catalina.{day:%F}.log"),
    "Tomcat, access": ("localhost_access_log.txt", lambda day: f"localhost_access_log.{day:%F}.txt"),
    "Serilog": ("log.txt", lambda day: f"log{day:%Y%m%d}.txt"),
    "Serilog, by size": (
        "log.txt",
        lambda day: f"log20261126{f'_{(day - FIRST).days:03}' if day > FIRST else ''}.txt",
    ),
    "Serilog, each month": ("log.txt", lambda day: f"log2026{(day - FIRST).days + 1:02}.txt"),
    "Laravel": ("laravel.log", lambda day: f"laravel-{day:%F}.log"),
    "rotatelogs": ("access_log", lambda day: f"access_log.{day:%s}"),
    "log4j2 without a file name": ("app.log", lambda day: f"app-2026-11-26-{(day - FIRST).days + 1}.log"),
    "before a word": ("app_error.log", lambda day: f"app_{day:%F}_error.log"),
    "at the beginning": ("error.log", lambda day: f"{day:%F}-error.log"),
}


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def names(server: Server) -> list[str]:
    return sorted(source["name"] for source in server.get("/api/sources").json())


def texts(server: Server) -> list[str]:
    (name,) = names(server)
    return [line["text"] for line in server.get("/api/lines", source=name, start=0, count=5000).json()["lines"]]


@pytest.mark.parametrize("with_times", [False, True])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_dated_files_are_one_source(
    logs: Path, serve: Serve, family: tuple[str, Callable[[datetime], str]], with_times: bool
) -> None:
    name, name_of = family
    days = (FIRST + timedelta(days=number) for number in range(99))
    written: list[str] = []

    def write(*files: Path) -> None:
        for file in files:
            for number in range(40):
                stamp = f"{FIRST + timedelta(seconds=len(written)):%F %T} " if with_times else ""
                written.append(f"{stamp}{file.name} line {number}")
                append(file, written[-1])

    def begin() -> Path:
        return logs / name_of(next(days))

    write(begin(), begin(), path := begin())
    server = serve(logs)
    assert names(server) == [name]
    source = server.source_id(name)
    received: list[str] = []
    last = read_until(server, source, None, received, written[-1])
    for number in range(3):
        if number == 2:
            server.process.kill()
            write(path, begin(), path := begin())
            server = serve(logs)
            assert names(server) == [name]
        else:
            write(path, path := begin())
        last = read_until(server, source, last, received, written[-1])
    assert received == written
    lines = server.get("/api/lines", source=source, start=0, count=5000).json()["lines"]
    assert [line["text"] for line in lines] == written
    (status,) = server.get("/api/sources").json()
    assert status["path"] == str(path)


def test_files_named_by_their_dates_alone_have_the_name_of_their_directory(logs: Path, serve: Serve) -> None:
    directory = logs / "shop"
    directory.mkdir()
    append(directory / "2026-11-25.log", "one")
    append(directory / "2026-11-26.log", "two")
    server = serve(logs)
    assert names(server) == ["shop.log"]
    assert texts(server) == ["one", "two"]


def test_a_log_of_its_own_beside_a_newer_one_is_shown(logs: Path, serve: Serve) -> None:
    older, newer = logs / "job-2026-11-26_10-00.log", logs / "job-2026-11-26_10-05.log"
    append(older, "older")
    append(newer, "newer")
    server = serve(logs)
    assert names(server) == ["job.log"]

    def both_are_shown() -> bool:
        append(older, "more")
        append(newer, "more")
        return names(server) == ["job-2026-11-26_10-00.log", "job.log"]

    until(both_are_shown)
    for name, first in (("job.log", "newer"), (older.name, "older")):
        lines = server.get("/api/lines", source=name, start=0, count=5000).json()["lines"]
        assert [lines[0]["text"], lines[-1]["text"]] == [first, "more"]


def test_a_log_of_the_undated_name_has_the_dated_files_as_its_history(logs: Path, serve: Serve) -> None:
    append(logs / "app-2026-11-25.log", "one")
    server = serve(logs)
    assert names(server) == ["app.log"]
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(1) == ["one"]
        append(logs / "app.log", "two")
        assert stream.lines(1) == ["two"]
    assert names(server) == ["app.log"]


def test_rotations_of_a_dated_file_are_older_than_it(logs: Path, serve: Serve) -> None:
    for name in ("app-2026-11-25.log.1", "app-2026-11-25.log", "app-2026-11-26.log.1", "app-2026-11-26.log"):
        append(logs / name, name)
    server = serve(logs)
    assert names(server) == ["app.log"]
    assert texts(server) == [
        "app-2026-11-25.log.1",
        "app-2026-11-25.log",
        "app-2026-11-26.log.1",
        "app-2026-11-26.log",
    ]


@pytest.mark.parametrize("live", ["app.log", "app-2026-11-26.log"])
@pytest.mark.parametrize("folder", ["archive", "Old"])
def test_dated_files_in_an_archive_folder_are_history_of_the_log_above(
    logs: Path, serve: Serve, live: str, folder: str
) -> None:
    (logs / folder).mkdir()
    for day in (24, 25):
        append(logs / folder / f"app-2026-11-{day}.log", str(day))
    append(logs / live, "26")
    server = serve(logs)
    assert names(server) == ["app.log"]
    assert texts(server) == ["24", "25", "26"]


@pytest.mark.parametrize("link", ["app.log", "latest.log"])
def test_a_symlink_to_the_newest_file_leaves_dated_files_one_log(logs: Path, serve: Serve, link: str) -> None:
    """As rotatelogs -L and many programs: the symlink names the newest file of the dated ones."""
    files = [logs / f"app-2026-11-{day}.log" for day in (24, 25, 26, 27)]
    both = sorted({"app.log", link})

    def begin(file: Path) -> None:
        append(file, file.name)
        (logs / ".new").symlink_to(file.name)
        (logs / ".new").rename(logs / link)

    begin(files[0])
    begin(files[1])
    server = serve(logs)
    assert names(server) == both
    with server.stream(source="app.log", from_="start") as stream, server.stream(source=link) as other:
        assert stream.lines(2) == [file.name for file in files[:2]]
        for number in (2, 3):
            begin(files[number])
            assert stream.lines(1) == [files[number].name]
            assert files[number].name in other.lines(1)
    append(logs / "new.log", "a later look at the directory")
    until(lambda: "new.log" in names(server))
    assert names(server) == sorted([*both, "new.log"])
    assert names(serve(logs)) == sorted([*both, "new.log"])


def test_a_pattern_without_the_newest_file_names_its_own_files(logs: Path, serve: Serve) -> None:
    for day in (24, 25, 26):
        append(logs / f"app-2026-11-{day}.log", str(day))
    assert names(serve(f"{logs}/app-2026-11-25*")) == ["app-2026-11-25.log"]
    assert names(serve(f"{logs}/app-*")) == ["app.log"]
    assert names(serve(logs / "app-2026-11-26.log")) == ["app-2026-11-26.log"]


def test_a_ring_of_files(logs: Path, serve: Serve) -> None:
    """As the JVM: gc.log.0.current becomes gc.log.0, and gc.log.1.current begins; after the last, the first again."""
    written: list[str] = []
    numbers = iter([number % 8 for number in range(40)])

    def write(number: int) -> None:
        current = logs / f"gc.log.{number}.current"
        for _ in range(20):
            written.append(f"[{len(written) / 10:.3f}s][info][gc] GC({len(written)}) Pause Young")
            append(current, written[-1])

    def finish(number: int) -> None:
        (logs / f"gc.log.{number}.current").rename(logs / f"gc.log.{number}")
        (logs / f"gc.log.{(number + 1) % 8}").unlink(missing_ok=True)

    for _ in range(10):
        write(number := next(numbers))
        finish(number)
    write(number := next(numbers))
    server = serve(logs)
    assert names(server) == ["gc.log"]
    source = server.source_id("gc.log")
    received: list[str] = []
    last = read_until(server, source, None, received, written[-1])
    for is_restarted in (False, False, True):
        if is_restarted:
            server.process.kill()
        write(number)
        finish(number)
        write(number := next(numbers))
        if is_restarted:
            server = serve(logs)
        last = read_until(server, source, last, received, written[-1])
    # The first files are overwritten before the reader begins.
    assert received == written[60:]


def test_rules_go_by_the_file_that_is_read(logs: Path, serve: Serve, tmp_path: Path) -> None:
    configuration = tmp_path / "logviewer.toml"
    configuration.write_text(
        f"""
[[redact]]
files = ["{logs}/app-2026-11-25.log"]
pattern = "secret"
"""
    )
    append(logs / "app-2026-11-25.log", "a secret")
    append(logs / "app-2026-11-26.log", "no secret")
    server = serve("--config", configuration, logs)
    text, other = texts(server)
    assert "secret" not in text
    assert other == "no secret"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    yield
