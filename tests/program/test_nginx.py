"""logviewer behind nginx with ``packaging/nginx.conf``: prefix, TLS, HTTP/2, no buffering."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from tests.helpers.certificate import make_certificate
from tests.helpers.programs import find, require
from tests.helpers.repository import REPOSITORY
from tests.helpers.server import TIMEOUT, Server, until

NAME = "logs.example"


@dataclass
class Proxy:
    """An nginx in front of a server, and a client with the token."""

    server: Server
    client: httpx.Client
    port: int
    directory: Path

    @property
    def log(self) -> Path:
        return self.directory / "app.log"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    require("nginx")
    directory = tmp_path_factory.mktemp("proxy")
    (directory / "app.log").write_text("first\n")
    words = ["--root-path", "/logs", "--trusted-proxy", "127.0.0.1", "--allow-host", NAME]
    with Server(*words, directory / "app.log") as server:
        port = free_port()
        program = run_nginx(directory, server, port)
        try:
            until(lambda: is_listening(port), what="nginx")
            context = ssl.create_default_context(cafile=directory / "cert.pem")
            headers = {"Host": f"{NAME}:{port}", **server.headers}
            url = f"https://127.0.0.1:{port}"
            with httpx.Client(
                base_url=url, headers=headers, verify=context, trust_env=False, timeout=TIMEOUT
            ) as client:
                yield Proxy(server, client, port, directory)
        finally:
            program.terminate()
            program.wait()


def run_nginx(directory: Path, server: Server, port: int) -> "subprocess.Popen[bytes]":
    certificate, key = make_certificate(directory)
    ours = {
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/etc/ssl/logs.example.pem": str(certificate),
        "/etc/ssl/logs.example.key": str(key),
        "/var/log/nginx/logviewer.log": f"{directory}/access.log",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{server.port}",
    }
    text = (REPOSITORY / "packaging" / "nginx.conf").read_text()
    for theirs, own in ours.items():
        assert theirs in text
        text = text.replace(theirs, own)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {directory}/{kind};\n" for kind in kinds)
    top = f"daemon off;\npid {directory}/nginx.pid;\nworker_processes 1;\nevents {{}}\n"
    configuration = directory / "nginx.conf"
    configuration.write_text(f"{top}http {{\n{paths}{text}}}\n")
    errors = str(directory / "error.log")
    return subprocess.Popen([find("nginx") or "nginx", "-p", str(directory), "-e", errors, "-c", str(configuration)])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_prefix_serves_the_page_and_the_api(proxy: Proxy) -> None:
    assert proxy.client.get("/logs").headers["location"].endswith("/logs/")
    page = proxy.client.get("/logs/")
    assert page.status_code == 200
    assert '"/logs/static/' in page.text
    assert proxy.client.get("/logs/api/lines", params={"source": "app.log"}).json()["lines"][0]["text"] == "first"
    assert proxy.client.get("/logs/metrics").status_code == 200
    assert proxy.client.get("/logs/healthz", headers={"Authorization": ""}).status_code == 200


def test_a_request_without_a_token_is_refused(proxy: Proxy) -> None:
    for path in ("/logs/", "/logs/api/sources", "/logs/metrics"):
        assert proxy.client.get(path, headers={"Authorization": ""}).status_code == 401
    assert proxy.client.get("/logs/healthz", headers={"Host": "evil.example"}).status_code == 421


def test_the_cookie_is_limited_to_prefix_and_tls(proxy: Proxy) -> None:
    response = proxy.client.get("/logs/", params={"token": proxy.server.token}, headers={"Authorization": ""})
    assert (response.status_code, response.headers["location"]) == (303, "/logs/")
    (cookie,) = SimpleCookie(response.headers["set-cookie"]).values()
    assert (cookie["path"], cookie["secure"], cookie["httponly"]) == ("/logs/", True, True)


@pytest.mark.parametrize("form", ["events", "text"])
def test_a_line_is_not_buffered(proxy: Proxy, form: str) -> None:
    params = {"source": "app.log", "from": "-1"} | ({"format": "text"} if form == "text" else {})
    with proxy.client.stream("GET", "/logs/api/stream", params=params) as response:
        chunks = response.iter_raw()
        seen = b""
        while b"\n" not in seen or (form == "events" and b"event: lines" not in seen):
            seen += next(chunks)
        with proxy.log.open("a") as file:
            file.write(f"live {form}\n")
        while f"live {form}".encode() not in seen:
            seen += next(chunks)


def test_the_proxy_speaks_http_2(proxy: Proxy) -> None:
    require("curl")
    format_ = ["--silent", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"]
    trust = ["--cacert", str(proxy.directory / "cert.pem")]
    words = ["curl", *format_, *trust, "--noproxy", "*", f"https://127.0.0.1:{proxy.port}/logs/healthz"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "2 200"


def test_the_proxys_log_has_no_token(proxy: Proxy) -> None:
    proxy.client.get("/logs/", params={"token": proxy.server.token})
    access = proxy.directory / "access.log"
    until(lambda: '"GET /logs/" 303' in access.read_text(), what="the request in the log")
    assert proxy.server.token not in access.read_text()
