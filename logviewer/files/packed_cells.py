"""Rows of a cell table in a quarter of their memory: each column in the smallest type that holds its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import KINDS, NO_TIME, Cells, Counts, Numbers
from logviewer.files.time_order import FOLLOWING

_KINDS = slice(1, 1 + KINDS)
_LEADING, _UNTIMED, _LEAST = range(1 + KINDS, 4 + KINDS)
# The greatest, ``low``, ``high``, ``settled``, ``heads`` and ``tails``.
_TIMES = slice(4 + KINDS, 8 + KINDS + 2 * FOLLOWING)
_OPENS, _STATES = _TIMES.stop, _TIMES.stop + 1
COLUMNS = _STATES + 1


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers as unsigned offsets from ``base``; one offset if all are equal. The greatest offset means ``NO_TIME``."""

    base: int
    offsets: npt.NDArray[np.unsignedinteger[Any]]

    @classmethod
    def of(cls, numbers: Numbers) -> "Column":
        """Return a column of at least one number."""
        has = numbers != NO_TIME
        known = numbers if has.all() else numbers[has]
        base = int(known.min()) if len(known) else 0
        kind = np.min_scalar_type(int(known.max()) - base + 1 if len(known) else 1)
        offsets = (numbers - base).astype(kind)
        offsets[~has] = np.iinfo(kind).max
        return cls(base, offsets[:1].copy() if (offsets == offsets[0]).all() else offsets)

    def unpack(self, rows: slice, numbers: npt.NDArray[Any], since: Numbers | int = 0) -> None:
        """Set ``numbers`` to the numbers of some rows, times to those ``since`` others."""
        none = (1 << 8 * self.offsets.itemsize) - 1
        offsets = self.offsets if len(self.offsets) == 1 else self.offsets[rows]
        numbers[...] = offsets
        numbers += numbers.dtype.type(self.base)
        numbers += since
        if (gaps := offsets == none).any():
            numbers[gaps if len(gaps) == len(numbers) else slice(None)] = NO_TIME


@dataclass(frozen=True, slots=True, eq=False)
class PackedCells:
    """Rows that cannot be changed; a slice is a copy of some of them.

    The times of a row are kept as offsets from its least one, and the numbers of cells from those without holes.
    """

    count: int
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, cells: Cells) -> "PackedCells":
        """Return the same rows, at least one."""
        return cls(len(cells), tuple(map(Column.of, _unpacked_columns(cells))))

    @classmethod
    def empty(cls, first: int, count: int) -> "PackedCells":
        """Return rows without lines for ``count`` cells."""
        return cls(count, (Column(first, _NO_ROWS.columns[0].offsets), *_NO_ROWS.columns[1:]))

    def __len__(self) -> int:
        return self.count

    @property
    def numbers(self) -> Numbers:
        """See ``Cells``."""
        return self._numbers(slice(0, self.count))

    @property
    def states(self) -> npt.NDArray[np.uint8]:
        """See ``Cells``."""
        return self._column(_STATES, slice(0, self.count)).astype(np.uint8)

    @property
    def kinds(self) -> Counts:
        """See ``Cells``."""
        return self._kinds(slice(0, self.count))

    def __getitem__(self, rows: slice) -> Cells:
        """Return a copy of some rows."""
        first, last, _ = rows.indices(self.count)
        rows = slice(first, max(first, last))
        least = self._column(_LEAST, rows)
        times = np.empty((_TIMES.stop - _TIMES.start, len(least)), np.int64)
        for own, column in zip(times, self.columns[_TIMES], strict=True):
            column.unpack(rows, own, since=least)
        return Cells(
            numbers=self._numbers(rows),
            kinds=self._kinds(rows),
            leading=self._column(_LEADING, rows).astype(np.uint32),
            untimed=self._column(_UNTIMED, rows).astype(np.uint32),
            least=least,
            greatest=times[0],
            low=times[1],
            high=times[2],
            settled=times[3],
            heads=times[4 : 4 + FOLLOWING].T,
            tails=times[4 + FOLLOWING :].T,
            opens=self._column(_OPENS, rows).astype(np.bool_),
            states=self._column(_STATES, rows).astype(np.uint8),
        )

    def _numbers(self, rows: slice) -> Numbers:
        return self._column(0, rows) + np.arange(rows.start, rows.stop)

    def _column(self, at: int, rows: slice) -> Numbers:
        numbers = np.empty(rows.stop - rows.start, np.int64)
        self.columns[at].unpack(rows, numbers)
        return numbers

    def _kinds(self, rows: slice) -> Counts:
        kinds = np.empty((KINDS, rows.stop - rows.start), np.uint32)
        for own, column in zip(kinds, self.columns[_KINDS], strict=True):
            column.unpack(rows, own)
        return kinds.T


def _unpacked_columns(cells: Cells) -> Iterator[Numbers]:
    yield cells.numbers - np.arange(len(cells))
    for counts in (*cells.kinds.T, cells.leading, cells.untimed):
        yield counts.astype(np.int64)
    yield cells.least
    times = np.stack([cells.greatest, cells.low, cells.high, cells.settled, *cells.heads.T, *cells.tails.T], axis=1)
    yield from _shifted(times, -cells.least).T
    yield cells.opens.astype(np.int64)
    yield cells.states.astype(np.int64)


def _shifted(times: Numbers, distances: Numbers) -> Numbers:
    """Return times with the distance of their row added."""
    return np.where(times == NO_TIME, NO_TIME, times + distances[:, None])


_NO_ROWS = PackedCells.of(Cells.empty(np.zeros(1, np.int64)))
