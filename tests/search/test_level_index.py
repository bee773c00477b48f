"""Filters by level find the lines that reading each line finds, from the cell table."""

import json
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.byte_file import ByteFile
from logviewer.files.cells import GUESSED
from logviewer.formats.level import Level
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search.cell_pass import CellPass
from logviewer.search.level_counter import LevelCounter
from logviewer.search.level_index import LevelIndex
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_lines import MatchLines
from logviewer.search.query import Query


def index_of(path: Path, *levels: Level | None, cell_pass: CellPass | None = None) -> LevelIndex:
    if cell_pass is None:
        generation = Generation(ByteFile.open(path), b"source", PLAIN)
        counter = LevelCounter(generation.encoding, PLAIN)
        cell_pass = CellPass(generation, counter.classifier)
    counter = LevelCounter(cell_pass.generation.encoding, PLAIN)
    return LevelIndex(LineFilter(Query(levels=frozenset(levels))), counter, cell_pass)


def scanned(index: LevelIndex) -> LevelIndex:
    index.extend()
    while index.scan():
        pass
    assert index.complete
    return index


@given(
    seed=st.integers(0, 2**32),
    counts=st.tuples(st.integers(0, 1500), st.integers(0, 300)),
    window=st.tuples(st.integers(0, 300), st.integers(1, 40)),
    levels=st.sampled_from([("error",), ("error", None), ("info", "warning")]),
)
def test_lines_of_a_level_are_those_of_a_list(
    tmp_path: Path, seed: int, counts: tuple[int, int], window: tuple[int, int], levels: tuple[Level | None, ...]
) -> None:
    random = Random(seed)
    kinds = [
        "ERROR e",
        "INFO i",
        "WARN w",
        "words",
        json.dumps({"level": "error", "x": "y" * 300}),
        "INFO " + "z" * 9000,
    ]
    lines = [f"{number} {random.choice(kinds)}" for number in range(counts[0])]
    more = [f"{number} {random.choice(kinds)}" for number in range(counts[1])]
    path, (start, number) = tmp_path / "log", window
    path.write_text("".join(f"{line}\n" for line in lines))
    everything = scanned(index_of(path))
    index = scanned(index_of(path, *levels, cell_pass=everything.cell_pass))
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in more))
    for each in (index, everything):
        each.extend()
    expected = [line for line in lines + more if PLAIN.level(line) in levels]
    assert (index.count, everything.count) == (len(expected), len(lines) + len(more))
    selected = MatchLines(index)
    at = selected.read_at(start, number, 2**30)
    assert at is not None
    found = at.batches
    assert [text for batch in found for text in batch.texts()] == expected[start : start + number]
    end = index.generation.size()
    last = selected.read_before(end, number).batches
    assert [text for batch in last for text in batch.texts()] == expected[-number:]
    if found:
        position = found[-1].start
        assert selected.lines_before(position.offset) == start + len(found) - 1
        back = selected.read_before(position.offset, number).batches
        wanted = expected[max(0, start + len(found) - 1 - number) : start + len(found) - 1]
        assert [text for batch in back for text in batch.texts()] == wanted
    index.generation.file.close()


def test_guessed_levels_are_read_for_a_filter(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = [json.dumps({"n": each, "level": "error" if each % 7 == 0 else "info"}) for each in range(60_000)]
    path.write_text("".join(f"{line}\n" for line in lines))
    everything = scanned(index_of(path))
    assert (everything.cell_pass.table.rows().states == GUESSED).any()
    assert everything.count == len(lines)
    errors = scanned(index_of(path, "error", cell_pass=everything.cell_pass))
    assert errors.count == len(range(0, 60_000, 7))
    assert everything.count == len(lines)
