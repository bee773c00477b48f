"""The end: exit code 0 soon after a signal, with any clients, and an ``end`` event to readers."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests.helpers.certificate import make_certificate
from tests.helpers.connection import FAREWELL, ReadingClients, connect, open_stream, receive, request
from tests.helpers.server import TIMEOUT, Server, until

Serve = Callable[..., Server]

END_OF_BODY = b"\r\n0\r\n\r\n"

signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)


def assert_ends_in_time(server: Server, number: int) -> None:
    server.stop_in_time(number)
    assert server.process.stderr
    assert server.process.stderr.read() == ""


@contextmanager
def flood(log: Path) -> Iterator[None]:
    """Append to the log without pause, at about 1,000 lines/s."""
    stop = threading.Event()

    def write() -> None:
        with log.open("a") as file:
            while not stop.wait(0.01):
                file.write("flood\n" * 10)
                file.flush()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@signals
def test_200_streams_end_in_time(logs: Path, serve: Serve, number: int) -> None:
    log = logs / "app.log"
    log.write_text(f"{'x' * 99}\n" * 40_000)
    server = serve(log)
    with ExitStack() as stack:
        stalled = [stack.enter_context(open_stream(server, "from=start", buffer=4096)) for _ in range(50)]
        readers = [stack.enter_context(open_stream(server, "from=end")) for _ in range(150)]
        with flood(log):
            with ReadingClients(readers) as reading:
                until(lambda: all(b"flood" in last for last in reading.tails.values()))
                assert_ends_in_time(server, number)
            assert [last for last in reading.tails.values() if FAREWELL not in last] == []
            assert [last for last in reading.tails.values() if not last.endswith(END_OF_BODY)] == []
        assert len(stalled) == 50


def test_idle_connections_end_in_time(logs: Path, serve: Serve) -> None:
    (logs / "app.log").touch()
    server = serve(logs)
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(server)) for _ in range(20)]
        for client in idle:
            client.sendall(request(server, "/healthz"))
            assert receive(client, b'{"status":"ok"}').startswith(b"HTTP/1.1 200")
        silent, unfinished, body = (stack.enter_context(connect(server)) for _ in range(3))
        unfinished.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
        body.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbegin")
        assert receive(body, b"}").startswith(b"HTTP/1.1 405")
        assert_ends_in_time(server, signal.SIGTERM)
        assert [client.recv(1) for client in (*idle, silent)] == [b""] * 21


def test_a_text_stream_ends_properly(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("line\n")
    server = serve(log)
    with open_stream(server, "from=start&format=text") as client, ReadingClients([client]) as reading:
        until(lambda: b"line" in reading.tails[client])
        assert_ends_in_time(server, signal.SIGTERM)
    assert reading.tails[client].endswith(END_OF_BODY)


def test_an_unread_response_does_not_delay_the_end(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes(b"x" * 20_000_000 + b"\n")
    server = serve(log)
    at = server.get("/api/lines", source="app.log").json()["lines"][0]["at"]
    with connect(server, buffer=4096) as client:
        client.sendall(request(server, f"/api/line?source=app.log&at={at}"))
        client.recv(1, socket.MSG_PEEK)
        assert_ends_in_time(server, signal.SIGTERM)


def test_requests_that_wait_for_a_scan_are_answered_in_time(logs: Path, serve: Serve, tmp_path: Path) -> None:
    (logs / "app.log").write_text(f"{'x' * 99}\n" * 400_000)
    config = tmp_path / "slow.toml"
    # With redaction, a scan reads line by line.
    config.write_text("[[redact]]\npattern = 'password'\n")
    server = serve("--config", config, logs)
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(2)]
        for client, path in zip(clients, ("/api/lines?start=0&", "/api/histogram?"), strict=True):
            client.sendall(request(server, f"{path}source=app.log&q=y"))
        server.get("/healthz")
        assert_ends_in_time(server, signal.SIGTERM)
        assert [receive(client, b"}")[:12] for client in clients] == [b"HTTP/1.1 200"] * 2


def test_an_unfinished_tls_handshake_does_not_delay_the_end(logs: Path, serve: Serve, tmp_path: Path) -> None:
    (logs / "app.log").touch()
    certificate, key = make_certificate(tmp_path)
    server = serve("--ssl-certfile", certificate, "--ssl-keyfile", key, logs)
    with connect(server):
        until(lambda: len(psutil.Process(server.process.pid).net_connections()) == 2, what="the connection")
        assert_ends_in_time(server, signal.SIGTERM)


def test_a_second_signal_has_no_effect(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text(f"{'x' * 99}\n" * 40_000)
    server = serve(log)
    with open_stream(server, "from=start", buffer=4096):
        server.process.send_signal(signal.SIGINT)
        # Two signals sent at once would be one.
        until(lambda: refuses(server), what="the first signal's effect")
        assert_ends_in_time(server, signal.SIGINT)


def refuses(server: Server) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", server.port)) != 0


# During start-up


def start(*words: str | Path, command: Sequence[str] = (), start_new_session: bool = False) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "logviewer", *command, "--no-open", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=start_new_session,
    )


def imports(process: "subprocess.Popen[str]") -> bool:
    return "pydantic_core" in Path(f"/proc/{process.pid}/maps").read_text()


def catches(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def listens(process: "subprocess.Popen[str]") -> bool:
    return any(each.status == psutil.CONN_LISTEN for each in psutil.Process(process.pid).net_connections())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("importing", signal.SIGTERM),
        ("importing", signal.SIGINT),
        ("handled", signal.SIGTERM),
        ("listening", signal.SIGTERM),
        ("ready", signal.SIGINT),
    ],
)
def test_a_signal_during_startup_exits_with_0(logs: Path, moment: str, number: int) -> None:
    (logs / "app.log").touch()
    with start("--port", "0", logs) as process:
        assert process.stdout
        assert process.stderr
        match moment:
            case "importing":
                until(lambda: imports(process), what="the first modules")
            case "handled":
                until(lambda: catches(process.pid, signal.SIGTERM), what="a signal handler")
            case "listening":
                until(lambda: listens(process), what="a listening socket")
            case _:
                process.stdout.readline()
        process.send_signal(number)
        assert (process.wait(TIMEOUT), process.stderr.read()) == (0, "")


def test_a_signal_during_an_import_is_not_swallowed() -> None:
    # Code that runs at that moment could swallow an exception.
    swallow = """
import logviewer.__main__, os, signal
try:
    os.kill(os.getpid(), signal.SIGTERM)
except BaseException:
    pass
print("goes on")
"""
    ended = subprocess.run(
        [sys.executable, "-c", swallow], capture_output=True, text=True, check=False, timeout=TIMEOUT
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def writer_starts(process: "subprocess.Popen[str]") -> bool:
    return any(
        "--no-serve" in child.cmdline() and catches(child.pid, signal.SIGINT)
        for child in psutil.Process(process.pid).children()
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("moment", ["the writer starts", "ready"])
def test_ctrl_c_ends_a_demo_and_its_writer(tmp_path: Path, moment: str) -> None:
    with start("--port", "0", tmp_path, command=["demo"], start_new_session=True) as process:
        assert process.stdout
        assert process.stderr
        if moment == "ready":
            process.stdout.readline()
        else:
            until(lambda: writer_starts(process), what=moment)
        # A terminal sends it to all processes in the foreground.
        os.killpg(process.pid, signal.SIGINT)
        assert (process.stderr.read(), process.wait(TIMEOUT)) == ("", 0)
