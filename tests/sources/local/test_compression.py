"""Rotated files that are compressed: the same lines under another name, once and in order."""

from collections.abc import Sequence

import pytest

from logviewer.rotation.history import HOLD_SECONDS, RotationHistory
from logviewer.rotation.reconcile import Part
from logviewer.rotation.survey import Survey
from tests.helpers.compression import COMPRESSORS
from tests.helpers.followed_log import FollowedLog

ENDINGS = pytest.mark.parametrize("ending", COMPRESSORS)


@ENDINGS
def test_compressed_files_from_before_the_start_are_history(ending: str, log: FollowedLog) -> None:
    for name in ("app.log.3", "app.log.2"):
        log.append(name, to=name).compress(name, ending)
    log.append("app.log.1", to="app.log.1").append("live").restart().open()
    log.expect("app.log.3", "app.log.2", "app.log.1", "live")


def test_only_the_newest_files_are_history(log: FollowedLog) -> None:
    for name in ("app.log.3", "app.log.2", "app.log.1"):
        log.append(name, to=name).compress(name)
    log.append("live").restart(max_history=2).open().expect("app.log.2", "app.log.1", "live")


def test_a_reader_of_the_live_file_needs_no_history(log: FollowedLog) -> None:
    log.append("old", to="app.log.1").compress("app.log.1").append("live").restart().open_live().expect("live")


def test_the_last_lines_reach_into_compressed_files(log: FollowedLog) -> None:
    log.append("one", "two", to="app.log.1").compress("app.log.1").append("live").restart()
    assert not log.source.has_lines(2)
    assert log.decode().source.has_lines(2)
    (position,) = log.source.last(2)
    assert position.generation is not log.source.live
    log.open_at((position.checkpoint(),)).expect("two", "live")


