"""A slow regular expression is searched in small pieces."""

from pathlib import Path
from random import Random

import pytest

from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.pace import LEAST_BYTES, Pace
from logviewer.search.pattern import Pattern
from logviewer.search.query import Query

_MIB = 2**20


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The processor time of the thread."""
    now = [0.0]
    monkeypatch.setattr("time.thread_time", lambda: now[0])
    return now


def test_a_stride_takes_about_50_ms(clock: list[float]) -> None:
    slow = Pace(is_known=False)
    assert slow.stride(8 * _MIB) == LEAST_BYTES
    for megabytes_a_second, stride in (
        (1000, 50 * LEAST_BYTES),
        (10, 7 * LEAST_BYTES),
        (0.1, LEAST_BYTES),
        (50, 38 * LEAST_BYTES),
    ):
        with slow.measured(LEAST_BYTES):
            clock[0] += LEAST_BYTES / megabytes_a_second / 1e6
        assert slow.stride(8 * _MIB) == stride


def test_plain_texts_begin_with_the_largest_stride() -> None:
    assert Pace(is_known=True).stride(2 * _MIB) == 2 * _MIB


def test_few_bytes_say_nothing_about_the_speed(clock: list[float]) -> None:
    known = Pace(is_known=True)
    with known.measured(10):
        clock[0] += 0.0001
    assert known.stride(2 * _MIB) == 2 * _MIB


def test_a_request_searches_few_bytes_with_a_slow_pattern(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(bytes(Random(number).choices(b"ab", k=20_000)) + b"\n" for number in range(400)))
    generation = Generation(ByteFile.open(path), b"source", PLAIN)
    for text, searches_all in (("a[ab]{999}c|b[ab]{999}d", False), ("c", True)):
        lines = MatchLines(MatchIndex(generation, LineFilter(Query(include=(text,), regex=True))))
        for found, searched in (
            (back := lines.read_before(path.stat().st_size, 5, most=8 * _MIB), path.stat().st_size - back.offset),
            (on := lines.read_from(0, 5, most=8 * _MIB), on.offset),
        ):
            assert found.is_pending is not searches_all
            assert searched >= LEAST_BYTES
            assert (searched > 7 * _MIB) == searches_all


def test_a_large_pattern_searches_few_bytes_of_a_long_line() -> None:
    large, small = (Pattern("q", text, regex=True, case="smart") for text in ("a[ab]{900}c|needle", "needle"))
    for size, finds in ((30_000, True), (100_000, False)):
        line = b"x" * size + b"needle"
        data = b"needle\n" + line + b"\nneedle\n" + line
        starts = [start for start, _ in small.lines(data, 0, len(data))]
        assert starts == [0, 7, 7 + len(line) + 1, 7 + len(line) + 8]
        found = large.lines(data, 0, len(data))
        assert [start for start, _ in found] == (starts if finds else starts[::2])
        assert large.is_in(line) is finds
        assert [data[start:end] for start, end in found] == ([b"needle", line] * 2 if finds else [b"needle"] * 2)
