"""The browser that the server opens is signed in by a code that works once."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from logviewer.web.auth.local_user import users_of
from logviewer.workers.one_time_code import OneTimeCode
from tests.helpers.reading import without_privilege
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


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs Linux, and another user")
def test_another_user_of_the_machine_cannot_take_the_code(server: Server, url: str) -> None:
    with httpx.Client(trust_env=False) as other:
        with without_privilege():
            # The user of a connection is that of its process then.
            assert other.get(url).headers["location"] == "/"
        assert other.get(f"{server.base}/api/sources").status_code == 401
    with httpx.Client(trust_env=False) as browser:
        assert browser.get(url).headers["location"] == "/"
        assert browser.get(f"{server.base}/api/sources").status_code == 200


def test_the_users_of_connections_are_read_from_the_tables_of_the_system(tmp_path: Path) -> None:
    rows = [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 1 1",
        "   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 2 1",
        "   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     7        0 3 1",
        "   3: 0200007F:C350 0200007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 4 1",
        "   4: 0100007F:C351 0100007F:1F90 05 00000000:00000000 00:00000000 00000000     0        0 0 1",
    ]
    (tmp_path / "tcp").write_text("\n".join(rows))
    assert users_of(50_000, 8080, tmp_path) == {1000, 1001}
    # A client that has closed its end.
    assert users_of(50_001, 8080, tmp_path) == set()
    assert users_of(50_000, 8080, tmp_path / "missing") is None


def test_a_code_is_taken_once() -> None:
    code = OneTimeCode()
    assert [code.take(text) for text in ("", "x", code.text, code.text)] == [False, False, True, False]
