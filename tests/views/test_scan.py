"""Scans: blocks have the lines that match alone, in both directions, of one source or of several by time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer import cursor
from logviewer.cursor import source_key
from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import UTF8, to_text
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search import match_index, match_lines
from logviewer.search.indexer import Indexer
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import CELL_BYTES, MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.pattern import Pattern
from logviewer.search.query import Query
from logviewer.views import scan as module
from logviewer.views.scan import Scan, take
from logviewer.views.source_order import SourceOrder
from logviewer.web.encode import encode_text, match_rows

KINDS = [
    b"",
    b"a",
    b"aba",
    b"b",
    b"a" * 300 + b"b",
    b"\0\0a",
    b"a\r",
    "é a".encode(),
    b"\xff a",
    b"b" * 70_000 + b"a",
    b"c" * 30_000,
]
NUMBERS = st.lists(st.integers(0, len(KINDS) - 1), max_size=60)
MINUTES = st.lists(st.integers(0, 9), max_size=30).map(sorted)
KEYS = [source_key("one"), source_key("two")]
IDS = {KEYS[0]: "one", KEYS[1]: "two"}


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_index, "SLICE_BYTES", 2 * CELL_BYTES)
    monkeypatch.setattr(match_lines, "_STRIDE_BYTES", CELL_BYTES)
    monkeypatch.setattr(module, "_LEAST_BYTES", CELL_BYTES)
    monkeypatch.setattr(module, "_MOST_LINES", 20)


def opened(path: Path, data: bytes, part: int = 0) -> Generation:
    path.write_bytes(data)
    generation = Generation(ByteFile.open(path), KEYS[part], PLAIN)
    generation.count(generation.size())
    return generation


def row(generation: Generation, offset: int, number: int, line: bytes) -> dict[str, Any]:
    """Return the row of one line, from it alone."""
    text = to_text(line, UTF8)
    at = cursor.encode([generation.position(offset, number).text()])
    spans = [(start, start + 1) for start, each in enumerate(text) if each == "a"]
    merged: list[tuple[int, int]] = []
    for start, end in spans[:200]:
        if merged and merged[-1][1] == start:
            merged[-1] = merged[-1][0], end
        else:
            merged.append((start, end))
    return {"source": IDS[generation.source], "n": number + 1, "text": text, "at": at, "spans": merged}


def rows_alone(generation: Generation, data: bytes, query: Query) -> list[dict[str, Any]]:
    pattern = Pattern("q", query.include[0], regex=query.regex, case=query.case)
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    rows, offset = [], 0
    for number, line in enumerate(lines):
        if pattern.is_in(line):
            rows.append(row(generation, offset, number, line))
        offset += len(line) + 1
    return rows


def taken(scans: Sequence[Scan], count: int, line_filter: LineFilter) -> Iterator[dict[str, Any]]:
    """Yield the rows of scans, in steps; where a scan waits for the index, count a slice."""
    step = -1 if scans[0].newest else 1
    while left := [scan for scan in scans if scan.blocks or not scan.is_read]:
        for scan in left:
            if not scan.blocks and not scan.is_read and not scan.read():
                scan.files[0].index.scan()  # type: ignore[attr-defined]
        for batch in take(scans, count):
            yield from match_rows(IDS, batch, line_filter)[::step]


@given(
    kinds=NUMBERS,
    end=st.sampled_from([b"", b"\n"]),
    regex=st.booleans(),
    newest=st.booleans(),
    count=st.integers(1, 30),
    slices=st.integers(0, 4),
)
def test_the_rows_of_blocks_are_those_of_their_lines(  # noqa: PLR0917 (drawn)
    tmp_path: Path, kinds: list[int], end: bytes, regex: bool, newest: bool, count: int, slices: int
) -> None:
    data = b"\n".join(KINDS[kind] for kind in kinds) + end
    query = Query(include=("a",), regex=regex)
    generation, line_filter = opened(tmp_path / "log", data), LineFilter(query)
    index = MatchIndex(generation, line_filter)
    index.extend()
    for _ in range(slices):
        index.scan()
    expected = rows_alone(generation, data, query)
    found = list(taken([Scan(0, [MatchLines(index)], newest, None)], count, line_filter))
    assert found == (expected[::-1] if newest else expected)


@given(kinds=NUMBERS, count=st.integers(1, 30), is_raw=st.booleans())
def test_the_text_of_blocks_is_that_of_their_lines(
    tmp_path: Path, kinds: list[int], count: int, *, is_raw: bool
) -> None:
    data = b"".join(KINDS[kind] + b"\n" for kind in kinds)
    generation, line_filter = opened(tmp_path / "log", data), LineFilter(Query(include=("a",)))
    index = MatchIndex(generation, line_filter)
    index.extend()
    scan = Scan(0, [MatchLines(index)], newest=False, source_order=None)
    text = b""
    while scan.blocks or not scan.is_read:
        if not scan.blocks:
            scan.read()
        text += b"".join([encode_text(batch, raw=is_raw) for batch in take([scan], count)])
    lines = [to_text(line, UTF8) for line in data.split(b"\n") if b"a" in line]
    assert text.decode() == "".join(f"{line}\n" for line in lines)


@given(kinds=NUMBERS, context=st.integers(0, 2), most=st.integers(1, 30))
def test_a_filtered_batch_has_the_rows_of_its_lines(tmp_path: Path, kinds: list[int], context: int, most: int) -> None:
    data = b"".join(KINDS[kind] + b"\n" for kind in kinds)
    query = Query(include=("a",))
    generation, line_filter = opened(tmp_path / "log", data), LineFilter(query, context=context)
    rows, position = [], generation.first()
    while batch := generation.read(position, max_lines=most):
        kept = line_filter.filter_batch(batch)
        rows += [row for row in match_rows(IDS, kept, line_filter) if not row.pop("context", False)]
        position = batch.end
    assert rows == rows_alone(generation, data, query)


@given(minutes=st.tuples(MINUTES, MINUTES), newest=st.booleans(), count=st.integers(1, 9))
def test_several_sources_are_in_the_order_of_times(
    tmp_path: Path, minutes: tuple[list[int], list[int]], newest: bool, count: int
) -> None:
    line_filter = LineFilter(Query(include=("a",)))
    orders, scans = Indexer(), list[Scan]()
    expected: list[tuple[int, int, dict[str, Any]]] = []
    step = -1 if newest else 1
    for part, each in enumerate(minutes):
        lines = [f"2026-11-20T10:{minute:02}:00Z {'ab'[number % 3 == 0]}" for number, minute in enumerate(each)]
        data = "".join(f"{line}\n" for line in lines).encode()
        generation = opened(tmp_path / f"log{part}", data, part)
        index = MatchIndex(generation, line_filter)
        index.extend()
        scans.append(Scan(part, [MatchLines(index)], newest, SourceOrder(orders.orders([generation]))))
        rows = rows_alone(generation, data, Query(include=("a",)))
        expected += [(each[row["n"] - 1], part, row) for row in rows]
    expected.sort(key=lambda line: line[:2])
    found = list(taken(scans, count, line_filter))
    orders.close()
    assert found == [row for *_, row in expected][::step]
