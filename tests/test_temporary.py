"""Temporary directories of servers that were killed are removed by the next one; those of running ones stay."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from logviewer import temporary
from tests.helpers.server import Server

Serve = Callable[..., Server]


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_directories_in_use_stay(parent: Path) -> None:
    one, two = temporary.directory("a test"), temporary.directory("a test")
    assert one.stat().st_mode & 0o777 == 0o700
    assert {one, two} == set(parent.iterdir())


def test_directories_of_others_stay(parent: Path) -> None:
    (parent / "logviewer-without-a-lock").mkdir()
    (parent / "logviewer-file").touch()
    (parent / "elsewhere").mkdir()
    (parent / "elsewhere" / ".lock").touch()
    (parent / "logviewer-link").symlink_to(parent / "elsewhere")
    kept = set(parent.iterdir())
    made = temporary.directory("a test")
    assert set(parent.iterdir()) == {*kept, made}
    assert (parent / "elsewhere" / ".lock").exists()


@pytest.mark.program
def test_the_next_server_removes_what_a_killed_one_left(tmp_path: Path, serve: Serve) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    killed = serve("-", stdin=subprocess.PIPE, env=environment)
    (left,) = tmp_path.glob("logviewer-*/stdin")
    killed.process.kill()
    killed.wait()
    assert left.exists()
    serve("-", stdin=subprocess.PIPE, env=environment)
    assert not left.exists()
    assert len(list(tmp_path.glob("logviewer-*/stdin"))) == 1
