"""``/metrics``, parsed as Prometheus does."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.helpers.metrics import metric, metrics
from tests.helpers.server import TIMEOUT, Server, until

Serve = Callable[..., Server]


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.write_text("first\n")
    return path


@pytest.fixture
def server(log: Path, serve: Serve) -> Server:
    return serve(log, log.with_name("later.log"))


def test_metrics_need_a_token(server: Server) -> None:
    assert httpx.get(f"{server.base}/metrics", trust_env=False, timeout=TIMEOUT).status_code == 401


def test_metrics_are_in_prometheus_format(server: Server) -> None:
    assert server.get("/metrics").headers["content-type"].startswith("text/plain; version=")
    asked = {"Accept": "application/openmetrics-text; version=1.0.0"}
    response = server.client.get("/metrics", headers=asked)
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")


def test_sources_are_counted_by_state(server: Server, log: Path) -> None:
    found = metrics(server)
    states = {state: found[f"logviewer_sources.{state}"] for state in ("open", "missing", "unreadable")}
    assert states == {"open": 1, "missing": 1, "unreadable": 0}
    log.with_name("later.log").write_text("line\n")
    until(lambda: metric(server, "sources.open") == 2, what="the new file in the figures")


def test_streams_are_counted_while_they_are_open(server: Server) -> None:
    assert metric(server, "open_streams") == 0
    with server.stream(source="app.log") as stream:
        stream.next()
        assert metric(server, "open_streams") == 1
    until(lambda: metric(server, "open_streams") == 0, what="the end of the stream in the figures")


def test_sent_lines_and_bytes_are_counted(server: Server) -> None:
    with server.stream(source="app.log", from_="start") as stream:
        stream.lines(1)
    sent = metrics(server)
    assert sent["logviewer_stream_lines_total"] == 1
    assert sent["logviewer_stream_bytes_total"] > len("first\n")
    text = server.get("/api/stream", source="app.log", from_="start", follow="false", format="text").text
    assert text == "first\n"
    assert metric(server, "stream_lines_total") == 2
    assert metric(server, "stream_bytes_total") - sent["logviewer_stream_bytes_total"] == len(text)


@pytest.mark.parametrize("form", [{}, {"format": "text"}], ids=["events", "text"])
def test_excluded_lines_are_not_counted(server: Server, log: Path, form: dict[str, str]) -> None:
    log.write_text("yes\nno\nno\nyes\n")
    server.get("/api/stream", source="app.log", from_="start", q="yes", follow="false", **form)
    assert metric(server, "stream_lines_total") == 2


def test_gaps_are_counted_by_their_reason(server: Server, log: Path) -> None:
    reasons = ("truncated", "rotated", "skipped", "lost")
    assert [metric(server, f"stream_gaps_total.{reason}") for reason in reasons] == [0, 0, 0, 0]
    with server.stream(source="app.log", from_="start") as stream:
        stream.lines(1)
        log.write_text("")
        assert stream.next("gap").data["reason"] == "truncated"
    with server.stream(last_event_id="no-cursor", source="app.log") as stream:
        stream.next("gap")
    assert [metric(server, f"stream_gaps_total.{reason}") for reason in reasons] == [1, 0, 0, 1]


def test_a_stalled_reader_is_behind(server: Server, log: Path) -> None:
    with log.open("a") as file:
        file.writelines(f"{'x' * 999}\n" for _ in range(40_000))
    assert metric(server, "stream_lag_bytes") == 0
    with server.stream(source="app.log", from_="start"):
        until(lambda: metric(server, "stream_lag_bytes") > 1_000_000, what="a reader that is behind")
    until(lambda: metric(server, "stream_lag_bytes") == 0, what="the end of the reader that was behind")


def test_a_reader_at_the_end_is_not_behind_after_a_rotation(server: Server, log: Path) -> None:
    with server.stream(source="app.log") as stream:
        stream.next()
        log.rename(log.with_name("app.log.1"))
        log.write_text("second\n")
        stream.lines(1)
        assert metric(server, "stream_lag_bytes") == 0


def test_searches_are_counted_and_timed(server: Server) -> None:
    assert metric(server, "search_seconds_count") == 0
    server.get("/api/search", source="app.log", q="first")
    until(lambda: metric(server, "search_seconds_count") == 1, what="the search in the figures")
    assert metric(server, "searches_running") == 0
    assert metric(server, "search_seconds_sum") > 0


def test_an_unread_search_runs_until_its_client_leaves(server: Server, log: Path) -> None:
    log.write_text("".join(f"{number} {'x' * 500}\n" for number in range(100_000)))
    with server.client.stream("GET", "/api/search", params={"source": "app.log", "q": "x"}):
        until(lambda: metric(server, "searches_running") == 1, what="the search")
    until(lambda: metric(server, "searches_running") == 0, what="the end of the search")


def test_the_process_has_metrics(server: Server) -> None:
    found = metrics(server)
    assert found["process_open_fds"] > 3
    assert found["process_resident_memory_bytes"] > 1_000_000
