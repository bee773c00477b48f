"""A file that is back under the log's name after another one: it is read on, not again."""

import pytest

from logviewer.rotation.history import GRACE_SECONDS, HOLD_SECONDS, MAX_HELD
from tests.helpers.followed_log import FollowedLog


@pytest.fixture
def swapped(log: FollowedLog) -> FollowedLog:
    """A log that was a symlink to a.log with ``a 1`` when its reader began, and is one to b.log with ``b 1`` now."""
    log.append("a 1", to="a.log").swap_symlink("a.log").poll().open()
    return log.append("b 1", to="b.log").swap_symlink("b.log").poll()


def test_a_symlink_swapped_back_repeats_nothing(swapped: FollowedLog) -> None:
    swapped.append("a 2", to="a.log").swap_symlink("a.log").poll().expect_in_any_order("a 1", "a 2", "b 1")


def test_many_swaps_repeat_nothing(log: FollowedLog) -> None:
    log.open()
    lines = [str(number) for number in range(2 * MAX_HELD)]
    texts = []
    for number, line in enumerate(lines):
        target = f"{number % 3}.log" if number < MAX_HELD else f"{number}.log"
        texts += log.append(line, to=target).swap_symlink(target).poll(0.01).read()
    assert texts == lines


def test_a_symlink_swapped_back_repeats_nothing_after_a_restart(log: FollowedLog) -> None:
    log.open()
    for target in ("a", "b", "a"):
        log.append(target, to=target).swap_symlink(target).poll().expect(target)
    log.append("more").poll().expect("more")
    # There may have been more lines in b, which has no name of the log now.
    log.restart().reconnect().expect("<rotated>")
    log.append("most").poll().expect("most")


def test_lines_written_while_another_file_had_the_name_arrive(swapped: FollowedLog) -> None:
    swapped.poll(GRACE_SECONDS).expect("a 1", "b 1")
    swapped.append("a 2", to="a.log").poll().swap_symlink("a.log").append("a 3", to="a.log").poll()
    swapped.expect("a 2", "a 3")


@pytest.mark.parametrize("read", [False, True])
def test_half_a_line_in_a_returning_file_comes_whole(log: FollowedLog, read: bool) -> None:
    log.append("a ", to="a.log", end="").swap_symlink("a.log").poll().open()
    log.append("b 1", to="b.log").swap_symlink("b.log").poll().poll(GRACE_SECONDS)
    if read:
        log.expect("a ...", "b 1")
    log.append("1", to="a.log").swap_symlink("a.log").poll().expect(*(["a 1"] if read else ["b 1", "a 1"]))


@pytest.mark.usefixtures("few_descriptors")
def test_a_released_file_that_returns_is_not_repeated(swapped: FollowedLog) -> None:
    swapped.expect("a 1", "b 1").poll(HOLD_SECONDS + 1)
    swapped.swap_symlink("a.log").append("a 2", to="a.log").poll().expect("a 2")


def test_a_returned_file_that_is_truncated_is_read_once(swapped: FollowedLog) -> None:
    swapped.swap_symlink("a.log").append("a 2", to="a.log").poll().expect("a 1", "b 1", "a 2")
    swapped.truncate("a.log").append("a 3", to="a.log").poll()
    assert [text for text in swapped.read() if text != "<truncated>"] == ["a 3"]
    swapped.reconnect().expect()


def test_a_reader_in_the_first_life_reads_a_truncated_file_once(swapped: FollowedLog) -> None:
    swapped.swap_symlink("a.log").append("a 2", to="a.log").poll()
    swapped.truncate("a.log").append("a 3", to="a.log").poll()
    assert sorted(text for text in swapped.read() if text != "<truncated>") == ["a 3", "b 1"]


def test_a_rotated_file_renamed_back_is_not_repeated(log: FollowedLog) -> None:
    log.open("one").rotate().append("two").poll().expect("one", "two")
    log.rename("app.log", "aside").rename("app.log.1", "app.log").append("three").poll().expect("three")


@pytest.mark.parametrize("polled", [False, True], ids=["renamed and truncated at once", "polled in between"])
@pytest.mark.parametrize("count", [50, 100, 150])
def test_a_file_renamed_back_and_truncated_is_read_from_its_start(count: int, polled: bool, log: FollowedLog) -> None:
    log.touch().rename("app.log", "spare").open(*(f"a {number}" for number in range(100)))
    assert len(log.read()) == 100
    log.rename("app.log", "aside").rename("spare", "app.log")
    log.append(*(f"b {number}" for number in range(100))).poll()
    assert len(log.read()) == 100
    log.poll(GRACE_SECONDS + 1).expect()
    log.rename("app.log", "spare").rename("aside", "app.log")
    if polled:
        log.poll()
    new = [f"a {number}" for number in range(100, 100 + count)]
    log.truncate().append(*new).poll()
    last = [f"a {number}" for number in range(500, 600)]
    texts = log.read() + log.append(*last).poll().read()
    assert [text for text in texts if text.startswith("a")] == [*new, *last]
