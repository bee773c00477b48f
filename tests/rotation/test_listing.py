"""Directory listings of the files beside a log."""

import os
from pathlib import Path

import pytest

from logviewer.cursor import file_key
from logviewer.errors import StaleListingError
from logviewer.rotation import listing
from logviewer.rotation.listing import DirectoryEntry, DirectoryListings


def paths(entries: list[DirectoryEntry]) -> list[Path]:
    return [entry.path for entry in entries]


def test_rotations_are_found_beside_the_log(tmp_path: Path) -> None:
    for name in ("app.log", "app.log.2", "app.log.1", "other.log.1"):
        (tmp_path / name).touch()
    assert paths(DirectoryListings().rotated(tmp_path / "app.log")) == [tmp_path / "app.log.2", tmp_path / "app.log.1"]


def test_rotations_are_found_beside_the_target_of_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "pods").mkdir()
    target = tmp_path / "pods" / "0.log"
    rotated = tmp_path / "pods" / "0.log.20261120-101010"
    target.touch()
    rotated.touch()
    (tmp_path / "container.log").symlink_to(target)
    assert paths(DirectoryListings().rotated(tmp_path / "container.log")) == [rotated]


def test_a_file_of_several_names_is_listed_once_and_the_live_file_never(tmp_path: Path) -> None:
    for name in ("app.log", "app.log.3"):
        (tmp_path / name).touch()
    (tmp_path / "app.log.2").hardlink_to(tmp_path / "app.log.3")
    (tmp_path / "app.log.1").hardlink_to(tmp_path / "app.log")
    (tmp_path / "link.log").symlink_to(tmp_path / "app.log")
    for log in ("app.log", "link.log"):
        assert paths(DirectoryListings().rotated(tmp_path / log)) == [tmp_path / "app.log.2"]


def test_a_file_is_found_only_by_names_of_its_log(tmp_path: Path) -> None:
    for name, found in {"app.log.1": True, "app.log": True, "kept aside": False, "app.log.netrc": False}.items():
        moved = tmp_path / name
        moved.touch()
        facts = moved.stat()
        named = paths(DirectoryListings().named(tmp_path / "app.log", file_key(facts.st_dev, facts.st_ino)))
        assert named == ([moved] if found else []), name


def test_a_listed_file_replaced_by_another_is_not_opened(tmp_path: Path) -> None:
    rotated = tmp_path / "app.log.1"
    rotated.write_text("one\n")
    (entry,) = DirectoryListings().rotated(tmp_path / "app.log")
    file = entry.open()
    assert file
    assert file.pread(9, 0) == b"one\n"
    rotated.rename(tmp_path / "app.log.2")
    with pytest.raises(StaleListingError):
        entry.open()
    rotated.write_text("two\n")
    with pytest.raises(StaleListingError):
        entry.open()


def test_only_regular_files_are_listed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.log.1")
    (tmp_path / "app.log.2").mkdir()
    (tmp_path / "app.log.old").symlink_to(tmp_path / "nothing")
    assert not DirectoryListings().rotated(tmp_path / "app.log")


def test_a_listed_file_replaced_by_a_pipe_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "app.log.1").touch()
    (entry,) = DirectoryListings().rotated(tmp_path / "app.log")
    (tmp_path / "app.log.1").unlink()
    os.mkfifo(tmp_path / "app.log.1")
    assert entry.open() is None


def test_a_missing_directory_lists_nothing(tmp_path: Path) -> None:
    assert DirectoryListings().rotated(tmp_path / "gone" / "app.log") == []


def test_logs_of_an_unchanged_directory_share_a_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.log", "a.log.1", "b.log", "b.log.1"):
        (tmp_path / name).write_text("line\n")
    # As if the last change were older than a tick of the clock.
    monkeypatch.setattr(listing, "TICK_NS", -1_000_000_000)
    assert paths(DirectoryListings().rotated(tmp_path / "a.log")) == [tmp_path / "a.log.1"]
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", None)
        assert paths(DirectoryListings().rotated(tmp_path / "b.log")) == [tmp_path / "b.log.1"]
