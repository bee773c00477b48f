"""The time of a long line is the same for every reader: column, filters, jumps, histogram, merge and records."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Batch
from logviewer.search.query import Query
from logviewer.sources.local import LocalSource
from logviewer.views.views import Views
from tests.helpers.server import until

BEGIN = 1_803_859_200_000
MINUTE = 60_000


def fluent(text: str, time: int) -> dict[str, Any]:
    return {"log": text, "stream": "stderr", "tag": "web", "time": datetime.fromtimestamp(time / 1000, UTC).isoformat()}


def pino(text: str, time: int) -> dict[str, Any]:
    return {"msg": text, "level": 30, "pid": 7, "time": time}


def ecs(text: str, time: int) -> dict[str, Any]:
    return {"message": text, "ecs.version": "8", "@timestamp": datetime.fromtimestamp(time / 1000, UTC).isoformat()}


KINDS = (fluent, pino, ecs)
SIZES = (600, 5_000, 70_000, 300_000)


@pytest.fixture
def views() -> Any:
    made = Views()
    yield made
    made.close()


def followed(path: Path, lines: Sequence[str]) -> LocalSource:
    path.write_text("".join(f"{line}\n" for line in lines))
    source = LocalSource(path.name, path, name=path.name, line_format=PLAIN)
    source.poll()
    return source


def texts(batches: Sequence[Batch]) -> list[str]:
    return [text for batch in batches for text in batch.texts()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_long_line_has_its_place_in_time(tmp_path: Path, views: Views, kind: Any, size: int) -> None:
    lines = [json.dumps(kind("y" * size, BEGIN + each * MINUTE)) for each in range(6)]
    source = followed(tmp_path / "long.log", lines)
    assert [PLAIN.time(line) for line in lines] == [BEGIN + each * MINUTE for each in range(6)]
    assert texts(views.merged([source], None).lines_at(BEGIN + 2 * MINUTE - 1, 1).batches) == [lines[2]]
    span = views.line_filter(Query(since=BEGIN + MINUTE, until=BEGIN + 3 * MINUTE), 0)
    assert span
    until(lambda: all(index.complete for index in views.match_indexes(source, span)))
    assert texts(views.of([source], span).by_number(0, 10).batches) == lines[1:3]


@pytest.mark.parametrize("size", SIZES)
def test_long_lines_are_merged_and_counted_by_their_times(tmp_path: Path, views: Views, size: int) -> None:
    long = [json.dumps(fluent("z" * size, BEGIN + each * MINUTE)) for each in range(4)]
    short = [f"{(BEGIN + each * MINUTE) // 1000 + 20} INFO beside" for each in range(4)]
    sources = [followed(tmp_path / "long.log", long), followed(tmp_path / "short.log", short)]
    merged = [line for pair in zip(long, short, strict=True) for line in pair]
    for source in sources:
        assert source.live
        source.live.count(source.live.size())
    assert texts(views.of(sources, None).by_number(0, 10).batches) == merged
    assert texts(views.of(sources, None).by_number(-3, 3).batches) == merged[-3:]
    found = until(lambda: (each := views.histogram(sources[:1], None, 4, since=None, until=None)).complete and each)
    assert found.begin == BEGIN
    assert [sum(counts) for counts in zip(*found.counts, strict=True)] == [1, 1, 1, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_line_is_a_record_of_its_own(tmp_path: Path, views: Views, kind: Any) -> None:
    lines = [json.dumps(kind(f"{'w' * 900} hit {each}", BEGIN + each)) for each in range(5)]
    source = followed(tmp_path / "long.log", ["1803859200 INFO hit 3", *lines])
    line_filter = views.line_filter(Query(include=("hit 3",), records=True), 0)
    assert line_filter
    until(lambda: all(index.complete for index in views.match_indexes(source, line_filter)))
    assert texts(views.of([source], line_filter).by_number(0, 10).batches) == ["1803859200 INFO hit 3", lines[3]]
