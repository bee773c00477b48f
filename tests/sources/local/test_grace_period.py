"""A rotated file is read on for the grace period; then its unterminated line is emitted."""

import pytest

from logviewer.rotation.history import GRACE_SECONDS
from logviewer.rotation.position import Batch, Position
from logviewer.source import Source
from logviewer.tail.reader import Reader
from logviewer.tail.skip import Skip
from tests.helpers.followed_log import FollowedLog
from tests.helpers.reading import DirectLoader, finish


def test_late_lines_arrive_during_the_grace_period(log: FollowedLog) -> None:
    log.open("one").rotate().append("new").poll().expect("one", "new")
    log.append("late", to="app.log.1").poll(GRACE_SECONDS - 1).expect("late")


def test_late_and_new_lines_each_stay_in_order(log: FollowedLog) -> None:
    log.open("one").rotate()
    for number in range(4):
        log.append(f"late {number}", to="app.log.1").append(f"new {number}").poll()
    texts = log.read()
    assert [text for text in texts if text.startswith("late")] == [f"late {number}" for number in range(4)]
    assert [text for text in texts if text.startswith("new")] == [f"new {number}" for number in range(4)]


@pytest.mark.parametrize("asleep", [False, True], ids=["before", "after"])
def test_late_lines_around_the_moment_when_a_source_falls_asleep_are_read(log: FollowedLog, asleep: bool) -> None:
    log.append("one").poll().rotate().append("new").poll()
    if asleep:
        log.source.sleep()
    log.append("late", to="app.log.1")
    if not asleep:
        log.source.sleep()
    log.poll(9 * GRACE_SECONDS).open().expect("one", "late", "new")


def test_a_partial_line_is_emitted_after_the_grace_period(log: FollowedLog) -> None:
    log.append("one\npart", end="").poll().open()
    log.rotate().append("new").poll().expect("one", "new")
    log.poll(GRACE_SECONDS - 1).expect()
    log.poll(1).expect("part...")
    log.poll(GRACE_SECONDS).expect()


def test_a_partial_line_completed_in_the_grace_period_is_whole(log: FollowedLog) -> None:
    log.append("part", end="").poll().open()
    log.rotate().append("new").poll()
    log.append("ial", to="app.log.1").poll().poll(GRACE_SECONDS).expect_in_any_order("new", "partial")


def test_a_partial_line_that_was_emitted_does_not_come_again(log: FollowedLog) -> None:
    log.append("one\npart", end="").poll().open()
    log.rotate().append("new").poll(1).poll(GRACE_SECONDS).expect_in_any_order("new", "one", "part...")
    log.restart().reconnect().expect()


def test_a_partial_line_is_emitted_once_across_a_restart(log: FollowedLog) -> None:
    log.append("one\npart", end="").poll().open()
    log.rotate().append("new").poll().expect("one", "new")
    log.restart().reconnect().poll().expect()
    log.poll(GRACE_SECONDS).expect("part...")


@pytest.mark.parametrize("follow", [False, True], ids=["at the present end", "after the grace period"])
def test_lines_appended_before_the_rest_is_read_are_lines(follow: bool, log: FollowedLog) -> None:
    late: list[str] = []

    class LateDisk(DirectLoader):
        async def read_unterminated(self, source: Source, position: Position) -> Batch | None:
            if not late:
                late.append("two")
                log.append("ial", *late, to="app.log.1" if follow else "app.log")
            return await super().read_unterminated(source, position)

    log.append("one\npart", end="").poll()
    log.reader = Reader(LateDisk(), follow=follow)
    finish(log.reader.add(log.source, (), lambda source: source.start()))
    if follow:
        log.rotate().append("new").poll().poll(GRACE_SECONDS)
    texts = log.read()
    assert late
    assert not any("\n" in text for text in texts)
    assert texts[0] == "one"


def test_a_truncation_seen_after_an_empty_read_is_one_gap(log: FollowedLog) -> None:
    """The poll is another thread's: it may come between any two steps of a reader."""
    truncated: list[str] = []

    class LateDisk(DirectLoader):
        async def read(
            self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
        ) -> Batch | Skip | None:
            chunk = await super().read(source, position, alone=alone, most=most, lag=lag)
            if chunk is None and not truncated:
                truncated.append("new")
                log.write("new\n").source.poll()
            return chunk

    log.append("one").poll()
    log.reader = Reader(LateDisk(), follow=True)
    finish(log.reader.add(log.source, (), lambda source: source.start()))
    log.expect("one", "<truncated>", "new")
    assert truncated
