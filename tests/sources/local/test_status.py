"""The state of a source, its entry in the list of sources, and when its readers are woken."""

import os
from collections.abc import Callable

import pytest

from logviewer.rotation.history import GRACE_SECONDS
from logviewer.tail.events import StateChange
from tests.helpers.followed_log import FollowedLog, event_texts
from tests.helpers.reading import drain


@pytest.fixture
def make_pipe(log: FollowedLog) -> Callable[[], None]:
    """Replace the log with a pipe, which is not followed."""

    def replace() -> None:
        log.path.unlink(missing_ok=True)
        os.mkfifo(log.path)

    return replace


def test_the_state_follows_the_file(log: FollowedLog, make_pipe: Callable[[], None]) -> None:
    states = [log.source.state]
    changes: list[Callable[[], object]] = [
        lambda: log.append("one"),
        log.path.unlink,
        make_pipe,
        log.path.unlink,
        log.path.mkdir,
    ]
    for change in changes:
        change()
        log.poll()
        states.append(log.source.state)
    assert states == ["missing", "open", "missing", "unreadable", "missing", "unreadable"]


def test_a_reader_gets_the_changes_of_state(log: FollowedLog, make_pipe: Callable[[], None]) -> None:
    log.open("one").expect("one")
    make_pipe()
    log.poll()
    assert [event.state for event in drain(log.reader) if isinstance(event, StateChange)] == ["unreadable"]
    log.delete().append("new").poll()
    events = drain(log.reader)
    assert [event.state for event in events if isinstance(event, StateChange)] == ["open", "rotated"]
    assert event_texts(events) == ["new"]


def test_the_rest_of_a_file_is_read_while_its_name_is_refused(log: FollowedLog, make_pipe: Callable[[], None]) -> None:
    log.open("one").append("rest")
    make_pipe()
    log.poll().expect("one", "rest")


def test_a_poll_finds_a_change_or_none(log: FollowedLog) -> None:
    assert not log.poll().polled
    assert log.append("one").poll().polled
    assert not log.poll().polled
    assert log.append("two").poll().polled
    assert log.rotate().poll().polled


def test_readers_are_woken_when_the_grace_period_ends(log: FollowedLog) -> None:
    log.append("one").poll().rotate().append("new").poll()
    assert log.poll(GRACE_SECONDS).polled
    assert not log.poll().polled


def test_the_status_describes_the_live_file(log: FollowedLog) -> None:
    status = log.append("one").poll().source.status()
    modified = log.path.stat().st_mtime_ns // 1_000_000
    assert (status.id, status.name, status.path) == ("app", "app.log", str(log.path))
    assert (status.size, status.modified, status.lines, status.state) == (4, modified, 1, "open")


def test_the_status_of_a_missing_file_is_empty(log: FollowedLog) -> None:
    status = log.source.status()
    assert (status.size, status.modified, status.state) == (0, None, "missing")


# A source that will not grow


def test_a_reader_is_complete_at_the_end_of_a_finished_source(log: FollowedLog) -> None:
    log.open("one").expect("one")
    assert not log.reader.complete
    log.append("two\nlast words", end="").poll().source.finish()
    log.source.changed.send()
    log.expect("two", "last words...")
    assert log.reader.complete


def test_a_reader_of_a_finished_source_is_complete_with_all_lines(log: FollowedLog) -> None:
    log.append("one").poll().source.finish()
    log.open().expect("one")
    assert log.reader.complete


def test_a_finished_source_without_a_line_is_complete(log: FollowedLog) -> None:
    log.touch().poll().source.finish()
    log.open().expect()
    assert log.reader.complete
