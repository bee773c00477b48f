"""Positions before the last lines of a log, over its rotations."""

from pathlib import Path

import pytest

from logviewer.rotation.position import Position
from tests.helpers.followed_log import FollowedLog


@pytest.fixture
def log(tmp_path: Path) -> FollowedLog:
    """Four lines in two rotated files and the live one."""
    log = FollowedLog(tmp_path / "app.log")
    log.append("one", "two").rotate().append("three").rotate().append("four").poll()
    return log


def texts_from(log: FollowedLog, positions: list[Position]) -> list[str]:
    (position,) = positions
    generations = list(log.source.generations)
    batches = [position.generation.read(position)]
    batches += [each.read(each.first()) for each in generations[generations.index(position.generation) + 1 :]]
    return [text for batch in batches if batch for text in batch.texts()]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_the_last_lines_reach_into_rotated_files(log: FollowedLog, count: int) -> None:
    assert texts_from(log.restart(), log.source.last(count)) == ["one", "two", "three", "four"][-count:]


def test_the_last_lines_of_an_empty_log_are_in_rotated_files(log: FollowedLog) -> None:
    log.rotate().touch().restart()
    assert texts_from(log, log.source.last(2)) == ["three", "four"]


def test_without_history_the_start_is_in_the_files_that_were_live(log: FollowedLog) -> None:
    log.restart(max_history=0)
    assert texts_from(log, log.source.start()) == ["four"]
    log.rotate().append("five").poll()
    assert texts_from(log, log.source.start()) == ["four", "five"]
