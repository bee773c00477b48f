"""The view of several sources: their lines merged by time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from logviewer.files.cells import NO_TIME, distinct
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, Position, first_lines, last_lines, line_count
from logviewer.views.ranks import Ranks
from logviewer.views.scan import Scan, read_lines
from logviewer.views.source_order import SourceOrder
from logviewer.views.source_view import SourceView
from logviewer.views.view import LineRange

# So many lines more are read rather than searched for.
_FEW_LINES = 64

PartPositions = list[Position | None]
"""A position in each part of a merged view, None in a part without generations."""


@dataclass(frozen=True, slots=True)
class MergedView:
    """The lines of its parts by key, at equal keys in the order of the parts; see ``View``.

    ``orders`` have the keys of the parts.
    """

    parts: Sequence[SourceView]
    orders: Sequence[SourceOrder]

    @property
    def generations(self) -> Sequence[Generation]:
        """See ``View``."""
        return [generation for part in self.parts for generation in part.generations]

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        if start < 0:
            return self._from_end(-start, count)
        found = self._near_number(start)
        if found is None:
            return self._range(start, pending=True)
        positions, left = found
        batches, pending = self._read(positions, left + count)
        while left > 0 < line_count(batches) < left + count and not pending:
            # These are long lines, or the last ones.
            passed = first_lines(batches, left)
            positions, left = self._after(positions, passed), left - line_count(passed)
            batches, pending = self._read(positions, left + count)
        return self._range(start, last_lines(batches, line_count(batches) - left), pending=pending)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        positions = self._before_line(position)
        return self._lines_from(positions, self._number(positions), count)

    def lines_at(self, key: int, count: int) -> LineRange:
        """Return up to ``count`` lines from the first line of a key or a greater one on. Raises as ``View``."""
        positions = self._before_key(key)
        return self._lines_from(positions, self._number(positions), count)

    def _lines_from(self, positions: PartPositions, start: int | None, count: int) -> LineRange:
        batches, pending = self._read(positions, count)
        return self._range(start, batches, pending=pending)

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        return self._lines_until(self._before_line(position), count)

    def lines_until(self, key: int, count: int) -> LineRange:
        """Return up to ``count`` lines that end before the first line of a key or a greater one. Raises as ``View``."""
        return self._lines_until(self._before_key(key), count)

    def _lines_until(self, positions: PartPositions, count: int) -> LineRange:
        batches, pending = self._read(positions, count, newest=True)
        number = self._number(positions)
        return self._range(None if number is None else number - line_count(batches), batches, pending=pending)

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        return self._number(self._before_line(position))

    def ranks(self, keys: Sequence[int], *, exact: bool) -> Ranks:
        """Return how many lines are before each of some keys.

        Unless ``exact``, that is as near as the cell tables are, without a read for each key. Raises as ``View``.
        """
        low = [key for order in self.orders if (key := order.least()) is not None]
        high = max((order.greatest() for order in self.orders), default=NO_TIME)
        total = self._range(None).total
        least: Sequence[int | None] = [None] * len(keys)
        most = least
        if all(order.is_known for order in self.orders):
            exactly = [self._number(self._before_key(key)) for key in keys] if exact else []
            least, most = (exactly, exactly) if exact else self._bounds(keys) or (least, most)
        pending = total is None or None in least
        return Ranks(least, most, total, min(low, default=None), None if high == NO_TIME else high, pending)

    def _bounds(self, keys: Sequence[int]) -> tuple[list[int], list[int]] | None:
        """Return bounds of the numbers of lines before keys; None until lines are counted."""
        wanted = np.array(keys, np.int64)
        least, most = np.zeros_like(wanted), np.zeros_like(wanted)
        for part, order in zip(self.parts, self.orders, strict=True):
            for file in part.files:
                for bound, offsets in zip((least, most), order.borders_of(file.generation, wanted), strict=True):
                    for offset in distinct(offsets).tolist():
                        if (before := file.lines_before(offset)) is None:
                            return None
                        # A line that goes on at a border is not in each count.
                        goes_on = bound is most and offset < file.generation.size()
                        bound[offsets == offset] += before + goes_on
        return least.tolist(), most.tolist()

    @property
    def _is_known(self) -> bool:
        """Whether the order of the lines is final."""
        return len(self.parts) == 1 or all(order.is_known for order in self.orders)

    def _from_end(self, wanted: int, count: int) -> LineRange:
        """Return the first ``count`` of the last ``wanted`` lines; where they are long, the last of these."""
        # Before the lines are read: a line that comes later must not be in the total but outside the range.
        line_counts = self._line_counts()
        total = LineRange(None, line_counts=line_counts).total if wanted > count and self._is_known else None
        if total is not None:
            return self.by_number(max(0, total - wanted), count)
        batches, pending = self._read([order.end() for order in self.orders], wanted, newest=True)
        found = LineRange(None, first_lines(batches, count), pending, line_counts=line_counts)
        if not batches or not self._is_known:
            return replace(found, start=None if pending or found.total is None else found.total - line_count(batches))
        return replace(found, start=self.number(batches[0].start))

    # Positions of a line, a number or a time

    def _before_line(self, position: Position) -> PartPositions:
        """Return the positions before the line after ``position``; after the last line of its part without one.

        In other parts that is before the first line of its key, or, in parts ahead of its own, after the last one.
        """
        own = next((i for i, part in enumerate(self.parts) if position.generation in part.generations), 0)
        position = self.orders[own].line_after(position)
        key = self.orders[own].key_at(position)
        return [
            position if number == own else order.position_of(key + (number < own))
            for number, order in enumerate(self.orders)
        ]

    def _near_number(self, number: int) -> tuple[PartPositions, int] | None:
        """Return positions, and how many lines after them the line ``number``, from 0, is; None until both are known.

        These are few lines.
        """
        low = min((key for order in self.orders if (key := order.least()) is not None), default=NO_TIME)
        high = max((order.greatest() for order in self.orders), default=low) + 1
        fewer, more = self._number(self._before_key(low)), self._number(self._before_key(high))
        if fewer is None or more is None:
            return None
        if fewer > number:
            low, high, fewer, more = NO_TIME, low, 0, fewer
        step = 0
        while number - fewer > _FEW_LINES and low > NO_TIME and high - low > 1:
            middle = _between(low, high, (number - fewer) / max(1, more - fewer), more - fewer, step)
            before = self._number(self._before_key(middle))
            if before is None:
                return None
            if before <= number:
                low, fewer = middle, before
            else:
                high, more = middle, before
            step += 1
        positions = self._before_key(low)
        if number - fewer <= _FEW_LINES:
            return positions, number - fewer
        return self._within_key(positions, self._before_key(high), number - fewer)

    def _within_key(
        self, positions: PartPositions, following: PartPositions, left: int
    ) -> tuple[PartPositions, int] | None:
        """Return the positions ``left`` lines after those before the lines of one key, which end at ``following``."""
        for part, end in enumerate(following):
            first, last = self._part_number(part, positions[part]), self._part_number(part, end)
            if first is None or last is None:
                return None
            if left < last - first:
                batches = self.parts[part].by_number(first + left, 1).batches
                positions[part] = batches[0].start if batches else end
                break
            left -= last - first
            positions[part] = end
        return positions, 0

    def _before_key(self, key: int) -> PartPositions:
        """Return the positions before the first lines of a key or a greater one."""
        return [order.position_of(key) for order in self.orders]

    def _part_number(self, part: int, position: Position | None) -> int | None:
        return 0 if position is None else self.parts[part].number(position)

    def _number(self, positions: PartPositions) -> int | None:
        """Count the lines before positions; None until lines are counted and their order is known."""
        if not self._is_known:
            return None
        numbers = [self._part_number(part, position) for part, position in enumerate(positions)]
        if None in numbers:
            # This counts the lines that take some milliseconds.
            self._line_counts()
            numbers = [self._part_number(part, position) for part, position in enumerate(positions)]
        return None if None in numbers else sum(filter(None, numbers))

    def _read(self, positions: PartPositions, count: int, *, newest: bool = False) -> tuple[list[Batch], bool]:
        """Return the lines after positions, or before them, and whether more may be found later."""
        parts = enumerate(zip(self.parts, self.orders, positions, strict=True))
        scans = [Scan(part, view.files, newest, order, begin) for part, (view, order, begin) in parts if begin]
        return read_lines(scans, count)

    def _after(self, positions: PartPositions, batches: Sequence[Batch]) -> PartPositions:
        """Return the positions after lines that were read from ``positions``."""
        ends = {batch.end.generation: batch.end for batch in batches}
        return [
            next((ends[each] for each in reversed(part.generations) if each in ends), position)
            for part, position in zip(self.parts, positions, strict=True)
        ]

    def _range(self, start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False) -> LineRange:
        return LineRange(start, batches, pending, line_counts=self._line_counts())

    def _line_counts(self) -> list[tuple[Generation, LineCount]]:
        return [line_count for part in self.parts for line_count in part.line_counts()]


def _between(low: int, high: int, share: float, lines: int, step: int) -> int:
    """Return a key between two others that have so many lines between them, near this share of the lines.

    Each second one is on the other side of the share, and each fourth one in the middle: both ends come near soon.
    """
    if step % 4 == 3:
        share = 0.5
    else:
        share += (-1) ** step / max(1.0, lines**0.5)
    return min(high - 1, max(low + 1, low + int(min(1.0, max(0.0, share)) * (high - low))))