def test_a_source_is_whole_only_with_its_compressed_files(log: FollowedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append("one", to="app.log.1").compress("app.log.1").append("live").restart()
    seen: list[tuple[bool, int]] = []
    publish = RotationHistory._apply

    def observed(history: RotationHistory, line: Sequence[Part], survey: Survey) -> None:
        seen.append((log.source.is_whole, len(log.source.generations)))
        publish(history, line, survey)
        seen.append((log.source.is_whole, len(log.source.generations)))

    monkeypatch.setattr(RotationHistory, "_apply", observed)
    log.decode()
    assert (False, 2) in seen
    assert (True, 1) not in seen
    assert (log.source.is_whole, len(log.source.generations)) == (True, 2)


def test_the_end_of_a_compressed_file_is_known_while_the_live_one_is_empty(log: FollowedLog) -> None:
    log.append("one", to="app.log.1").compress("app.log.1").touch().restart().open_at_end().expect()
    log.restart().reconnect().append("live").poll().expect("live")


@pytest.mark.parametrize("plain_too", [False, True], ids=["alone", "beside the original"])
def test_a_file_compressed_while_it_is_read_comes_once(plain_too: bool, log: FollowedLog) -> None:
    log.open("one").rotate().append("two").poll()
    if plain_too:
        log.append("one", to="copy").compress("copy").rename("copy.gz", "app.log.1.gz")
    else:
        log.compress("app.log.1")
    log.poll().rename("app.log.1.gz", "app.log.2.gz").rotate().append("three").poll().decode().expect(
        "one", "two", "three"
    )
    log.restart().open().expect("one", "two", "three")


@pytest.mark.parametrize("pause", [0.25, HOLD_SECONDS + 1], ids=["a moment", "longer than deleted files are held"])
def test_a_slow_reader_goes_on_in_the_compressed_file(pause: float, log: FollowedLog) -> None:
    log.open("one", "two").append("three").poll().rotate().append("live").poll().compress("app.log.1")
    log.poll(pause).decode().expect("one", "two", "three", "live")


def test_a_reader_in_the_middle_goes_on_in_the_compressed_file(log: FollowedLog) -> None:
    log.append("one", "two").poll().open()
    assert log.read() == ["one", "two"]
    log.append("three").rotate().append("live").poll().compress("app.log.1").poll(HOLD_SECONDS + 1).decode()
    log.expect("three", "live")


def test_a_resting_file_is_read_in_its_compressed_form(log: FollowedLog) -> None:
    log.append("one", to="app.log.1").append("live").restart().open().expect("one", "live")
    reader = log.checkpoints()
    log.poll(HOLD_SECONDS + 1).poll(HOLD_SECONDS + 1)
    log.source.sleep()
    log.compress("app.log.1").poll().decode().open().expect("one", "live")
    log.open_at(reader).expect()


@pytest.mark.parametrize("restarts", [False, True])
@ENDINGS
def test_a_cursor_survives_the_compression(ending: str, restarts: bool, log: FollowedLog) -> None:
    log.append("one").poll().open().expect("one")
    cursor = log.append("two", "three").rotate().append("live").poll().checkpoints()
    log.compress("app.log.1", ending).poll()
    if restarts:
        log.restart()
    log.open_at(cursor).expect("two", "three", "live")


def test_a_cursor_survives_many_rotations(log: FollowedLog) -> None:
    log.append("0").poll().open().expect("0")
    cursor = log.checkpoints()
    for number in range(1, 5):
        log.append(f"{number}").poll().rotate()
        if log.beside("app.log.2").exists():
            log.compress("app.log.2")
        for older in range(4, 1, -1):
            if log.beside(f"app.log.{older}.gz").exists():
                log.rename(f"app.log.{older}.gz", f"app.log.{older + 1}.gz")
        log.poll()
    log.append("live").poll().restart().open_at(cursor).expect("1", "2", "3", "4", "live")


def test_a_log_rotated_and_compressed_between_two_polls_loses_nothing(log: FollowedLog) -> None:
    log.open("one").append("two").rotate().compress("app.log.1").append("three").poll()
    log.expect("one", "two", "three")


def test_logs_rotated_and_compressed_between_two_polls_come_in_order(log: FollowedLog) -> None:
    log.open("one").rotate().append("two").rotate().compress("app.log.1").compress("app.log.2").append("three").poll()
    log.expect("one", "two", "three")


def test_a_log_copied_compressed_and_truncated_loses_nothing(log: FollowedLog) -> None:
    log.open("one").expect("one")
    log.append("two").copytruncate().compress("app.log.1").append("three").poll().expect("two", "three")


def test_a_compressed_file_that_is_deleted_gives_a_gap(log: FollowedLog) -> None:
    log.append("one", to="app.log.2").compress("app.log.2").append("two", to="app.log.1").append(
        "live"
    ).restart().open()
    assert log.read_event() == ["one"]
    log.source.sleep()
    log.delete("app.log.2.gz").poll().expect("two", "live")


def test_a_cut_file_gives_its_lines_and_a_gap(log: FollowedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logviewer.files.texts._WRITTEN_SECONDS", 0)
    lines = [f"{number} of {number * number}" for number in range(20_000)]
    log.append(*lines, to="app.log.2").compress("app.log.2").append("two", to="app.log.1").append("live")
    path = log.beside("app.log.2.gz")
    path.write_bytes(path.read_bytes()[:-5000])
    log.restart().open()
    texts = log.read()
    assert texts[-3:] == ["<lost>", "two", "live"]
    assert texts[:-3] == [*lines[: len(texts) - 4], lines[len(texts) - 4][: len(texts[-4])]]
    assert len(texts) > 1000


def test_a_damaged_file_hides_no_other(log: FollowedLog) -> None:
    log.append("one", to="app.log.3").compress("app.log.3").append("two", to="app.log.1").append("live")
    log.beside("app.log.2.gz").write_bytes(b"\x1f\x8b\x08" + bytes(6) + b"\x03 damaged")
    log.restart().open().expect("one", "<lost>", "two", "live")
