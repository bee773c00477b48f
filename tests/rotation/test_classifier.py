"""Which files beside a log are its rotations, by their contents and their growth."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from logviewer.files.byte_file import Identity
from logviewer.rotation.classifier import RotationClassifier

START = datetime(2026, 11, 26, 10, tzinfo=UTC)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines ``seconds`` apart, from a minute on; without a minute they have no times."""

    def lines(name: str, minute: float | None = None, count: int = 30, *, text: str = "", seconds: int = 1) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            for number in range(count):
                stamp = (
                    "" if minute is None else f"{START + timedelta(minutes=minute, seconds=number * seconds):%F %T} "
                )
                file.write(f"{stamp}{text or name} line {number}\n")
        return path

    return lines


def listed(directory: Path) -> dict[Path, Identity]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path: (path.stat().st_dev, path.stat().st_ino) for path in files}


def logs(directory: Path, classifier: RotationClassifier | None = None) -> list[str]:
    return sorted(path.name for path in (classifier or RotationClassifier()).logs(listed(directory)))


def rotated(live: Path, classifier: RotationClassifier | None = None) -> list[str]:
    files = listed(live.parent)
    names = {path.name for path in files if path.parent == live.parent}
    return [path.name for path in (classifier or RotationClassifier()).rotated(live, files, names)]


@pytest.mark.parametrize(
    ("live", "other"),
    [
        ("app.log", "app-8080.log"),
        ("worker.log", "worker.12345.log"),
        ("worker.log", "worker.log.23456"),
        ("tenant.log", "tenant-1001.log"),
        ("redis.log", "redis_6379.log"),
        ("worker.log", "worker-12345.log"),
    ],
)
def test_files_written_at_the_same_time_are_two_logs(write: Write, tmp_path: Path, live: str, other: str) -> None:
    write(live, 0, seconds=60)
    write(other, 5, seconds=60)
    assert logs(tmp_path) == sorted([live, other])
    assert rotated(tmp_path / live) == []


@pytest.mark.parametrize(
    "name", ["app.log.1", "app-1.log", "app-8080.log", "app-2026-11-25.log", "app.log.old", "app.log00001"]
)
def test_a_file_written_before_the_live_one_is_its_rotation(write: Write, tmp_path: Path, name: str) -> None:
    write(name, 0)
    live = write("app.log", 1)
    assert logs(tmp_path) == ["app.log"]
    assert rotated(live) == [name]


@pytest.mark.parametrize(
    ("name", "is_log"), [("app.log.1", False), ("app.log-20261125", False), ("app-8080.log", True)]
)
def test_without_times_the_name_decides(write: Write, tmp_path: Path, name: str, is_log: bool) -> None:
    write(name)
    live = write("app.log")
    assert (name in logs(tmp_path)) == is_log
    assert rotated(live) == ([] if is_log else [name])


def rename_after_the_last_line(path: Path, name: str) -> None:
    os.utime(path, (1.0, 1.0))
    path.rename(path.with_name(name))


