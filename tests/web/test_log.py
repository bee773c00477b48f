"""The server's own log on standard error: warnings, text or JSON, without secrets."""

import logging
import re
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from logviewer.web.log import JsonLines
from tests.helpers.server import TIMEOUT, Server

Serve = Callable[..., Server]
both_forms = pytest.mark.parametrize("form", ["text", "json"])


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.write_text("line\n")
    return path


def stderr_lines(server: Server) -> list[str]:
    """Stop the server and return its lines on standard error."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.stderr
    return server.process.stderr.read().splitlines()


def requests(server: Server) -> list[Mapping[str, Any]]:
    return [each for line in stderr_lines(server) if "status" in (each := orjson.loads(line))]


def test_the_default_log_has_only_warnings(log: Path, serve: Serve) -> None:
    later = log.with_name("later.log")
    server = serve(log, later)
    server.get("/api/sources")
    assert stderr_lines(server) == [f"logviewer: {later} is missing; waiting for it"]


def test_the_openapi_document_logs_no_warning(log: Path, serve: Serve) -> None:
    server = serve(log)
    operations = server.get("/api/openapi.json").json()["paths"]["/api/download"]
    assert list(operations) == ["get"]
    assert stderr_lines(server) == []


def test_a_json_log_has_an_object_a_line(log: Path, serve: Serve) -> None:
    later = log.with_name("later.log")
    server = serve("--log-format", "json", later)
    (line,) = stderr_lines(server)
    logged = orjson.loads(line)
    assert datetime.now(UTC) - datetime.fromisoformat(logged.pop("time")) < timedelta(minutes=1)
    assert logged == {"level": "warning", "logger": "logviewer", "message": f"{later} is missing; waiting for it"}


def test_a_request_is_logged_with_its_fields(log: Path, serve: Serve) -> None:
    server = serve("--log-format", "json", log)
    server.get("/api/lines", source="app.log")
    server.get("/api/lines", source="nothing")
    server.client.post("/api/lines")
    logged = requests(server)
    assert [(each["method"], each["path"], each["status"]) for each in logged] == [
        ("GET", "/api/lines", 200),
        ("GET", "/api/lines", 404),
        ("POST", "/api/lines", 405),
    ]
    assert all(each["seconds"] > 0 for each in logged)
    assert {(each["level"], each["logger"]) for each in logged} == {("info", "logviewer.requests")}


def test_a_request_is_logged_as_text(log: Path, serve: Serve) -> None:
    server = serve("--log-format", "text", log)
    server.get("/api/lines", source="app.log")
    (line,) = stderr_lines(server)
    assert re.fullmatch(r"\S+\.\d{3}\+00:00 INFO logviewer\.requests: GET /api/lines \(200\) in \d\.\d{3} s", line), (
        line
    )


def test_a_refused_request_is_logged(log: Path, serve: Serve) -> None:
    server = serve("--log-format", "json", log)
    httpx.get(f"{server.base}/api/sources", trust_env=False, timeout=TIMEOUT)
    httpx.get(f"{server.base}/healthz", headers={"Host": "evil.example"}, trust_env=False, timeout=TIMEOUT)
    assert [each["status"] for each in requests(server)] == [401, 421]


def test_a_stream_is_logged_when_it_ends(log: Path, serve: Serve) -> None:
    server = serve("--log-format", "json", log)
    with server.stream(source="app.log") as stream:
        stream.next()
        server.get("/healthz")
    assert [each["path"] for each in requests(server)] == ["/healthz", "/api/stream"]


@both_forms
def test_no_token_is_ever_logged(log: Path, serve: Serve, form: str) -> None:
    server = serve("--log-format", form, log, env={"LOGVIEWER_TOKEN": "a-secret-token"})
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        for path in ("/?token=a-secret-token", "/?token=a-secret-token-not", "/api/lines?token=a-secret-token"):
            client.get(path)
        cookie = next(iter(client.cookies.values()))
        assert client.get("/api/sources").status_code == 200
    server.get("/api/sources")
    lines = stderr_lines(server)
    assert sum("/api/sources" in line for line in lines) == 2
    assert [line for line in lines if "secret" in line or cookie in line] == []


@both_forms
def test_a_path_cannot_forge_a_line(log: Path, serve: Serve, form: str) -> None:
    server = serve("--log-format", form, log)
    server.client.get("/%0a%0d%1b[31mforged%e2%80%a8%ff\u202e")
    (line,) = stderr_lines(server)
    assert line.isascii()
    assert line.isprintable()
    assert "/%0A%0D%1B%5B31mforged" in line


def test_a_malformed_request_is_logged_alike(log: Path, serve: Serve) -> None:
    server = serve("--log-format", "json", log)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"no request\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")
    (line,) = stderr_lines(server)
    assert (orjson.loads(line)["level"], orjson.loads(line)["logger"]) == ("warning", "logviewer")


def test_an_exception_is_logged_in_one_line() -> None:
    try:
        raise ValueError("of the test")
    except ValueError:
        record = logging.LogRecord("logviewer", logging.ERROR, "", 0, "it %s", ("failed",), sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line
    logged = orjson.loads(line)
    assert logged["message"] == "it failed"
    assert logged["exception"].startswith("Traceback")
    assert logged["exception"].endswith("ValueError: of the test")
