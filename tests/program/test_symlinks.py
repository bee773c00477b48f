"""Symlinks: without ``--follow-symlinks``, only targets inside the paths given are read."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.following import event_texts, expect, expect_state, following, source_status
from tests.helpers.log_file import append, swap_symlink
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

HIDDEN = "not for anybody"


@pytest.fixture
def inside(logs: Path) -> Path:
    directory = logs / "inside"
    directory.mkdir()
    return directory


@pytest.fixture
def outside(logs: Path) -> Path:
    directory = logs / "outside"
    directory.mkdir()
    append(directory / "app.log", HIDDEN)
    append(directory / "app.log.1", HIDDEN)
    return directory / "app.log"


def all_that_is_told(server: Server) -> str:
    ids = [source["id"] for source in server.get("/api/sources").json()]
    answers = [server.get("/api/lines", source=each, start=0) for each in ids]
    answers += [server.get("/api/stream", source=each, from_="start", follow="false") for each in ids]
    answers += [server.get("/api/download", source=each) for each in ids]
    return "".join(each.text for each in answers)


@pytest.mark.parametrize("given", ["", "containers"])
def test_a_directory_with_a_name_of_kubelets_leads_nowhere(
    given: str, inside: Path, outside: Path, serve: Serve
) -> None:
    (inside / "pods").symlink_to(outside.parent)
    (inside / "containers").mkdir()
    (inside / given / "app.log").symlink_to(outside)
    assert HIDDEN not in all_that_is_told(serve(inside / given))


@pytest.mark.parametrize("named", ["", "app.log", "*.log"], ids=["directory", "file", "glob"])
def test_a_symlink_swapped_to_the_outside_is_never_read(named: str, inside: Path, outside: Path, serve: Serve) -> None:
    log, first = inside / "app.log", inside / "first.log"
    append(first, "one")
    swap_symlink(log, first)
    server = serve(inside / named)
    with following(server, log, "one") as stream:
        swap_symlink(log, outside)
        expect_state(stream, "unreadable")
        status = source_status(server, log)
        assert (status["state"], status["reason"]) == (
            "unreadable",
            f"symlink to {outside}, outside the paths given; use --follow-symlinks to follow it",
        )
        assert HIDDEN not in all_that_is_told(server)
        append(inside / "second.log", "two")
        swap_symlink(log, inside / "second.log")
        expect(stream, "two")
        assert source_status(server, log)["reason"] is None


def test_a_symlink_with_a_rotated_name_is_never_read(inside: Path, outside: Path, serve: Serve) -> None:
    append(inside / "app.log", "one")
    (inside / "app.log.1").symlink_to(outside)
    (inside / "other.log").symlink_to(outside)
    server = serve(inside)
    assert HIDDEN not in all_that_is_told(server)
    (inside / "app.log").unlink()
    until(lambda: source_status(server, inside / "app.log")["state"] == "missing")
    assert HIDDEN not in all_that_is_told(server)


def test_a_directory_swapped_for_a_symlink_is_not_entered(inside: Path, outside: Path, serve: Serve) -> None:
    deep = inside / "deep"
    deep.mkdir()
    append(deep / "app.log", "one")
    server = serve(inside)
    deep.rename(inside / "gone")
    deep.symlink_to(outside.parent)
    until(lambda: source_status(server, deep / "app.log")["state"] == "unreadable")
    assert HIDDEN not in all_that_is_told(server)


_EXCHANGE = """
import ctypes, sys
rename = ctypes.CDLL(None).renameat2
while rename(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2) == 0:
    pass
"""


def test_a_directory_exchanged_with_a_symlink_all_the_time_leads_nowhere(
    inside: Path, outside: Path, serve: Serve
) -> None:
    deep, way_out = inside / "deep", outside.parent / "way out"
    deep.mkdir()
    for directory, text in ((deep, "inside"), (outside.parent, HIDDEN)):
        (directory / "x.log").write_text(f"{text}\n")
        (directory / "x.log.1").write_text(f"{text} before\n")
    way_out.symlink_to(outside.parent)
    server = serve(inside)
    server.source_id("x.log")
    exchange = subprocess.Popen([sys.executable, "-c", _EXCHANGE, str(deep), str(way_out)])
    try:
        texts: list[str] = []
        for _ in range(60):
            # A reader that comes and goes: each poll opens the file at the path, each start the rotated ones.
            with server.stream(source="x.log", from_="start") as stream:
                texts += event_texts(stream.next())
            answer = server.get("/api/lines", source="x.log", start=0, count=9)
            texts += [each["text"] for each in answer.json().get("lines", ())]
        assert exchange.poll() is None
    finally:
        exchange.kill()
        exchange.wait()
    assert not [text for text in texts if HIDDEN in text]
    assert HIDDEN not in all_that_is_told(server)


def test_a_symlink_at_the_start_is_followed(inside: Path, outside: Path, serve: Serve) -> None:
    (inside / "app.log").symlink_to(outside)
    server = serve(inside / "app.log")
    with following(server, inside / "app.log", HIDDEN) as stream:
        outside.rename(outside.with_name("app.log.2"))
        append(outside, "new")
        expect(stream, "new")


def test_follow_symlinks_allows_every_target(inside: Path, outside: Path, serve: Serve) -> None:
    (inside / "app.log").symlink_to(outside)
    assert HIDDEN in all_that_is_told(serve("--follow-symlinks", inside))
    assert HIDDEN not in all_that_is_told(serve(inside))


def test_a_refused_symlink_is_reported_at_the_start(inside: Path, outside: Path, serve: Serve) -> None:
    (inside / "app.log").symlink_to(outside)
    server = serve(inside)
    server.process.terminate()
    assert server.process.stderr
    assert f"is unreadable (symlink to {outside}, outside" in server.process.stderr.read()


def test_a_named_symlink_may_be_swapped(inside: Path, outside: Path, serve: Serve) -> None:
    append(inside / "app.log", "one")
    named = inside.parent / "current"
    named.symlink_to(inside)
    server = serve(named)
    with following(server, named / "app.log", "one") as stream:
        (outside.parent / "app.log.1").unlink()
        swap_symlink(named, outside.parent)
        expect(stream, HIDDEN)
