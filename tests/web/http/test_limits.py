"""Limits of length, rate and concurrency; other clients are not affected."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from logviewer.web.http.limits import LATE_SECONDS, MAX_FIELDS, MAX_REQUESTS, MAX_SEARCHES
from tests.bench.process import cpu_seconds
from tests.helpers.security_headers import assert_security_headers
from tests.helpers.server import TIMEOUT, Server, until
from tests.helpers.sign_in import client_at

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("limits") / "app.log"
    log.write_text("a line of text\n" * 400_000)
    with Server(log, "--max-streams", "4") as running:
        yield running


def assert_refused(response: httpx.Response, status: int, *parts: str, within: int = 10) -> None:
    assert response.status_code == status
    assert [part for part in parts if part not in response.json()["detail"]] == []
    assert_security_headers(response)
    if status in (429, 503):
        assert 1 <= int(response.headers["retry-after"]) <= within


@contextmanager
def opened(client: httpx.Client, path: str, **params: str) -> Iterator[httpx.Response]:
    """Open a response and read nothing of it."""
    with client.stream("GET", path, params={"source": "app.log", **params}) as response:
        if response.status_code != 200:
            response.read()
        yield response


# Streams


@pytest.fixture
def clients(server: Server) -> Iterator[list[httpx.Client]]:
    """Three clients with different addresses."""
    with ExitStack() as stack:
        clients = [stack.enter_context(client_at(f"127.0.0.{number}", server)) for number in (2, 3, 4)]
        for client in clients:
            client.headers.update(server.headers)
        yield clients


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/stream", {}),
        ("/api/stream", {"format": "text"}),
        ("/", {"follow": "true"}),
        ("/api/download", {"q": "line"}),
    ],
)
def test_streams_have_a_limit_for_all_and_for_each_address(
    clients: list[httpx.Client], path: str, params: dict[str, str]
) -> None:
    first, second, third = clients
    accept = {"Accept": "text/plain"} if path == "/" else {}
    for client in clients:
        client.headers.update(accept)
    with ExitStack() as stack:
        for client in (first, first, second):
            assert stack.enter_context(opened(client, path, **params)).status_code == 200
        assert_refused(stack.enter_context(opened(first, path, **params)), 429, "streams from this address (limit 2)")
        assert stack.enter_context(opened(second, path, **params)).status_code == 200
        assert_refused(stack.enter_context(opened(third, path, **params)), 503, "streams (limit 4)")
        assert third.get("/api/sources").status_code == 200
    # A client that leaves frees its slot.
    until(lambda: is_open(third, path, **params), what="a free place")


def is_open(client: httpx.Client, path: str, **params: str) -> bool:
    with opened(client, path, **params) as response:
        return response.status_code == 200


def test_a_request_without_a_token_takes_no_slot(server: Server, clients: list[httpx.Client]) -> None:
    for _ in range(5):
        assert httpx.get(f"{server.base}/api/stream", trust_env=False, timeout=TIMEOUT).status_code == 401
    with opened(clients[0], "/api/stream") as response:
        assert response.status_code == 200


def test_a_refused_stream_takes_no_slot(clients: list[httpx.Client]) -> None:
    for _ in range(5):
        assert clients[0].get("/api/stream", params={"source": "nothing"}).status_code == 404
    with opened(clients[0], "/api/stream") as response:
        assert response.status_code == 200


def test_a_limit_of_one_allows_one_stream(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve("--max-streams", "1", logs)
    with server.stream(source="app.log"), opened(server.client, "/api/stream") as other:
        assert_refused(other, 503, "streams (limit 1)")


# Searches


def test_searches_have_a_limit(clients: list[httpx.Client]) -> None:
    with ExitStack() as stack:
        first, second, third = clients
        for client in (first, second):
            for _ in range(MAX_SEARCHES // 2):
                assert stack.enter_context(opened(client, "/api/search", q="line")).status_code == 200
            if client is first:
                assert_refused(stack.enter_context(opened(first, "/api/search", q="line")), 429, "searches")
        assert_refused(
            stack.enter_context(opened(third, "/api/search", q="line")), 503, f"searches (limit {MAX_SEARCHES})"
        )


# Lengths


@pytest.mark.parametrize("name", ["q", "not"])
@pytest.mark.parametrize("path", ["/api/lines", "/api/search", "/api/stream", "/api/histogram", "/api/download", "/"])
def test_too_long_or_too_many_texts_are_refused(server: Server, path: str, name: str) -> None:
    text = {"Accept": "text/plain"}
    long = server.client.get(path, params={"source": "app.log", name: "x" * 20_001}, headers=text)
    assert_refused(long, 422, f"{name}: ", "20000 characters")
    many = server.client.get(path, params={"source": "app.log", name: ["x"] * 51}, headers=text)
    assert_refused(many, 422, f"{name}: ", "50 texts")


def test_a_query_at_its_limits_is_answered(server: Server) -> None:
    assert server.get("/api/lines", source="app.log", start=0, q="x" * 20_000).status_code == 200
    assert server.get("/api/lines", source="app.log", start=0, not_=["x"] * 50).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/lines", "/healthz", "/static/x", "/sign-in"])
def test_a_long_url_is_refused(server: Server, path: str) -> None:
    for headers in (server.headers, {"Authorization": ""}):
        assert_refused(server.client.get(path, params={"q": "x" * 61_000}, headers=headers), 414, "60000 bytes")


def test_too_many_parameters_are_refused(server: Server) -> None:
    assert_refused(server.client.get("/?" + "a&" * MAX_FIELDS), 414, f"limit {MAX_FIELDS}")
    assert server.client.get("/?" + "a&" * (MAX_FIELDS - 1)).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?" + "a&" * 29_000, {}),
        ("/?token=1&" + "a=b&" * 1900, {}),
        ("/?" + "a=" + "%41" * 19_000, {}),
        ("/sign-in", {"Cookie": "a;" * 29_000}),
        ("/api/sources", {"Cookie": "a;" * 29_000}),
        ("/api/" + "%41" * 1300, {}),
    ],
    ids=["fields", "fields-and-token", "escapes", "cookies", "cookies-of-the-api", "path"],
)
def test_a_long_request_of_a_stranger_costs_little(
    logs: Path, serve: Serve, path: str, headers: dict[str, str]
) -> None:
    server = serve(logs)

    def cost(path: str, headers: dict[str, str]) -> float:
        before = cpu_seconds(server.process.pid)
        with client_at("127.0.0.7", server) as client:
            for _ in range(100):
                assert client.get(path, headers=headers).status_code in (303, 401, 414)
        return cpu_seconds(server.process.pid) - before

    # Of the plain page, which costs less than a millisecond. The kernel counts hundredths of a second.
    cost("/", {})
    assert cost(path, headers) < 8 * cost("/", {}) + 0.1


def test_a_long_path_is_refused(server: Server) -> None:
    assert_refused(server.client.get("/" + "x" * 5000), 414, "4096 bytes")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/api/sources", "/"])
def test_a_long_body_is_refused(server: Server, path: str) -> None:
    assert_refused(server.client.post(path, content=b"x" * 20_000), 413, "16384 bytes")


def test_a_long_body_without_a_length_is_refused(server: Server) -> None:
    assert_refused(server.client.post("/sign-in", content=iter([b"x" * 10_000] * 2)), 413, "16384 bytes")


# Rate

# A busy machine cannot answer so many requests within the usual 10 s.
LONG_WINDOW = """
from logviewer.web.http import limits
limits.RATE_SECONDS = 600
from logviewer.__main__ import main
main()
"""


def test_requests_have_a_rate_limit(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs, program=[sys.executable, "-c", LONG_WINDOW])
    flood(server, "127.0.0.5", MAX_REQUESTS, is_known=True)
    with client_at("127.0.0.5", server) as client, client_at("127.0.0.6", server) as other:
        assert_refused(client.get("/api/sources", headers=server.headers), 429, str(MAX_REQUESTS), within=600)
        assert client.get("/healthz").status_code == 200
        assert other.get("/api/sources", headers=server.headers).status_code == 200
        with client.stream("GET", "/api/stream?source=app.log", headers=server.headers) as stream:
            assert stream.status_code == 200


def test_strangers_at_the_address_of_a_user_take_none_of_its_requests(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs, program=[sys.executable, "-c", LONG_WINDOW])
    flood(server, "127.0.0.5", MAX_REQUESTS, is_known=False)
    with client_at("127.0.0.5", server) as client:
        assert client.get("/api/sources").status_code == 429
        assert client.get("/api/sources", headers=server.headers).status_code == 200
        wrong = {"authorization": f"Bearer {server.token[:-1]}"}
        assert client.get("/api/sources", headers=wrong).status_code == 429


FEW_REQUESTS = """
from logviewer.web.http import limits
limits.RATE_SECONDS, limits.MAX_REQUESTS = 600, 50
from logviewer.__main__ import main
main()
"""


@pytest.mark.parametrize(("path", "right", "beyond"), [("/healthz", 200, 200), ("/api/stream", 401, 429)])
def test_requests_that_are_exempt_are_answered_late_in_a_flood(
    logs: Path, serve: Serve, path: str, right: int, beyond: int
) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs, program=[sys.executable, "-c", FEW_REQUESTS])
    with client_at("127.0.0.5", server) as client:
        assert {client.get(path).status_code for _ in range(50)} == {right}
        started = time.monotonic()
        assert client.get(path).status_code == beyond
        assert time.monotonic() - started >= LATE_SECONDS
        assert client.get("/api/sources", headers=server.headers).status_code == 200
        with client.stream("GET", "/api/stream?source=app.log", headers=server.headers) as opened:
            assert opened.status_code == 200


def flood(server: Server, address: str, count: int, *, is_known: bool) -> None:
    """Send ``count`` requests as fast as the server answers them, with the token if the client ``is_known``."""
    token = f"Authorization: Bearer {server.token}\r\n" if is_known else ""
    request = f"GET /static/nothing HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{token}\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0)) as connection:
        left = count
        while left:
            now = min(left, 100)
            connection.sendall(request * now)
            left -= now
            answered = 0
            rest = b""
            while answered < now:
                received = rest + connection.recv(65536)
                answered += received.count(b"HTTP/1.1 ")
                rest = received[received.rfind(b"H") :] if b"H" in received[-9:] else b""
