"""Files copied and truncated between two polls: the copy has the lines that were not read before."""

import pytest

from logviewer.rotation.history import MAX_HELD
from logviewer.tail.events import StateChange
from tests.helpers.followed_log import FollowedLog, event_texts
from tests.helpers.reading import next_event

NINE = [f"line {number}" for number in range(9)]


def test_unread_lines_are_read_from_the_copy(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.append("two").copytruncate().append("new").poll().expect("two", "new")


def test_lines_read_before_the_copy_are_not_repeated(log: FollowedLog) -> None:
    log.open("one", "two").expect("one", "two")
    log.copytruncate().append("new").poll().expect("new")


def test_many_copies_lose_and_repeat_nothing(log: FollowedLog) -> None:
    log.open("line 0")
    texts: list[str] = []
    for number in range(1, 2 * MAX_HELD):
        texts += log.append(f"rest {number}").copytruncate().append(f"line {number}").poll().read()
    assert texts == ["line 0", *(f"{word} {number}" for number in range(1, 2 * MAX_HELD) for word in ("rest", "line"))]


def test_of_two_copies_between_two_polls_none_is_lost_without_a_gap(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.append("two").copytruncate().append("between").copytruncate().append("new").poll()
    first, *between, last = log.read()
    assert (first, last) == ("two", "new")
    assert between in (["between"], ["<truncated>"])


def test_a_rotation_and_a_copy_between_two_polls_lose_nothing(log: FollowedLog) -> None:
    log.open("one").rotate().append("between").copytruncate().append("new").poll().expect("one", "between", "new")


def test_a_copy_and_a_rotation_between_two_polls_lose_nothing(log: FollowedLog) -> None:
    log.open("one").append("two").copytruncate().append("between").rotate().append("new").poll()
    assert [text for text in log.read() if text != "<truncated>"] == ["one", "two", "between", "new"]


def test_a_copy_of_a_file_not_truncated_yet_is_not_read(log: FollowedLog) -> None:
    log.open("one", "two").expect("one", "two")
    first = log.reader
    log.copy("app.log.1").poll().reconnect().expect()
    log.reader = first
    log.truncate().append("new").poll().expect("new")


def test_a_backup_with_a_rotated_name_is_not_read(log: FollowedLog) -> None:
    log.open("one", "two").append("three").copy("app.log.old").rotate().append("new").poll()
    log.expect("one", "two", "three", "new")


def test_a_backup_with_a_rotated_name_is_not_read_after_a_reconnect(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.rotate().append("two").copy("app.log.0").restart().reconnect().expect("two")


def test_a_reader_that_reconnects_after_the_truncation_finds_the_copy(log: FollowedLog) -> None:
    log.open("one", "two").expect("one", "two")
    log.append("three").copytruncate().append("new").restart().reconnect().expect("three", "new")


def test_two_readers_that_reconnect_each_get_every_line_once(log: FollowedLog) -> None:
    log.open("one").expect("one")
    at = log.checkpoints()
    log.append(*NINE).copytruncate().append("new").restart().open_at(at)
    first, texts = log.reader, log.read_event() + log.read_event()
    log.open_at(at).expect(*NINE, "new")
    log.reader = first
    assert texts + log.read() == [*NINE, "new"]


def test_a_reader_that_reconnects_amid_a_copy_reads_on_in_it(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.append(*NINE).copytruncate().append("new").poll()
    texts: list[str] = []
    for _ in range(20):
        texts += log.read_event()
        log.reconnect()
    assert texts == [*NINE, "new"]


def test_a_file_copied_before_the_reader_read_a_line_is_read_once(log: FollowedLog) -> None:
    log.open("one").copytruncate().poll().expect("one")
    log.append("two").copytruncate().append("three").poll().expect("two", "three")


def test_a_file_copied_while_its_reader_changes_files_is_read_once(log: FollowedLog) -> None:
    log.open("one").copytruncate().poll().append("two")
    texts: list[str] = []
    while not isinstance(event := next_event(log.reader), StateChange):
        texts += event_texts([event] if event else [])
    log.copytruncate().append("three").poll()
    assert texts + log.read() == ["one", "two", "three"]


@pytest.mark.parametrize("rotated", [False, True], ids=["live", "rotated"])
def test_lines_copied_between_polls_of_an_empty_file_are_not_lost(rotated: bool, log: FollowedLog) -> None:
    log.open("one").copytruncate().poll().append("two").copytruncate().append("three")
    if rotated:
        log.rotate().append("four")
    log.poll().expect("one", "two", "three", *(["four"] if rotated else []))


def test_a_truncation_without_a_copy_is_a_gap(log: FollowedLog) -> None:
    log.open("one").truncate().append("new").poll().expect("<truncated>", "new")


def test_of_two_possible_copies_none_is_guessed(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.copy("app.log.old").append("two").copytruncate().append("new").poll()
    assert log.read() in (["two", "new"], ["<truncated>", "new"])


def test_a_copy_found_before_the_truncation_is_polled_keeps_its_order(log: FollowedLog) -> None:
    log.open("old").expect("old")
    old = log.checkpoints()
    log.rotate().restart().open("one").delete().poll().append("two").poll().expect("old", "one", "two")
    log.copytruncate().source.locate(old)
    log.append("three").poll().expect("three")
    log.append("four").poll().expect("four")
    log.open_at(old).expect("one", "two", "three", "four")


def test_a_copy_is_found_when_its_directory_is_back(log: FollowedLog) -> None:
    log.touch().poll().open().append("one").copytruncate().append("two")
    away = log.path.parent.rename(log.path.parent.with_name("away"))
    log.poll()
    assert log.source.state == "missing"
    texts = log.read()
    away.rename(log.path.parent)
    assert texts + log.poll().read() == ["two", "one"]


@pytest.mark.parametrize("rotated", [False, True], ids=["live", "rotated"])
def test_lines_read_and_copied_between_polls_of_an_empty_file_keep_their_order(rotated: bool, log: FollowedLog) -> None:
    # The kernel's event of a write wakes the reader before the poll.
    log.touch().poll().open().append("one").expect("one").append("two").copytruncate().append("three")
    if rotated:
        log.rotate().append("four")
    log.poll().expect("two", "three", *(["four"] if rotated else []))
