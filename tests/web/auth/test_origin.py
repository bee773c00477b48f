"""Requests that pages of other sites cause are refused."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.helpers.server import TIMEOUT, Server

Serve = Callable[..., Server]
PATHS = ["/api/sources", "/api/stream?source=app.log", "/api/search?source=app.log&q=a", "/metrics", "/healthz"]
LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def server(logs: Path, serve: Serve) -> Server:
    (logs / "app.log").write_text("line\n")
    return serve("--no-auth", logs / "app.log")


def status(server: Server, path: str, headers: dict[str, str], method: str = "GET") -> int:
    with httpx.stream(method, server.base + path, headers=headers, trust_env=False, timeout=TIMEOUT) as response:
        return response.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[evil"},
        {"Origin": ""},
    ],
)
def test_a_page_of_another_site_gets_nothing(server: Server, headers: dict[str, str]) -> None:
    for path in PATHS:
        assert status(server, path, headers) == 403, path


def test_a_refusal_explains_the_remedy(server: Server) -> None:
    answer = server.client.get("/api/sources", headers={"Origin": "https://evil.example"})
    assert "--allow-origin" in answer.json()["detail"]


def test_requests_of_the_own_origin_pass(server: Server) -> None:
    for headers in (
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": server.base},
        # A proxy changed the host name.
        {"Origin": "https://logs.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://localhost", "Host": "localhost:443"},
    ):
        assert status(server, "/api/sources", headers) == 200, headers


def test_a_link_from_another_site_opens_the_page(server: Server) -> None:
    assert status(server, "/?source=app.log", {"Sec-Fetch-Site": "cross-site", **LINK}) == 200


def test_no_form_of_another_site_signs_in_or_out(logs: Path, serve: Serve) -> None:
    server = serve(logs)
    for headers in ({"Sec-Fetch-Site": "cross-site", **LINK}, {"Origin": "https://evil.example"}):
        for path in ("/sign-in", "/sign-out"):
            assert status(server, path, headers, "POST") == 403


def test_an_allowed_origin_passes(logs: Path, serve: Serve) -> None:
    server = serve("--no-auth", "--allow-origin", "https://a.example", logs)
    for site in ({}, {"Sec-Fetch-Site": "cross-site"}):
        assert status(server, "/api/sources", {"Origin": "https://a.example", **site}) == 200
        assert status(server, "/api/sources", {"Origin": "https://b.example", **site}) == 403
