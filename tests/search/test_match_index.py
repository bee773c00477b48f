"""The match index: matches by number, from any position, in both directions, in growing files."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.cursor import source_key
from logviewer.files.byte_file import ByteFile
from logviewer.files.lines import LINE_CAP
from logviewer.formats.level import LEVELS, find_level
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch
from logviewer.search import match_index as module
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import CELL_BYTES, MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.query import Query

KEY = source_key("app")
# Lines of all sizes, from empty to longer than a cell, chosen by their numbers.
KINDS = ["", "a", "b a", "b", "x" * 900, "a" * 30_000, "b" * 140_000]
NUMBERS = st.lists(st.integers(0, len(KINDS) - 1), max_size=40)


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLICE_BYTES", 2 * CELL_BYTES)


def opened(path: Path, text: str) -> Generation:
    path.write_text(text)
    return Generation(ByteFile.open(path), KEY, PLAIN)


def scanned(generation: Generation, query: Query, *, threads: int = 2) -> MatchIndex:
    matches = MatchIndex(generation, LineFilter(query))
    matches.extend()

    def scan() -> None:
        while matches.scan():
            pass

    workers = [threading.Thread(target=scan) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert matches.complete
    return matches


def read_at(matches: MatchIndex, number: int, count: int) -> Sequence[Batch]:
    found = MatchLines(matches).read_at(number, count, 2**30)
    assert found is not None
    return found.batches


def shown(batches: Sequence[Batch]) -> list[str]:
    return [text for batch in batches for text in batch.texts()]


@given(
    before=NUMBERS,
    after=NUMBERS,
    rest=st.sampled_from(["", "a rest"]),
    window=st.tuples(st.integers(0, 40), st.integers(1, 9)),
)
def test_matches_are_those_of_a_list(
    tmp_path: Path, before: list[int], after: list[int], *, rest: str, window: tuple[int, int]
) -> None:
    lines, more = [KINDS[kind] for kind in before], [KINDS[kind] for kind in after]
    number, count = window
    generation = opened(tmp_path / "log", "".join(f"{line}\n" for line in lines))
    matches = scanned(generation, Query(include=("a",)))
    with (tmp_path / "log").open("a") as file:
        file.write("".join(f"{line}\n" for line in more) + rest)
    matches.extend()
    generation.count(generation.size())
    expected = [(at, line) for at, line in enumerate(lines + more) if "a" in line]
    assert matches.count == len(expected)
    expected += [(len(lines + more), rest)] * bool(rest)
    texts = [line for _, line in expected]
    selected = MatchLines(matches)
    assert selected.line_count().lines == len(texts)
    found = read_at(matches, number, count)
    assert shown(found) == texts[number : number + count]
    assert [line for batch in found for line in batch.line_numbers()] == [
        at for at, _ in expected[number : number + count]
    ]
    offsets = [offset for batch in found for offset in batch.line_offsets()]
    for offset, index in zip(offsets, range(number, len(expected)), strict=False):
        assert selected.lines_before(offset) == index
        assert shown(selected.read_from(offset, count).batches) == texts[index : index + count]
        assert shown(selected.read_before(offset, count).batches) == texts[max(0, index - count) : index]


@given(numbers=NUMBERS, count=st.integers(1, 9), start=st.integers(0, 3_000_000))
def test_matches_are_found_in_unindexed_parts(tmp_path: Path, numbers: list[int], count: int, start: int) -> None:
    lines = [KINDS[number] for number in numbers]
    generation = opened(tmp_path / "log", "".join(f"{line}\n" for line in lines))
    matches = MatchIndex(generation, LineFilter(Query(include=("a",))))
    matches.extend()
    offsets = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
    after = [line for line, at in zip(lines, offsets, strict=True) if at >= start and "a" in line]
    before = [line for line, at in zip(lines, offsets, strict=True) if at < start and "a" in line]
    assert shown(MatchLines(matches).read_from(start, count).batches) == after[:count]
    assert shown(MatchLines(matches).read_before(start, count).batches) == before[-count:]


LEVELLED = st.lists(
    st.sampled_from(
        [
            "2026-11-20 10:00:00 ERROR app.db: it failed",
            "2026-11-20 10:00:01,123 INFO [main] started",
            "2026-11-20 10:00:01,123 INFO level=error started",
            "Nov 20 10:00:01 host sshd[123]: Accepted key of bob",
            "Nov 20 10:00:01 host kernel: %LINK-3-UPDOWN: down",
            '{"level":"warn","msg":"slow"}',
            '10.0.0.1 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 503 1',
            "    at java.lang.Thread.run(Thread.java:1)",
            "plain words only here",
            "11-20 10:00:00.123  1702  2395 D WindowManager: x",
            "é",
            "",
        ]
    ),
    max_size=200,
)


@given(lines=LEVELLED, times=st.integers(1, 40))
def test_levels_are_counted_like_line_by_line(tmp_path: Path, lines: list[str], times: int) -> None:
    lines *= times
    generation = opened(tmp_path / "log", "".join(f"{line}\n" for line in lines))
    expected = [sum(find_level(line) == each for line in lines) for each in LEVELS]
    matches = scanned(generation, Query())
    assert matches.level_counts(0, generation.size() // CELL_BYTES + 1) == expected
    assert matches.count == len(lines)


def test_a_record_comes_whole(tmp_path: Path) -> None:
    lines = [
        "10:00 x",
        "2026-11-20 10:00:00 ERROR it failed",
        "  at a()",
        "  at b()",
        "2026-11-20 10:00:01 INFO on",
        "  y",
    ]
    generation = opened(tmp_path / "log", "\n".join([*lines, ""]))
    whole = scanned(generation, Query(include=("b()",), records=True))
    assert shown(read_at(whole, 0, 9)) == lines[1:4]
    around = MatchIndex(generation, LineFilter(Query(include=("failed",)), context=1))
    around.extend()
    assert shown(MatchLines(around).read_from(0, 9).batches) == lines[0:3]


def test_the_report_of_an_uncaught_error_comes_whole(tmp_path: Path) -> None:
    lines = ["2026-11-20 10:00:00 INFO up", "Traceback (most recent call last):", "  in a()", "ShopError: no"]
    generation = opened(tmp_path / "log", "\n".join([*lines, "2026-11-20 10:00:01 INFO on", ""]))
    whole = scanned(generation, Query(include=("ShopError",), records=True))
    assert shown(read_at(whole, 0, 9)) == lines[1:]


@given(
    parts=st.lists(st.lists(st.sampled_from(["a", "b", "b", "b" * 20_000]), max_size=6), max_size=8),
    context=st.integers(1, 2),
)
def test_lines_around_matches_are_counted_as_the_file_grows(
    tmp_path: Path, parts: list[list[str]], context: int
) -> None:
    generation = opened(tmp_path / "log", "")
    matches = MatchIndex(generation, LineFilter(Query(include=("a",)), context=context))
    lines: list[str] = []
    for part in parts:
        lines += part
        with (tmp_path / "log").open("a") as file:
            file.writelines(f"{line}\n" for line in part)
        matches.extend()
        expected = [
            line for at, line in enumerate(lines) if "a" in "".join(lines[max(0, at - context) : at + context + 1])
        ]
        assert (matches.lines, matches.count) == (len(expected), lines.count("a"))
        assert shown(read_at(matches, 0, 99)) == expected
        assert shown(read_at(matches, 2, 99)) == expected[2:]


def test_a_match_beyond_the_cap_is_found(tmp_path: Path) -> None:
    generation = opened(tmp_path / "log", "one\n" + "x" * LINE_CAP + " needle\ntwo\n")
    (batch,) = read_at(scanned(generation, Query(include=("needle",))), 0, 9)
    assert (batch.cut, len(batch.lines[0]), batch.line_numbers()) == (LINE_CAP + 7, LINE_CAP, [1])


@pytest.mark.parametrize("length", [100, 70_000, 300_000])
def test_a_long_line_that_was_incomplete_at_first_is_found(tmp_path: Path, length: int) -> None:
    generation = opened(tmp_path / "log", "x\n" + "a" * length)
    matches = MatchIndex(generation, LineFilter(Query(include=("a",))))
    matches.extend()
    while matches.scan():
        pass
    with (tmp_path / "log").open("a") as file:
        file.write("b\na\n")
    matches.extend()
    assert matches.count == 2
