"""Several views as one, in the order of their lines' times."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from logviewer.rotation.generation import Batch, Generation, LineCount, Position
from logviewer.views.timed import BEFORE, FindTimes, TimedLine, time_before, timed
from logviewer.views.view import LineRange, View

_LEAST_LINES = 16

Positions = list[Position | None]
"""Where the merged view stands in each of its views; None where that has no file."""


@dataclass(frozen=True, slots=True)
class MergedView:
    """The lines of several views by time, and where times are equal in the order of the views; see ``View``.

    ``times`` finds times in a file.
    """

    parts: Sequence[View]
    times: FindTimes

    @property
    def generations(self) -> Sequence[Generation]:
        """See ``View``."""
        return [generation for part in self.parts for generation in part.generations]

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        if start < 0:
            return self._from_end(-start, count)
        positions = self._positions_of(start)
        if positions is None:
            return self._range(start, pending=True)
        return self._from(positions, start, count)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        positions = self._positions_at(position)
        return self._from(positions, self._sum(positions), count)

    def lines_at(self, moment: int, count: int) -> LineRange:
        """Up to ``count`` lines from the first one on that is of this time (epoch ms) or later."""
        positions = self._positions(moment)
        return self._from(positions, self._sum(positions), count)

    def _from(self, positions: Positions, start: int | None, count: int) -> LineRange:
        batches, pending = self._read(positions, count)
        return self._range(start, batches, pending=pending)

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        positions = self._positions_at(position)
        batches, pending = self._read_back(positions, count)
        number = self._sum(positions)
        return self._range(None if number is None else number - len(batches), batches, pending=pending)

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        return self._sum(self._positions_at(position))

    def _from_end(self, wanted: int, count: int) -> LineRange:
        # Before the lines are read: a reader takes what is counted here for lines that it is given or has missed.
        line_counts = self._tallies()
        batches, pending = self._read_back([_end(part) for part in self.parts], wanted)
        found = LineRange(None, batches[:count], pending, line_counts=line_counts)
        return replace(found, start=self.number(batches[0].start) if batches else found.total)

    # Where a time, a line or a number is

    def _positions_at(self, position: Position) -> Positions:
        """Before the line at a position: other views up to its time, those before it in order to the end of it."""
        own = next((i for i, part in enumerate(self.parts) if position.generation in part.generations), 0)
        moment = self.times(position.generation).time_at(position.offset)
        at = BEFORE if moment is None else moment
        return [
            position if number == own else self._position(part, at + (number < own))
            for number, part in enumerate(self.parts)
        ]

    def _positions_of(self, number: int) -> Positions | None:
        """Before the line of this number; None while lines are not counted."""
        moment = self._moment_of(number)
        if moment is None:
            return None
        positions = self._positions(moment)
        left = number - (self._sum(positions) or 0)
        for part, following in enumerate(self._positions(moment + 1)):
            first, last = self._number(part, positions[part]), self._number(part, following)
            if first is None or last is None:
                return None
            if left < last - first:
                at = self.parts[part].by_number(first + left, 1).batches
                positions[part] = at[0].start if at else following
                break
            left -= last - first
            positions[part] = following
        return positions

    def _moment_of(self, number: int) -> int | None:
        """The last time with no more than so many lines before it; None while lines are not counted."""
        low, high = BEFORE, self._last_moment() + 1
        while high - low > 1:
            middle = (low + high) // 2
            before = self._sum(self._positions(middle))
            if before is None:
                return None
            low, high = (middle, high) if before <= number else (low, middle)
        return low if self._sum(self._positions(low)) is not None else None

    def _last_moment(self) -> int:
        return max((self.times(each).last_time() or 0 for each in self.generations), default=0)

    def _positions(self, moment: int) -> Positions:
        return [self._position(part, moment) for part in self.parts]

    def _position(self, part: View, moment: int) -> Position | None:
        """Before the first line of this time or later."""
        if moment <= BEFORE:
            return part.generations[0].first() if part.generations else None
        for generation in part.generations:
            offset = self.times(generation).offset_of(moment)
            if offset < generation.size() or generation is part.generations[-1]:
                return generation.position(offset, None)
        return None

    def _number(self, part: int, position: Position | None) -> int | None:
        return 0 if position is None else self.parts[part].number(position)

    def _sum(self, positions: Positions) -> int | None:
        numbers = [self._number(part, position) for part, position in enumerate(positions)]
        return None if None in numbers else sum(filter(None, numbers))

    # Reading on and back

    def _read(self, positions: Positions, count: int) -> tuple[list[Batch], bool]:
        pending: set[int] = set()
        streams = [self._forward(part, position, count, pending) for part, position in enumerate(positions) if position]
        merged = heapq.merge(*streams, key=_order)
        return [line.batch for line in islice(merged, count)], bool(pending)

    def _forward(self, part: int, position: Position, count: int, pending: set[int]) -> Iterator[TimedLine]:
        """The lines from a place on; one with some that are not found yet is added to ``pending``."""
        latest = time_before(position, self.times)
        size = self._share(count)
        while True:
            found = self.parts[part].lines_from(position, size)
            batches = found.batches
            for line in timed(part, batches, position, latest, self.times):
                latest = line.time
                yield line
            if found.pending:
                pending.add(part)
            if found.pending or not batches or batches[-1].unterminated:
                return
            position, size = batches[-1].end, count

    def _read_back(self, positions: Positions, count: int) -> tuple[list[Batch], bool]:
        pending: set[int] = set()
        streams = [
            self._backward(part, position, count, pending) for part, position in enumerate(positions) if position
        ]
        merged = heapq.merge(*streams, key=_order, reverse=True)
        return [line.batch for line in islice(merged, count)][::-1], bool(pending)

    def _backward(self, part: int, position: Position, count: int, pending: set[int]) -> Iterator[TimedLine]:
        """The lines before a place, the last first; one with some that are not found yet is added to ``pending``."""
        bound: float = float("inf")
        size = self._share(count)
        while True:
            found = self.parts[part].lines_before(position, size)
            if found.batches:
                position = found.batches[0].start
                lines = list(timed(part, found.batches, position, time_before(position, self.times), self.times))
                for line in reversed(lines):
                    # Where times go back, lines stay in the order of their file.
                    bound = min(bound, line.time)
                    yield replace(line, time=int(bound))
            if found.pending:
                pending.add(part)
            if found.pending or not found.batches:
                return
            size = count

    def _share(self, count: int) -> int:
        """How many of so many lines are likely to be of one part."""
        return max(_LEAST_LINES, 2 * count // len(self.parts))

    def _range(self, start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False) -> LineRange:
        return LineRange(start, batches, pending, line_counts=self._tallies())

    def _tallies(self) -> list[tuple[Generation, LineCount]]:
        return [line_count for part in self.parts for line_count in part.by_number(0, 0).line_counts]


def _order(line: TimedLine) -> tuple[int, int]:
    return line.time, line.part


def _end(part: View) -> Position | None:
    if not part.generations:
        return None
    live = part.generations[-1]
    return live.position(live.size(), None)
