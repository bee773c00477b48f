"""The files of ``packaging/`` are as ``docs/deploying.md`` describes them."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from logviewer.cli import serve_command
from logviewer.web.streams import PING_SECONDS
from tests.helpers.programs import require
from tests.helpers.repository import REPOSITORY
from tests.helpers.server import Server

PACKAGING = REPOSITORY / "packaging"
DOCS = (REPOSITORY / "docs" / "deploying.md").read_text()
UNIT = (PACKAGING / "logviewer.service").read_text()
NGINX = (PACKAGING / "nginx.conf").read_text()

Serve = Callable[..., Server]


def section(heading: str) -> str:
    """Return the part of the docs below a heading of the second level."""
    return DOCS.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", DOCS, re.DOTALL)


# The unit


def settings_of_the_unit() -> list[str]:
    return [line for line in UNIT.splitlines() if re.match(r"[A-Z]\w+=", line)]


def value(name: str) -> str:
    return dict(line.split("=", 1) for line in settings_of_the_unit())[name]


def test_the_unit_has_every_setting_that_the_docs_promise() -> None:
    promised = re.findall(r"`([A-Z]\w+=[^`]*)`", section("As a service of systemd").split("Logs in homes")[0])
    assert len(promised) >= 14
    assert [each for each in promised if each not in settings_of_the_unit()] == []


def test_the_unit_does_not_hide_the_process_metrics() -> None:
    # Without /proc/stat, prometheus_client has no process metrics.
    assert [line for line in settings_of_the_unit() if line.startswith("ProcSubset=")] == []


def test_the_unit_starts_a_valid_command(tmp_path: Path) -> None:
    program, *words = value("ExecStart").split()
    assert program == "/opt/logviewer/bin/logviewer"
    config = tmp_path / "logviewer.toml"
    config.write_text('paths = ["/var/log"]\n')
    given = [str(config) if word == "/etc/logviewer/logviewer.toml" else word for word in words]
    context = serve_command.make_context("logviewer", given)
    assert (context.params["paths"], context.params["log_format"]) == (("/var/log",), "json")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """A copy of the unit that starts a program of this machine."""
    require("systemd-analyze")
    copy = tmp_path / "logviewer.service"
    copy.write_text(UNIT.replace("/opt/logviewer/bin/logviewer", "/bin/true"))
    return copy


def analyze(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def test_systemd_verifies_the_unit(unit: Path) -> None:
    done = analyze("verify", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_rates_the_units_exposure_as_low(unit: Path) -> None:
    done = analyze("security", "--offline=yes", "--threshold=20", "--no-pager", unit)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_docs_create_the_units_directories() -> None:
    service = section("As a service of systemd")
    token = value("LoadCredential").removeprefix("token:")
    paths = {token, *re.findall(r"/\S+\.toml", value("ExecStart"))}
    assert [path for path in paths if f"> {path}" not in service] == []
    assert "umask 077" in next(line for line in service.splitlines() if token in line)


def test_every_toml_in_the_docs_is_a_configuration(tmp_path: Path) -> None:
    texts = [*blocks("toml"), *re.findall(r"<< 'END'\n(.*?)END", DOCS, re.DOTALL)]
    assert len(texts) == 2
    for text in texts:
        config = tmp_path / "logviewer.toml"
        config.write_text(text)
        assert serve_command.make_context("logviewer", ["--config", str(config)]).params["paths"] == ("/var/log",)


# The image


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage of the Dockerfile, with their words."""
    text = (PACKAGING / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for name, words in lines:
        if name == "FROM":
            found.append([])
        found[-1].append((name, words))
    return found


def last(name: str) -> str:
    (words,) = [words for each, words in stages()[-1] if each == name]
    return words


def health_check() -> Sequence[str]:
    words: list[str] = json.loads(last("HEALTHCHECK").split("CMD ", 1)[1])
    return words


def test_the_image_runs_as_a_numeric_user() -> None:
    user, group = last("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert f"user {user}" in section("In a container")


def test_nothing_is_installed_in_the_last_stage() -> None:
    _, build, final = stages()
    assert {name for name, _ in final} & {"RUN", "ADD", "SHELL"} == set()
    assert last("COPY") == "--from=build /opt/logviewer /opt/logviewer"
    (made,) = [words for name, words in build if name == "RUN"]
    assert "venv --without-pip /opt/logviewer" in made


def test_the_image_runs_the_program_without_a_shell() -> None:
    program, *words = json.loads(last("ENTRYPOINT"))
    assert program == "/opt/logviewer/bin/logviewer"
    context = serve_command.make_context("logviewer", [*words, *json.loads(last("CMD"))])
    assert (context.params["host"], str(context.params["port"])) == ("0.0.0.0", last("EXPOSE"))
    assert context.params["paths"] == ("/logs",)


def test_a_kubernetes_service_does_not_set_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGVIEWER_PORT", "tcp://192.0.2.1:8000")
    _, *words = json.loads(last("ENTRYPOINT"))
    context = serve_command.make_context("logviewer", [*words, *json.loads(last("CMD"))])
    assert str(context.params["port"]) == last("EXPOSE")


def test_the_build_context_has_only_packaged_files() -> None:
    rules = (PACKAGING / "Dockerfile.dockerignore").read_text().split()
    assert rules[0] == "*"
    metadata = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    needed = {
        "LICENSE",
        "README.md",
        "pyproject.toml",
        *metadata["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
    }
    needed |= set(metadata["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"])
    assert {rule[1:] for rule in rules if rule.startswith("!")} == needed


def test_the_health_check_fails_without_a_server(logs: Path, serve: Serve) -> None:
    server = serve("--root-path", "/logs", logs)
    python, option, code = health_check()
    assert (python, option) == ("/opt/logviewer/bin/python", "-c")
    words = [sys.executable, "-c", code.replace(":8000/", f":{server.port}/")]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    server.stop()
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0


@pytest.fixture(scope="module")
def read_only() -> list[str]:
    """The words before a command that runs it on a read-only disk."""
    words = ["unshare", "--mount", "sh", "-c", 'mount -o remount,bind,ro / && exec "$@"', "sh"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root, to take the right to write to the disk away")
    assert subprocess.run([*words, "touch", "/written"], capture_output=True, check=False).returncode != 0
    return words


def test_the_program_runs_without_a_writable_disk(read_only: list[str], logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("line\n")
    server = serve(log, program=[*read_only, sys.executable, "-m", "logviewer"])
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(1) == ["line"]
    assert server.stop() == 0


@pytest.mark.parametrize("words", [["-"], ["demo"], ["demo", "--no-serve"]])
def test_commands_that_need_a_disk_end_with_one_line(read_only: list[str], words: list[str]) -> None:
    program = [*read_only, sys.executable, "-m", "logviewer", *words, "--port=0"][
        : -1 if "--no-serve" in words else None
    ]
    ended = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("logviewer: ")
    assert ended.stderr.count("\n") == 1


def test_the_container_is_started_with_few_rights() -> None:
    command = next(block for block in blocks("sh") if "docker run" in block)
    wanted = ["--read-only", "--cap-drop ALL", "--security-opt no-new-privileges", ":/logs:ro", "--publish 127.0.0.1:"]
    assert [each for each in wanted if each not in command] == []
    assert "LOGVIEWER_TOKEN=" not in command.split("docker run")[1]


# The proxy


def test_the_docs_show_the_nginx_configuration_that_is_tested() -> None:
    assert blocks("nginx") == [NGINX]


def test_the_proxys_timeout_exceeds_the_ping_interval() -> None:
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    assert int(seconds) > 2 * PING_SECONDS
