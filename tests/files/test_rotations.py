"""Which names are rotations of a log, and which of them is older."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.cursor import file_key
from logviewer.errors import StaleListingError
from logviewer.files.rotations import is_rotation, oldest_first
from logviewer.rotation.listing import DirectoryEntry, DirectoryListings

AGES = {
    "logrotate numbers": ("app.log", ["app.log.11", "app.log.10", "app.log.9", "app.log.2", "app.log.1"]),
    "numbers from zero": ("app.log", ["app.log.1", "app.log.0"]),
    "no extension": ("syslog", ["syslog.2", "syslog.1"]),
    "logrotate dateext": ("app.log", ["app.log-20251231", "app.log-20261119", "app.log-20261120"]),
    "logrotate dateext with hours": ("app.log", ["app.log-2026112009", "app.log-2026112010"]),
    "logrotate seconds since 1970": ("app.log", ["app.log-1795168800", "app.log-1795172400"]),
    "python, each day": ("app.log", ["app.log.2026-11-19", "app.log.2026-11-20"]),
    "python, each minute": ("app.log", ["app.log.2026-11-20_09-59", "app.log.2026-11-20_10-00"]),
    "python, each second": ("app.log", ["app.log.2026-11-20_10-00-09", "app.log.2026-11-20_10-00-10"]),
    "log4j, each day": ("app.log", ["app-2026-11-19.log", "app-2026-11-20.log"]),
    "log4j, by day and size": ("app.log", ["app-2026-11-19-2.log", "app-2026-11-20-1.log", "app-2026-11-20-2.log"]),
    "a number before the extension": ("app.log", ["app.2.log", "app.1.log"]),
    "kubernetes": ("0.log", ["0.log.20261120-101009", "0.log.20261120-101010"]),
    "ISO 8601": ("app.log", ["app.log.2026-11-20T09:59:59", "app.log.2026-11-20T10:00:00"]),
    "old": ("app.log", ["app.log.old"]),
    "old before the extension": ("app.log", ["app.old.log"]),
    "previous": ("app.log", ["app.log.prev"]),
    "dates are older than numbers": ("app.log", ["app.log-20261120", "app.log.2", "app.log.1"]),
}
FOREIGN = {
    "compressed": ("app.log", ["app.log.1.gz", "app.log-20261120.gz", "app.log.gz", "app.log.2.zst", "app.log.1.bz2"]),
    "a backup": ("app.log", ["app.log.bak", "app.log.1.bak", "app.log~"]),
    "a longer name": ("app.log", ["apple.log", "app.logger", "apple.log.1", "app2.log", "app.log2"]),
    "another stem": ("app.log", ["web-app.log", "my.app.log.1", "other.log.1"]),
    "another extension": ("app.log", ["app.err.1", "app-2026-11-20.txt", "app.1"]),
    "a word": ("app.log", ["app.error.log", "app-debug.log", "app.log.older", "app.log.error"]),
    "the log itself": ("app.log", ["app.log"]),
    "another container's log": ("0.log", ["1.log", "10.log", "1.log.20261120-101010"]),
    "nothing after the dot": ("app.log", ["app.log.", "app.log-"]),
}


@pytest.mark.parametrize(("base", "names"), AGES.values(), ids=AGES)
def test_rotations_are_known_the_oldest_first(base: str, names: list[str]) -> None:
    assert oldest_first(base, reversed([*names, base])) == names
    assert oldest_first(base, names) == names


@pytest.mark.parametrize(("base", "names"), AGES.values(), ids=AGES)
def test_a_rotation_beside_its_log_is_not_a_log_of_its_own(base: str, names: list[str]) -> None:
    assert all(is_rotation(name, {base, *names}) for name in names)
    assert not is_rotation(base, {base, *names})


@pytest.mark.parametrize(("base", "names"), FOREIGN.values(), ids=FOREIGN)
def test_other_files_are_no_rotations(base: str, names: list[str]) -> None:
    assert oldest_first(base, names) == []
    assert not any(is_rotation(name, {base}) for name in names)


def test_a_rotation_without_its_log_is_a_log_of_its_own() -> None:
    assert not is_rotation("app-2026-11-20.log", {"app-2026-11-19.log", "app-2026-11-20.log"})
    assert not is_rotation("app.log.1", {"app.log.1", "other.log"})


def paths(entries: list[DirectoryEntry]) -> list[Path]:
    return [entry.path for entry in entries]


bases = st.from_regex(r"[a-z0-9]{1,5}([._-][a-z0-9]{1,4}){0,3}", fullmatch=True)
suffixes = st.sampled_from([".1", ".12", "-20261120", ".2026-11-20_10-00", ".old", "-2026-11-20", ".20261120-101010"])


@given(bases, suffixes)
def test_both_questions_about_a_name_have_one_answer(base: str, suffix: str) -> None:
    name = base + suffix
    assert oldest_first(base, [name]) == [name]
    assert is_rotation(name, {base, name})


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


def test_a_physical_file_is_found_under_the_log_s_names_alone(tmp_path: Path) -> None:
    for name, found in {"app.log.1": True, "app.log": True, "kept aside": False, "app.log.netrc": False}.items():
        moved = tmp_path / name
        moved.touch()
        facts = moved.stat()
        named = paths(DirectoryListings().named(tmp_path / "app.log", file_key(facts.st_dev, facts.st_ino)))
        assert named == ([moved] if found else []), name


def test_a_listed_file_is_opened_itself_or_not_at_all(tmp_path: Path) -> None:
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


def test_a_name_that_is_no_regular_file_is_not_listed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.log.1")
    (tmp_path / "app.log.2").mkdir()
    (tmp_path / "app.log.old").symlink_to(tmp_path / "nothing")
    assert not DirectoryListings().rotated(tmp_path / "app.log")


def test_a_listed_name_that_is_no_regular_file_any_more_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "app.log.1").touch()
    (entry,) = DirectoryListings().rotated(tmp_path / "app.log")
    (tmp_path / "app.log.1").unlink()
    os.mkfifo(tmp_path / "app.log.1")
    assert entry.open() is None


def test_a_directory_that_is_not_there_lists_nothing(tmp_path: Path) -> None:
    assert DirectoryListings().rotated(tmp_path / "gone" / "app.log") == []
