"""Files renamed away between two polls: each is read once, in order."""

import os

import pytest

from logviewer.rotation.history import GRACE_SECONDS
from logviewer.rotation.listing import DirectoryListings
from tests.helpers.followed_log import FollowedLog


@pytest.mark.parametrize(
    "names",
    [
        ["app.log.3", "app.log.2", "app.log.1"],
        ["app.log-20261118", "app.log-20261119", "app.log-20261120"],
        ["app-2026-11-18.log", "app-2026-11-19.log", "app-2026-11-20.log"],
        ["app.log.20261120-101009", "app.log.20261120-101010", "app.log.20261120-101011"],
    ],
    ids=["numbers", "dateext", "log4j", "kubernetes"],
)
def test_files_rotated_between_two_polls_are_read_in_order(names: list[str], log: FollowedLog) -> None:
    log.open("one").append("rest of one")
    for number, name in enumerate(names):
        log.rename("app.log", name).append(f"between {number}")
    log.poll().expect("one", "rest of one", "between 0", "between 1", "between 2")


def test_a_file_rotated_after_a_deletion_is_read(log: FollowedLog) -> None:
    log.append("one").append("older", to="app.log.2").poll().open().delete()
    log.append("between").rotate().append("new").poll().expect("older", "one", "between", "new")


@pytest.mark.parametrize("copied", [False, True], ids=["renamed", "copied and truncated"])
def test_a_listing_read_before_a_rotation_hides_nothing(copied: bool, log: FollowedLog) -> None:
    log.open("one").expect("one")
    # The poll of another log in the same directory has just read the listing.
    listings = DirectoryListings()
    listings.rotated(log.path)
    for line in ("two", "three"):
        log.append(line)
        (log.copytruncate if copied else log.rotate)()
    log.append("new")
    log.source.poll(listings)
    log.source.changed.send()
    texts = log.read()
    assert texts + log.poll().read() == ["two", "three", "new"]


@pytest.mark.parametrize(("most", "history"), [(None, ["older", "old"]), (1, ["old"]), (0, [])])
def test_rotated_files_from_before_the_start_are_history(
    most: int | None, history: list[str], log: FollowedLog
) -> None:
    log.append("older", to="app.log.2").append("old", to="app.log.1").append("one")
    log.restart(max_history=most).open().rotate().append("new").poll().expect(*history, "one", "new")


def test_a_reader_of_the_live_file_gets_no_history(log: FollowedLog) -> None:
    log.append("old", to="app.log.1").append("one").restart().open_live()
    log.rotate().append("new").poll().expect("one", "new")


def test_a_rotated_file_from_before_the_start_that_grows_is_not_new(log: FollowedLog) -> None:
    log.append("old", to="app.log.1").touch().restart().open().expect("old")
    log.append("late", to="app.log.1").poll().append("new").poll()
    assert [text for text in log.read() if text != "late"] == ["new"]


def test_a_compressed_rotation_is_not_read_again(log: FollowedLog) -> None:
    log.open("one").rotate().append("between").rotate()
    log.rename("app.log.2", "app.log.2.gz").append("new").poll().expect("one", "between", "new")


def test_a_file_that_came_and_went_between_two_polls_is_read_at_once(log: FollowedLog) -> None:
    log.touch().poll().open().expect()
    log.rotate().append("one").rotate().poll().expect("one")
    log.append("late", to="app.log.1").poll(GRACE_SECONDS + 1).expect("late")
    log.append("new").poll().expect("new")


def test_a_file_rotated_after_an_empty_deleted_one_follows_it(log: FollowedLog) -> None:
    log.touch().poll().open()
    log.append("one").delete().expect("one")
    at = log.checkpoints()
    log.reader.close()
    log.append("two").rotate().touch().poll().open_at(at).expect("two")


def test_a_file_with_an_earlier_files_inode_is_all_new(log: FollowedLog) -> None:
    log.open("old").expect("old")
    old = log.checkpoints()
    log.rename("app.log", "parked").append("one").restart().open().expect("one")
    log.beside("parked").write_text("other bytes\n")
    log.rename("parked", "app.log")
    log.source.locate(old)
    log.poll().expect("other bytes")


def test_a_dangling_symlink_under_a_rotated_name_stops_nothing(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.beside("app.log.old").symlink_to(log.beside("nothing"))
    log.rotate().append("two").poll()
    at = log.checkpoints()
    log.expect("two")
    log.restart().open_at(at).expect("two")


def test_lines_of_a_file_with_two_rotated_names_arrive_once(log: FollowedLog) -> None:
    log.open("one").rotate().append("two").rotate()
    log.beside("app.log.old").hardlink_to(log.beside("app.log.1"))
    log.append("three").poll().expect("one", "two", "three")
    log.open().expect("one", "two", "three")
    log.restart().open().expect("one", "two", "three")


def test_a_second_name_of_the_live_file_hides_no_copy(log: FollowedLog) -> None:
    log.open().append("one")
    log.beside("app.log.2").hardlink_to(log.path)
    log.copy("app.log.1").truncate().append("two").poll().expect("one", "two")
    log.restart().open().expect("one", "two")


@pytest.mark.parametrize("ascending", [True, False])
def test_names_seen_by_earlier_polls_show_the_direction_of_numbers(log: FollowedLog, ascending: bool) -> None:
    log.append("one", to="app.log.1").restart().open().expect("one")
    for number, text in enumerate(["two", "three", "four"], 2):
        log.append(text)
        log.rename("app.log", f"app.log.{number}") if ascending else log.rotate()
        for each in log.path.parent.iterdir():
            os.utime(each, (1, 1))
        # A directory that is away for a while is not forgotten.
        away = log.path.parent.rename(log.path.parent.with_name("away"))
        log.poll()
        away.rename(log.path.parent)
        log.poll().expect(text)
    log.open().expect("one", "two", "three", "four")


def test_two_rotations_between_polls_to_odd_names_lose_nothing(log: FollowedLog) -> None:
    log.open("one").poll().expect("one")
    log.rename("app.log", "app-1.log").append("two").rename("app.log", "app-2.log").touch().poll()
    log.append("three").poll().expect("two", "three")


def test_a_file_that_proves_to_be_older_than_a_deleted_one_is_read_before_it(log: FollowedLog) -> None:
    """A number after a dash shows nothing until a live file is renamed to one."""
    log.append("one", to="app-1.log").append("two").restart().open().expect("two")
    log.delete().poll().touch().poll()
    log.rename("app-1.log", "app-2.log").rename("app.log", "app-1.log").append("three").poll().expect("three")
    log.open().expect("one", "two", "three")
