"""The files that keep the order of rotated files: where they are, what they hold, and when they are removed."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.rotation import state_directory
from logviewer.rotation.state_directory import KnownFile, KnownLine, StateDirectory

LOG = Path("/var/log/app.log")
DAY = 24 * 60 * 60


def line(*ranks: int) -> KnownLine:
    files = [KnownFile((1, number), 5, b"digest", rank, was_live=True) for number, rank in enumerate(ranks)]
    return KnownLine({each.identity: each for each in files}, is_complete=True)


def test_a_saved_line_is_loaded_by_the_next_server(tmp_path: Path) -> None:
    log = Path(os.fsdecode(b"/logs/caf\xe9.log"))
    for saved in (line(0, 1, 1, 2), KnownLine({}, is_complete=False)):
        StateDirectory(tmp_path).save(log, saved)
        assert StateDirectory(tmp_path).load(log) == saved
        assert StateDirectory(tmp_path).load(LOG) is None


def test_a_line_with_a_file_that_could_not_be_read_is_not_complete(tmp_path: Path) -> None:
    unread = KnownFile((1, 9), 0, None, 3, was_live=True)
    StateDirectory(tmp_path).save(LOG, KnownLine({**line(0, 1).files, unread.identity: unread}, is_complete=True))
    assert StateDirectory(tmp_path).load(LOG) == KnownLine(line(0, 1).files, is_complete=False)


@given(st.binary(max_size=200), st.integers(0, 400))
@example(b"[" * 60_000, 0)
@example(b"9" * 60_000, 0)
@example(b'"\xff"', 0)
def test_any_bytes_load_as_a_line_or_as_none(tmp_path: Path, data: bytes, offset: int) -> None:
    state = StateDirectory(tmp_path)
    state.save(LOG, line(0, 1, 2))
    (path,) = (tmp_path / "rotations").iterdir()
    with path.open("r+b") as file:
        file.seek(min(offset, path.stat().st_size))
        file.write(data)
    loaded = StateDirectory(tmp_path).load(LOG)
    assert loaded is None or all(isinstance(each, KnownFile) for each in loaded.files.values())


def test_a_file_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    StateDirectory(tmp_path).save(LOG, line(0, 1))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert StateDirectory(tmp_path).load(LOG) is None


def test_unused_and_unfinished_files_are_removed(tmp_path: Path) -> None:
    used, unused = Path("/logs/used.log"), Path("/logs/unused.log")
    StateDirectory(tmp_path).save(used, line(0, 1))
    StateDirectory(tmp_path).save(unused, line(0, 1))
    names = {"unfinished": ".abcd_123.tmp", "foreign": "readme.txt"}
    for name in names.values():
        (tmp_path / "rotations" / name).touch()
    for path in (tmp_path / "rotations").iterdir():
        os.utime(path, times=(0, time.time() - 91 * DAY))
    assert StateDirectory(tmp_path).load(used)
    StateDirectory(tmp_path).save(LOG, line(0, 1))
    assert StateDirectory(tmp_path).load(used)
    assert StateDirectory(tmp_path).load(unused) is None
    assert [name for name in names.values() if (tmp_path / "rotations" / name).exists()] == [names["foreign"]]


def test_the_oldest_of_too_many_files_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_directory, "_MAX_LOGS", 3)
    logs = [Path(f"/logs/{number}.log") for number in range(5)]
    for age, log in enumerate(logs):
        before = set(tmp_path.glob("rotations/*"))
        StateDirectory(tmp_path).save(log, line(0, 1))
        (new,) = set(tmp_path.glob("rotations/*")) - before
        os.utime(new, times=(0, time.time() - DAY * age))
    assert [log for log in logs if StateDirectory(tmp_path).load(log)] == [logs[0], logs[1], logs[4]]


def test_a_full_disk_leaves_the_old_line_and_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    state = StateDirectory(tmp_path)
    state.save(LOG, line(0, 1))

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        for _ in range(3):
            state.save(LOG, line(0, 1, 2))
    assert [record.message.count("No space left") for record in caplog.records] == [1]
    assert len(list((tmp_path / "rotations").iterdir())) == 1
    assert StateDirectory(tmp_path).load(LOG) == line(0, 1)
    state.save(LOG, line(0, 1, 2))
    assert StateDirectory(tmp_path).load(LOG) == line(0, 1, 2)
