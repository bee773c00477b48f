"""A server without a PATH follows the logs of its machine: each test replaces the directories of this one."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.helpers.command import Ended, assert_refused, end, run
from tests.helpers.deep_tree import nested
from tests.helpers.forked import PROGRAM
from tests.helpers.journal import Journal
from tests.helpers.programs import require
from tests.helpers.server import Server, obeying_permissions

Serve = Callable[..., Server]


class Machine:
    """The directories that stand for those of the machine."""

    def __init__(self, directory: Path) -> None:
        self.log, self.lib = directory / "log", directory / "lib"
        for each in (self.log, self.lib, self.lib / "docker" / "containers"):
            each.mkdir(parents=True)
        mounts = f"mount --bind {self.log} /var/log && mount --bind {self.lib} /var/lib"
        self._words = ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh"]

    @property
    def program(self) -> list[str]:
        """The words that run the program on this machine."""
        return [*self._words, *PROGRAM]

    def can_run(self) -> bool:
        """Whether this process may replace the directories."""
        return subprocess.run([*self._words, "true"], capture_output=True, check=False).returncode == 0

    def start(self, serve: Serve, *words: str, path: str | None = None) -> Server:
        return serve(*words, program=self.program, env={"PATH": path} if path else None)

    def refused(self) -> Ended:
        return run("--port=0", program=obeying_permissions(self.program))


@pytest.fixture
def machine(logs: Path) -> Machine:
    found = Machine(logs)
    if not found.can_run():
        pytest.skip("needs root, to replace /var/log")
    return found


def names(server: Server) -> set[str]:
    return {each["name"] for each in server.get("/api/sources").json()}


def lines_of(ended: Ended) -> Sequence[str]:
    return ended.err.splitlines()


def test_logs_and_containers_are_followed(machine: Machine, serve: Serve) -> None:
    (machine.log / "syslog").write_text("one\n")
    (machine.log / "app").mkdir()
    (machine.log / "app" / "app.log").write_text("two\n")
    (machine.log / "pods" / "web").mkdir(parents=True)
    (machine.log / "pods" / "web" / "0.log").write_text("three\n")
    (machine.lib / "docker" / "containers" / "a.log").write_text("four\n")
    server = machine.start(serve)
    assert len(names(server)) == 4
    assert {"syslog", "app.log"} <= names(server)
    assert lines_of(end(server)) == [
        "logviewer: no PATH given: following /var/log (2 logs)",
        "logviewer: no PATH given: following /var/log/pods (1 log)",
        "logviewer: no PATH given: following /var/lib/docker/containers (1 log)",
    ]


def test_files_that_cannot_be_read_are_counted_with_the_group_that_can(machine: Machine, serve: Serve) -> None:
    (machine.log / "open.log").write_text("one\n")
    for name, mode in (("auth.log", 0o640), ("daemon.log", 0o640), ("secret.log", 0o600)):
        path = machine.log / name
        path.write_text("line\n")
        path.chmod(mode)
        os.chown(path, 1, 4)
    (machine.log / "private").mkdir(mode=0o700)
    os.chown(machine.log / "private", 1, 4)
    server = machine.start(serve)
    (line,) = lines_of(end(server))
    assert line.startswith(
        "logviewer: no PATH given: following /var/log (4 logs; 4 files or directories cannot be read: "
    )
    assert "run as " in line
    assert "root (2)" in line
    assert "(2)" in line.replace("root (2)", "")


def test_deep_directories_do_not_end_the_start(machine: Machine, serve: Serve) -> None:
    (machine.log / "syslog").write_text("one\n")
    with nested(machine.log, 1100):
        server = machine.start(serve)
        assert "syslog" in names(server)
        assert "Traceback" not in end(server).err


def test_the_journal_is_followed_where_it_has_entries(machine: Machine, serve: Serve) -> None:
    require("journalctl", "systemd-journal-remote")
    identity = Path("/etc/machine-id")
    if not identity.exists():
        pytest.skip("needs a machine id")
    journal = machine.log / "journal"
    journal.mkdir()
    Journal(journal / identity.read_text().strip()).write(3)
    server = machine.start(serve)
    assert names(server) == {"journal:"}
    assert "logviewer: no PATH given: following journal:" in lines_of(end(server))


def test_no_journalctl_is_no_error(machine: Machine, serve: Serve) -> None:
    (machine.log / "syslog").write_text("one\n")
    (machine.log / "journal").mkdir()
    server = machine.start(serve, path=_bin_without_journalctl(machine.lib))
    assert lines_of(end(server)) == ["logviewer: no PATH given: following /var/log (1 log)"]


def test_a_machine_without_logs_is_refused(machine: Machine) -> None:
    assert_refused(machine.refused(), 2, "no PATH given", "/var/log", "journal", "give a log file")


def test_a_machine_whose_logs_cannot_be_read_is_refused(machine: Machine) -> None:
    (machine.log / "syslog").write_text("one\n")
    machine.log.chmod(0o750)
    os.chown(machine.log, 1, 4)
    assert_refused(machine.refused(), 2, "no PATH given", "/var/log cannot be read", "run as")


@pytest.mark.parametrize("workers", [1, 2])
def test_sources_of_the_configuration_are_the_only_ones(
    machine: Machine, serve: Serve, tmp_path: Path, workers: int
) -> None:
    (machine.log / "syslog").write_text("one\n")
    config = tmp_path / "logviewer.toml"
    config.write_text('[[sources]]\nname = "ticks"\ncommand = ["sleep", "1000"]\n')
    server = machine.start(serve, f"--config={config}", f"--workers={workers}")
    assert names(server) == {"ticks"}
    assert lines_of(end(server)) == []


def test_workers_say_it_once(machine: Machine, serve: Serve) -> None:
    (machine.log / "syslog").write_text("one\n")
    server = machine.start(serve, "--workers=2")
    assert names(server) == {"syslog"}
    assert lines_of(end(server)) == ["logviewer: no PATH given: following /var/log (1 log)"]


def _bin_without_journalctl(directory: Path) -> str:
    programs = directory / "bin"
    programs.mkdir()
    for name in ("sh", "mount", "setpriv", "unshare"):
        (programs / name).symlink_to(Path("/usr/bin") / name)
    return str(programs)
