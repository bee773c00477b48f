"""The files of ``packaging/`` for hubs and agents are valid, and as ``docs/hosts.md`` describes them."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from logviewer.hosts_cli import agent_command, hub_command, invite_command
from tests.helpers.programs import require
from tests.helpers.repository import REPOSITORY

PACKAGING = REPOSITORY / "packaging"
DOCS = (REPOSITORY / "docs" / "hosts.md").read_text()
SERVER_UNIT = (PACKAGING / "logviewer.service").read_text()
UNIT = (PACKAGING / "logviewer-agent.service").read_text()
COMPOSE = yaml.safe_load((PACKAGING / "compose.yaml").read_text())
KUBERNETES = {
    (each["kind"], each["metadata"]["name"]): each
    for each in yaml.safe_load_all((PACKAGING / "kubernetes.yaml").read_text())
}
PROGRAM = "/opt/logviewer/bin/logviewer"
COMMANDS: dict[str, click.Command] = {"hub": hub_command, "agent": agent_command, "invite": invite_command}


def parse(words: Sequence[str]) -> click.Context:
    """Return the context of a command line of logviewer. Raises click.UsageError for a bad one."""
    program, name, *rest = words
    assert program == PROGRAM
    return COMMANDS[name].make_context(name, list(rest))


def settings(unit: str) -> list[str]:
    return [line for line in unit.splitlines() if re.match(r"[A-Z]\w+=", line)]


def scripts() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", re.sub(r"^   ", "", DOCS, flags=re.MULTILINE), re.DOTALL)


# The unit


def test_the_agents_unit_has_the_limits_of_the_servers() -> None:
    own = {"IPAddressDeny", "IPAddressAllow", "ExecStart", "LoadCredential", "After", "Description"}
    own |= {"StateDirectory", "CacheDirectory"}
    missing = [each for each in settings(SERVER_UNIT) if each not in settings(UNIT)]
    assert {each.split("=")[0] for each in missing} == own
    assert "SocketBindDeny=any" in settings(UNIT)


def test_the_agents_unit_starts_a_valid_command(tmp_path: Path) -> None:
    (command,) = [each.removeprefix("ExecStart=") for each in settings(UNIT) if each.startswith("ExecStart=")]
    config = tmp_path / "agent.toml"
    config.write_text(re.findall(r"agent\.toml << 'END'\n(.*?)END", DOCS, re.DOTALL)[0])
    params = parse(shlex.split(command.replace("/etc/logviewer/agent.toml", str(config)))).params
    assert (params["join"], params["paths"], params["labels"]) == ("%d/join", ("/var/log",), (("role", "web"),))


def test_systemd_verifies_the_agents_unit(tmp_path: Path) -> None:
    require("systemd-analyze")
    copy = tmp_path / "logviewer-agent.service"
    copy.write_text(UNIT.replace(PROGRAM, "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    words = ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", str(copy)]
    rated = subprocess.run(words, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout.splitlines()[-1]


# The image, compose and Kubernetes


def test_the_image_has_the_optional_packages_and_the_server() -> None:
    text = (PACKAGING / "Dockerfile").read_text()
    assert "install --no-cache-dir '/src[hosts]'" in text
    assert "COPY --from=nats /usr/local/bin/nats-server /opt/logviewer/bin/" in text


def test_compose_runs_a_hub_and_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGVIEWER_TOKEN", "x")
    hub, agent = COMPOSE["services"]["hub"], COMPOSE["services"]["agent"]
    params = parse([*hub["entrypoint"], *hub["command"]]).params
    assert (params["host"], params["port"], str(params["listen"])) == ("0.0.0.0", 8000, "0.0.0.0:4222")
    assert {each.split(":")[-1] for each in hub["ports"]} == {"8000", "4222"}
    params = parse([*agent["entrypoint"], *agent["command"]]).params
    mounted = [each.split(":")[1] for each in agent["volumes"]]
    assert mounted == [params["join"], *params["paths"], "/state"]
    for service in (hub, agent):
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def container(kind: str, name: str) -> dict[str, Any]:
    (found,) = KUBERNETES[kind, name]["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("kind", "name"), [("StatefulSet", "logviewer-hub"), ("DaemonSet", "logviewer-agent")], ids=["hub", "agent"]
)
def test_kubernetes_runs_containers_with_few_rights(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGVIEWER_TOKEN", "x")
    spec, found = KUBERNETES[kind, name]["spec"], container(kind, name)
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    rights = found["securityContext"]
    assert (rights["readOnlyRootFilesystem"], rights["allowPrivilegeEscalation"]) == (True, False)
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert not spec["template"]["spec"]["automountServiceAccountToken"]
    volumes = {each["name"] for each in spec["template"]["spec"]["volumes"]}
    volumes |= {each["metadata"]["name"] for each in spec.get("volumeClaimTemplates", [])}
    assert {each["name"] for each in found["volumeMounts"]} <= volumes
    parse([*found["command"], *found["args"]])


def test_each_node_gets_its_own_invitation_and_labels() -> None:
    agent = container("DaemonSet", "logviewer-agent")
    variables = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in agent["env"]}
    assert variables == {"NODE": "spec.nodeName", "CLUSTER": "metadata.labels['cluster']"}
    mounts = {each["mountPath"]: each for each in agent["volumeMounts"]}
    params = parse([*agent["command"], *agent["args"]]).params
    assert mounts[params["join"]]["subPathExpr"] == "$(NODE)"
    assert params["labels"] == (("node", "$(NODE)"), ("cluster", "$(CLUSTER)"))
    assert all(path in mounts for path in params["paths"])
    assert all(each["readOnly"] for path, each in mounts.items() if path.startswith(("/var", "/join")))


def test_the_service_leads_to_the_ports_of_the_hub() -> None:
    ports = {each["name"]: each["port"] for each in KUBERNETES["Service", "logviewer-hub"]["spec"]["ports"]}
    hub = container("StatefulSet", "logviewer-hub")
    assert ports == {each["name"]: each["containerPort"] for each in hub["ports"]} == {"page": 8000, "nats": 4222}


# The docs


def test_every_command_of_the_docs_is_valid(tmp_path: Path) -> None:
    config = tmp_path / "logviewer.toml"
    config.touch()
    values = {"/etc/logviewer/logviewer.toml": str(config), "$node": "node-1"}
    words = [
        shlex.split(line, comments=True) for script in scripts() for line in script.replace("\\\n", " ").splitlines()
    ]
    commands = [
        [PROGRAM, *line[index + 1 :]]
        for line in words
        for index, word in enumerate(line)
        if word.rpartition("/")[2] == "logviewer" and index + 1 < len(line) and line[index + 1] in COMMANDS
    ]
    assert len(commands) >= 6
    for command in commands:
        end = command.index(">") if ">" in command else None
        context = parse([values.get(each, each) for each in command[:end]])
        assert context.params


def test_every_toml_of_the_docs_is_a_configuration(tmp_path: Path) -> None:
    texts = [
        *re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL),
        *re.findall(r"\.toml << 'END'\n(.*?)END", DOCS, re.DOTALL),
    ]
    assert len(texts) == 3
    for text in texts:
        assert tomllib.loads(text)
        config = tmp_path / "logviewer.toml"
        config.write_text(text)
        for command in (hub_command, agent_command):
            command.make_context("logviewer", ["--config", str(config)])


def test_the_docs_name_the_files() -> None:
    for name in ("logviewer-agent.service", "compose.yaml", "kubernetes.yaml"):
        assert f"packaging/{name}" in DOCS
