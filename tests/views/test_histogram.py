"""The histogram: each line is counted once, and exactly in small files."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.formats.level import LEVELS, Level
from logviewer.formats.line_format import PLAIN
from logviewer.search.query import Query
from logviewer.sources.local import LocalSource
from logviewer.views.histogram import Histogram
from logviewer.views.views import Views
from tests.helpers import server

BEGIN = 1_795_168_800
ERROR = LEVELS.index("error")


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

    def complete() -> Histogram | None:
        found = views.histogram([source], line_filter, buckets, since=since, until=until)
        return found if found.complete else None

    found: Histogram = server.until(complete)
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


@dataclass(frozen=True)
class Lines:
    """Lines with their levels and times, which lines without a time take from the line before."""

    texts: list[str]
    levels: list[Level | None]
    times: list[int | None]


def random_lines(random: Random, count: int, *, spread: int, far: float, missing: float, length: int) -> Lines:
    texts: list[str] = []
    levels: list[Level | None] = []
    times: list[int | None] = []
    for number in range(count):
        time = BEGIN + number // 3 + random.randint(-spread, spread)
        if random.random() < far:
            time = random.choice((1_000_000_001, BEGIN - 10**7, BEGIN + 10**8))
        level = random.choice(LEVELS)
        text = f"{(level or 'none').upper()} {'x' * random.randint(0, length)}"
        is_timed = random.random() >= missing
        texts.append(f"{time} {text}" if is_timed else f" {text}")
        levels.append(PLAIN.level(texts[-1]))
        times.append(time * 1000 if is_timed else times[-1] if times else None)
    return Lines(texts, levels, times)


def total(found: Histogram) -> int:
    return sum(map(sum, [*found.counts, found.before, found.after, found.untimed]))


def brute(lines: Lines, found: Histogram) -> Histogram:
    assert found.begin is not None
    assert found.end is not None
    counts = [[0] * len(found.counts[0]) for _ in LEVELS]
    before, after, untimed = ([0] * len(LEVELS) for _ in range(3))
    for level, time in zip(lines.levels, lines.times, strict=True):
        code = LEVELS.index(level)
        if time is None:
            untimed[code] += 1
        elif time < found.begin:
            before[code] += 1
        elif time >= found.end:
            after[code] += 1
        else:
            counts[code][(time - found.begin) // found.step] += 1
    return Histogram(found.begin, found.step, counts, complete=True, before=before, after=after, untimed=untimed)


@given(
    seed=st.integers(0, 2**32),
    numbers=st.tuples(st.integers(1, 400), st.integers(1, 70)),
    spread=st.sampled_from((0, 3, 1000)),
    shares=st.tuples(st.sampled_from((0.0, 0.01, 0.5)), st.sampled_from((0.0, 0.3))),
)
def test_a_small_file_is_counted_as_line_by_line(
    tmp_path: Path, seed: int, numbers: tuple[int, int], spread: int, shares: tuple[float, float]
) -> None:
    count, buckets = numbers
    lines = random_lines(Random(seed), count, spread=spread, far=shares[0], missing=shares[1], length=300)
    source = written(tmp_path / "log", lines.texts)
    for query in (Query(), Query(levels=frozenset({"error", None})), Query(include=("xxx",))):
        found = counted(source, query, buckets)
        levels = tuple(query.levels) or LEVELS
        kept = [
            number
            for number, text in enumerate(lines.texts)
            if (not query.include or "xxx" in text) and lines.levels[number] in levels
        ]
        own = Lines(
            [lines.texts[number] for number in kept],
            [lines.levels[number] for number in kept],
            [lines.times[number] for number in kept],
        )
        if found.begin is None:
            assert sum(map(sum, found.counts)) == len(kept)
            continue
        assert found == brute(own, found)
        assert len(found.counts[0]) == buckets


@given(
    seed=st.integers(0, 2**32),
    spread=st.sampled_from((0, 5, 2000)),
    shares=st.tuples(st.sampled_from((0.0, 0.002)), st.sampled_from((0.0, 0.2))),
    span=st.booleans(),
)
@settings(max_examples=20)
def test_no_line_of_a_large_file_is_lost(
    tmp_path: Path, seed: int, spread: int, shares: tuple[float, float], *, span: bool
) -> None:
    lines = random_lines(Random(seed), 12_000, spread=spread, far=shares[0], missing=shares[1], length=400)
    source = written(tmp_path / "log", lines.texts)
    since, until = ((BEGIN + 500) * 1000, (BEGIN + 3000) * 1000) if span else (None, None)
    found = counted(source, Query(), 50, since=since, until=until)
    wanted = brute(lines, found)
    assert total(found) == len(lines.texts)
    assert found.untimed == wanted.untimed
    # Lines of a cell that are spread may be in a bucket beside their own.
    for index in range(50):
        one, other = (sum(sum(row[: index + 1]) for row in each.counts) + sum(each.before) for each in (found, wanted))
        assert abs(one - other) <= 0.03 * len(lines.texts)
    for code, level in enumerate(LEVELS):
        outside = found.before[code] + found.after[code] + found.untimed[code]
        assert sum(found.counts[code]) + outside == lines.levels.count(level)


def test_lines_far_away_are_counted_and_do_not_squeeze_the_others(tmp_path: Path) -> None:
    lines = [f"{BEGIN + each} INFO x" for each in range(1000)]
    found = counted(written(tmp_path / "log", ["1000000001 WARN boot", *lines, f"{BEGIN + 10**8} INFO z"]), Query(), 20)
    assert (found.begin, sum(found.before), sum(found.after)) == (BEGIN * 1000, 1, 1)
    assert [sum(row[bucket] for row in found.counts) for bucket in range(20)] == [50] * 20


@pytest.mark.parametrize("last", [-0.4, -3000.0])
def test_a_last_line_that_is_older_loses_no_other(tmp_path: Path, last: float) -> None:
    lines = [f"{BEGIN + each}.500 ERROR x" for each in range(500)]
    found = counted(written(tmp_path / "log", [*lines, f"{BEGIN + 499 + last:.3f} INFO late"]), Query(), 10)
    assert sum(found.counts[ERROR]) == 500
    assert total(found) == 501
