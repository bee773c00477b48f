"""Logs of other machines over ssh: a program that replaces ssh, and a real sshd where it is installed."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]
RUN = """#!/bin/sh
# ssh with its options, a destination and a command line.
while [ "$1" != "" ]; do
  case "$1" in
    -T) shift ;;
    -o) shift 2 ;;
    *) break ;;
  esac
done
echo "$1" >> "$LOG_OF_CALLS"
[ "$1" = broken ] && { echo "ssh: Could not resolve hostname broken" >&2; exit 255; }
shift
exec sh -c "$*"
"""


@pytest.fixture
def calls(logs: Path) -> Path:
    return logs / "calls"


@pytest.fixture
def env(logs: Path, calls: Path) -> dict[str, str]:
    """Variables with programs named ssh and logviewer on the path."""
    programs = logs / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(RUN)
    (programs / "logviewer").write_text(f'#!/bin/sh\nexec {sys.executable} -m logviewer "$@"\n')
    for each in programs.iterdir():
        each.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return {"PATH": path, "LOG_OF_CALLS": str(calls), "PYTHONPATH": str(Path(__file__).parents[2])}


def texts(server: Server, source: str) -> list[str]:
    return [each["text"] for each in server.get("/api/lines", source=source).json().get("lines", ())]


def test_logs_of_machines_are_followed_beside_those_of_this_one(logs: Path, env: dict[str, str], serve: Serve) -> None:
    for name in ("one", "two", "own"):
        (logs / name).mkdir()
        (logs / name / "app.log").write_text(f"line of {name}\n")
    paths = [f"ssh:web-1:{logs}/one/*.log", f"ssh:ann@web-2:{logs}/two/app.log", logs / "own" / "app.log"]
    server = serve(*paths, env=env)
    for source, text in (("web-1:app.log", "one"), ("web-2:app.log", "two"), ("app.log", "own")):
        server.source_id(source)
        assert texts(server, source) == [f"line of {text}"]
    with server.stream(source="web-1:app.log") as stream:
        stream.next()
        with (logs / "one" / "app.log").open("a") as file:
            file.write("another one\n")
        assert stream.lines(1) == ["another one"]
    (logs / "one" / "later.log").write_text("later\n")
    server.source_id("web-1:later.log")


def test_an_agent_that_is_killed_is_started_again(logs: Path, env: dict[str, str], serve: Serve, calls: Path) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(f"ssh:web-1:{logs}/app.log", env=env)
    server.source_id("web-1:app.log")
    with server.stream(source="web-1:app.log", from_="start") as stream:
        event = stream.next("lines")
        assert event.data["lines"] == ["line"]
        last = event.id
    (agent,) = children_of(server.process.pid)
    os.kill(agent, signal.SIGKILL)
    until(lambda: calls.read_text() == "web-1\n" * 2, what="the second call of ssh")
    until(lambda: server.get("/api/hosts").json()[0]["state"] == "here", what="the host")
    with (logs / "app.log").open("a") as file:
        file.write("after\n")
    until(lambda: texts(server, "web-1:app.log") == ["line", "after"], what="the line after the restart")
    with server.stream(source="web-1:app.log", last_event_id=last) as stream:
        assert stream.lines(1) == ["after"]


def test_the_reason_of_ssh_is_shown(logs: Path, env: dict[str, str], serve: Serve) -> None:
    server = serve(f"ssh:broken:{logs}/app.log", env=env)
    reason = "ssh: Could not resolve hostname broken"
    until(lambda: server.get("/api/hosts").json()[0]["problem"] == reason, what="the reason")


def test_agents_end_with_their_hub(logs: Path, env: dict[str, str], serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(f"ssh:web-1:{logs}/app.log", env=env)
    server.source_id("web-1:app.log")
    (agent,) = children_of(server.process.pid)
    server.process.kill()
    server.process.wait()
    until(lambda: not Path(f"/proc/{agent}").exists(), what="the end of the agent")


@pytest.mark.parametrize("path", ["ssh:", "ssh:web-1", "ssh:web-1:", "ssh::/var/log/a", "ssh:-oProxyCommand=x:/a"])
def test_a_path_without_a_host_is_a_wrong_command_line(path: str) -> None:
    words = [sys.executable, "-m", "logviewer", path]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ssh:HOST:PATH" in done.stderr


def children_of(parent: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[int]:
    """The port of a running sshd on loopback that lets this user in with a key."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not shutil.which("ssh-keygen"):
        pytest.skip("sshd is not installed")
    for name in ("host", "id"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/id.pub\n"
        f"StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nPermitUserEnvironment no\nSetEnv "
        f"PYTHONPATH={Path(__file__).parents[2]}\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    with subprocess.Popen(
        [program, "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.PIPE
    ) as process:
        assert process.stderr
        while b"Server listening" not in (line := process.stderr.readline()):
            assert line, "sshd has ended"
        yield port
        process.terminate()


def test_a_real_sshd_carries_the_link(logs: Path, tmp_path: Path, sshd: int, serve: Serve) -> None:
    (logs / "bin").mkdir()
    config = (
        f"Host web-1\n  HostName 127.0.0.1\n  Port {sshd}\n  User {getpass.getuser()}\n  IdentityFile {tmp_path}/id\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {tmp_path}/known\n  StrictHostKeyChecking accept-new\n"
    )
    (tmp_path / "ssh_config").write_text(config)
    programs = logs / "bin"
    (programs / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {tmp_path}/ssh_config "$@"\n')
    (programs / "ssh").chmod(0o755)
    installed = Path("/usr/local/bin/logviewer")
    if installed.exists() or os.geteuid() != 0:
        pytest.skip("the program is installed, or this user cannot put it on the path of sshd")
    installed.write_text(f'#!/bin/sh\nexec {sys.executable} -m logviewer "$@"\n')
    installed.chmod(0o755)
    try:
        (logs / "app.log").write_text("over ssh\n")
        server = serve(f"ssh:web-1:{logs}/*.log", env={"PATH": f"{programs}:{os.environ['PATH']}"})
        server.source_id("web-1:app.log")
        assert texts(server, "web-1:app.log") == ["over ssh"]
    finally:
        installed.unlink()
