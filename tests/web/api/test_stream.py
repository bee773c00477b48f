"""The live stream, read by several clients."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx_sse
import pytest

from tests.helpers.server import Server

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


# Fields of events besides the lines

LOG = "2026-11-21 01:02:03,456 ERROR broken\nno more\n"


def test_a_plain_stream_has_only_lines_and_numbers(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text(LOG)
    server = serve(logs / "app.log")
    with server.stream(source="app.log", from_="start") as stream:
        assert list(stream.next("lines").data) == ["source", "n", "lines"]


def test_levels_are_a_letter_a_line(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text(LOG)
    with serve(logs / "app.log").stream(source="app.log", from_="start", levels="true") as stream:
        data = stream.next("lines").data
    assert (list(data), data["levels"]) == (["source", "n", "lines", "levels"], "E-")


def test_times_are_epoch_milliseconds_or_null(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("2026-11-21T01:02:03.456Z INFO up\nno time\n")
    with serve(logs / "app.log").stream(source="app.log", from_="start", times="true") as stream:
        data = stream.next("lines").data
    assert (list(data), data["times"]) == (["source", "n", "lines", "times"], [1_795_222_923_456, None])


def test_places_locate_the_first_line_of_each_event(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("".join(f"{number}\n" for number in range(2500)))
    other = logs / "b.log"
    other.touch()
    server = serve(log, other)
    files = set()
    with server.stream(source=["app.log", "b.log"], from_="start", places="true") as stream:
        for first in (0, 1000, 2000):
            data = stream.next("lines").data
            assert list(data) == ["source", "n", "lines", "file", "at"]
            files.add(data["file"])
            (line,) = server.get("/api/lines", source="app.log", at=data["at"], count=1).json()["lines"]
            assert line["text"] == str(first)
        log.rename(logs / "app.log.1")
        append(log, "new\n")
        data = stream.next("lines").data
        assert data["lines"] == ["new"]
        assert len(files) == 1
        assert data["file"] not in files


def test_readers_at_one_position_get_their_own_fields(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text(LOG)
    server = serve(logs / "app.log")
    for asked in [{}, {"levels": "true"}, {"times": "true"}, {"levels": "true", "times": "true"}, {}]:
        with server.stream(source="app.log", from_="start", **asked) as stream:
            assert {"levels", "times"} & set(stream.next("lines").data) == set(asked)


def test_a_source_absent_from_the_cursor_begins_at_from(logs: Path, serve: Serve) -> None:
    for name in ("a.log", "b.log"):
        (logs / name).write_text("".join(f"{name} {number}\n" for number in range(5)))
    server = serve(logs / "a.log", logs / "b.log")
    with server.stream(source="a.log", from_="-2") as stream:
        place = stream.next("lines").id
    append(logs / "a.log", "a.log 5\n")
    with server.stream(source=["a.log", "b.log"], cursor=place, from_="-2") as stream:
        lines = stream.next("lines").data["lines"] + stream.next("lines").data["lines"]
    assert sorted(lines) == ["a.log 5", "b.log 3", "b.log 4"]


@pytest.mark.parametrize("query", [{}, {"q": "line", "context": 1}], ids=str)
def test_the_last_lines_are_as_many_as_asked_for(logs: Path, serve: Serve, query: dict[str, Any]) -> None:
    for name in ("a", "b"):
        (logs / f"{name}.log").write_text("".join(f"{1_795_168_800 + at} line {name} {at}\n" for at in range(8_000)))
    server = serve(logs / "a.log", logs / "b.log")
    params = {"source": ["a.log", "b.log"], "from_": "-12001", "follow": "false", "format": "text"}
    text = server.get("/api/stream", **params, **query).text
    expected = [f"{1_795_168_800 + at} line {name} {at}" for at in range(8_000) for name in ("a", "b")]
    assert [line for line in text.splitlines() if line != "--"] == expected[-12_001:]
