"""Requests of strangers: pipelined, endless or malformed, they cost a connection of bounded memory."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.web.http.bounded_protocol import MAX_HEADERS, PipelinedRequests
from tests.bench.process import memory
from tests.helpers.connection import connect
from tests.helpers.metrics import metric
from tests.helpers.server import TIMEOUT, Server, until

Serve = Callable[..., Server]
HEAD = b" HTTP/1.1\r\nHost: localhost\r\n"
# 64 bytes, so that reads end between requests.
SMALL = b"GET /a" + HEAD + b"X:" + b"a" * 24 + b"\r\n\r\n"
# What the kernel holds of one connection, for both sides, and far below what an unbounded server takes in.
KERNEL_BYTES = 8_000_000
# The parser finds these in a head of valid form.
BAD_URLS = (b"http://", b"http://[", b"http://x:99999/", b"http:///")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("protocol") / "app.log"
    log.write_text("line\n")
    with Server(log) as running:
        yield running


def send_until_blocked(client: socket.socket, data: bytes, most: int) -> int:
    """Send data again and again until the server reads no more, and return the number of bytes."""
    client.settimeout(0.2)
    sent = 0
    with suppress(TimeoutError, ConnectionError):
        while sent < most:
            sent += client.send(data)
    return sent


def answer_and_end(client: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    client.settimeout(TIMEOUT)
    answer = b""
    with suppress(ConnectionError):
        while data := client.recv(65536):
            answer += data
    return answer


# Pipelined requests


def test_pipelined_requests_without_a_reader_take_little_memory(logs: Path, serve: Serve) -> None:
    assert len(SMALL) == 64
    server = serve(logs)
    with ExitStack() as stack:

        def stall_clients(count: int) -> int:
            for _ in range(count):
                client = stack.enter_context(connect(server))
                assert send_until_blocked(client, SMALL * 1024, 100_000_000) < KERNEL_BYTES
            return memory(server.process.pid).rss

        # The first ones also warm the server up.
        before = stall_clients(10)
        assert stall_clients(30) - before < 30 * 100_000
        assert server.client.get("/healthz").status_code == 200


@settings(max_examples=30)
@given(st.data())
def test_pipelined_requests_are_answered_in_order(server: Server, data: st.DataObject) -> None:
    # However the bytes are cut, and whatever the kinds of requests.
    kinds = {
        b"GET /healthz" + HEAD + b"\r\n": 200,
        b"GET /api/sources" + HEAD + b"\r\n": 401,
        b"PUT /healthz" + HEAD + b"Content-Length: 4\r\n\r\n\n\n\n\n": 405,
        b"POST /x" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n\n\n\n\r\n0\r\n\r\n": 401,
        b"GET /" + b"x" * 3000 + HEAD + b"\r\n": 401,
    }
    requests = data.draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=40))
    sent = b"".join(requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    with connect(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(TIMEOUT)
        for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
            client.sendall(sent[start:end])
        answers = b""
        while answers.count(b"HTTP/1.1 ") < len(requests):
            answers += client.recv(65536) or pytest.fail(f"the connection ended after {answers!r}")
    statuses = [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [kinds[each] for each in requests]


def test_a_few_pipelined_requests_go_on_in_a_turn() -> None:
    async def go_on() -> list[int]:
        waiting, done = PipelinedRequests(), list[int]()
        for number in range(20):
            waiting.add(partial(done.append, number))
        counts: list[int] = []
        while len(done) < 20:
            await asyncio.sleep(0)
            counts.append(len(done))
        assert done == list(range(20))
        return counts

    assert asyncio.run(go_on()) == [8, 16, 20]


# Without an end


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        (b"POST /sign-in" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"a" * 4096 + b"\r\n"),
        (b"POST /api/sources" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"a" * 4096 + b"\r\n"),
        (b"POST /sign-in" + HEAD + b"Content-Length: 999999999999\r\n\r\n", b"a" * 4096),
        (b"GET /healthz" + HEAD + b"Content-Length: 16000000000\r\n\r\n", b"a" * 4096),
        (b"POST /sign-in" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 4096),
        (b"GET /" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\na: ", b"a" * 4096),
        (b"", b"\r\n" * 2048),
        (b"GET /", b"a" * 4096),
        (b"GET /" + HEAD, b"a: b\r\n" * 700),
    ],
    ids=["body", "body-unread", "length", "length-unread", "extension", "trailer", "newlines", "url", "headers"],
)
def test_an_endless_request_ends_its_connection(server: Server, begin: bytes, part: bytes) -> None:
    with closing(connect(server)) as client:
        client.sendall(begin)
        assert send_until_blocked(client, part, 10 * KERNEL_BYTES) < KERNEL_BYTES
        answer = answer_and_end(client)
    # A reset may overtake the answer.
    assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 401", b"HTTP/1.1 413", b"HTTP/1.1 431", b"HTTP/1.1 200")


def test_too_many_headers_are_refused(server: Server) -> None:
    with closing(connect(server)) as client:
        client.sendall(b"GET /healthz" + HEAD + b"a: b\r\n" * MAX_HEADERS + b"\r\n")
        assert answer_and_end(client).startswith(b"HTTP/1.1 431 ")


# Malformed


def test_malformed_requests_are_counted_and_logged_once(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs)
    for malformed in (b"\x16\x03\x01\r\n\r\n\r\n\r\n", *(b"GET " + url + HEAD + b"\r\n" for url in BAD_URLS)) * 10:
        with closing(connect(server)) as client:
            client.sendall(malformed)
            assert answer_and_end(client).startswith(b"HTTP/1.1 400 ")
    assert metric(server, "malformed_requests_total") == 50
    server.stop_in_time()
    assert server.process.stderr
    assert server.process.stderr.read() == "logviewer: a client sent a malformed request\n"


def test_an_upgrade_is_answered_and_not_logged(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs)
    for protocol in (b"websocket", b"h2c"):
        with closing(connect(server)) as client:
            upgrade = b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
            client.sendall(b"GET /healthz" + HEAD + upgrade + b"\x00" * 100)
            assert answer_and_end(client).startswith(b"HTTP/1.1 200 ")
    until(lambda: server.client.get("/healthz").status_code == 200)
    server.stop_in_time()
    assert server.process.stderr
    assert server.process.stderr.read() == ""


COUNTING = """
import gc, signal, sys
from logviewer.web.http.bounded_protocol import BoundedProtocol
gc.disable()
signal.signal(signal.SIGUSR1, lambda *_: print(
    sum(isinstance(each, BoundedProtocol) for each in gc.get_objects()), file=sys.stderr, flush=True))
from logviewer.__main__ import main
main()
"""


def test_a_closed_connection_needs_no_garbage_collector(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs, program=[sys.executable, "-c", COUNTING])
    for _ in range(5):
        with httpx.Client(base_url=server.base, headers=server.headers, timeout=TIMEOUT, trust_env=False) as client:
            assert client.get("/api/sources").status_code == 200

    def none_is_left() -> bool:
        server.process.send_signal(signal.SIGUSR1)
        assert server.process.stderr
        return server.process.stderr.readline() == "0\n"

    until(none_is_left, what="the end of all connections")
