"""A log and its rotations, look by look, by a clock that the test moves."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer import cursor
from logviewer.cursor import Checkpoint
from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Batch, Position
from logviewer.rotation.history import GRACE_SECONDS, HOLD_SECONDS, MAX_HELD
from logviewer.rotation.listing import DirectoryListings
from logviewer.source import Source
from logviewer.sources.local import LocalSource
from logviewer.tail.events import Gap, Lines, StateChange
from logviewer.tail.reader import Reader
from logviewer.tail.skip import Skip
from tests.helpers.reading import (
    DirectLoader,
    drain,
    finish,
    next_event,
    open_reader,
    texts,
    without_descriptors,
    without_disk,
    without_privilege,
)

Event = Lines[Batch] | Gap | StateChange


class Followed:
    """A log, the source that follows it, and the time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = 1000.0
        self.source = self.restarted()

    def restarted(self) -> LocalSource:
        """Another server begins to follow the log."""
        self.source = LocalSource("app", self.path, name="app.log", line_format=PLAIN, clock=lambda: self.clock)
        self.poll()
        return self.source

    def poll(self, seconds: float = 0.25) -> bool:
        """Let time pass, look, and wake the readers where there is reason."""
        self.clock += seconds
        changed = self.source.poll()
        if changed:
            self.source.changed.send()
        return changed

    def beside(self, name: str) -> Path:
        return self.path.with_name(name)

    def append(self, *lines: str, to: str = "app.log", end: str = "\n") -> None:
        with self.beside(to).open("a") as file:
            file.write("".join(f"{line}{end}" for line in lines))

    def rotate(self, kept: int = 99) -> None:
        """As logrotate does with ``create``: app.log.1 becomes app.log.2 and so on."""
        self.shift(kept)
        self.path.rename(self.beside("app.log.1"))

    def shift(self, kept: int) -> None:
        for number in range(kept, 0, -1):
            older = self.beside(f"app.log.{number}")
            if older.exists():
                older.rename(self.beside(f"app.log.{number + 1}"))
        self.beside(f"app.log.{kept + 1}").unlink(missing_ok=True)

    def copytruncate(self) -> None:
        self.shift(99)
        shutil.copyfile(self.path, self.beside("app.log.1"))
        os.truncate(self.path, 0)

    def point_to(self, target: str) -> None:
        """Let the log be a symlink to another file."""
        link = self.beside("new link")
        link.symlink_to(self.beside(target))
        link.rename(self.path)

    def descriptors(self) -> list[str]:
        """The files below the log's directory that this process holds open."""
        held = []
        for each in Path("/proc/self/fd").iterdir():
            try:
                target = each.readlink()
            except FileNotFoundError:
                continue
            if target.is_relative_to(self.path.parent):
                held.append(target.name)
        return sorted(held)


@pytest.fixture
def log(tmp_path: Path) -> Followed:
    return Followed(tmp_path / "app.log")


@pytest.fixture
def few_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Descriptors run short, so that files are let go although they are on disk."""
    monkeypatch.setattr(ByteFile, "descriptors_scarce", property(lambda _: True))


def checkpoints(reader: Reader[Batch]) -> tuple[Checkpoint, ...]:
    """Where the reader is, as a browser would send it back."""
    return cursor.decode(reader.cursor())


def told(events: list[Event]) -> list[str]:
    """Lines as they are, unterminated ones with an ellipsis, gaps by their reason; without what came and went."""
    words = []
    for event in events:
        match event:
            case Lines(chunk=batch):
                words += batch.texts()
                if batch.unterminated:
                    words[-1] += "..."
            case Gap(reason=reason):
                words.append(f"<{reason}>")
    return words


def hear(reader: Reader[Batch]) -> list[str]:
    return told(drain(reader))


# Grace


def test_late_lines_in_the_rotated_file_arrive_during_the_grace_period(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "new"]
    log.append("late", to="app.log.1")
    log.poll(GRACE_SECONDS - 1)
    assert hear(reader) == ["late"]


def test_late_lines_and_new_ones_each_stay_in_order(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    for number in range(4):
        log.append(f"late {number}", to="app.log.1")
        log.append(f"new {number}")
        log.poll()
    heard = hear(reader)
    assert [each for each in heard if each.startswith("late")] == [f"late {number}" for number in range(4)]
    assert [each for each in heard if each.startswith("new")] == [f"new {number}" for number in range(4)]


def test_a_partial_line_is_held_during_the_grace_period_and_given_out_after_it(log: Followed) -> None:
    log.append("one\npart", end="")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "new"]
    log.poll(GRACE_SECONDS - 1)
    assert hear(reader) == []
    log.poll(1)
    assert hear(reader) == ["part..."]
    log.poll(GRACE_SECONDS)
    assert hear(reader) == []


def test_a_partial_line_completed_during_the_grace_period_is_whole(log: Followed) -> None:
    log.append("part", end="")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("new")
    log.poll()
    log.append("ial", to="app.log.1")
    log.poll()
    log.poll(GRACE_SECONDS)
    assert sorted(hear(reader)) == ["new", "partial"]


def test_a_partial_line_given_out_is_not_given_out_again_to_one_who_comes_back(log: Followed) -> None:
    log.append("one\npart", end="")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("new")
    log.poll(1)
    log.poll(GRACE_SECONDS)
    assert sorted(hear(reader)) == ["new", "one", "part..."]
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == []


def test_a_partial_line_held_is_given_out_once_across_a_restart(log: Followed) -> None:
    log.append("one\npart", end="")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "new"]
    log.restarted()
    again = open_reader(log.source, checkpoints(reader))
    log.poll()
    assert hear(again) == []
    log.poll(GRACE_SECONDS)
    assert hear(again) == ["part..."]


@pytest.mark.parametrize("follow", [False, True], ids=["at the present end", "after the grace period"])
def test_lines_that_come_just_before_the_rest_is_read_are_lines(follow: bool, log: Followed) -> None:
    late: list[str] = []

    class LateDisk(DirectLoader):
        async def read_rest(self, source: Source, position: Position) -> Batch | None:
            if not late:
                late.append("two")
                log.append("ial", *late, to="app.log.1" if follow else "app.log")
            return await super().read_rest(source, position)

    log.append("one\npart", end="")
    log.poll()
    reader: Reader[Batch] = Reader(LateDisk(), follow=follow)
    finish(reader.add(log.source, (), lambda source: source.start()))
    if follow:
        log.rotate()
        log.append("new")
        log.poll()
        log.poll(GRACE_SECONDS)
    heard = hear(reader)
    assert late
    assert not any("\n" in each for each in heard)
    assert heard[0] == "one"


def test_a_truncation_that_is_seen_right_after_nothing_was_read_is_told_once(log: Followed) -> None:
    """The look is another thread's: it may come between any two steps of a reader."""
    truncated: list[str] = []

    class LateDisk(DirectLoader):
        async def read(
            self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
        ) -> Batch | Skip | None:
            chunk = await super().read(source, position, alone=alone, most=most, lag=lag)
            if chunk is None and not truncated:
                truncated.append("new")
                log.path.write_text("new\n")
                log.source.poll()
            return chunk

    log.append("one")
    log.poll()
    reader: Reader[Batch] = Reader(LateDisk(), follow=True)
    finish(reader.add(log.source, (), lambda source: source.start()))
    assert hear(reader) == ["one", "<truncated>", *truncated]