def test_a_number_is_a_rotation_if_it_appeared_by_a_rename(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    assert rotated(tmp_path / "out.log", classifier) == []
    rename_after_the_last_line(write("out.log"), "out-1.log")
    assert rotated(write("out.log", text="new"), classifier) == ["out-1.log"]


def test_changed_permissions_make_no_rotation(write: Write, tmp_path: Path) -> None:
    os.utime(write("app-8080.log"), (1.0, 1.0))
    live = write("app.log")
    assert logs(tmp_path) == ["app-8080.log", "app.log"]
    assert rotated(live) == []


def test_lines_of_another_form_make_no_rotation(write: Write, tmp_path: Path) -> None:
    (tmp_path / "app-8080.log").write_text("<13>2026-11-26 09:00:00 other\n")
    write("app.log", 1)
    assert logs(tmp_path) == ["app-8080.log", "app.log"]


def test_a_file_that_grows_is_a_log(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    write("tornado.log.1")
    live = write("tornado.log")
    assert logs(tmp_path, classifier) == ["tornado.log"]
    for known in (["tornado.log"], ["tornado.log", "tornado.log.1"]):
        write("tornado.log.1", count=1)
        assert logs(tmp_path, classifier) == known
    assert rotated(live, classifier) == []


def test_late_lines_in_the_file_that_was_live_make_no_log_of_it(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    live = write("app.log", 0)
    assert logs(tmp_path, classifier) == ["app.log"]
    live.rename(tmp_path / "app.log.1")
    write("app.log", 1)
    for _ in range(2):
        assert logs(tmp_path, classifier) == ["app.log"]
        write("app.log.1", 2, 1)
    assert rotated(live, classifier) == ["app.log.1"]


def test_a_copy_in_the_making_is_no_log(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    live = write("app.log", 0, 100)
    copy = tmp_path / "app.log.1"
    for size in (1100, 2200, 3300):
        copy.write_bytes(live.read_bytes()[:size])
        assert logs(tmp_path, classifier) == ["app.log"]


def test_one_wrong_clock_makes_no_log(write: Write, tmp_path: Path) -> None:
    write("app.log.1", 0)
    write("app.log.1", 60 * 24 * 365, 1)
    write("app.log.1", 0.5, 20)
    write("app.log", 1)
    assert logs(tmp_path) == ["app.log"]


def test_files_that_cannot_be_read_are_judged_by_their_names(tmp_path: Path) -> None:
    names = ("app.log", "app.log.1", "app-8080.log")
    for identity in (None, (0, 0)):
        files = {tmp_path / name: identity for name in names[:1]} | {tmp_path / name: (0, 1) for name in names[1:]}
        assert [path.name for path in RotationClassifier().logs(files)] == ["app.log", "app-8080.log"]


@pytest.mark.parametrize("is_ascending", [False, True])
@pytest.mark.parametrize("with_times", [False, True])
def test_the_direction_of_numbers_follows_the_contents(
    write: Write, tmp_path: Path, is_ascending: bool, with_times: bool
) -> None:
    numbers = [1, 2, 3, 10] if is_ascending else [10, 3, 2, 1]
    for age, number in enumerate(numbers):
        path = write(f"app.log.{number}", age if with_times else None)
        os.utime(path, ns=(0, 10**18 + (age if not with_times else -age) * 10**9))
    live = write("app.log", 9 if with_times else None)
    assert rotated(live) == [f"app.log.{number}" for number in numbers]


def test_numbers_without_evidence_are_newest_first(write: Write, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        os.utime(write(f"app.log.{number}"), ns=(0, 10**18))
    assert rotated(write("app.log")) == ["app.log.3", "app.log.2", "app.log.1"]


def test_the_direction_follows_what_was_seen(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    for number in (1, 2, 3):
        live = write("app.log")
        assert rotated(live, classifier) == [f"app.log.{each}" for each in range(1, number)]
        live.rename(tmp_path / f"app.log.{number}")
        for each in range(1, number + 1):
            os.utime(tmp_path / f"app.log.{each}", ns=(0, 10**18))
    assert rotated(write("app.log"), classifier) == ["app.log.1", "app.log.2", "app.log.3"]


def test_files_that_are_recognised_late_are_not_newer(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    write("app-2.log", 0)
    write("app-1.log", 1)
    live = tmp_path / "app.log"
    assert rotated(live, classifier) == []
    live.touch()
    assert rotated(live, classifier) == []
    for name, newer in {"app-2.log": "app-3.log", "app-1.log": "app-2.log", "app.log": "app-1.log"}.items():
        (tmp_path / name).rename(tmp_path / newer)
    assert rotated(write("app.log", 5), classifier) == ["app-3.log", "app-2.log", "app-1.log"]


def test_rotations_in_an_archive_folder_belong_to_the_log_above(write: Write, tmp_path: Path) -> None:
    write("archive/app.log.2", 0)
    write("archive/other.log", 0)
    write("app.log.1", 1)
    live = write("app.log", 2)
    assert logs(tmp_path) == ["app.log", "other.log"]
    assert rotated(live) == ["app.log.2", "app.log.1"]


def test_the_longest_name_that_is_a_log_is_proposed_to(write: Write, tmp_path: Path) -> None:
    write("app.log", 0)
    live = write("app-8080.log", 0)
    rest = write("app-8080.log.1", -10)
    assert logs(tmp_path) == ["app-8080.log", "app.log"]
    assert rotated(live) == [rest.name]
    assert rotated(tmp_path / "app.log") == []


def test_ten_thousand_files_are_told_apart(tmp_path: Path) -> None:
    names = [f"svc-{number}.log" for number in range(5000)] + [f"svc-{number}.log.1" for number in range(5000)]
    random.Random(1).shuffle(names)
    for name in names:
        (tmp_path / name).touch()
    assert logs(tmp_path) == sorted(name for name in names if name.endswith("log"))


def test_a_log_of_its_own_never_joins_another_one(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    live = write("tenant.log", 0)
    write("tenant-1001.log", 0)
    assert logs(tmp_path, classifier) == ["tenant-1001.log", "tenant.log"]
    live.unlink()
    write("tenant-1001.log", 1)
    write("tenant.log", 5)
    assert logs(tmp_path, classifier) == ["tenant-1001.log", "tenant.log"]
    assert rotated(live, classifier) == []


def test_a_copy_that_was_finished_when_the_log_was_truncated_is_no_log(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    live = write("app.log", count=100)
    data = live.read_bytes()
    copy = tmp_path / "app.log.1"
    copy.write_bytes(data[:1000])
    assert logs(tmp_path, classifier) == ["app.log"]
    copy.write_bytes(data)
    os.truncate(live, 0)
    for number in range(3):
        write("app.log", text=f"new {number}")
        assert rotated(live, classifier) == ["app.log.1"]
        assert logs(tmp_path, classifier) == ["app.log"]


@pytest.mark.parametrize("name", ["app.log.1", "app-2026-11-25.log"])
def test_times_out_of_order_make_no_log(write: Write, tmp_path: Path, name: str) -> None:
    write(name, 1)
    live = write("app.log", 0.8)
    assert logs(tmp_path) == ["app.log"]
    assert rotated(live) == [name]


def test_a_renamed_file_with_times_out_of_order_is_a_rotation(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    assert rotated(tmp_path / "app.log", classifier) == []
    rename_after_the_last_line(write("app.log", 1), "app-1.log")
    assert rotated(write("app.log", 0.8), classifier) == ["app-1.log"]


def test_two_logs_of_the_same_second_are_two_logs(write: Write, tmp_path: Path) -> None:
    for name in ("tenant.log", "tenant-1001.log"):
        write(name, 0, 1)
    assert logs(tmp_path) == ["tenant-1001.log", "tenant.log"]


@pytest.mark.parametrize(("live", "other"), [("web1.log", "web120261125.log"), ("node1", "node100001")])
def test_a_number_that_goes_on_another_one_is_a_log(write: Write, tmp_path: Path, live: str, other: str) -> None:
    write(other, 0)
    write(live, 1)
    assert logs(tmp_path) == sorted([live, other])
    assert rotated(tmp_path / live) == []


@pytest.mark.parametrize("name", ["tornado.log.1", "tornado.log.old", "tornado.log-20261126"])
@pytest.mark.parametrize(
    ("minutes", "is_log"),
    [
        ([-60, 600], True),
        ([60, 360], True),
        ([-600, 5], False),
        ([-600, 60], False),
        ([60 * 24 * 365 * 30], False),
    ],
    ids=["earlier and beside", "later", "a rotation", "a clock set back", "a clock never set"],
)
def test_files_written_side_by_side_for_hours_are_two_logs(
    write: Write, tmp_path: Path, name: str, minutes: list[int], is_log: bool
) -> None:
    for minute in minutes:
        write(name, minute)
    live = write("tornado.log", 0)
    assert logs(tmp_path) == sorted(["tornado.log", *[name] * is_log])
    assert rotated(live) == [name] * (not is_log)


def test_names_continue_those_that_were_seen(write: Write, tmp_path: Path) -> None:
    classifier = RotationClassifier()
    write("app-8080.log")
    live = write("app.log")
    assert logs(tmp_path, classifier) == ["app-8080.log", "app.log"]
    live.rename(tmp_path / "app-1.log")
    live = write("app.log")
    assert rotated(live, classifier) == ["app-1.log"]
    # Rotated before any poll saw it, and without any evidence in it.
    write("app-2.log")
    live = write("app.log")
    assert logs(tmp_path, classifier) == ["app-8080.log", "app.log"]
    assert sorted(rotated(live, classifier)) == ["app-1.log", "app-2.log"]
