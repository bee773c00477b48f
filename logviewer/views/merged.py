"""The view of several sources: their lines merged by time."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, Position
from logviewer.views.timed import BEFORE_ANY_TIME, GetTimeIndex, TimedLine, time_before, with_times
from logviewer.views.view import LineRange, View

_MIN_LINES = 16

PartPositions = list[Position | None]
"""A position in each part of a merged view, None in a part without generations."""


@dataclass(frozen=True, slots=True)
class MergedView:
    """The lines of its parts by time, at equal times in the order of the parts; see ``View``."""

    parts: Sequence[View]
    time_index: GetTimeIndex

    @property
    def generations(self) -> Sequence[Generation]:
        """See ``View``."""
        return [generation for part in self.parts for generation in part.generations]

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        if start < 0:
            return self._from_end(-start, count)
        positions = self._before_number(start)
        if positions is None:
            return self._range(start, pending=True)
        return self._lines_from(positions, start, count)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        positions = self._before_line(position)
        return self._lines_from(positions, self._number(positions), count)

    def lines_at(self, time: int, count: int) -> LineRange:
        """Return up to ``count`` lines from a time on, in epoch milliseconds. Raises as ``View``."""
        positions = self._before_time(time)
        return self._lines_from(positions, self._number(positions), count)

    def _lines_from(self, positions: PartPositions, start: int | None, count: int) -> LineRange:
        batches, pending = self._read(positions, count)
        return self._range(start, batches, pending=pending)

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        positions = self._before_line(position)
        batches, pending = self._read_back(positions, count)
        number = self._number(positions)
        return self._range(None if number is None else number - len(batches), batches, pending=pending)

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        return self._number(self._before_line(position))

    def _from_end(self, wanted: int, count: int) -> LineRange:
        # Before the lines are read: a line that comes later must not be in the total but outside the range.
        line_counts = self._line_counts()
        batches, pending = self._read_back([_end(part) for part in self.parts], wanted)
        found = LineRange(None, batches[:count], pending, line_counts=line_counts)
        return replace(found, start=self.number(batches[0].start) if batches else found.total)

    # Positions of a line, a number or a time

    def _before_line(self, position: Position) -> PartPositions:
        """Return the positions before the line after ``position``.

        In other parts that is before the first line of its time, or, in parts ahead of its own, after the last one.
        """
        own = next((i for i, part in enumerate(self.parts) if position.generation in part.generations), 0)
        time = self.time_index(position.generation).time_at(position.offset)
        time = BEFORE_ANY_TIME if time is None else time
        return [
            position if number == own else self._part_before_time(part, time + (number < own))
            for number, part in enumerate(self.parts)
        ]

    def _before_number(self, number: int) -> PartPositions | None:
        """Return the positions before the line ``number``, from 0; None until lines are counted."""
        time = self._time_of(number)
        if time is None:
            return None
        positions = self._before_time(time)
        left = number - (self._number(positions) or 0)
        for part, following in enumerate(self._before_time(time + 1)):
            first, last = self._part_number(part, positions[part]), self._part_number(part, following)
            if first is None or last is None:
                return None
            if left < last - first:
                batches = self.parts[part].by_number(first + left, 1).batches
                positions[part] = batches[0].start if batches else following
                break
            left -= last - first
            positions[part] = following
        return positions

    def _time_of(self, number: int) -> int | None:
        """Return the last time with at most ``number`` lines before it; None until lines are counted."""
        low, high = BEFORE_ANY_TIME, self._last_time() + 1
        while high - low > 1:
            middle = (low + high) // 2
            before = self._number(self._before_time(middle))
            if before is None:
                return None
            low, high = (middle, high) if before <= number else (low, middle)
        return low if self._number(self._before_time(low)) is not None else None

    def _last_time(self) -> int:
        return max((self.time_index(each).last_time() or 0 for each in self.generations), default=0)

    def _before_time(self, time: int) -> PartPositions:
        """Return the positions before the first lines of a time or a later one."""
        return [self._part_before_time(part, time) for part in self.parts]

    def _part_before_time(self, part: View, time: int) -> Position | None:
        if time <= BEFORE_ANY_TIME:
            return part.generations[0].first() if part.generations else None
        for generation in part.generations:
            offset = self.time_index(generation).offset_of(time)
            if offset < generation.size() or generation is part.generations[-1]:
                return generation.position(offset, None)
        return None

    def _part_number(self, part: int, position: Position | None) -> int | None:
        return 0 if position is None else self.parts[part].number(position)

    def _number(self, positions: PartPositions) -> int | None:
        """Count the lines before positions; None until lines are counted."""
        numbers = [self._part_number(part, position) for part, position in enumerate(positions)]
        return None if None in numbers else sum(filter(None, numbers))

    # Reading forward and back

    def _read(self, positions: PartPositions, count: int) -> tuple[list[Batch], bool]:
        pending: set[int] = set()
        streams = [self._forward(part, position, count, pending) for part, position in enumerate(positions) if position]
        merged = heapq.merge(*streams, key=_order)
        return [line.batch for line in islice(merged, count)], bool(pending)

    def _forward(self, part: int, position: Position, count: int, pending: set[int]) -> Iterator[TimedLine]:
        """Yield the lines of a part after a position; add the part to ``pending`` if more may be found later."""
        latest = time_before(position, self.time_index)
        size = self._first_size(count)
        while True:
            found = self.parts[part].lines_from(position, size)
            batches = found.batches
            for line in with_times(part, batches, position, latest, self.time_index):
                latest = line.time
                yield line
            if found.pending:
                pending.add(part)
            if found.pending or not batches or batches[-1].unterminated:
                return
            position, size = batches[-1].end, count

    def _read_back(self, positions: PartPositions, count: int) -> tuple[list[Batch], bool]:
        pending: set[int] = set()
        streams = [
            self._backward(part, position, count, pending) for part, position in enumerate(positions) if position
        ]
        merged = heapq.merge(*streams, key=_order, reverse=True)
        return [line.batch for line in islice(merged, count)][::-1], bool(pending)

    def _backward(self, part: int, position: Position, count: int, pending: set[int]) -> Iterator[TimedLine]:
        """Yield the lines of a part before a position, last first; see ``_forward`` for ``pending``."""
        earliest: float = float("inf")
        size = self._first_size(count)
        while True:
            found = self.parts[part].lines_before(position, size)
            if found.batches:
                position = found.batches[0].start
                latest = time_before(position, self.time_index)
                lines = list(with_times(part, found.batches, position, latest, self.time_index))
                for line in reversed(lines):
                    # Lines keep the order of their file, even if their times go back.
                    earliest = min(earliest, line.time)
                    yield replace(line, time=int(earliest))
            if found.pending:
                pending.add(part)
            if found.pending or not found.batches:
                return
            size = count

    def _first_size(self, count: int) -> int:
        """Return how many lines to read of each part first: twice its even share of ``count``."""
        return max(_MIN_LINES, 2 * count // len(self.parts))

    def _range(self, start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False) -> LineRange:
        return LineRange(start, batches, pending, line_counts=self._line_counts())

    def _line_counts(self) -> list[tuple[Generation, LineCount]]:
        return [line_count for part in self.parts for line_count in part.by_number(0, 0).line_counts]


def _order(line: TimedLine) -> tuple[int, int]:
    return line.time, line.part


def _end(part: View) -> Position | None:
    if not part.generations:
        return None
    live = part.generations[-1]
    return live.position(live.size(), None)
