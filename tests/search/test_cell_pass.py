"""The cell table holds the levels and times that reading each line finds, filled in any order."""

from pathlib import Path
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files import cell_table
from logviewer.files.block_map import BLOCK_BYTES
from logviewer.files.byte_file import ByteFile
from logviewer.files.cells import CELL_BYTES, EXACT, NO_TIME
from logviewer.files.encoding import UTF8
from logviewer.files.packed_cells import PackedCells
from logviewer.files.time_order import greatest
from logviewer.formats.level import LEVELS
from logviewer.formats.line_classifier import LineClassifier
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search.cell_pass import SLICE_BYTES, CellPass

BEGIN = 1_795_168_800
TEXTS = ("{time} ERROR x", "{time} INFO y", "  a trace", "{time}", "words only", '{{"ts":{time},"level":"warn"}}', "")


def lines_of(random: Random, count: int, longest: int) -> list[bytes]:
    made = []
    for number in range(count):
        time = BEGIN + number + random.choice((0, 0, 0, -5, 90_000 if random.random() < 0.02 else 1))
        line = random.choice(TEXTS).format(time=time).encode()
        made.append(line + b"." * random.choice((0, 3, random.randint(0, longest))) + b"\n")
    return made


def cell_pass(path: Path, begin: int = 0) -> CellPass:
    generation = Generation(ByteFile.open(path), b"source", PLAIN)
    generation.begin = begin
    return CellPass(generation, LineClassifier(UTF8, PLAIN))


def fill(found: CellPass) -> None:
    found.extend()
    end, begin = found.table.low, found.generation.begin
    while end > begin:
        start = max(begin, end - SLICE_BYTES)
        found.fill(start, end)
        end = start


def check(found: CellPass, lines: list[bytes], begin: int = 0) -> None:
    expected: dict[int, list[tuple[int, str | None, int | None]]] = {}
    offset = 0
    for line in lines:
        if offset >= begin and line.endswith(b"\n"):
            text = line[:-1].decode()
            expected.setdefault(offset // CELL_BYTES, []).append((offset, PLAIN.level(text), PLAIN.time(text)))
        offset += len(line)
    cells = found.table.rows()
    assert set(expected) <= set(cells.numbers.tolist())
    for row, cell in enumerate(cells.numbers.tolist()):
        own = expected.get(cell, [])
        times = [time for _, _, time in own if time is not None]
        assert cells.kinds[row].tolist() == [sum(each[1] == level for each in own) for level in LEVELS]
        assert cells.untimed[row] == len(own) - len(times)
        leading = next((index for index, each in enumerate(own) if each[2] is not None), len(own))
        assert cells.leading[row] == leading
        got = [cells.first[row], cells.last[row], cells.least[row], cells.greatest[row]]
        assert got == ([times[0], times[-1], min(times), max(times)] if times else [NO_TIME] * 4)
        padding = [NO_TIME] * 3
        assert cells.heads[row].tolist() == [*times, *padding][:3]
        assert cells.tails[row].tolist() == [*padding, *times][-3:]
        assert cells.settled[row] == greatest(np.array(times[:-3]), np.array(times[-3:]), NO_TIME)
        assert cells.opens[row] == (bool(own) and own[0][0] == cell * CELL_BYTES)


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 800),
    longest=st.sampled_from((10, 2000, 90_000)),
    parts=st.integers(1, 4),
    page_rows=st.sampled_from((1, 3, cell_table.PAGE_ROWS)),
    cut=st.booleans(),
)
def test_each_cell_is_what_its_lines_are(
    tmp_path: Path, seed: int, count: int, longest: int, parts: int, *, page_rows: int, cut: bool
) -> None:
    with patch.object(cell_table, "PAGE_ROWS", page_rows):
        check_growing(tmp_path / "log", Random(seed), count, longest, parts, cut=cut)


def check_growing(path: Path, random: Random, count: int, longest: int, parts: int, *, cut: bool) -> None:
    lines = lines_of(random, count, longest)
    data = b"".join(lines)
    if cut and lines:
        lines[-1] = lines[-1][:-1]
        data = data[:-1]
    borders = sorted(random.randint(0, len(data)) for _ in range(parts - 1))
    path.write_bytes(data[: borders[0] if borders else len(data)])
    found = cell_pass(path)
    found.generation.count(1)
    fill(found)
    for end in [*borders[1:], len(data)]:
        path.write_bytes(data[:end])
        found.extend()
    check(found, lines)
    assert (found.table.rows().states == EXACT).all() or found.table.high < len(data) or not data
    newlines = found.generation.block_map
    newlines.extend(len(data), UTF8)
    for offset in {0, len(data), *(each for each in range(0, len(data), BLOCK_BYTES)), len(data) // 2}:
        assert newlines.lines_before(offset) == data.count(b"\n", 0, offset)
    found.generation.file.close()


@pytest.mark.parametrize("counted", [0, 100, BLOCK_BYTES])
def test_the_block_map_takes_its_numbers_from_the_table(tmp_path: Path, counted: int) -> None:
    data = b"".join(lines_of(Random(1), 40_000, 100))
    (tmp_path / "log").write_bytes(data)
    found = cell_pass(tmp_path / "log")
    newlines = found.generation.block_map
    newlines.extend(counted, UTF8)
    fill(found)
    assert newlines.counted > len(data) - 2 * BLOCK_BYTES
    assert newlines.newlines == data.count(b"\n", 0, newlines.counted)


def test_a_generation_in_the_middle_of_a_file_has_its_own_lines(tmp_path: Path) -> None:
    lines = lines_of(Random(1), 4000, 100)
    begin = sum(map(len, lines[:900]))
    (tmp_path / "log").write_bytes(b"".join(lines))
    found = cell_pass(tmp_path / "log", begin)
    fill(found)
    check(found, lines, begin)


@pytest.mark.parametrize("first", [b"x\n" * CELL_BYTES, b"x\n" * 1000])
def test_a_hole_has_no_rows(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(first)
        file.seek(2**40)
        file.write(b"y\nz\n")
    found = cell_pass(path)
    found.extend()
    for start in (2**40 - SLICE_BYTES, SLICE_BYTES, 0):
        found.fill(start, start + SLICE_BYTES)
    cells = found.table.rows()
    assert len(cells) < 10
    assert cells.lines().sum() in {len(first) // 2 + 1, len(first) // 2 + 2}


def test_a_row_takes_few_bytes(tmp_path: Path) -> None:
    line = "2026-11-20 10:{:02}:{:02},{:03} INFO x\n"
    text = "".join(line.format(number // 60_000 % 60, number // 1000 % 60, number % 1000) for number in range(60_000))
    (tmp_path / "log").write_text(text * 20)
    with patch.multiple(cell_table, PAGE_ROWS=256, _UNPACKED_PAGES=1):
        found = cell_pass(tmp_path / "log")
        fill(found)
    pages = [each for each in found.table.pages() if isinstance(each, PackedCells)]
    assert pages
    size = sum(column.offsets.nbytes for page in pages for column in page.columns)
    assert size < 40 * sum(map(len, pages))
