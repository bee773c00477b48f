"""The live stream, from a real server to real clients."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx_sse

from tests.server import Server

Serve = Callable[..., Server]


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_new_lines_reach_a_reader_at_the_end(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("old\n")
    with serve(log).stream(source="app.log") as stream:
        stream.next()
        append(log, "new\nand pa")
        assert stream.lines(1) == ["new"]
        append(log, "rtial\n")
        assert stream.lines(1) == ["and partial"]


def test_a_reader_resumes_after_a_restart_of_the_server(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("one\ntwo\n")
    first = serve(log)
    with first.stream(source="app.log", from_="start") as stream:
        last = stream.next("lines").id
    first.stop()
    append(log, "three\n")
    with serve(log).stream(source="app.log", last_event_id=last) as stream:
        event = stream.next("lines")
    assert (event.data["lines"], event.data["n"]) == (["three"], 3)


def test_curl_reads_like_tail(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("old\n")
    server = serve(log)
    words = ["curl", "-sN", "-H", f"Authorization: Bearer {server.token}", "-H", "Accept: text/plain"]
    with subprocess.Popen([*words, f"{server.base}/api/stream?source=app.log&from=-1"], stdout=subprocess.PIPE) as curl:
        assert curl.stdout
        assert curl.stdout.readline() == b"old\n"
        append(log, "new\n")
        assert curl.stdout.readline() == b"new\n"
        curl.terminate()


def test_httpx_sse_follows(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.touch()
    server = serve(log)
    with httpx_sse.connect_sse(server.client, "GET", "/api/stream", params={"source": "app.log"}) as source:
        events = (event for event in source.iter_sse() if event.event == "lines")
        append(log, "hello\n")
        assert next(events).json()["lines"] == ["hello"]
