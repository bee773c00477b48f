"""Stalled clients are dropped, and others are not delayed."""

import re
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from logviewer import listening
from logviewer.web.http.connection_reaper import HEAD_SECONDS, SEND_SECONDS, ConnectionReaper
from logviewer.web.http.security_headers import SECURITY_HEADERS
from tests.helpers.connection import connect, open_stream
from tests.helpers.metrics import metric
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

# The program with shorter timeouts, yet long enough for clients on a busy machine.
SHORT_TIMEOUTS = """
from logviewer.web.http import connection_reaper
connection_reaper.SEND_SECONDS = connection_reaper.HEAD_SECONDS = 2
connection_reaper.POLL_SECONDS = 0.05
from logviewer.__main__ import main
main()
"""


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.write_text(f"{'x' * 99}\n" * 50_000)
    return path


@pytest.fixture
def server(log: Path, serve: Serve) -> Server:
    return serve(log, program=[sys.executable, "-c", SHORT_TIMEOUTS])


def is_closed(client: socket.socket) -> bool:
    """Whether the server has closed the connection; data before that is read and dropped."""
    try:
        while client.recv(65536, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


def test_a_client_that_never_reads_is_dropped(log: Path, server: Server) -> None:
    with ExitStack() as stack, server.stream(source="app.log") as reader:
        reader.next()
        stalled = [stack.enter_context(open_stream(server, "from=start", buffer=4096)) for _ in range(50)]
        until(lambda: metric(server, "open_streams") == 1, what="the end of those who do not read")
        with log.open("a") as file:
            file.write("next\n")
        assert reader.lines(1) == ["next"]
        assert len(stalled) == 50


def test_a_client_that_never_reads_does_not_delay_a_flood(log: Path, server: Server) -> None:
    with server.stream(source="app.log") as reader, open_stream(server, "from=end", buffer=4096):
        reader.next()
        until(lambda: metric(server, "open_streams") == 2)
        for number in range(100):
            with log.open("a") as file:
                file.write(f"{number}\n" + f"{'y' * 99}\n" * 999)
            assert reader.lines(1000)[0] == str(number)
        until(lambda: metric(server, "open_streams") == 1, what="the end of the one that does not read")


def test_a_client_that_pauses_gets_every_line(log: Path, serve: Serve) -> None:
    # With the usual timeouts. Both clients wait at one position when the flood begins; one reads it at once.
    server = serve(log)
    with server.stream(source="app.log") as reader, open_stream(server, "from=end", buffer=200_000) as slow:
        reader.next()
        until(lambda: metric(server, "open_streams") == 2)
        for number in range(100):
            with log.open("a") as file:
                file.writelines(f"{number * 1000 + each:06d}{'y' * 99}\n" for each in range(1000))
            reader.lines(1000)
        received = bytearray()
        while b"099999y" not in received[-1000:]:
            received += slow.recv(1_000_000)
    assert re.findall(rb"(\d{6})y", received) == [b"%06d" % number for number in range(100_000)]


def test_a_trickling_request_is_dropped(server: Server) -> None:
    with connect(server) as client, server.stream(source="app.log") as reader:
        reader.next()
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

        def is_dropped_after_one_more_byte() -> bool:
            try:
                client.send(b"x")
            except ConnectionError:
                return True
            return is_closed(client)

        until(is_dropped_after_one_more_byte, what="the end of the unfinished request")
        assert metric(server, "open_streams") == 1


def test_a_silent_connection_is_dropped(server: Server) -> None:
    with connect(server) as client:
        until(lambda: is_closed(client), what="the end of the silent connection")


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such option")
def test_the_kernel_drops_unacknowledged_data() -> None:
    with closing(listening._listen("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        listener.settimeout(None)
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == SEND_SECONDS * 1000
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


# With a clock that the test moves


@dataclass(eq=False)
class Cycle:
    response_complete: bool = False
    more_body: bool = False
    response_started: bool = True


@dataclass(eq=False)
class Connection:
    """Stands for a connection of the web server and for its transport."""

    cycle: Cycle | None = None
    unsent: int = 0
    aborted: bool = False
    transport: "Connection" = field(init=False)

    def __post_init__(self) -> None:
        self.transport = self

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True


class PolledConnection:
    """Polls one connection repeatedly."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = 1000.0
        self._reaper = ConnectionReaper([connection])
        self._reaper.poll(self.now)

    def after(self, seconds: float) -> Self:
        self.now += seconds
        self._reaper.poll(self.now)
        return self


def test_a_client_that_reads_slowly_is_kept() -> None:
    polled = PolledConnection(Connection(Cycle(), unsent=100_000))
    for _ in range(5):
        polled.connection.unsent -= 1
        polled.after(SEND_SECONDS - 1)
    assert not polled.connection.aborted
    assert polled.after(SEND_SECONDS).connection.aborted


def test_a_complete_response_has_the_same_timeout() -> None:
    polled = PolledConnection(Connection(Cycle(response_complete=True), unsent=100))
    assert not polled.after(SEND_SECONDS - 1).connection.aborted
    assert polled.after(1).connection.aborted


@pytest.mark.parametrize("cycle", [None, Cycle(response_complete=True)], ids=["first", "later"])
def test_a_request_has_a_timeout(cycle: Cycle | None) -> None:
    polled = PolledConnection(Connection(cycle))
    assert not polled.after(HEAD_SECONDS - 1).connection.aborted
    assert polled.after(1).connection.aborted


def test_each_request_has_its_own_timeout() -> None:
    polled = PolledConnection(Connection())
    for _ in range(5):
        polled.after(HEAD_SECONDS - 1).connection.cycle = Cycle(response_complete=True)
    assert not polled.connection.aborted


def test_a_quiet_stream_is_never_dropped() -> None:
    polled = PolledConnection(Connection(Cycle()))
    assert not polled.after(100 * SEND_SECONDS).after(100 * SEND_SECONDS).connection.aborted


def test_a_request_with_a_missing_body_is_dropped(server: Server) -> None:
    with closing(connect(server)) as client:
        client.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nuser")
        until(lambda: is_closed(client), what="the end of the connection")


def test_an_endless_head_is_refused(server: Server) -> None:
    with closing(connect(server)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        answer = b""
        with suppress(ConnectionError):
            for _ in range(1000):
                client.sendall(b"a: b\r\n" * 1000)
        with suppress(ConnectionError):
            answer = client.recv(1000)
        assert answer.startswith(b"HTTP/1.1 431 ") or is_closed(client)


def test_a_malformed_request_gets_the_security_headers(server: Server) -> None:
    with closing(connect(server)) as client:
        client.sendall(b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = client.makefile("rb").read()
    head, _, _ = answer.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert SECURITY_HEADERS.items() <= headers.items()
