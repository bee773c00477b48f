"""How long rotated and deleted files stay open, and how many at most."""

import shutil
from pathlib import Path

import pytest

from logviewer.rotation.history import GRACE_SECONDS, HOLD_SECONDS, MAX_HELD
from tests.helpers.followed_log import FollowedLog
from tests.helpers.reading import without_disk


def test_a_rotated_file_stays_open_while_it_is_on_disk(log: FollowedLog) -> None:
    log.append("one").poll().rotate().append("new").poll().poll(9 * HOLD_SECONDS)
    assert log.descriptors() == ["app.log", "app.log.1"]
    log.rename("app.log.1", "kept elsewhere").poll()
    assert log.descriptors() == ["app.log", "kept elsewhere"]
    log.delete("kept elsewhere").poll()
    assert log.descriptors() == ["app.log"]


def test_a_rotated_file_that_is_deleted_soon_is_released_after_its_time(log: FollowedLog) -> None:
    log.append("one").poll().rotate().append("new").poll()
    log.delete("app.log.1").poll(HOLD_SECONDS - 1)
    assert log.descriptors() == ["app.log", "app.log.1 (deleted)"]
    log.poll(2)
    assert log.descriptors() == ["app.log"]


@pytest.mark.usefixtures("few_descriptors")
def test_a_rotated_file_is_released_where_descriptors_run_short(log: FollowedLog) -> None:
    log.append("one").poll().rotate().append("new").poll()
    assert log.descriptors() == ["app.log", "app.log.1"]
    log.poll(HOLD_SECONDS + 1)
    assert log.descriptors() == ["app.log"]


def test_a_deleted_file_is_released_after_its_time(log: FollowedLog) -> None:
    log.append("one").poll().delete().poll()
    assert log.descriptors() == ["app.log (deleted)"]
    log.poll(HOLD_SECONDS + 1)
    assert log.descriptors() == []


def test_a_deleted_file_that_no_client_has_used_is_released_at_once(log: FollowedLog) -> None:
    log.source.is_used = False
    log.append("one").poll().delete().poll().poll(GRACE_SECONDS + 1)
    assert log.descriptors() == []
    log.append("two").poll().open().expect("two")


