"""The order of rotated files, by dates, numbers and evidence."""

import os
import random
from pathlib import Path

import pytest

from logviewer.files.rotations import parse
from logviewer.rotation.order import by_age


def ordered(directory: Path, base: str, names: list[str], *, ranks: dict[str, int] | None = None) -> list[str]:
    found = {directory / name: read for name in names if (read := parse(base, name))}
    assert len(found) == len(names)
    files = {path: (0, number) for number, path in enumerate(found)}
    known = {files[directory / name]: rank for name, rank in (ranks or {}).items()}
    return [path.name for path in by_age(found, files, known)]


def write(directory: Path, names: list[str], *, with_times: bool) -> None:
    """Write files, oldest first; their times are in their lines or in their directory, in the other they are wrong."""
    for age, name in enumerate(names):
        stamp = f"2026-11-26 10:{age:02}:00 " if with_times else ""
        (directory / name).write_text("".join(f"{stamp}line {number}\n" for number in range(20)))
        os.utime(directory / name, ns=(0, 10**18 + (-age if with_times else age) * 10**9))


RINGS = [(3, 0), (3, 1), (3, 2), (7, 0), (7, 3), (7, 6)]


@pytest.mark.parametrize("with_times", [False, True])
@pytest.mark.parametrize(("count", "newest"), RINGS)
def test_a_ring_continues_at_its_first_number(tmp_path: Path, count: int, newest: int, with_times: bool) -> None:
    names = [f"gc.log.{number % count}" for number in range(newest + 1, newest + 1 + count)]
    write(tmp_path, names, with_times=with_times)
    assert ordered(tmp_path, "gc.log", random.Random(7).sample(names, count)) == names


@pytest.mark.parametrize("count", [2, 3, 12])
@pytest.mark.parametrize("with_times", [False, True])
def test_parts_of_a_day_have_a_direction(tmp_path: Path, count: int, with_times: bool) -> None:
    for numbers in (range(count), range(count - 1, -1, -1)):
        names = [f"app-2026-11-26-{number}.log" for number in numbers]
        write(tmp_path, names, with_times=with_times)
        assert ordered(tmp_path, "app.log", sorted(names)) == names


def test_a_live_name_is_the_newest_of_its_ring(tmp_path: Path) -> None:
    names = ["gc.log.2", "gc.log.3", "gc.log.0", "gc.log.1.current"]
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(0, 0))
    assert ordered(tmp_path, "gc.log", sorted(names)) == names


def test_ranks_come_before_times(tmp_path: Path) -> None:
    names = ["app.log.1", "app.log.2", "app.log.3"]
    write(tmp_path, names[::-1], with_times=True)
    assert ordered(tmp_path, "app.log", names) == names[::-1]
    assert ordered(tmp_path, "app.log", names, ranks={"app.log.1": 1, "app.log.2": 2}) == names


def test_numbers_in_two_forms_are_all_kept(tmp_path: Path) -> None:
    names = ["app.log.2", "app.2.log", "app.log.1", "app.1.log"]
    write(tmp_path, names, with_times=False)
    assert sorted(ordered(tmp_path, "app.log", names)) == sorted(names)
    assert ordered(tmp_path, "app.log", ["app.log.1", "app.log.old", "app.log-20261126"]) == [
        "app.log-20261126",
        "app.log.1",
        "app.log.old",
    ]
