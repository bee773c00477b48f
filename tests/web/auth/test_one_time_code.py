"""The browser that the server opens is signed in by a code that works once."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from logviewer.workers.one_time_code import OneTimeCode
from tests.helpers.server import Server, until

Serve = Callable[..., Server]


@pytest.fixture(params=[1, 2], ids="{} workers".format)
def server(request: pytest.FixtureRequest, logs: Path, serve: Serve) -> Server:
    (logs / "app.log").write_text("line\n")
    browser = logs / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$*" >{logs}/new && mv {logs}/new {logs}/words\n')
    browser.chmod(0o700)
    workers: int = request.param
    return serve("--open", "--workers", str(workers), logs / "app.log", env={"BROWSER": f"{browser} %s"})


@pytest.fixture
def url(server: Server, logs: Path) -> str:
    """The URL on the command line of the browser."""
    until((logs / "words").exists, what="the browser")
    return (logs / "words").read_text().strip()


def test_the_command_line_of_the_browser_has_no_token(server: Server, url: str) -> None:
    assert url.startswith(f"{server.base}/?once=")
    assert server.token not in url


def test_the_code_signs_in_one_client(server: Server, url: str) -> None:
    with httpx.Client(trust_env=False) as browser, httpx.Client(trust_env=False) as other:
        assert browser.get(f"{url}x").headers["location"] == "/"
        assert browser.head(url).status_code == 401
        answer = browser.get(url)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert browser.get(f"{server.base}/api/sources").status_code == 200
        for _ in range(4):
            assert other.get(url).headers["location"] == "/"
            assert other.get(f"{server.base}/api/sources").status_code == 401


def test_a_code_is_taken_once() -> None:
    code = OneTimeCode()
    assert [code.take(text) for text in ("", "x", code.text, code.text)] == [False, False, True, False]
