"""Standard input as a source: live lines, its end, and its spool."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.server import EventStream, Server, until

Serve = Callable[..., Server]

PROGRAM = (sys.executable, "-m", "logviewer")


@pytest.fixture
def pipe(serve: Serve, tmp_path: Path) -> Callable[..., Server]:
    """Start a server on its standard input, with its spool in the test's directory."""
    return lambda *paths: serve("-", *paths, stdin=subprocess.PIPE, env={"TMPDIR": str(tmp_path)})


def write(server: Server, text: str) -> None:
    assert server.process.stdin
    server.process.stdin.write(text)
    server.process.stdin.flush()


def end_input(server: Server) -> None:
    assert server.process.stdin
    server.process.stdin.close()


def spool_path(server: Server) -> Path:
    (source,) = [each for each in server.get("/api/sources").json() if each["name"] == "stdin"]
    return Path(source["path"])


def rest(stream: EventStream) -> list[str]:
    """Return all lines to the end of the stream; fail at a gap or another end."""
    texts: list[str] = []
    while (event := stream.next("lines", "gap", "end")).name == "lines":
        texts += event.data["lines"]
    assert (event.name, event.data) == ("end", {"reason": "complete"})
    return texts


def test_piped_lines_are_followed_live(pipe: Serve) -> None:
    server = pipe()
    with server.stream(source="stdin", from_="start") as stream:
        for text in ("one", "two", "three"):
            write(server, f"{text}\n")
            assert stream.lines(1) == [text]


def test_a_stream_ends_with_its_input(pipe: Serve) -> None:
    server = pipe()
    with server.stream(source="stdin", from_="start") as stream:
        write(server, "one\n")
        assert stream.lines(1) == ["one"]
        end_input(server)
        assert rest(stream) == []
        assert list(stream.events) == [], "the connection is closed"


def test_the_partial_last_line_is_emitted_at_the_end(pipe: Serve) -> None:
    server = pipe()
    with server.stream(source="stdin", from_="start") as stream:
        write(server, "whole\npart")
        assert stream.lines(1) == ["whole"]
        end_input(server)
        event = stream.next("lines")
        assert (event.data["lines"], event.data["unterminated"]) == (["part"], True)
        assert rest(stream) == []


def test_a_reader_after_the_end_gets_every_line_and_the_end(pipe: Serve) -> None:
    server = pipe()
    write(server, "one\ntwo")
    end_input(server)
    until(lambda: server.get("/api/sources").json()[0]["size"] == 7)
    with server.stream(source="stdin", from_="start") as stream:
        assert rest(stream) == ["one", "two"]
    assert [line["text"] for line in server.get("/api/lines", source="stdin").json()["lines"]] == ["one", "two"]


def test_an_empty_input_ends_at_once(pipe: Serve) -> None:
    server = pipe()
    end_input(server)
    with server.stream(source="stdin") as stream:
        assert rest(stream) == []


def test_the_server_runs_on_after_the_input(logs: Path, pipe: Serve) -> None:
    log = logs / "app.log"
    log.touch()
    server = pipe(log)
    end_input(server)
    with server.stream(source="stdin") as stream:
        rest(stream)
    with server.stream(source="app.log", from_="start") as stream:
        log.write_text("still here\n")
        assert stream.lines(1) == ["still here"]


def test_5_mb_piped_at_once_arrive(pipe: Serve) -> None:
    expected = [f"{number} {'x' * 90}" for number in range(50_000)]
    server = pipe()

    def write_all() -> None:
        write(server, "\n".join(expected))
        end_input(server)

    writer = threading.Thread(target=write_all)
    with server.stream(source="stdin", from_="start") as stream:
        writer.start()
        assert rest(stream) == expected
    writer.join()


def test_other_users_cannot_read_the_spool(pipe: Serve) -> None:
    path = spool_path(pipe())
    assert [each.stat().st_mode & 0o077 for each in (path, path.parent)] == [0, 0]


def test_the_spool_is_deleted_while_the_input_is_silent(pipe: Serve) -> None:
    server = pipe()
    directory = spool_path(server).parent
    assert directory.is_dir()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.stderr
    assert (server.process.stderr.read(), server.process.wait()) == ("", 0)
    assert not directory.exists()


def test_the_spool_is_deleted_if_the_server_cannot_run(logs: Path, tmp_path: Path) -> None:
    words = ["--port", "0", "--ssl-certfile", "no.pem", "--ssl-keyfile", "no.key", "-"]
    ended = subprocess.run(
        [*PROGRAM, *words], stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
    )
    assert ended.returncode == 1
    assert list(tmp_path.iterdir()) == []
