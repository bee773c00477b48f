"""Saved cell tables: known at once after a restart and a rotation, and thrown away on any doubt."""

import stat
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN, LineFormat
from logviewer.rotation.generation import Generation
from logviewer.search import cell_cache
from logviewer.search.indexer import Indexer
from logviewer.search.level_index import LevelIndex
from logviewer.settings import LogRule
from tests.helpers.server import until

WORD = "zanzibar"
LINE = "2026-11-{day:02} 01:02:03 ERROR {word} {number}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("".join(LINE.format(day=1 + number % 20, word=WORD, number=number) for number in range(120_000)))
    assert path.stat().st_size > cell_cache.LEAST_BYTES
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def counted(path: Path, cache: Path | None, line_format: LineFormat = PLAIN) -> tuple[LevelIndex, int]:
    """Return the index of all lines, and the bytes that were read for it."""
    file = ByteFile.open(path)
    read = [0]
    pread = file.pread

    class Counting(ByteFile):
        def pread(self, size: int, offset: int) -> bytes:
            read[0] += size
            return pread(size, offset)

    counting = Counting.open(path)
    indexer = Indexer(cache)
    generation = Generation(counting, b"source", line_format)
    index = indexer.everything(generation)
    until(lambda: index.complete)
    indexer.close()
    return index, read[0]


def saved(cache: Path) -> list[Path]:
    return sorted((cache / "cells").iterdir()) if (cache / "cells").exists() else []


def fresh(path: Path, line_format: LineFormat = PLAIN) -> LevelIndex:
    return counted(path, None, line_format)[0]


def check_equal(one: LevelIndex, other: LevelIndex) -> None:
    for name in ("numbers", "kinds", "first", "last", "least", "greatest", "leading", "untimed", "opens"):
        column = getattr(other.cell_pass.table.rows(), name)
        assert np.array_equal(getattr(one.cell_pass.table.rows(), name), column)
    size = one.generation.size()
    assert one.generation.number(size) == one.count == other.count


def test_a_table_is_known_after_a_restart_and_under_another_name(log: Path, cache: Path) -> None:
    counted(log, cache)
    renamed = log.rename(log.with_name("app.log.1"))
    with renamed.open("a") as file:
        file.write(LINE.format(day=21, word="more", number=1) * 5)
    index, read = counted(renamed, cache)
    assert read < renamed.stat().st_size / 4
    check_equal(index, fresh(renamed))


def test_a_file_has_hashes_counts_and_times_only(log: Path, cache: Path) -> None:
    counted(log, cache)
    (path,) = saved(cache)
    assert WORD.encode() not in path.read_bytes()
    assert b"ERROR" not in path.read_bytes()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    assert not counted(log, None)[0].cell_pass._saved[0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: data[:-1],
        lambda data: data[:900] + bytes([data[900] ^ 1]) + data[901:],
        lambda data: _sealed(data[:0] + b"{}\n"),
        lambda data: _sealed(data[:0] + b"no json"),
        lambda data: _sealed(data[16:] + b"x" * 200),
        lambda data: _sealed(data[16:-100]),
    ],
)
def test_a_damaged_file_is_thrown_away(log: Path, cache: Path, damage: Callable[[bytes], bytes]) -> None:
    counted(log, cache)
    (path,) = saved(cache)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    index, read = counted(log, cache)
    assert read > log.stat().st_size
    check_equal(index, fresh(log))
    assert path.read_bytes() == whole


def _sealed(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest() + content


@pytest.mark.parametrize("change", ["shorter", "other end", "other head", "other zone"])
def test_another_log_does_not_get_the_table(log: Path, cache: Path, change: str) -> None:
    counted(log, cache)
    data = log.read_bytes()
    half = data[: data.index(b"\n", len(data) // 2) + 1]
    line_format = PLAIN
    if change == "shorter":
        log.write_bytes(half + b"x" * (cell_cache.LEAST_BYTES // 2))
    elif change == "other end":
        log.write_bytes(half + half.replace(b"ERROR", b"DEBUG")[::-1] + half)
    elif change == "other head":
        log.write_bytes(b"DEBUG other\n" + data)
    else:
        line_format = LineFormat([LogRule(files=(), zone="Asia/Tokyo")])
    index, read = counted(log, cache, line_format)
    assert read > log.stat().st_size
    check_equal(index, fresh(log, line_format))


def test_each_cache_warns_once_of_a_directory_that_cannot_be_used(
    log: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("x")
    counted(log, tmp_path / "file")
    assert [record.getMessage().startswith("cannot keep line counts in") for record in caplog.records] == [True]
    assert (tmp_path / "file").read_text() == "x"