# Bounds


def test_a_rotated_file_is_held_as_long_as_it_is_on_disk(log: Followed) -> None:
    log.append("one")
    log.poll()
    log.rotate()
    log.append("new")
    log.poll()
    log.poll(9 * HOLD_SECONDS)
    assert log.descriptors() == ["app.log", "app.log.1"]
    log.beside("app.log.1").rename(log.beside("kept elsewhere"))
    log.poll()
    assert log.descriptors() == ["app.log", "kept elsewhere"]
    log.beside("kept elsewhere").unlink()
    log.poll()
    assert log.descriptors() == ["app.log"]


def test_a_rotated_file_that_is_deleted_soon_is_let_go_after_its_time(log: Followed) -> None:
    log.append("one")
    log.poll()
    log.rotate()
    log.append("new")
    log.poll()
    log.beside("app.log.1").unlink()
    log.poll(HOLD_SECONDS - 1)
    assert log.descriptors() == ["app.log", "app.log.1 (deleted)"]
    log.poll(2)
    assert log.descriptors() == ["app.log"]


@pytest.mark.usefixtures("few_descriptors")
def test_a_rotated_file_is_let_go_after_its_time_where_descriptors_run_short(log: Followed) -> None:
    log.append("one")
    log.poll()
    log.rotate()
    log.append("new")
    log.poll()
    assert log.descriptors() == ["app.log", "app.log.1"]
    log.poll(HOLD_SECONDS + 1)
    assert log.descriptors() == ["app.log"]


def test_a_deleted_file_is_let_go_after_its_time(log: Followed) -> None:
    log.append("one")
    log.poll()
    log.path.unlink()
    log.poll()
    assert log.descriptors() == ["app.log (deleted)"]
    log.poll(HOLD_SECONDS + 1)
    assert log.descriptors() == []


