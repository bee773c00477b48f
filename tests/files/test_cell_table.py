"""A cell table returns the rows that were written, packed or not, in pages of any size."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files import cell_table
from logviewer.files.cell_table import CellTable
from logviewer.files.cells import CELL_BYTES, NO_TIME, Cells
from logviewer.files.packed_cells import PackedCells

COUNTS = st.sampled_from((0, 1, 255, 256, CELL_BYTES - 1, CELL_BYTES))
TIMES = st.one_of(
    st.just(NO_TIME),
    st.integers(1_795_168_800_000, 1_795_168_800_300),
    st.integers(-(2**60), 2**60),
)


@st.composite
def rows(draw: st.DrawFn, least: int = 1) -> Cells:
    count = draw(st.integers(least, 9))
    first = draw(st.sampled_from((0, 7, 2**40)))
    cells = Cells.empty(first + np.arange(count))
    for row in range(count):
        cells.kinds[row] = draw(st.lists(COUNTS, min_size=8, max_size=8))
        cells.leading[row], cells.untimed[row] = draw(COUNTS), draw(COUNTS)
        times = sorted(draw(st.lists(TIMES.filter(lambda each: each != NO_TIME), max_size=4)))
        if times:
            cells.least[row], cells.greatest[row] = times[0], times[-1]
            for column in (cells.low, cells.high, cells.settled):
                column[row] = draw(st.sampled_from((NO_TIME, *times)))
            for table in (cells.heads, cells.tails):
                table[row] = draw(st.lists(st.sampled_from((NO_TIME, *times)), min_size=3, max_size=3))
        cells.opens[row], cells.states[row] = draw(st.booleans()), draw(st.integers(0, 3))
    return cells


def check_equal(one: Cells, other: Cells) -> None:
    for name in Cells.__slots__:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert getattr(one, name).dtype == getattr(other, name).dtype


@given(cells=rows(), borders=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_packed_rows_are_the_same(cells: Cells, borders: tuple[int, int]) -> None:
    packed = PackedCells.of(cells)
    some = slice(*sorted(borders))
    check_equal(packed[:], cells)
    check_equal(packed[some], cells[some])
    assert np.array_equal(packed.kinds, cells.kinds)
    assert np.array_equal(packed.states, cells.states)
    assert np.array_equal(packed.numbers, cells.numbers)


@given(cells=rows(), page_rows=st.integers(1, 4), unpacked=st.integers(1, 3), hole=st.integers(0, 3), data=st.data())
def test_a_table_has_the_rows_that_were_put(
    cells: Cells, page_rows: int, unpacked: int, hole: int, data: st.DataObject
) -> None:
    expected = cells.copy()
    half = len(cells) // 2
    expected.numbers[half:] += hole
    order = data.draw(st.permutations(range(len(cells))))
    with patch.multiple(cell_table, PAGE_ROWS=page_rows, _UNPACKED_PAGES=unpacked):
        table = CellTable(0, 0)
        for run in (expected[:half], expected[half:]):
            if len(run):
                table.cover(int(run.numbers[0]), int(run.numbers[-1]) + 1)
        for row in order:
            table.put(expected[row : row + 1])
        check_equal(table.rows(), expected)
        table.put(expected)
        check_equal(table.rows(), expected)
        assert len(table) == len(expected)
        for row, number in enumerate(expected.numbers.tolist()):
            assert table.rows_of(number, number + 1) == slice(row, row + 1)
            assert table.is_known(number, number + 1, least=2) == (expected.states[row] >= 2)
        known = expected.last[expected.last != NO_TIME]
        assert table.time_before(len(table)) == (known[-1] if len(known) else NO_TIME)
        assert table.is_complete == (expected.states > 0).all()
