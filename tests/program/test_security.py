"""Attacks by lines and by requests."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from logviewer import cursor
from tests.helpers.server import Server

Serve = Callable[..., Server]

FORGED = (
    'a\r\rid: 1\r\revent: end\rdata: {"reason":"complete"}\r\r\0 \u2028 \u2029 \x1b]0;t\x07 <script>alert(1)</script>'
)


@pytest.fixture
def server(logs: Path, serve: Serve) -> Server:
    (logs / "app.log").write_bytes(f"{FORGED}\n".encode())
    (logs / "secret.txt").write_text("secret\n")
    return serve(logs / "app.log")


def test_a_line_cannot_forge_an_event(server: Server) -> None:
    answer = server.get("/api/stream", source="app.log", from_="start", follow="false")
    # By the standard, a carriage return alone ends a line of an event stream.
    assert b"\r" not in answer.content
    assert b"\0" not in answer.content
    assert re.findall(rb"^event: (\w+)$", answer.content, re.MULTILINE) == [b"lines", b"end"]
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(1) == [FORGED]


def test_a_line_cannot_forge_a_match(server: Server) -> None:
    answer = server.get("/api/search", source="app.log", q="script").content
    assert b"\r" not in answer
    assert answer.count(b"event: match\n") == 1
    assert answer.count(b"event: end\n") == 1


@pytest.mark.parametrize("way", ["/api/lines", "/api/stream", "/api/download", "/api/search", "/api/histogram"])
def test_no_request_can_name_a_file(server: Server, logs: Path, way: str) -> None:
    for name in (
        str(logs / "secret.txt"),
        "secret.txt",
        "../secret.txt",
        str(logs / "app.log"),
        "/etc/passwd",
        ".",
        "",
    ):
        response = server.get(way, source=name, q="x")
        assert response.status_code == 404, name
        assert b"secret\n" not in response.content


@pytest.mark.parametrize("exhausted", [False, True])
def test_no_cursor_can_name_a_file(server: Server, logs: Path, exhausted: bool) -> None:
    own = server.get("/api/lines", source="app.log", places="true").json()["lines"][0]["at"]
    (checkpoint,) = cursor.decode(own)
    facts = (logs / "secret.txt").stat()
    nothing = cursor.digest(b"")
    forged = replace(
        checkpoint,
        file=cursor.file_key(facts.st_dev, facts.st_ino),
        offset=0,
        line=0,
        head_length=0,
        head_hash=nothing,
        tail_hash=nothing,
        exhausted=exhausted,
    )
    text = cursor.encode([forged.text(), checkpoint.text()] if exhausted else [forged.text()])
    for path, parameter in (("/api/line", "at"), ("/api/lines", "at"), ("/api/stream", "cursor")):
        query = {"source": "app.log", parameter: text, **({"follow": "false"} if path == "/api/stream" else {})}
        assert b"secret\n" not in server.get(path, **query).content
        assert b'"secret"' not in server.get(path, **query).content
    assert server.get("/api/lines", source="app.log").json()["total"] == 1


def test_a_download_is_never_shown_in_the_browser(server: Server) -> None:
    for query in ({}, {"q": "script"}):
        headers = server.get("/api/download", source="app.log", **query).headers
        assert headers["content-disposition"].startswith("attachment")
        assert headers["content-type"].startswith("text/plain")
        assert headers["x-content-type-options"] == "nosniff"


def test_the_page_loads_nothing_from_elsewhere(server: Server) -> None:
    page = server.get("/")
    named = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
    assert named
    sheets = [url for url in named if urlsplit(url).path.endswith(".css")]
    for sheet in sheets:
        named += [urljoin(sheet, url) for url in re.findall(r"url\(['\"]?([^'\")]+)", server.get(sheet).text)]
    assert [url for url in named if urlsplit(url).netloc or urlsplit(url).scheme not in ("", "data")] == []


def test_the_content_policy_allows_only_the_own_origin(server: Server) -> None:
    policy = dict(part.split(" ", 1) for part in server.get("/").headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    sources = {value for name, value in policy.items() if name.endswith("-src")}
    assert sources == {"'none'", "'self'", "'self' data:"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == "'none'"
