"""Files that cannot be read for a while: the reader waits for them, or gets a ``lost`` gap."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from logviewer.cursor import Checkpoint
from logviewer.rotation.history import GRACE_SECONDS, HOLD_SECONDS
from logviewer.sources.local import LocalSource
from tests.helpers.followed_log import FollowedLog
from tests.helpers.reading import without_descriptors, without_disk, without_privilege


@pytest.fixture
def public_log() -> Iterator[FollowedLog]:
    """A log in a directory that other users may enter, unlike ``tmp_path``."""
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield FollowedLog(Path(directory) / "app.log")


def rotate_three(log: FollowedLog) -> None:
    """Write ``one``, ``two`` and ``three`` to a file each, and rotate it."""
    for text in ("one", "two", "three"):
        log.append(text).rotate()


# For a while


def test_a_log_that_becomes_readable_while_a_reader_reconnects_is_not_read_twice(
    public_log: FollowedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = public_log.append("one").open().expect("one")
    log.path.chmod(0)
    with without_privilege():
        log.restart()
    locate = LocalSource.locate

    def locate_before_a_poll(source: LocalSource, checkpoints: Sequence[Checkpoint]) -> object:
        try:
            return locate(source, checkpoints)
        finally:
            # As the poll of another reader does once the log is readable.
            source.state = "open"

    with monkeypatch.context() as context, without_privilege():
        context.setattr(LocalSource, "locate", locate_before_a_poll)
        log.reconnect()
    log.path.chmod(0o644)
    log.append("two").poll().poll().expect("two")


def test_a_directory_that_is_away_at_the_first_listing_hides_no_history(public_log: FollowedLog) -> None:
    log, directory = public_log, public_log.path.parent
    log.append("one", to="app.log.1").append("two")
    directory.chmod(0o711)
    with without_privilege():
        log.restart()
    away = directory.rename(directory.with_name(f"{directory.name} away"))
    log.poll()
    away.rename(directory)
    directory.chmod(0o755)
    log.delete().poll().open().expect("one", "two")


@pytest.mark.parametrize("seen", [False, True])
def test_a_reader_that_reconnects_waits_for_all_rotated_files(log: FollowedLog, seen: bool) -> None:
    """None of them is skipped, with a cursor in an older file or from before any file."""
    if seen:
        log.append("zero")
    log.open().expect(*(["zero"] if seen else []))
    rotate_three(log)
    with without_disk():
        log.restart().reconnect().expect()
    log.poll().expect("one", "two", "three")


@pytest.mark.parametrize("bad", ["app.log.1", "app.log.2", "app.log.3"])
def test_a_reader_that_reconnects_waits_for_one_rotated_file(log: FollowedLog, bad: str) -> None:
    log.append("zero").open().expect("zero")
    rotate_three(log)
    with without_disk(log.beside(bad)):
        texts = log.restart().reconnect().read()
    assert texts + log.poll().read() == ["one", "two", "three"]


def test_a_file_rotated_while_a_new_server_cannot_read_it_is_new(log: FollowedLog) -> None:
    log.append("one")
    with without_disk():
        log.restart().open().rotate().poll()
    log.poll().expect("one")


@pytest.mark.parametrize("seen", [[], ["one"]], ids=["empty", "with lines"])
@pytest.mark.parametrize("bad", ["app.log.1", None], ids=["one file", "the disk"])
def test_lines_that_could_not_be_read_in_the_grace_period_arrive_later(
    log: FollowedLog, seen: list[str], bad: str | None
) -> None:
    log.touch().append(*seen).poll().open().expect(*seen)
    log.rotate().append("two", to="app.log.1").append("new")
    with without_disk(log.beside(bad) if bad else None):
        log.poll().poll(GRACE_SECONDS)
    log.poll().expect_in_any_order("two", "new")
    log.open().expect(*seen, "two", "new")


@pytest.mark.usefixtures("few_descriptors")
def test_lines_that_could_not_be_read_until_their_file_may_rest_arrive_later(log: FollowedLog) -> None:
    log.open("one").expect("one").rotate().append("two", to="app.log.1").append("new")
    with without_disk(log.beside("app.log.1")):
        log.poll().poll(HOLD_SECONDS + 1)
    log.poll().expect_in_any_order("two", "new")


def test_a_reader_without_descriptors_does_not_retry_between_polls(log: FollowedLog) -> None:
    log.append("one").open().expect("one")
    log.append("two")
    with without_descriptors():
        log.poll()
        # Without a step of the log: copying takes a descriptor.
        os.truncate(log.path, 0)
        log.expect().poll().expect()
        assert log.source.state == "unreadable"
    log.append("three").poll().expect("<truncated>", "three")


def test_a_refused_reader_gets_its_lines_after_the_refusal(log: FollowedLog) -> None:
    log.append("one").open()
    at = log.checkpoints()
    log.delete().append("two").restart()
    with without_descriptors():
        log.open_at(at).expect()
    log.poll().expect("<rotated>", "two")


def test_a_reader_from_before_any_file_waits_for_a_directory(log: FollowedLog) -> None:
    log.open().append("one").rotate()
    with without_disk(log.beside("app.log.1")):
        log.restart().reconnect()
    away = log.path.parent.rename(log.path.parent.with_name("away"))
    log.poll().expect()
    away.rename(log.path.parent)
    log.append("two").poll().expect("one", "two")


def test_a_reader_of_a_symlink_waits_for_the_targets_directory(log: FollowedLog) -> None:
    there = log.beside("there")
    there.mkdir()
    log.path.symlink_to(there / "real.log")
    log.open("one").expect("one")
    away = there.rename(log.beside("away"))
    log.restart().reconnect().expect()
    away.rename(there)
    log.append("two").poll().expect("two")


# For good


def test_a_file_rotated_between_polls_that_cannot_be_read_is_a_gap(log: FollowedLog) -> None:
    log.append("one").open().expect("one")
    log.rotate().append("two").rotate().append("three")
    with without_disk(log.beside("app.log.1")):
        log.poll().expect("<lost>", "three")
    log.rotate().append("four").poll().expect("four")


def test_a_file_rotated_between_polls_without_permission_is_a_gap(public_log: FollowedLog) -> None:
    log = public_log.open("one").expect("one")
    log.rotate().append("two").path.chmod(0)
    log.rotate().append("three")
    with without_privilege():
        log.poll().expect("<lost>", "three")
    log.rotate().append("four")
    with without_privilege():
        log.poll().expect("four")


@pytest.mark.parametrize(
    ("bad", "wanted"),
    [
        ("app.log.3", ["<rotated>", "four"]),
        ("app.log.2", ["one", "<lost>", "three", "four"]),
        ("app.log.1", ["one", "two", "<lost>", "four"]),
    ],
)
def test_a_bad_rotated_file_hides_no_other_one(log: FollowedLog, bad: str, wanted: list[str]) -> None:
    log.append("zero").open().expect("zero")
    rotate_three(log)
    log.append("four")
    with without_disk(log.beside(bad)):
        log.restart().reconnect().expect(*wanted)
        assert log.source.state == "open"


def test_a_rotated_file_without_permission_is_a_gap_after_a_reconnect(public_log: FollowedLog) -> None:
    log = public_log.append("zero").open().expect("zero")
    rotate_three(log)
    log.append("four").beside("app.log.2").chmod(0)
    with without_privilege():
        log.restart().reconnect().expect("one", "<lost>", "three", "four")


def test_a_non_following_reader_of_an_absent_directory_gets_a_gap(log: FollowedLog) -> None:
    log.append("one", "two", "three", "four").poll().open(follow=False)
    assert log.read_event()
    log.truncate().path.parent.rename(log.path.parent.with_name("away"))
    log.expect("<lost>")
    assert log.reader.complete


def test_a_non_following_reader_of_an_unreadable_next_file_gets_a_gap(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.rotate().append("two").poll().reconnect(follow=False)
    with without_disk(log.path):
        log.expect("<lost>")
    assert log.reader.complete
