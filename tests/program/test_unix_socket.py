"""A server on a Unix socket, for a proxy."""

import socket
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.helpers.command import assert_refused, run
from tests.helpers.server import Server, until

Serve = Callable[..., Server]


@pytest.fixture
def path(logs: Path) -> Path:
    (logs / "app.log").write_text("line\n")
    return logs / "server.sock"


def get(path: Path, url: str, **headers: str) -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
        return client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_server_on_a_unix_socket_answers(path: Path, logs: Path, serve: Serve) -> None:
    server = serve("--uds", path, "--workers", "2", logs / "app.log")
    assert server.ready_line == f"http://unix:{path}:/?token={server.token}"
    assert get(path, "/api/sources").status_code == 401
    for _ in range(4):
        assert get(path, "/api/lines?source=app.log", authorization=f"Bearer {server.token}").status_code == 200
    server.stop_in_time()
    assert not path.exists()


def test_only_owner_and_group_may_connect(path: Path, logs: Path, serve: Serve) -> None:
    serve("--uds", path, logs / "app.log")
    assert stat.filemode(path.stat().st_mode) == "srw-rw----"


def test_a_client_of_the_socket_may_name_the_user(path: Path, logs: Path, serve: Serve) -> None:
    serve("--uds", path, "--auth-header", "X-Remote-User", logs / "app.log")
    assert get(path, "/api/sources").status_code == 401
    assert get(path, "/api/sources", x_remote_user="ada").status_code == 200


def test_a_client_of_the_socket_may_name_the_address(path: Path, logs: Path, serve: Serve) -> None:
    serve("--uds", path, logs / "app.log", env={"LOGVIEWER_TOKEN": "short"})
    for _ in range(20):
        assert get(path, "/api/sources", authorization="Bearer x", x_forwarded_for="8.8.8.8, 10.0.0.1").status_code
    for address, status in (("8.8.8.8, 10.0.0.1", 429), ("10.0.0.1, 10.0.0.2", 200)):
        answer = get(path, "/api/sources", authorization="Bearer short", x_forwarded_for=address)
        assert answer.status_code == status


def test_the_socket_of_a_killed_server_is_replaced(path: Path, logs: Path, serve: Serve) -> None:
    first = serve("--uds", path, logs / "app.log")
    assert_refused(run("--uds", path, logs / "app.log"), 1, "cannot listen", str(path), "already in use")
    first.process.kill()
    first.wait()
    assert path.is_socket()
    serve("--uds", path, logs / "app.log")
    until(lambda: get(path, "/healthz").status_code == 200)


def test_another_file_at_the_path_stays(path: Path, logs: Path) -> None:
    path.write_text("text")
    assert_refused(run("--uds", path, logs / "app.log"), 1, "cannot listen", str(path))
    assert path.read_text() == "text"
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(OSError, match="refused"):
        client.connect(str(path))
