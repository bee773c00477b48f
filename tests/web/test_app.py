"""The headers of every response, and access from other origins."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.security_headers import assert_security_headers
from tests.helpers.server import TIMEOUT, Server
from tests.helpers.sign_in import sign_in

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("app") / "app.log"
    log.write_text("line\n")
    with Server(log) as running:
        yield running


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    """A client without a token or a cookie."""
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/healthz", 200),
        ("/api/sources", 200),
        ("/api/lines", 422),
        ("/api/lines?source=nothing", 404),
        ("/api/stream?source=app.log&follow=false", 200),
        ("/nothing", 404),
        ("/static/nothing", 404),
    ],
)
def test_security_headers_are_on_every_answer(server: Server, path: str, status: int) -> None:
    response = server.client.get(path)
    assert response.status_code == status
    assert_security_headers(response)


def test_security_headers_are_on_refusals(server: Server, stranger: httpx.Client) -> None:
    refused = [
        stranger.get("/"),
        stranger.get("/api/sources"),
        sign_in(stranger, server),
        stranger.get("/", headers={"Host": "evil.example"}),
    ]
    assert [response.status_code for response in refused] == [401, 401, 303, 421]
    for response in refused:
        assert_security_headers(response)


def test_security_headers_are_on_failures(logs: Path) -> None:
    program = (
        "import logviewer.__main__ as program, logviewer.web.app as app\n"
        "async def fail(): raise RuntimeError\n"
        "app._healthz = fail\n"
        "program.main()"
    )
    with Server(logs, program=(sys.executable, "-c", program)) as server:
        response = server.get("/healthz")
    assert response.status_code == 500
    assert list(response.json()) == ["detail"]
    assert_security_headers(response)


def test_only_existing_static_files_are_cached(server: Server) -> None:
    page = server.get("/").text
    for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        response = server.get(url)
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert_security_headers(response)
        assert "immutable" not in server.get(f"{url}x").headers.get("cache-control", "")


def test_no_other_origin_may_read(server: Server) -> None:
    response = server.client.get("/api/sources", headers={"Origin": "https://evil.example"})
    assert [name for name in response.headers if name.startswith("access-control-")] == []


def test_only_an_allowed_origin_may_read(logs: Path, serve: Serve) -> None:
    server = serve("--allow-origin", "https://a.example", "--allow-origin", "https://b.example", logs)
    for origin, allowed in {"https://a.example": True, "https://b.example": True, "https://c.example": False}.items():
        response = server.client.get("/api/sources", headers={"Origin": origin})
        assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        preflight = server.client.options("/api/sources", headers={"Origin": origin, "Authorization": "", **asked})
        assert preflight.is_success is allowed
        if allowed:
            assert preflight.headers["access-control-allow-origin"] == origin
            assert preflight.headers["access-control-allow-headers"].lower().split(", ").count("authorization") == 1


def test_security_headers_are_on_preflights(logs: Path, serve: Serve) -> None:
    server = serve("--allow-origin", "https://a.example", logs)
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    assert_security_headers(server.client.options("/api/sources", headers=asked))
