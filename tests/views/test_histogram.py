"""The histogram: each line is counted once, and exactly in small files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.formats.level import LEVELS
from logviewer.formats.line_format import PLAIN
from logviewer.search.query import Query
from logviewer.search.time_index import TimeIndex
from logviewer.sources.local import LocalSource
from logviewer.views import histogram as module
from logviewer.views.histogram import Histogram
from logviewer.views.views import Views
from tests.helpers import server

BEGIN = 1_795_168_800
ERROR = LEVELS.index("error")


class CountedTimes(TimeIndex):
    """A time index that counts its reads of first times."""

    parsed = 0

    def _parse(self, cell: int, end: int, until: int, *, most: int | None = None) -> list[tuple[int, int]]:
        self.parsed += 1
        return super()._parse(cell, end, until, most=most)


def written(path: Path, lines: list[str]) -> LocalSource:
    path.write_text("".join(f"{line}\n" for line in lines))
    source = LocalSource("app", path, name="app", line_format=PLAIN)
    source.poll()
    return source


def counted(
    source: LocalSource, query: Query, buckets: int, *, since: int | None = None, until: int | None = None
) -> Histogram:
    views = Views()
    line_filter = views.line_filter(query, 0)
    server.until(lambda: all(matches.complete for matches in views.match_indexes(source, line_filter)))
    found = views.histogram([source], line_filter, buckets, since=since, until=until)
    views.close()
    return found


@given(seconds=st.lists(st.integers(0, 600), min_size=1, max_size=60).map(sorted), buckets=st.integers(1, 20))
def test_each_line_of_a_small_file_is_in_its_bucket(tmp_path: Path, seconds: list[int], buckets: int) -> None:
    lines = [f"{BEGIN + each} {'ERROR' if each % 3 else 'INFO'} x" for each in seconds]
    found = counted(written(tmp_path / "log", [*lines, "  its trace"]), Query(), buckets)
    assert found.complete
    assert found.begin == (BEGIN + seconds[0]) * 1000
    expected = [0] * buckets
    for each in seconds:
        expected[(each - seconds[0]) * 1000 // found.step] += each % 3 > 0
    assert list(found.counts[ERROR]) == expected
    assert sum(map(sum, found.counts)) == len(lines) + 1


def test_a_large_file_is_counted_by_cells_and_whole(tmp_path: Path) -> None:
    lines = [f"{BEGIN + each // 10} {'ERROR' if each % 100 == 0 else 'INFO'} {'x' * 60}" for each in range(60_000)]
    source = written(tmp_path / "log", lines)
    assert source.live
    assert source.live.size() > module._EXACT_BYTES
    found = counted(source, Query(), 12)
    assert sum(map(sum, found.counts)) == len(lines)
    assert sum(found.counts[ERROR]) == 600
    # Buckets differ only by lines that share a cell with those of the next one.
    assert all(abs(each - 50) <= 2 for each in found.counts[ERROR])
    assert sum(counted(source, Query(levels=frozenset({"error"})), 12).counts[ERROR]) == 600


@pytest.mark.parametrize("size", [300, 60_000])
def test_a_span_counts_only_its_lines(tmp_path: Path, size: int) -> None:
    source = written(tmp_path / "log", [f"{BEGIN + each} INFO {'x' * 60}" for each in range(size)])
    found = counted(source, Query(), 5, since=(BEGIN + 100) * 1000, until=(BEGIN + 200) * 1000)
    assert (found.begin, found.end, found.step) == ((BEGIN + 100) * 1000, (BEGIN + 200) * 1000, 20_000)
    assert [sum(kind[bucket] for kind in found.counts) for bucket in range(5)] == pytest.approx([20] * 5, abs=1)


def test_lines_without_times_are_counted_by_level(tmp_path: Path) -> None:
    found = counted(written(tmp_path / "log", ["ERROR a", "b", "c"]), Query(), 5)
    assert (found.begin, found.end, found.counts[ERROR], found.counts[-1]) == (None, None, [1], [2])


def test_a_source_without_a_file_has_no_lines(tmp_path: Path) -> None:
    source = LocalSource("app", tmp_path / "log", name="app", line_format=PLAIN)
    source.poll()
    found = counted(source, Query(), 5)
    assert (found.begin, found.complete, sum(map(sum, found.counts))) == (None, True, 0)


def test_a_file_without_times_is_recognized_early(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        file.write(b"1.5 of 2\n" * 500_000)
    source = LocalSource("app", tmp_path / "log", name="app", line_format=PLAIN)
    source.poll()
    assert source.live
    times = CountedTimes(source.live)
    for _ in range(2):
        assert (times.first_time(), times.last_time()) == (None, None)
    assert times.parsed < 100
