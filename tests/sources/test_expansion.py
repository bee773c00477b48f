"""Paths, globs and directories expanded to logs."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from logviewer.files.byte_file import Identity
from logviewer.rotation.classifier import RotationClassifier
from logviewer.sources import expansion
from logviewer.sources.expansion import Expansion

_TIMES = itertools.count(1_700_000_000)


class Judge(RotationClassifier):
    """Counts the files that it is asked about."""

    asked = 0

    def logs(
        self, files: Mapping[Path, Identity | None], known: Mapping[Path, Identity | None] | None = None
    ) -> list[Path]:
        self.asked += len(files)
        return super().logs(files, known or {})


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    # Judged again only after a change.
    monkeypatch.setattr(expansion, "_MOST_LOAD", 1e-12)
    return Judge()


def write(directory: Path, *names: str) -> None:
    directory.mkdir(exist_ok=True)
    for name in names:
        (directory / name).write_text("line\n")
    age(directory)


def age(directory: Path) -> None:
    """Let the last change of a directory be long ago, and later than those before."""
    when = next(_TIMES)
    os.utime(directory, (when, when))


def names(found: Expansion) -> list[str]:
    return [path.name for path in found.logs]


def test_unchanged_directories_cost_no_look_at_their_files(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a", *(f"a{number}x.log" for number in range(50)))
    write(tmp_path / "b", "b.log")
    age(tmp_path)
    found = Expansion([str(tmp_path)], judge)
    assert found.update()
    assert judge.asked == 51
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", None)
        known = dict(found.logs)
        found.update(known)
        assert not found.update(known)
    assert judge.asked == 51
    write(tmp_path / "b", "new.log")
    age(tmp_path)
    assert found.update(known)
    assert judge.asked == 53
    assert names(found)[-2:] == ["b.log", "new.log"]


def test_a_deleted_log_is_found_missing(judge: Judge, tmp_path: Path) -> None:
    write(tmp_path, "a.log", "b.log")
    found = Expansion([str(tmp_path)], judge)
    found.update()
    (tmp_path / "a.log").unlink()
    assert found.update(found.logs)
    assert names(found) == ["b.log"]


def test_a_symlink_is_a_log_once_it_leads_to_a_file(judge: Judge, tmp_path: Path) -> None:
    logs, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    write(logs, "a.log")
    (logs / "link.log").symlink_to(elsewhere / "x.log")
    age(logs)
    found = Expansion([str(logs)], judge)
    found.update()
    assert names(found) == ["a.log"]
    write(elsewhere, "x.log")
    assert found.update(found.logs)
    assert names(found) == ["a.log", "link.log"]


def test_rotations_in_an_archive_folder_belong_to_the_log_above(judge: Judge, tmp_path: Path) -> None:
    write(tmp_path, "app.log")
    write(tmp_path / "old", "app.log.1", "other.log")
    found = Expansion([str(tmp_path)], judge)
    found.update()
    assert names(found) == ["app.log", "other.log"]


def test_a_rotation_of_a_log_that_is_named_elsewhere_is_left_out(judge: Judge, tmp_path: Path) -> None:
    write(tmp_path, "app.log.1")
    found = Expansion([str(tmp_path / "app.*")], judge)
    found.update([tmp_path / "app.log"])
    assert names(found) == []


def test_paths_that_match_nothing_are_named(judge: Judge, tmp_path: Path) -> None:
    write(tmp_path, "a.log")
    patterns = [str(tmp_path / name) for name in ("*.log", "*.txt", "missing.log")]
    found = Expansion(patterns, judge)
    found.update()
    assert found.unmatched == [patterns[1]]
    assert names(found) == ["a.log", "missing.log"]


@pytest.mark.parametrize("pattern", ["*.log", "./*.log", "../[[]x]/*.log"])
def test_a_relative_glob_in_a_directory_with_the_name_of_a_glob(
    pattern: str, judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "[x]", "a.log")
    monkeypatch.chdir(tmp_path / "[x]")
    found = Expansion([pattern], judge)
    found.update()
    assert list(found.logs) == [tmp_path / "[x]" / "a.log"]


def test_files_that_are_gone_are_forgotten(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "_BINARY_KEPT", 10)
    logs, away = tmp_path / "logs", tmp_path / "away"
    found = Expansion([str(logs)], judge)
    away.mkdir()
    for turn in range(5):
        write(logs, *(f"{turn}x{number}.log" for number in range(20)))
        found.update()
        assert len(found.logs) == 20
        for path in found.logs:
            # Still on disk, so that no inode comes again.
            path.rename(away / path.name)
        age(logs)
    assert len(found._binary) <= 2 * 20 + 10
