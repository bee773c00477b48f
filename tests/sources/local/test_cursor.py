"""A reader that reconnects finds its position again, or gets a gap."""

import os
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from logviewer import cursor
from logviewer.files.byte_file import ByteFile
from logviewer.rotation.classifier import RotationClassifier
from logviewer.sources.local import MAX_MARKS
from logviewer.tail.events import StateChange
from tests.helpers.followed_log import FollowedLog, event_texts
from tests.helpers.reading import next_event


def test_a_reader_from_before_the_first_file_gets_all_of_it(log: FollowedLog) -> None:
    log.open().expect().append("one").poll().expect("one")


def test_a_cursor_from_before_the_first_file_gets_all_files(log: FollowedLog) -> None:
    log.open().expect()
    log.append("one").rotate().append("two").restart().reconnect().expect("one", "two")


@pytest.mark.parametrize("newest", ["", "no line yet"], ids=["empty", "without a whole line"])
def test_a_cursor_from_before_the_first_line_gets_no_older_ones(newest: str, log: FollowedLog) -> None:
    log.append("old", to="app.log.2").append(newest, to="app.log.1", end="").touch().restart().open_at_end().expect()
    assert "old" not in log.reconnect().append("new").poll().read()


def test_a_reader_that_reconnects_at_every_step_gets_every_line_once(log: FollowedLog) -> None:
    log.open()
    texts: list[str] = []

    def go_on() -> None:
        log.poll().reconnect()
        while event := next_event(log.reader):
            texts.extend(event_texts([event]))
            if not isinstance(event, StateChange):
                log.reconnect()

    for number in range(5):
        log.touch()
        go_on()
        log.append(f"line {number}")
        go_on()
        log.append(f"another {number}").rotate()
        go_on()
        log.append(f"late {number}", to="app.log.1")
        go_on()
    assert texts == [f"{word} {number}" for number in range(5) for word in ("line", "another", "late")]


def test_equal_files_are_distinguished_by_their_inode(log: FollowedLog) -> None:
    log.open("same").expect("same")
    log.rotate().append("same").restart().reconnect().expect("same")


def test_a_file_moved_to_an_unrelated_name_is_a_gap(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.append("rest").rename("app.log", "kept for later").append("new")
    log.restart().reconnect().expect("<rotated>", "new")


def test_a_deleted_file_is_a_gap(log: FollowedLog) -> None:
    log.open("one").expect("one")
    # An open descriptor keeps the inode from being used again.
    with log.path.open():
        log.delete().append("new").restart().reconnect().expect("<rotated>", "new")


def test_a_reused_inode_is_another_file(log: FollowedLog) -> None:
    log.open("one", "two").expect("one", "two")
    log.write("uno\nduo\ntres\n").restart().reconnect().expect("<truncated>", "uno", "duo", "tres")


def test_a_cursor_beyond_the_end_is_a_gap(log: FollowedLog) -> None:
    log.open("one", "two").expect("one", "two")
    log.write("one\n").restart().reconnect().expect("<truncated>", "one")


def test_a_gap_that_was_not_read_comes_again(log: FollowedLog) -> None:
    log.open("one", "two").expect("one", "two")
    log.write("one\n").restart()
    for _ in range(3):
        log.reconnect()
    log.expect("<truncated>", "one")


def test_the_last_lines_are_those_of_the_live_file(log: FollowedLog) -> None:
    log.append("old", to="app.log.1").append("one", "two", "three").restart()
    assert [position.offset for position in log.source.last(2)] == [4]
    assert [position.offset for position in log.source.start()] == [0]


def test_a_cursor_of_many_marks_costs_few_looks(log: FollowedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        log.append("line", to=f"other{number}x.log")
    log.append("one", to="app.log.1").append("two").poll()
    calls: Counter[str] = Counter()

    def counted(owner: Any, name: str) -> None:
        call = getattr(owner, name)

        def count(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return call(*arguments, **options)

        monkeypatch.setattr(owner, name, count)

    counted(RotationClassifier, "rotated")
    counted(os, "scandir")
    counted(ByteFile, "open_in")
    mark = replace(cursor.unknown(log.source.key), offset=5)
    marks = [replace(mark, file=number.to_bytes(len(mark.file), "big")) for number in range(1240)]
    assert log.source.locate(marks) == ([], "rotated")
    assert calls["rotated"] <= 4
    assert calls["scandir"] <= 8
    assert calls["open_in"] <= 2 * MAX_MARKS


def test_a_poll_does_not_wait_for_a_request(log: FollowedLog) -> None:
    log.append("one").poll()
    with log.source._lock:
        log.append("two")
        assert not log.source.poll_unless_busy()
    assert log.source.poll_unless_busy()
