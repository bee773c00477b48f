"""Limits of connections: strangers can neither keep users out nor take the descriptors of files."""

import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.web.http.connections import Connections
from tests.bench.process import descriptors, memory
from tests.helpers.certificate import make_certificate
from tests.helpers.connection import connect, request
from tests.helpers.following import paused
from tests.helpers.server import TIMEOUT, Server, until
from tests.helpers.sign_in import client_at

Serve = Callable[..., Server]
HALF_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 60_000
FEW_DESCRIPTORS = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from logviewer.__main__ import main
main()
"""


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.write_text("line\n")
    return path


@pytest.fixture(autouse=True)
def _many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect_strangers(stack: ExitStack, server: Server, count: int, data: bytes = b"") -> list[socket.socket]:
    """Open connections from many addresses, and send data on each."""
    clients = []
    for number in range(count):
        client = stack.enter_context(socket.socket())
        client.bind((f"127.0.{1 + number % 100}.1", 0))
        client.connect(("127.0.0.1", server.port))
        client.sendall(data)
        clients.append(client)
    return clients


# In the program


def test_half_heads_take_bounded_memory_and_descriptors(log: Path, serve: Serve) -> None:
    server = serve(log)
    files, before = descriptors(server.process.pid), memory(server.process.pid).rss
    with ExitStack() as stack:
        connect_strangers(stack, server, 2000, HALF_HEAD)
        assert server.get("/api/sources").status_code == 200
        until(lambda: descriptors(server.process.pid) - files <= 1002)
        assert memory(server.process.pid).rss - before < 1000 * 150_000
    until(lambda: descriptors(server.process.pid) <= files + 2)


def test_strangers_do_not_keep_a_user_out(log: Path, serve: Serve) -> None:
    server = serve("--max-connections", "10", log)
    with ExitStack() as stack, server.stream(source="app.log") as reader:
        reader.next()
        connect_strangers(stack, server, 50)
        with client_at("127.0.0.9", server) as user:
            assert user.get("/api/sources", headers=server.headers).status_code == 200
        with log.open("a") as file:
            file.write("next\n")
        assert reader.lines(1) == ["next"]


def test_a_user_amid_a_burst_of_strangers_at_the_same_address_gets_in(log: Path, serve: Serve) -> None:
    server = serve("--max-connections", "32", log)
    with ExitStack() as stack:
        with paused(server):
            before, user, after = (
                [stack.enter_context(connect(server)) for _ in range(count)] for count in (50, 1, 50)
            )
            for client in (*before, *after):
                client.sendall(HALF_HEAD[:100])
            user[0].sendall(request(server, "/api/sources"))
        assert user[0].recv(65536).startswith(b"HTTP/1.1 200 ")


def test_downloads_that_a_user_does_not_read_keep_no_other_user_out(log: Path, serve: Serve) -> None:
    log.write_text("long line\n" * 1_000_000)
    server = serve("--max-connections", "32", log)
    with ExitStack() as stack:
        for _ in range(30):
            client = stack.enter_context(connect(server, buffer=4096))
            client.sendall(request(server, "/api/download?source=app.log&q=line"))
            client.settimeout(TIMEOUT)
            with suppress(OSError):
                client.recv(1)
        assert [server.get("/api/sources").status_code for _ in range(5)] == [200] * 5


def test_connections_of_users_have_limits(log: Path, serve: Serve) -> None:
    server = serve("--max-connections", "4", log)
    with ExitStack() as stack:
        for address in ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"):
            client = stack.enter_context(client_at(address, server))
            stream = client.stream("GET", "/api/stream?source=app.log", headers=server.headers)
            assert stack.enter_context(stream).status_code == 200
        refused = httpx.get(f"{server.base}/healthz", trust_env=False, timeout=TIMEOUT)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    until(lambda: httpx.get(f"{server.base}/healthz", trust_env=False, timeout=TIMEOUT).status_code == 200)


@pytest.mark.skipif(sys.platform != "linux", reason="the number of descriptors at the start differs")
def test_a_rotation_is_followed_while_strangers_take_descriptors(log: Path, serve: Serve) -> None:
    server = serve(log, program=[sys.executable, "-c", FEW_DESCRIPTORS])
    with ExitStack() as stack, server.stream(source="app.log", from_="start") as reader:
        assert reader.lines(1) == ["line"]
        connect_strangers(stack, server, 100, b"GET / HTTP/1.1\r\n")
        until(lambda: descriptors(server.process.pid) >= 32)
        for number in range(5):
            for older in range(number, 0, -1):
                log.with_name(f"app.log.{older}").rename(log.with_name(f"app.log.{older + 1}"))
            log.rename(log.with_name("app.log.1"))
            log.write_text(f"{number}\n")
            assert reader.lines(1) == [str(number)]
    server.stop_in_time()
    assert server.process.stderr
    assert "descriptors" not in server.process.stderr.read().lower()


def test_a_tls_handshake_counts(log: Path, serve: Serve, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    server = serve("--ssl-certfile", certificate, "--ssl-keyfile", key, "--max-connections", "10", log)
    files = descriptors(server.process.pid)
    with ExitStack() as stack:
        for client in [stack.enter_context(connect(server)) for _ in range(50)]:
            assert client
        until(lambda: descriptors(server.process.pid) > files)
        assert descriptors(server.process.pid) <= files + 10


# Alone


class Client:
    """Stands for a connection."""

    def __init__(self, *, waits: bool = True) -> None:
        self.waits = waits
        self.aborted = False

    def waits_for_request(self) -> bool:
        return self.waits

    def abort(self) -> bool:
        self.aborted = True
        return True


def test_the_oldest_waiting_stranger_of_the_network_makes_room() -> None:
    connections = Connections(8)
    busy, idle, new, other = Client(waits=False), Client(), Client(), Client()
    assert connections.add(other, "10.0.0.1")
    for client in (busy, idle, new):
        assert connections.add(client, "2001:db8::1")
    assert (busy.aborted, idle.aborted, new.aborted, other.aborted) == (False, True, False, False)


def test_a_user_that_waits_for_its_next_request_makes_room() -> None:
    connections = Connections(4)
    users = [Client(waits=waits) for waits in (False, True, True, False)]
    for user in users[:2]:
        assert connections.add(user, "10.0.0.1")
        connections.sign_in(user)
    assert connections.add(Client(), "10.0.0.1")
    assert [user.aborted for user in users] == [False, True, False, False]


def test_answers_to_users_are_never_closed_for_others() -> None:
    connections = Connections(4)
    users = [Client(waits=False) for _ in range(4)]
    for number, user in enumerate(users):
        assert connections.add(user, f"10.0.0.{number}")
        connections.sign_in(user)
    assert not connections.add(Client(), "10.0.1.1")
    connections.remove(users[0])
    assert connections.add(Client(), "10.0.1.1")
    assert not any(user.aborted for user in users)


@given(st.lists(st.tuples(st.sampled_from(["add", "sign in", "remove"]), st.integers(0, 11)), max_size=200))
def test_limits_hold_and_nothing_is_left_behind(steps: list[tuple[str, int]]) -> None:
    connections = Connections(8)
    alive: dict[Client, tuple[int, bool]] = {}
    for step, number in steps:
        if step == "add":
            client = Client(waits=number % 2 == 0)
            if connections.add(client, f"10.0.0.{number // 2}"):
                alive[client] = number // 2, False
        elif alive:
            client = list(alive)[number % len(alive)]
            if step == "sign in":
                connections.sign_in(client)
                alive[client] = alive[client][0], True
            else:
                connections.remove(client)
                del alive[client]
        assert not any(client.aborted and signed_in and not client.waits for client, (_, signed_in) in alive.items())
        alive = {client: each for client, each in alive.items() if not client.aborted}
        strangers = [network for network, signed_in in alive.values() if not signed_in]
        networks = [network for network, _ in alive.values()]
        assert len(alive) <= 8
        assert len(strangers) <= 4
        assert max((networks.count(each) for each in networks), default=0) <= 4
        assert max((strangers.count(each) for each in strangers), default=0) <= 2
    for client in alive:
        connections.remove(client)
    assert not any((connections._networks, connections._users, connections._strangers, connections._stranger_count))
