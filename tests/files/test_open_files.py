"""The bound on open files."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from logviewer.errors import FileGoneError
from logviewer.files import byte_file, open_files
from logviewer.files.byte_file import ByteFile
from logviewer.files.open_files import OpenFiles

MOST = 8


@pytest.fixture(autouse=True)
def bound(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(byte_file, "OPEN_FILES", OpenFiles())
    monkeypatch.setattr(open_files, "_limit", lambda: MOST)
    monkeypatch.setattr(open_files, "_AT_ONCE", 0)
    yield


def written(directory: Path, count: int) -> list[Path]:
    paths = [directory / f"{number}.log" for number in range(count)]
    for path in paths:
        path.write_text(path.name)
    return paths


@pytest.mark.parametrize("limit", [64, 256, 1024])
def test_files_and_connections_leave_descriptors_for_the_rest(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert 8 <= open_files._limit() <= limit // 2 - min(24, limit // 3)


def test_the_least_recently_read_files_rest(tmp_path: Path) -> None:
    files = [ByteFile.open(path) for path in written(tmp_path, MOST)]
    assert files[0].pread(5, 0) == b"0.log"
    (tmp_path / "new.log").touch()
    newest = ByteFile.open(tmp_path / "new.log")
    assert [each.is_resting for each in files] == [False, True, *[False] * (MOST - 2)]
    assert files[1].pread(5, 0) == b"1.log"
    assert sum(not each.is_resting for each in (*files, newest)) == MOST


def test_all_of_many_files_are_read(tmp_path: Path) -> None:
    files = [ByteFile.open(path) for path in written(tmp_path, 5 * MOST)]
    for _ in range(2):
        for number, file in enumerate(files):
            assert file.pread(20, 0) == f"{number}.log".encode()
            assert sum(not each.is_resting for each in files) <= MOST


def test_deleted_files_stay_open_while_others_can_rest(tmp_path: Path) -> None:
    files = [ByteFile.open(path) for path in written(tmp_path, MOST)]
    for number in range(0, MOST, 2):
        (tmp_path / f"{number}.log").unlink()
    for file in files[3::2]:
        file.__enter__()
    for name in ("new.log", "newer.log"):
        (tmp_path / name).touch()
    newest = [ByteFile.open(tmp_path / "new.log")]
    assert [each.is_resting for each in files] == [False, True, *[False] * (MOST - 2)]
    newest[0].__enter__()
    files[0].pread(1, 0)
    newest.append(ByteFile.open(tmp_path / "newer.log"))
    # The least recently read one gives way.
    assert [each.is_resting for each in files] == [False, True, True, *[False] * (MOST - 3)]
    assert files[0].pread(5, 0) == b"0.log"
    with pytest.raises(FileGoneError):
        files[2].pread(5, 0)


def test_files_in_use_stay_open(tmp_path: Path) -> None:
    files = [ByteFile.open(path) for path in written(tmp_path, MOST)]
    (tmp_path / "0.log").unlink()
    for file in files:
        file.__enter__()
    (tmp_path / "new.log").touch()
    with pytest.raises(OSError, match=os.strerror(24)):
        ByteFile.open(tmp_path / "new.log")
    files[1].__exit__()
    ByteFile.open(tmp_path / "new.log").close()
    assert [each.is_resting for each in files] == [False, True, *[False] * (MOST - 2)]
