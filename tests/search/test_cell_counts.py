"""Cells have the numbers that were added, however large."""

from hypothesis import given
from hypothesis import strategies as st

from logviewer.search.cell_counts import PART_CELLS, CellCounts

CELLS = st.integers(0, 3 * PART_CELLS)


@given(
    added=st.lists(st.tuples(CELLS, st.lists(st.sampled_from((0, 1, 200, 255, 65_535)), min_size=3, max_size=3))),
    span=st.tuples(CELLS, CELLS),
)
def test_sums_are_those_of_a_list(added: list[tuple[int, list[int]]], span: tuple[int, int]) -> None:
    counts = CellCounts(3)
    rows = [[0, 0, 0] for _ in range(3 * PART_CELLS + 1)]
    for cell, numbers in added:
        counts.add(cell, numbers[:2])
        counts.add(cell, numbers[2:], first=2)
        rows[cell] = [one + other for one, other in zip(rows[cell], numbers, strict=True)]
    assert [counts.of(cell) for cell in range(len(rows))] == rows
    first, last = sorted(span)
    assert counts.sums(first, last) == [sum(row[column] for row in rows[first:last]) for column in range(3)]
    assert counts.next_filled(first, last) == next((cell for cell in range(first, last) if any(rows[cell])), last)
    assert counts.last_filled(last, first) == next(
        (cell for cell in range(last, first - 1, -1) if any(rows[cell])), first - 1
    )


def test_cells_without_numbers_take_no_memory() -> None:
    counts = CellCounts(9)
    counts.add(10**9, [1])
    assert counts.nbytes < 1000
    assert counts.next_filled(0, 10**9 + 1) == 10**9
