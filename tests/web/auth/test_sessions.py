"""Signing out: the cookie is deleted, and a copy of it is refused."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from logviewer.web.auth.sessions import Sessions
from logviewer.workers.shared_log import SharedLog
from tests.helpers.server import TIMEOUT, Server
from tests.helpers.sign_in import cookie_of, sign_in

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("sessions") / "app.log"
    log.write_text("line\n")
    with Server(log) as running:
        yield running


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    """A client with a cookie and without a token."""
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        sign_in(client, server)
        yield client


def test_signing_out_leads_to_the_sign_in_page(browser: httpx.Client) -> None:
    left = browser.post("/sign-out")
    assert (left.status_code, left.headers["location"]) == (303, "/")
    assert not browser.cookies
    page = browser.get("/")
    assert (page.status_code, 'name="token"' in page.text) == (401, True)


def test_a_copied_cookie_is_refused_after_signing_out(browser: httpx.Client) -> None:
    (kept,) = browser.cookies.jar
    browser.post("/sign-out")
    browser.cookies.set(kept.name, str(kept.value))
    assert browser.get("/api/sources").status_code == 401


def test_signing_out_ends_one_session_only(server: Server, browser: httpx.Client) -> None:
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as other:
        sign_in(other, server)
        browser.post("/sign-out")
        assert other.get("/api/sources").status_code == 200


def test_signing_out_without_a_cookie_changes_nothing(server: Server) -> None:
    left = httpx.post(f"{server.base}/sign-out", trust_env=False, timeout=TIMEOUT)
    assert (left.status_code, "set-cookie" in left.headers) == (303, False)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_only_post_signs_out(browser: httpx.Client, method: str) -> None:
    assert browser.request(method, "/sign-out").status_code in (404, 405)
    assert browser.get("/api/sources").status_code == 200


def test_sign_out_below_a_root_path(logs: Path, serve: Serve) -> None:
    server = serve("--root-path", "/logs", logs)
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        assert cookie_of(sign_in(client, server))["path"] == "/logs/"
        assert client.post("/sign-out").headers["location"] == "/logs/"
        assert client.get("/api/sources").status_code == 401


def test_sessions_differ(server: Server) -> None:
    values = set()
    for _ in range(2):
        with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
            values.add(cookie_of(sign_in(client, server)).value)
    assert len(values) == 2


def test_a_request_without_a_cookie_leaves_no_garbage() -> None:
    sessions = Sessions("secret", [], SharedLog())
    gc.collect()
    gc.disable()
    try:
        assert sessions.user("") is None
        assert gc.collect() == 0
    finally:
        gc.enable()
