"""The order of a log's files by earlier polls and earlier servers."""

import os
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.byte_file import Identity
from logviewer.rotation.known_files import KnownFiles
from logviewer.rotation.state_directory import MAX_FILES, StateDirectory


def identity(path: Path) -> Identity:
    status = path.stat()
    return status.st_dev, status.st_ino


class World:
    """A log that is written, rotated and polled; ``paths`` are its files, oldest first, the live one last."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "app.log"
        self.rotated: list[Path] = []
        self.state = StateDirectory(directory / "state")
        self.seen: list[Identity] = []
        self.count = 0
        self.log.touch()
        self.restart()
        self.poll()

    def write(self) -> None:
        with self.log.open("a") as file:
            file.write(f"line {self.count}\n")
        self.count += 1

    def _next(self) -> Path:
        self.count += 1
        return self.log.with_name(f"app.log.{self.count}")

    def rename(self) -> None:
        self.rotated.append(self.log.rename(self._next()))
        self.log.touch()
        self.write()

    def copy_and_truncate(self) -> None:
        path = self._next()
        path.write_bytes(self.log.read_bytes())
        self.rotated.append(path)
        os.truncate(self.log, 0)
        self.write()

    def delete_oldest(self) -> None:
        if self.rotated:
            self.rotated.pop(0).unlink()

    def poll(self) -> None:
        live = identity(self.log)
        self.seen = [*(each for each in self.seen if each != live), live]
        files = {identity(path): path for path in (*self.rotated, self.log)}
        self.known.note(self.log, files, live=live, seen=self.seen)
        self.known.save()

    def restart(self) -> None:
        self.seen = []
        self.known = KnownFiles(StateDirectory(self.state._files.path.parent))

    def disorder(self) -> list[tuple[Path, Path]]:
        """Return pairs of files, the older first, whose ranks have the opposite order."""
        ranks = self.known.ranks(self.log)
        return [
            (older, newer)
            for older, newer in combinations((*self.rotated, self.log), 2)
            if ranks.get(identity(older), 0) > ranks.get(identity(newer), MAX_FILES)
        ]


OPERATIONS = ["write", "rotate", "rotate", "delete_oldest", "poll", "poll", "restart"]


@pytest.mark.parametrize("how", ["rename", "copy_and_truncate"])
@given(operations=st.lists(st.sampled_from(OPERATIONS), max_size=40))
def test_any_operations_rank_no_file_against_its_age(how: str, operations: list[str]) -> None:
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        # Of a log with one file, no bytes are noted: a reused inode would not show.
        world.rename()
        world.poll()
        for operation in operations:
            getattr(world, how if operation == "rotate" else operation)()
        world.poll()
        assert world.disorder() == []


@pytest.mark.parametrize("count", [3, 150])
def test_files_rotated_while_no_server_runs_are_newer(tmp_path: Path, count: int) -> None:
    world = World(tmp_path)
    for _ in range(count):
        world.rename()
        world.poll()
    world.restart()
    for _ in range(3):
        world.rename()
    world.poll()
    ranks = world.known.ranks(world.log)
    ordered = [ranks[identity(path)] for path in (*world.rotated, world.log) if identity(path) in ranks]
    assert ordered == sorted(ordered)
    assert len(set(ordered)) > min(count, 90)
    assert len(ranks) <= MAX_FILES


def test_a_log_without_rotated_files_is_not_saved(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write()
    world.poll()
    assert not (tmp_path / "state").exists()


def test_a_directory_that_is_away_keeps_its_line(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.rename()
    world.poll()
    before = world.known.ranks(world.log)
    world.known.note(world.log, {}, live=None, seen=[])
    assert world.known.ranks(world.log) == before


def test_a_line_is_written_only_when_it_changes(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.rename()
    world.write()
    world.poll()
    (saved,) = (tmp_path / "state" / "rotations").iterdir()
    before = saved.stat()
    with world.log.open("a") as file:
        file.write("x" * 2000)
    world.poll()
    assert saved.stat().st_ino != before.st_ino
    before = saved.stat()
    for _ in range(3):
        world.write()
        world.poll()
    assert (saved.stat().st_ino, saved.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
