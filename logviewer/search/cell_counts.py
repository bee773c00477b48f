"""Numbers of matches in the cells of a file, in little memory where matches are few."""

from array import array
from collections.abc import Sequence

PART_CELLS = 64
_WIDER = {"B": "H", "H": "I"}


class CellCounts:
    """Some numbers for each cell, in parts of 64 cells: parts without numbers take no memory.

    Each part has the smallest type that holds its numbers. Threads may read while one adds.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._parts: dict[int, array[int]] = {}
        self.nbytes = 0

    def add(self, cell: int, counts: Sequence[int], *, first: int = 0) -> None:
        """Add to the numbers of a cell, from a column on."""
        number, row = divmod(cell, PART_CELLS)
        part = self._parts.get(number)
        if part is None:
            part = self._set(number, array("B", bytes(PART_CELLS * self._columns)))
        for at, count in enumerate(counts, row * self._columns + first):
            if count:
                total = part[at] + count
                while total >= 1 << (8 * part.itemsize):
                    part = self._set(number, array(_WIDER[part.typecode], part))
                part[at] = total

    def _set(self, number: int, part: "array[int]") -> "array[int]":
        before = self._parts.get(number)
        self.nbytes += part.itemsize * len(part) - (before.itemsize * len(before) if before is not None else 0)
        self._parts[number] = part
        return part

    def of(self, cell: int) -> list[int]:
        """Return the numbers of a cell."""
        part = self._parts.get(cell // PART_CELLS)
        first = cell % PART_CELLS * self._columns
        return [0] * self._columns if part is None else part[first : first + self._columns].tolist()

    def sums(self, first: int, last: int) -> list[int]:
        """Return the sums of the numbers of the cells [first, last)."""
        sums = [0] * self._columns
        for number in range(first // PART_CELLS, -(-last // PART_CELLS)):
            if (part := self._parts.get(number)) is not None:
                begin, end = (self._columns * (cell - number * PART_CELLS) for cell in (first, last))
                for column in range(self._columns):
                    sums[column] += sum(part[max(0, begin) + column : max(0, end) : self._columns])
        return sums

    def next_filled(self, cell: int, last: int) -> int:
        """Return the first cell from ``cell`` on with a number; ``last`` if there is none before it."""
        while cell < last:
            if cell // PART_CELLS not in self._parts:
                cell += PART_CELLS - cell % PART_CELLS
            elif any(self.of(cell)):
                return cell
            else:
                cell += 1
        return last

    def last_filled(self, cell: int, first: int) -> int:
        """Return the last cell up to ``cell`` with a number; the one before ``first`` if there is none from it on."""
        while cell >= first:
            if cell // PART_CELLS not in self._parts:
                cell -= cell % PART_CELLS + 1
            elif any(self.of(cell)):
                return cell
            else:
                cell -= 1
        return first - 1