def test_a_file_that_comes_after_the_deleted_one_was_let_go_is_read(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.path.unlink()
    log.poll()
    log.poll(HOLD_SECONDS + 1)
    log.append("new")
    log.poll()
    assert [each for each in hear(reader) if not each.startswith("<")] == ["new"]


def test_many_rotations_hold_a_bounded_number_of_files(log: Followed) -> None:
    for number in range(4 * MAX_HELD):
        log.append(f"line {number}")
        log.poll()
        log.path.rename(log.beside(f"app.log-{number:08}"))
    assert len(log.descriptors()) <= MAX_HELD + 1


def test_many_rotations_between_two_looks_hold_a_bounded_number_of_files(log: Followed) -> None:
    log.append("first")
    log.poll()
    for number in range(4 * MAX_HELD):
        log.append(f"line {number}")
        log.path.rename(log.beside(f"app.log-{number:08}"))
    log.append("last")
    log.poll()
    for _ in range(4 * MAX_HELD):
        log.poll()
    assert len(log.descriptors()) <= MAX_HELD + 1


@pytest.mark.parametrize("slow", [False, True], ids=["read after each look", "read at last"])
@pytest.mark.parametrize("copied", [False, True], ids=["renamed", "copied and truncated"])
def test_more_rotations_between_two_looks_than_files_are_held_lose_nothing(
    copied: bool, slow: bool, log: Followed
) -> None:
    log.append("line 0")
    log.poll()
    reader = open_reader(log.source)
    for number in range(1, 2 * MAX_HELD):
        (log.copytruncate if copied else log.rotate)()
        log.append(f"line {number}")
    heard = []
    for _ in range(3 * MAX_HELD):
        log.poll()
        heard += [] if slow else hear(reader)
    heard += hear(reader)
    assert heard == [f"line {number}" for number in range(2 * MAX_HELD)]


@pytest.mark.usefixtures("few_descriptors")
def test_a_reader_whose_file_was_let_go_finds_it_on_disk(log: Followed) -> None:
    log.append("one", "two", "three", "four")
    log.poll()
    reader = open_reader(log.source)
    assert told([next_event(reader) or pytest.fail()]) == ["one", "two", "three"]
    log.rotate()
    log.append("new")
    log.poll()
    log.poll(HOLD_SECONDS + 1)
    assert hear(reader) == ["four", "new"]


def test_a_reader_whose_file_was_let_go_and_is_gone_is_told(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.beside("app.log.1").unlink()
    log.append("new")
    log.poll()
    log.poll(HOLD_SECONDS + 1)
    assert hear(reader) == ["<rotated>", "new"]


@pytest.mark.usefixtures("few_descriptors")
@pytest.mark.parametrize("then", ["written to", "copied and truncated", "rotated"])
def test_a_rotated_file_that_grows_after_it_was_let_go_is_not_repeated(then: str, log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.path.touch()
    log.poll()
    assert hear(reader) == ["one"]
    log.poll(GRACE_SECONDS)
    assert hear(reader) == []
    log.poll(HOLD_SECONDS + 1)
    log.append("late", to="app.log.1")
    log.poll()
    log.append("new")
    if then != "written to":
        (log.rotate if then == "rotated" else log.copytruncate)()
        log.append("newer")
    log.poll()
    heard = hear(reader)
    assert [each for each in heard if each != "late"] == ["new", "newer"][: 1 if then == "written to" else 2]


def test_a_forgotten_source_holds_nothing(tmp_path: Path) -> None:
    log = Followed(tmp_path / "app.log")
    for _ in range(3):
        log.append("one")
        log.poll()
        log.rotate()
    log.restarted()
    del log.source
    assert log.descriptors() == []


def test_readers_that_come_back_again_and_again_hold_no_more_files(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    hear(reader)
    log.rotate()
    log.append("new")
    log.restarted()
    open_reader(log.source, checkpoints(reader)).close()
    held = log.descriptors()
    for _ in range(3 * MAX_HELD):
        open_reader(log.source, checkpoints(reader)).close()
    assert log.descriptors() == held


def test_readers_that_come_back_to_a_copy_again_and_again_hold_no_more_files(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    hear(reader)
    log.copytruncate()
    log.append("new")
    log.restarted()
    open_reader(log.source, checkpoints(reader)).close()
    held = log.descriptors()
    for _ in range(3 * MAX_HELD):
        open_reader(log.source, checkpoints(reader)).close()
    assert log.descriptors() == held


def test_looks_and_truncations_hold_no_more_files(log: Followed) -> None:
    log.append("one")
    log.poll()
    for number in range(50):
        log.copytruncate()
        log.append(f"line {number}", "x" * (number % 7))
        log.poll()
        log.source.last(3)
        os.truncate(log.path, 0)
        log.poll()
    assert len(log.descriptors()) <= MAX_HELD + 1


# Rotated between two looks


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
def test_files_rotated_away_between_two_looks_are_read_in_order(names: list[str], log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.append("rest of one")
    for number, name in enumerate(names):
        log.path.rename(log.beside(name))
        log.append(f"between {number}")
    log.poll()
    assert hear(reader) == ["one", "rest of one", "between 0", "between 1", "between 2"]


def test_a_file_rotated_away_after_the_followed_one_was_deleted_is_read(log: Followed) -> None:
    log.append("one")
    log.append("older", to="app.log.2")
    log.poll()
    reader = open_reader(log.source)
    log.path.unlink()
    log.append("between")
    log.rotate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "between", "new"]


@pytest.mark.parametrize("copied", [False, True], ids=["renamed", "copied and truncated"])
def test_a_listing_read_before_a_rotation_hides_nothing(copied: bool, log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    # As it comes from another log in the same directory, looked at just before.
    listings = DirectoryListings()
    listings.rotated(log.path)
    for line in ("two", "three"):
        log.append(line)
        (log.copytruncate if copied else log.rotate)()
    log.append("new")
    log.source.poll(listings)
    log.source.changed.send()
    heard = hear(reader)
    log.poll()
    assert heard + hear(reader) == ["two", "three", "new"]


def test_rotated_files_that_were_there_before_are_not_new(log: Followed) -> None:
    log.append("older", to="app.log.1")
    log.append("oldest", to="app.log.2")
    log.append("one")
    log.restarted()
    reader = open_reader(log.source)
    log.rotate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "new"]


def test_a_rotated_file_that_was_there_before_and_grows_is_not_new(log: Followed) -> None:
    log.append("old", to="app.log.1")
    log.path.touch()
    log.restarted()
    reader = open_reader(log.source)
    assert hear(reader) == []
    log.append("late", to="app.log.1")
    log.poll()
    log.append("new")
    log.poll()
    assert [each for each in hear(reader) if each != "late"] == ["new"]


def test_compressed_rotations_are_left_alone(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("between")
    log.rotate()
    log.beside("app.log.2").rename(log.beside("app.log.2.gz"))
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "between", "new"]


# Copies


def test_copytruncate_with_the_rest_unread_loses_nothing(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.append("two")
    log.copytruncate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["two", "new"]


def test_copytruncate_that_was_read_before_repeats_nothing(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one", "two"]
    log.copytruncate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["new"]


def test_copytruncate_again_and_again_loses_and_repeats_nothing(log: Followed) -> None:
    log.append("line 0")
    log.poll()
    reader = open_reader(log.source)
    heard = []
    for number in range(1, 2 * MAX_HELD):
        log.append(f"rest {number}")
        log.copytruncate()
        log.append(f"line {number}")
        log.poll()
        heard += hear(reader)
    assert heard == ["line 0", *(f"{word} {number}" for number in range(1, 2 * MAX_HELD) for word in ("rest", "line"))]


def test_two_copytruncates_between_two_looks_lose_nothing_in_silence(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.append("two")
    log.copytruncate()
    log.append("between")
    log.copytruncate()
    log.append("new")
    log.poll()
    heard = hear(reader)
    assert heard[0] == "two"
    assert heard[-1] == "new"
    assert heard[1:-1] in (["between"], ["<truncated>"])


def test_a_rotation_and_a_copytruncate_between_two_looks_lose_nothing(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("between")
    log.copytruncate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "between", "new"]


def test_a_copytruncate_and_a_rotation_between_two_looks_lose_nothing_in_silence(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.append("two")
    log.copytruncate()
    log.append("between")
    log.rotate()
    log.append("new")
    log.poll()
    assert [each for each in hear(reader) if each != "<truncated>"] == ["one", "two", "between", "new"]


def test_a_copy_not_truncated_yet_is_not_delivered_twice(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one", "two"]
    shutil.copyfile(log.path, log.beside("app.log.1"))
    log.poll()
    assert hear(open_reader(log.source, checkpoints(reader))) == []
    os.truncate(log.path, 0)
    log.append("new")
    log.poll()
    assert hear(reader) == ["new"]


def test_a_backup_among_rotated_siblings_is_not_delivered_twice(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    log.append("three")
    shutil.copyfile(log.path, log.beside("app.log.old"))
    log.rotate()
    log.append("new")
    log.poll()
    assert hear(reader) == ["one", "two", "three", "new"]


def test_a_copy_among_rotated_siblings_is_not_delivered_twice_to_one_who_comes_back(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.rotate()
    log.append("two")
    shutil.copyfile(log.path, log.beside("app.log.0"))
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["two"]


def test_one_who_comes_back_after_a_copytruncate_finds_the_copy(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one", "two"]
    log.append("three")
    log.copytruncate()
    log.append("new")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["three", "new"]


def test_two_who_come_back_after_a_copytruncate_each_get_every_line_once(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.append(*(f"line {number}" for number in range(9)))
    log.copytruncate()
    log.append("new")
    log.restarted()
    first = open_reader(log.source, checkpoints(reader))
    heard = told([next_event(first) or pytest.fail() for _ in range(2)])
    second = open_reader(log.source, checkpoints(reader))
    expected = [*(f"line {number}" for number in range(9)), "new"]
    assert hear(second) == expected
    assert heard + hear(first) == expected


def test_one_who_comes_back_amid_a_copy_reads_on_in_it(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.append(*(f"line {number}" for number in range(9)))
    log.copytruncate()
    log.append("new")
    log.poll()
    heard: list[str] = []
    for _ in range(20):
        event = next_event(reader)
        heard += told([event] if event else [])
        reader = open_reader(log.source, checkpoints(reader))
    assert heard == [*(f"line {number}" for number in range(9)), "new"]


def test_a_file_copied_away_before_its_reader_saw_a_line_is_read_once(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.copytruncate()
    log.poll()
    assert hear(reader) == ["one"]
    log.append("two")
    log.copytruncate()
    log.append("three")
    log.poll()
    assert hear(reader) == ["two", "three"]


def test_a_file_copied_away_before_its_reader_read_a_line_is_read_once(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.copytruncate()
    log.poll()
    log.append("two")
    heard: list[str] = []
    while not isinstance(event := next_event(reader), StateChange):
        heard += told([event] if event else [])
    log.copytruncate()
    log.append("three")
    log.poll()
    assert heard + hear(reader) == ["one", "two", "three"]


@pytest.mark.parametrize("rotated", [False, True], ids=["live", "rotated"])
def test_lines_that_came_and_were_copied_away_between_looks_at_an_empty_file_are_not_lost(
    rotated: bool, log: Followed
) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.copytruncate()
    log.poll()
    log.append("two")
    log.copytruncate()
    log.append("three")
    if rotated:
        log.rotate()
        log.append("four")
    log.poll()
    assert hear(reader) == ["one", "two", "three", *(["four"] if rotated else [])]


def test_a_truncated_file_without_a_copy_is_told_of(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    os.truncate(log.path, 0)
    log.append("new")
    log.poll()
    assert hear(reader) == ["<truncated>", "new"]


def test_two_copies_that_could_be_it_are_not_guessed_between(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    shutil.copyfile(log.path, log.beside("app.log.old"))
    log.append("two")
    log.copytruncate()
    log.append("new")
    log.poll()
    assert hear(reader) in (["two", "new"], ["<truncated>", "new"])


# Names that come back


def test_a_symlink_swapped_and_swapped_back_repeats_nothing(log: Followed) -> None:
    log.append("a 1", to="a.log")
    log.point_to("a.log")
    log.poll()
    reader = open_reader(log.source)
    log.append("b 1", to="b.log")
    log.point_to("b.log")
    log.poll()
    log.append("a 2", to="a.log")
    log.point_to("a.log")
    log.poll()
    assert sorted(hear(reader)) == ["a 1", "a 2", "b 1"]


def test_a_symlink_swapped_to_and_fro_more_often_than_files_are_held_repeats_nothing(log: Followed) -> None:
    reader = open_reader(log.source)
    lines = [str(number) for number in range(2 * MAX_HELD)]
    heard = []
    for number, line in enumerate(lines):
        target = f"{number % 3}.log" if number < MAX_HELD else f"{number}.log"
        log.append(line, to=target)
        log.point_to(target)
        log.poll(0.01)
        heard += hear(reader)
    assert heard == lines


def test_a_symlink_swapped_and_swapped_back_repeats_nothing_after_a_restart(log: Followed) -> None:
    reader = open_reader(log.source)
    for target in ("a", "b", "a"):
        log.append(target, to=target)
        log.point_to(target)
        log.poll()
        assert hear(reader) == [target]
    log.append("more")
    log.poll()
    assert hear(reader) == ["more"]
    log.restarted()
    back = open_reader(log.source, checkpoints(reader))
    assert hear(back) == ["<rotated>"]  # of b there may have been more, and it has no name any more
    log.append("most")
    log.poll()
    assert hear(back) == ["most"]


def test_lines_written_to_a_file_while_another_had_its_name_are_not_lost(log: Followed) -> None:
    log.append("a 1", to="a.log")
    log.point_to("a.log")
    log.poll()
    reader = open_reader(log.source)
    log.append("b 1", to="b.log")
    log.point_to("b.log")
    log.poll()
    log.poll(GRACE_SECONDS)
    assert hear(reader) == ["a 1", "b 1"]
    log.append("a 2", to="a.log")
    log.poll()
    log.point_to("a.log")
    log.append("a 3", to="a.log")
    log.poll()
    assert hear(reader) == ["a 2", "a 3"]


@pytest.mark.parametrize("heard", [False, True])
def test_half_a_line_in_a_file_that_comes_back_comes_whole(log: Followed, heard: bool) -> None:
    log.append("a ", to="a.log", end="")
    log.point_to("a.log")
    log.poll()
    reader = open_reader(log.source)
    log.append("b 1", to="b.log")
    log.point_to("b.log")
    log.poll()
    log.poll(GRACE_SECONDS)
    if heard:
        assert hear(reader) == ["a ...", "b 1"]
    log.append("1", to="a.log")
    log.point_to("a.log")
    log.poll()
    assert hear(reader) == (["a 1"] if heard else ["b 1", "a 1"])


@pytest.mark.usefixtures("few_descriptors")
def test_a_file_that_comes_back_after_it_was_let_go_is_not_repeated(log: Followed) -> None:
    log.append("a 1", to="a.log")
    log.point_to("a.log")
    log.poll()
    reader = open_reader(log.source)
    log.append("b 1", to="b.log")
    log.point_to("b.log")
    log.poll()
    assert hear(reader) == ["a 1", "b 1"]
    log.poll(HOLD_SECONDS + 1)
    log.point_to("a.log")
    log.append("a 2", to="a.log")
    log.poll()
    assert hear(reader) == ["a 2"]


def test_a_file_that_came_back_and_is_truncated_is_read_once(log: Followed) -> None:
    log.append("a 1", to="a.log")
    log.point_to("a.log")
    log.poll()
    reader = open_reader(log.source)
    log.append("b 1", to="b.log")
    log.point_to("b.log")
    log.poll()
    log.point_to("a.log")
    log.append("a 2", to="a.log")
    log.poll()
    assert hear(reader) == ["a 1", "b 1", "a 2"]
    os.truncate(log.beside("a.log"), 0)
    log.append("a 3", to="a.log")
    log.poll()
    assert [each for each in hear(reader) if each != "<truncated>"] == ["a 3"]
    assert hear(open_reader(log.source, checkpoints(reader))) == []


def test_a_reader_still_in_the_first_life_reads_a_truncated_file_once(log: Followed) -> None:
    log.append("a 1", to="a.log")
    log.point_to("a.log")
    log.poll()
    reader = open_reader(log.source)
    log.append("b 1", to="b.log")
    log.point_to("b.log")
    log.poll()
    log.point_to("a.log")
    log.append("a 2", to="a.log")
    log.poll()
    os.truncate(log.beside("a.log"), 0)
    log.append("a 3", to="a.log")
    log.poll()
    heard = [each for each in hear(reader) if each != "<truncated>"]
    assert sorted(heard) == ["a 3", "b 1"]


def test_a_rotated_file_that_gets_its_name_back_is_not_repeated(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.rotate()
    log.append("two")
    log.poll()
    assert hear(reader) == ["one", "two"]
    log.path.rename(log.beside("aside"))
    log.beside("app.log.1").rename(log.path)
    log.append("three")
    log.poll()
    assert hear(reader) == ["three"]


# Places


def test_one_who_waits_for_the_first_file_gets_all_of_it(log: Followed) -> None:
    reader = open_reader(log.source)
    assert hear(reader) == []
    log.append("one")
    log.poll()
    assert hear(reader) == ["one"]


def test_one_who_waited_for_the_first_file_comes_back_to_all_that_came(log: Followed) -> None:
    reader = open_reader(log.source)
    hear(reader)
    log.append("one")
    log.rotate()
    log.append("two")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["one", "two"]


@pytest.mark.parametrize("newest", ["", "no line yet"], ids=["empty", "without a whole line"])
def test_one_who_came_back_before_the_first_line_gets_no_older_ones(newest: str, log: Followed) -> None:
    log.append("old", to="app.log.2")
    log.append(newest, to="app.log.1", end="")
    log.path.touch()
    log.restarted()
    reader = open_reader(log.source)
    assert hear(reader) == []
    again = open_reader(log.source, checkpoints(reader))
    log.append("new")
    log.poll()
    assert "old" not in hear(again)


def test_one_who_came_back_at_every_step_gets_every_line_once(log: Followed) -> None:
    reader = open_reader(log.source)
    heard: list[str] = []

    def go_on() -> None:
        nonlocal reader
        log.poll()
        reader = open_reader(log.source, checkpoints(reader))
        while event := next_event(reader):
            heard.extend(told([event]))
            if not isinstance(event, StateChange):
                reader = open_reader(log.source, checkpoints(reader))

    for number in range(5):
        log.path.touch()
        go_on()
        log.append(f"line {number}")
        go_on()
        log.append(f"another {number}")
        log.rotate()
        go_on()
        log.append(f"late {number}", to="app.log.1")
        go_on()
    expected = [f"{word} {number}" for number in range(5) for word in ("line", "another", "late")]
    assert heard == expected


def test_equal_files_are_told_apart_by_their_inode(log: Followed) -> None:
    log.append("same")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["same"]
    log.rotate()
    log.append("same")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["same"]


def test_a_file_moved_aside_under_a_name_of_its_own_is_told_of_as_gone(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.append("rest")
    log.path.rename(log.beside("kept for later"))
    log.append("new")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["<rotated>", "new"]


def test_one_whose_file_is_gone_is_told(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    hear(reader)
    held = log.path.open()
    log.path.unlink()
    log.append("new")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["<rotated>", "new"]
    held.close()


def test_an_inode_used_again_is_another_file(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    hear(reader)
    log.path.write_text("uno\nduo\ntres\n")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["<truncated>", "uno", "duo", "tres"]


def test_a_cursor_beyond_the_end_is_told_of(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    hear(reader)
    log.path.write_text("one\n")
    log.restarted()
    assert hear(open_reader(log.source, checkpoints(reader))) == ["<truncated>", "one"]


def test_a_gap_is_told_again_to_one_who_left_before_hearing_of_it(log: Followed) -> None:
    log.append("one", "two")
    log.poll()
    reader = open_reader(log.source)
    hear(reader)
    log.path.write_text("one\n")
    log.restarted()
    for _ in range(3):
        reader = open_reader(log.source, checkpoints(reader))
    assert hear(reader) == ["<truncated>", "one"]


def test_the_last_lines_are_those_of_the_file_that_bears_the_name(log: Followed) -> None:
    log.append("old", to="app.log.1")
    log.append("one", "two", "three")
    log.restarted()
    assert [position.offset for position in log.source.last(2)] == [4]
    assert [position.offset for position in log.source.start()] == [0]


# States


@pytest.fixture
def refused(log: Followed) -> Callable[[], None]:
    """Put a pipe in the place of the log."""

    def replace() -> None:
        log.path.unlink(missing_ok=True)
        os.mkfifo(log.path)

    return replace


def test_what_is_followed_comes_and_goes(log: Followed, refused: Callable[[], None]) -> None:
    states = [log.source.state]
    changes: list[Callable[[], object]] = [
        lambda: log.append("one"),
        log.path.unlink,
        refused,
        log.path.unlink,
        log.path.mkdir,
    ]
    for change in changes:
        change()
        log.poll()
        states.append(log.source.state)
    assert states == ["missing", "open", "missing", "unreadable", "missing", "unreadable"]


def test_a_reader_is_told_of_what_comes_and_goes(log: Followed, refused: Callable[[], None]) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    drain(reader)
    refused()
    log.poll()
    assert [event.state for event in drain(reader) if isinstance(event, StateChange)] == ["unreadable"]
    log.path.unlink()
    log.append("new")
    log.poll()
    events = drain(reader)
    assert [event.state for event in events if isinstance(event, StateChange)] == ["open", "rotated"]
    assert told(events) == ["new"]


def test_the_rest_of_a_file_is_read_while_its_name_is_refused(log: Followed, refused: Callable[[], None]) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.append("rest")
    refused()
    log.poll()
    assert hear(reader) == ["one", "rest"]


def test_a_look_tells_whether_there_is_reason_to_look_again(log: Followed) -> None:
    assert not log.poll()
    log.append("one")
    assert log.poll()
    assert not log.poll()
    log.append("two")
    assert log.poll()
    log.rotate()
    assert log.poll()


def test_readers_are_woken_when_the_grace_period_ends(log: Followed) -> None:
    log.append("one")
    log.poll()
    log.rotate()
    log.append("new")
    log.poll()
    assert log.poll(GRACE_SECONDS)
    assert not log.poll()


def test_facts_tell_of_the_file_that_bears_the_name(log: Followed) -> None:
    log.append("one")
    log.poll()
    status = log.source.status()
    modified = log.path.stat().st_mtime_ns // 1_000_000
    assert (status.id, status.name, status.path) == ("app", "app.log", str(log.path))
    assert (status.size, status.modified, status.lines, status.state) == (4, modified, 1, "open")


def test_facts_of_a_file_that_is_missing_are_empty(log: Followed) -> None:
    status = log.source.status()
    assert (status.size, status.modified, status.state) == (0, None, "missing")


# The end


def test_a_reader_is_complete_at_the_end_of_what_will_not_grow(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    assert not reader.complete
    log.append("two\nlast words", end="")
    log.poll()
    log.source.finish()
    log.source.changed.send()
    assert hear(reader) == ["two", "last words..."]
    assert reader.complete


def test_a_reader_that_comes_after_the_end_is_complete_with_all_lines(log: Followed) -> None:
    log.append("one")
    log.poll()
    log.source.finish()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    assert reader.complete


def test_a_source_that_ended_without_a_line_is_complete(log: Followed) -> None:
    log.path.touch()
    log.poll()
    log.source.finish()
    reader = open_reader(log.source)
    assert hear(reader) == []
    assert reader.complete


# Looked at between any two steps of a rotation

nothing, poll, read, come_back = "nothing", "look", "read", "come back"
meanwhile = st.sampled_from([nothing, nothing, poll, read, come_back])


def shifting(log: Followed) -> Iterator[None]:
    for number in range(9, 0, -1):
        older = log.beside(f"app.log.{number}")
        if older.exists():
            older.rename(log.beside(f"app.log.{number + 1}"))
            yield


def renaming(log: Followed) -> Iterator[None]:
    yield from shifting(log)
    log.path.rename(log.beside("app.log.1"))
    yield
    log.path.touch()
    yield


def copying(log: Followed) -> Iterator[None]:
    yield from shifting(log)
    data = log.path.read_bytes()
    with log.beside("app.log.1").open("wb", buffering=0) as copy:
        yield
        copy.write(data[: len(data) // 2])
        yield
        copy.write(data[len(data) // 2 :])
        yield
    os.truncate(log.path, 0)
    yield


@settings(deadline=None, max_examples=150)
@given(
    rotations=st.lists(st.sampled_from([renaming, copying, copying]), min_size=2, max_size=6),
    lengths=st.lists(st.integers(0, 40), max_size=20),
    events=st.lists(meanwhile, min_size=60, max_size=60),
)
def test_whatever_is_seen_of_a_rotation_loses_nothing_in_silence_and_repeats_nothing(
    rotations: list[Callable[[Followed], Iterator[None]]], lengths: list[int], events: list[str]
) -> None:
    with TemporaryDirectory() as directory:
        log = Followed(Path(directory, "app.log"))
        log.append("first")
        log.poll()
        reader = open_reader(log.source)
        heard = hear(reader)
        written = ["first"]
        coming, length = iter(events), iter(lengths)

        def happens() -> None:
            nonlocal reader
            match next(coming, nothing):
                case "look":
                    log.poll()
                case "read":
                    event = next_event(reader)
                    heard.extend(told([event]) if event else [])
                case "come back":
                    # What was copied away while each look found the file empty is told to who is there at the next.
                    log.poll()
                    heard.extend(hear(reader))
                    reader = open_reader(log.source, checkpoints(reader))

        for number, rotation in enumerate(rotations):
            for line in (f"{number} 1 {'x' * next(length, 0)}", f"{number} 2 {'x' * next(length, 0)}"):
                log.append(line)
                written.append(line)
                happens()
            for _ in rotation(log):
                happens()
        log.append("last")
        written.append("last")
        for _ in range(4):
            log.poll(GRACE_SECONDS)
            heard += hear(reader)
        lines = [each for each in heard if not each.startswith("<")]
        assert len(set(lines)) == len(lines)
        assert len(lines) < len(heard) or sorted(lines) == sorted(written)


def test_a_file_that_came_and_was_rotated_away_between_two_looks_does_not_wait_for_the_next(log: Followed) -> None:
    log.beside("app.log").touch()
    log.poll()
    reader = open_reader(log.source)
    drain(reader)
    log.rotate()
    log.append("one")
    log.rotate()
    log.poll()
    assert texts(drain(reader)) == ["one"]
    log.append("late", to="app.log.1")
    log.poll(GRACE_SECONDS + 1)
    assert texts(drain(reader)) == ["late"]
    log.append("new")
    log.poll()
    assert texts(drain(reader)) == ["new"]


def test_a_file_rotated_after_one_that_was_empty_and_deleted_comes_after_it(log: Followed) -> None:
    log.beside("app.log").touch()
    log.poll()
    reader = open_reader(log.source)
    log.append("one")
    log.beside("app.log").unlink()
    assert texts(drain(reader)) == ["one"]
    checkpoints = cursor.decode(reader.cursor())
    reader.close()
    log.append("two")
    log.rotate()
    log.beside("app.log").touch()
    log.poll()
    assert texts(drain(open_reader(log.source, checkpoints))) == ["two"]


def test_a_copy_found_before_the_look_that_sees_the_truncation_is_in_its_place(log: Followed) -> None:
    log.append("old")
    log.poll()
    old = open_reader(log.source)
    assert hear(old) == ["old"]
    log.rotate()
    log.restarted()
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    log.path.unlink()
    log.poll()
    log.append("two")
    log.poll()
    assert hear(reader) == ["one", "two"]
    log.copytruncate()
    log.source.locate(checkpoints(old))
    log.append("three")
    log.poll()
    assert hear(reader) == ["three"]
    log.append("four")
    log.poll()
    assert hear(reader) == ["four"]
    assert hear(open_reader(log.source, checkpoints(old))) == ["one", "two", "three", "four"]


def test_a_new_file_found_by_the_number_of_an_old_one_before_the_look_that_sees_it_is_all_new(log: Followed) -> None:
    log.append("old")
    log.poll()
    old = open_reader(log.source)
    assert hear(old) == ["old"]
    log.path.rename(log.beside("parked"))
    log.append("one")
    log.restarted()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.beside("parked").write_text("other bytes\n")
    log.beside("parked").rename(log.path)
    log.source.locate(checkpoints(old))
    log.poll()
    assert hear(reader) == ["other bytes"]


def test_what_is_rotated_away_while_a_server_that_began_meanwhile_cannot_read_it_is_news(log: Followed) -> None:
    log.append("one")
    with without_disk():
        log.restarted()
        reader = open_reader(log.source)
        log.rotate()
        log.poll()
    log.poll()
    assert hear(reader) == ["one"]


@pytest.mark.parametrize("seen", [False, True])
def test_a_reader_comes_back_for_rotated_files_while_they_cannot_be_read(log: Followed, seen: bool) -> None:
    """None of them is left out once the disk gives them, whether its last line was from before them or nowhere yet."""
    if seen:
        log.append("zero")
    reader = open_reader(log.source)
    assert hear(reader) == (["zero"] if seen else [])
    for text in ("one", "two", "three"):
        log.append(text)
        log.rotate()
    with without_disk():
        log.restarted()
        back = open_reader(log.source, checkpoints(reader))
        assert hear(back) == []
    log.poll()
    assert hear(back) == ["one", "two", "three"]


@pytest.mark.parametrize("bad", ["app.log.1", "app.log.2", "app.log.3"])
def test_one_rotated_file_that_cannot_be_read_for_a_while_is_not_passed_over(log: Followed, bad: str) -> None:
    log.append("zero")
    reader = open_reader(log.source)
    assert hear(reader) == ["zero"]
    for text in ("one", "two", "three"):
        log.append(text)
        log.rotate()
    with without_disk(log.beside(bad)):
        log.restarted()
        back = open_reader(log.source, checkpoints(reader))
        heard = hear(back)
    log.poll()
    assert heard + hear(back) == ["one", "two", "three"]


def test_a_file_that_was_rotated_away_unseen_and_cannot_be_read_is_told(log: Followed) -> None:
    log.append("one")
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.rotate()
    log.append("two")
    log.rotate()
    log.append("three")
    with without_disk(log.beside("app.log.1")):
        log.poll()
        assert hear(reader) == ["<lost>", "three"]
    log.rotate()
    log.append("four")
    log.poll()
    assert hear(reader) == ["four"]


def test_a_reader_of_a_truncated_file_does_not_ask_without_a_rest_while_no_descriptor_is_left(log: Followed) -> None:
    log.append("one")
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.append("two")
    with without_descriptors():
        log.poll()
        os.truncate(log.path, 0)
        assert hear(reader) == []
        log.poll()
        assert hear(reader) == []
        assert log.source.state == "unreadable"
    log.append("three")
    log.poll()
    assert hear(reader) == ["<truncated>", "three"]


def test_a_reader_from_before_any_file_waits_for_a_directory_that_is_away(log: Followed) -> None:
    reader = open_reader(log.source)
    log.append("one")
    log.rotate()
    with without_disk(log.beside("app.log.1")):
        log.restarted()
        back = open_reader(log.source, checkpoints(reader))
    away = log.path.parent.rename(log.path.parent.with_name("away"))
    log.poll()
    assert hear(back) == []
    away.rename(log.path.parent)
    log.append("two")
    log.poll()
    assert hear(back) == ["one", "two"]


def test_who_was_refused_hears_when_that_is_over(log: Followed) -> None:
    log.append("one")
    reader = open_reader(log.source)
    at = checkpoints(reader)
    log.path.unlink()
    log.append("two")
    log.restarted()
    with without_descriptors():
        back = open_reader(log.source, at)
        assert hear(back) == []
    log.poll()
    assert hear(back) == []
    log.poll()
    assert hear(back) == ["<rotated>", "two"]


def test_what_is_copied_and_truncated_is_found_when_its_directory_is_back(log: Followed) -> None:
    log.path.touch()
    log.poll()
    reader = open_reader(log.source)
    log.append("one")
    log.copytruncate()
    log.append("two")
    away = log.path.parent.rename(log.path.parent.with_name("away"))
    log.poll()
    assert log.source.state == "missing"
    heard = hear(reader)
    away.rename(log.path.parent)
    log.poll()
    assert heard + hear(reader) == ["two", "one"]


def test_a_symlink_that_leads_nowhere_under_a_rotated_name_stops_nothing(log: Followed) -> None:
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    log.beside("app.log.old").symlink_to(log.beside("nothing"))
    log.rotate()
    log.append("two")
    log.poll()
    at = checkpoints(reader)
    assert hear(reader) == ["two"]
    log.restarted()
    assert hear(open_reader(log.source, at)) == ["two"]


def test_one_who_does_not_follow_is_told_where_a_truncated_files_directory_is_away(log: Followed) -> None:
    log.append("one", "two", "three", "four")
    log.poll()
    reader = open_reader(log.source, follow=False)
    assert isinstance(next_event(reader), Lines)
    os.truncate(log.path, 0)
    log.path.parent.rename(log.path.parent.with_name("away"))
    assert hear(reader) == ["<lost>"]
    assert reader.complete


def test_one_who_does_not_follow_is_told_where_the_next_file_cannot_be_read(log: Followed) -> None:
    log.append("one")
    log.poll()
    before = open_reader(log.source)
    assert hear(before) == ["one"]
    log.rotate()
    log.append("two")
    log.poll()
    reader = open_reader(log.source, checkpoints(before), follow=False)
    with without_disk(log.path):
        assert hear(reader) == ["<lost>"]
    assert reader.complete


def test_a_file_truncated_after_its_directory_was_removed_is_let_go(log: Followed) -> None:
    log.append("one")
    log.poll()
    with log.path.open("r+b") as writer:
        gone = log.path.parent.rename(log.path.parent.with_name("gone"))
        shutil.rmtree(gone)
        writer.truncate(0)
        log.poll()
        log.poll(HOLD_SECONDS + 1)
    assert log.source.state == "missing"
    assert not log.source.generations


def test_a_reader_of_a_symlink_waits_for_the_directory_that_it_leads_to(log: Followed) -> None:
    there = log.beside("there")
    there.mkdir()
    log.path.symlink_to(there / "real.log")
    log.append("one")
    log.poll()
    reader = open_reader(log.source)
    assert hear(reader) == ["one"]
    away = there.rename(log.beside("away"))
    log.restarted()
    back = open_reader(log.source, checkpoints(reader))
    assert hear(back) == []
    away.rename(there)
    log.append("two")
    log.poll()
    assert hear(back) == ["two"]


def test_a_file_that_was_rotated_away_unseen_and_may_not_be_read_is_told() -> None:
    # Not below the directory of the tests: that one is for its owner only.
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        log = Followed(Path(directory) / "app.log")
        log.append("one")
        log.poll()
        reader = open_reader(log.source)
        assert hear(reader) == ["one"]
        log.rotate()
        log.append("two")
        log.beside("app.log").chmod(0)
        log.rotate()
        log.append("three")
        with without_privilege():
            log.poll()
            assert hear(reader) == ["<lost>", "three"]
        log.rotate()
        log.append("four")
        with without_privilege():
            log.poll()
            assert hear(reader) == ["four"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("app.log.3", ["<rotated>", "four"]),
        ("app.log.2", ["one", "<lost>", "three", "four"]),
        ("app.log.1", ["one", "two", "<lost>", "four"]),
    ],
)
def test_one_bad_file_keeps_nobody_who_comes_back_from_the_others(log: Followed, bad: str, told: list[str]) -> None:
    log.append("zero")
    reader = open_reader(log.source)
    assert hear(reader) == ["zero"]
    for text in ("one", "two", "three"):
        log.append(text)
        log.rotate()
    log.append("four")
    with without_disk(log.beside(bad)):
        log.restarted()
        back = open_reader(log.source, checkpoints(reader))
        assert hear(back) == told
        assert log.source.state == "open"


def test_a_rotated_file_that_may_not_be_read_is_told_to_who_comes_back() -> None:
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        log = Followed(Path(directory) / "app.log")
        log.append("zero")
        reader = open_reader(log.source)
        assert hear(reader) == ["zero"]
        for text in ("one", "two", "three"):
            log.append(text)
            log.rotate()
        log.append("four")
        log.beside("app.log.2").chmod(0)
        with without_privilege():
            log.restarted()
            assert hear(open_reader(log.source, checkpoints(reader))) == ["one", "<lost>", "three", "four"]
