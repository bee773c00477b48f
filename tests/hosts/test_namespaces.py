"""The steps of ``docs/hosts.md`` on machines with addresses of their own: here, network namespaces."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.command import run
from tests.helpers.forked import PROGRAM
from tests.helpers.programs import require
from tests.helpers.server import Server, until

HUB = (*PROGRAM, "hub")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def machines() -> Iterator[list[str]]:
    """Two network namespaces that reach this machine, and not each other's loopback."""
    require("ip")
    names = [f"lv-{os.getpid()}-{number}" for number in (1, 2)]
    try:
        ip("netns", "add", names[0])
    except subprocess.CalledProcessError:
        pytest.skip("needs root, to make network namespaces")
    try:
        ip("netns", "add", names[1])
        for number, name in enumerate(names):
            _connect(name, f"lv{os.getpid()}{number}", f"10.{200 + number}.{os.getpid() % 250}")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _connect(name: str, link: str, network: str) -> None:
    ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
    ip("address", "add", f"{network}.1/24", "dev", link)
    ip("link", "set", link, "up")
    ip("-netns", name, "address", "add", f"{network}.2/24", "dev", "eth0")
    ip("-netns", name, "link", "set", "eth0", "up")
    ip("-netns", name, "route", "add", "default", "via", f"{network}.1")


def test_two_machines_are_one_merged_view(
    machines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    hub = serve("--listen", "0.0.0.0:0", program=HUB)
    agents = []
    for number, machine in enumerate(machines):
        place = tmp_path / machine
        place.mkdir()
        (place / "app.log").write_text(
            f"2026-11-27T10:00:0{number}Z of {number}\n2026-11-27T10:00:1{number}Z of {number}\n"
        )
        ended = run("invite", f"web-{number}")
        assert ended.code == 0, ended
        (place / "join").write_text(ended.out)
        words = ["ip", "netns", "exec", machine, *PROGRAM, "agent", "--join", str(place / "join"), f"{place}/*.log"]
        environment = {**os.environ, "STATE_DIRECTORY": str(place / "state")}
        agents.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment))
    try:
        for agent in agents:
            assert agent.stdout
            assert b"answers the hub at tls://" in agent.stdout.readline()
        sources = [hub.source_id(f"web-{number}:app.log") for number in (0, 1)]
        lines = until(lambda: hub.get("/api/lines", source=sources).json().get("lines"))
        assert [each["text"][11:] for each in lines] == [
            "10:00:00Z of 0", "10:00:01Z of 1", "10:00:10Z of 0", "10:00:11Z of 1"
        ]  # fmt: skip
    finally:
        for agent in agents:
            agent.kill()
            agent.wait()
            if agent.stdout:
                agent.stdout.close()