def test_a_file_that_follows_a_released_one_is_read(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.delete().poll().poll(HOLD_SECONDS + 1).append("new").poll()
    assert [text for text in log.read() if not text.startswith("<")] == ["new"]


def test_a_file_truncated_in_a_removed_directory_is_released(log: FollowedLog) -> None:
    log.append("one").poll()
    with log.path.open("r+b") as writer:
        shutil.rmtree(log.path.parent.rename(log.path.parent.with_name("gone")))
        writer.truncate(0)
        log.poll().poll(HOLD_SECONDS + 1)
    assert log.source.state == "missing"
    assert not log.source.generations


def test_many_rotations_hold_a_bounded_number_of_files(log: FollowedLog) -> None:
    for number in range(4 * MAX_HELD):
        log.append(f"line {number}").poll().rename("app.log", f"app.log-{number:08}")
    assert len(log.descriptors()) <= MAX_HELD + 1


def test_many_rotations_between_two_polls_hold_a_bounded_number_of_files(log: FollowedLog) -> None:
    log.append("first").poll()
    for number in range(4 * MAX_HELD):
        log.append(f"line {number}").rename("app.log", f"app.log-{number:08}")
    log.append("last").poll()
    for _ in range(4 * MAX_HELD):
        log.poll()
    assert len(log.descriptors()) <= MAX_HELD + 1


@pytest.mark.parametrize("slow", [False, True], ids=["read after each poll", "read at last"])
@pytest.mark.parametrize("copied", [False, True], ids=["renamed", "copied and truncated"])
def test_more_rotations_than_held_files_lose_nothing(copied: bool, slow: bool, log: FollowedLog) -> None:
    log.open("line 0")
    for number in range(1, 2 * MAX_HELD):
        (log.copytruncate if copied else log.rotate)()
        log.append(f"line {number}")
    texts: list[str] = []
    for _ in range(3 * MAX_HELD):
        log.poll()
        texts += [] if slow else log.read()
    assert texts + log.read() == [f"line {number}" for number in range(2 * MAX_HELD)]


@pytest.mark.usefixtures("few_descriptors")
def test_a_reader_of_a_released_file_finds_it_on_disk(log: FollowedLog) -> None:
    log.open("one", "two", "three", "four")
    assert log.read_event() == ["one", "two", "three"]
    log.rotate().append("new").poll().poll(HOLD_SECONDS + 1).expect("four", "new")


def test_a_reader_of_a_released_and_deleted_file_gets_a_gap(log: FollowedLog) -> None:
    log.open("one").rotate().delete("app.log.1").append("new").poll().poll(HOLD_SECONDS + 1)
    log.expect("<rotated>", "new")


def test_a_file_that_could_not_be_read_until_its_release_is_a_gap(log: FollowedLog) -> None:
    log.open("one").expect("one").rotate().append("two", to="app.log.1").append("new")
    with without_disk(log.beside("app.log.1")):
        log.poll().delete("app.log.1").poll(HOLD_SECONDS + 1)
    log.expect("<rotated>", "new")


@pytest.mark.parametrize("unseen", [[], ["two"]], ids=["read to its end", "with more lines"])
def test_a_deleted_file_closed_before_a_poll_saw_its_end_is_a_gap(log: FollowedLog, unseen: list[str]) -> None:
    log.open("one").expect("one").append(*unseen).delete().append("new")
    assert log.source.live
    log.source.live.file.rest_if_idle(even_deleted=True)
    log.poll().expect(*["<rotated>" for _ in unseen], "new")


@pytest.mark.usefixtures("few_descriptors")
@pytest.mark.parametrize("then", ["written to", "copied and truncated", "rotated"])
def test_a_rotated_file_that_grows_after_its_release_is_not_repeated(then: str, log: FollowedLog) -> None:
    log.open("one").rotate().touch().poll().expect("one")
    log.poll(GRACE_SECONDS).expect()
    log.poll(HOLD_SECONDS + 1).append("late", to="app.log.1").poll().append("new")
    if then != "written to":
        (log.rotate if then == "rotated" else log.copytruncate)()
        log.append("newer")
    texts = log.poll().read()
    assert [text for text in texts if text != "late"] == ["new", "newer"][: 1 if then == "written to" else 2]


def test_a_source_without_users_holds_no_file(tmp_path: Path) -> None:
    log = FollowedLog(tmp_path / "app.log")
    for _ in range(3):
        log.append("one").poll().rotate()
    log.restart()
    del log.source
    assert log.descriptors() == []


@pytest.mark.parametrize("copied", [False, True], ids=["renamed", "copied and truncated"])
def test_readers_that_reconnect_often_hold_no_more_files(copied: bool, log: FollowedLog) -> None:
    log.open("one", "two").read()
    (log.copytruncate if copied else log.rotate)()
    log.append("new").restart()
    at_last_line = log.reader

    def reconnect_and_leave() -> list[str]:
        log.reader = at_last_line
        log.reconnect().reader.close()
        return log.descriptors()

    held = reconnect_and_leave()
    for _ in range(3 * MAX_HELD):
        reconnect_and_leave()
    assert log.descriptors() == held


def test_polls_and_truncations_hold_no_more_files(log: FollowedLog) -> None:
    log.append("one").poll()
    for number in range(50):
        log.copytruncate().append(f"line {number}", "x" * (number % 7)).poll()
        log.source.last(3)
        log.truncate().poll()
    assert len(log.descriptors()) <= MAX_HELD + 1


def history_of(log: FollowedLog, count: int) -> FollowedLog:
    """Let so many rotated files lie beside the log at the start, the oldest with ``line 0``."""
    for number in range(count):
        log.append(f"line {number}", to=f"app.log.{count - number}")
    return log.append("live").restart()


def test_history_from_before_the_start_holds_one_descriptor(log: FollowedLog) -> None:
    # The newest rotated file may get late lines for a while.
    assert history_of(log, 3 * MAX_HELD).descriptors() == ["app.log", "app.log.1"]


def test_a_reader_of_the_whole_history_gets_all_of_it(log: FollowedLog) -> None:
    lines = [f"line {number}" for number in range(3 * MAX_HELD)]
    history_of(log, 3 * MAX_HELD).open().rotate().append("new").expect(*lines, "live").poll().expect("new")


def test_a_reader_of_the_whole_history_keeps_the_newest_files(log: FollowedLog) -> None:
    lines = [f"line {number}" for number in range(MAX_HELD - 1)]
    history_of(log, MAX_HELD - 1).open()
    for number in range(1, MAX_HELD):
        log.delete(f"app.log.{number}")
    log.poll().expect(*lines, "live")


def test_a_file_of_the_history_deleted_before_it_is_opened_is_a_gap(log: FollowedLog) -> None:
    count = MAX_HELD + 4
    history_of(log, count).open().delete(f"app.log.{count - 1}")
    log.poll().expect("line 0", "<rotated>", *(f"line {number}" for number in range(2, count)), "live")


def test_an_inode_used_again_for_a_new_file_is_no_file_of_the_history(log: FollowedLog) -> None:
    history_of(log, MAX_HELD + 4).delete(f"app.log.{MAX_HELD + 4}").rotate().append("new").poll().open()
    assert log.read() == [*(f"line {number}" for number in range(1, MAX_HELD + 4)), "live", "new"]
