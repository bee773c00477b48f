"""Several views as one, in the order of their lines' times."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from logviewer.files.generation import Batch, Generation, Position, Tally
from logviewer.views.timed import BEFORE, FindTimes, Line, time_before, timed
from logviewer.views.view import Range, View

_LEAST_LINES = 16

Places = list[Position | None]
"""Where the merged view stands in each of its views; None where that has no file."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The lines of several views by time, and where times are equal in the order of the views; see ``View``.

    ``times`` finds times in a file.
    """

    parts: Sequence[View]
    times: FindTimes

    @property
    def generations(self) -> Sequence[Generation]:
        """See ``View``."""
        return [generation for part in self.parts for generation in part.generations]

    def by_number(self, start: int, count: int) -> Range:
        """See ``View``."""
        if start < 0:
            return self._from_end(-start, count)
        places = self._places_of(start)
        if places is None:
            return self._range(start, pending=True)
        return self._from(places, start, count)

    def lines_from(self, position: Position, count: int) -> Range:
        """See ``View``."""
        places = self._places_at(position)
        return self._from(places, self._sum(places), count)

    def lines_at(self, moment: int, count: int) -> Range:
        """Up to ``count`` lines from the first one on that is of this time (epoch ms) or later."""
        places = self._places(moment)
        return self._from(places, self._sum(places), count)

    def _from(self, places: Places, start: int | None, count: int) -> Range:
        batches, pending = self._read(places, count)
        return self._range(start, batches, pending=pending)

    def lines_before(self, position: Position, count: int) -> Range:
        """See ``View``."""
        places = self._places_at(position)
        batches, pending = self._read_back(places, count)
        number = self._sum(places)
        return self._range(None if number is None else number - len(batches), batches, pending=pending)

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        return self._sum(self._places_at(position))

    def _from_end(self, wanted: int, count: int) -> Range:
        # Before the lines are read: a reader takes what is counted here for lines that it is given or has missed.
        tallies = self._tallies()
        batches, pending = self._read_back([_end(part) for part in self.parts], wanted)
        found = Range(None, batches[:count], pending, tallies=tallies)
        return replace(found, start=self.number(batches[0].start) if batches else found.total)

    # Where a time, a line or a number is

    def _places_at(self, position: Position) -> Places:
        """Before the line at a position: other views up to its time, those before it in order to the end of it."""
        own = next((i for i, part in enumerate(self.parts) if position.generation in part.generations), 0)
        moment = self.times(position.generation).at(position.offset)
        at = BEFORE if moment is None else moment
        return [
            position if number == own else self._place(part, at + (number < own))
            for number, part in enumerate(self.parts)
        ]

    def _places_of(self, number: int) -> Places | None:
        """Before the line of this number; None while lines are not counted."""
        moment = self._moment_of(number)
        if moment is None:
            return None
        places = self._places(moment)
        left = number - (self._sum(places) or 0)
        for part, following in enumerate(self._places(moment + 1)):
            first, last = self._number(part, places[part]), self._number(part, following)
            if first is None or last is None:
                return None
            if left < last - first:
                at = self.parts[part].by_number(first + left, 1).batches
                places[part] = at[0].start if at else following
                break
            left -= last - first
            places[part] = following
        return places

    def _moment_of(self, number: int) -> int | None:
        """The last time with no more than so many lines before it; None while lines are not counted."""
        low, high = BEFORE, self._last_moment() + 1
        while high - low > 1:
            middle = (low + high) // 2
            before = self._sum(self._places(middle))
            if before is None:
                return None
            low, high = (middle, high) if before <= number else (low, middle)
        return low if self._sum(self._places(low)) is not None else None

    def _last_moment(self) -> int:
        return max((self.times(each).last() or 0 for each in self.generations), default=0)

    def _places(self, moment: int) -> Places:
        return [self._place(part, moment) for part in self.parts]

    def _place(self, part: View, moment: int) -> Position | None:
        """Before the first line of this time or later."""
        if moment <= BEFORE:
            return part.generations[0].first() if part.generations else None
        for generation in part.generations:
            offset = self.times(generation).offset_of(moment)
            if offset < generation.size() or generation is part.generations[-1]:
                return generation.position(offset, None)
        return None

    def _number(self, part: int, place: Position | None) -> int | None:
        return 0 if place is None else self.parts[part].number(place)

    def _sum(self, places: Places) -> int | None:
        numbers = [self._number(part, place) for part, place in enumerate(places)]
        return None if None in numbers else sum(filter(None, numbers))

    # Reading on and back

    def _read(self, places: Places, count: int) -> tuple[list[Batch], bool]:
        pending: set[int] = set()
        streams = [self._forward(part, place, count, pending) for part, place in enumerate(places) if place]
        merged = heapq.merge(*streams, key=_order)
        return [line.batch for line in islice(merged, count)], bool(pending)

    def _forward(self, part: int, place: Position, count: int, pending: set[int]) -> Iterator[Line]:
        """The lines from a place on; one with some that are not found yet is added to ``pending``."""
        latest = time_before(place, self.times)
        size = self._share(count)
        while True:
            found = self.parts[part].lines_from(place, size)
            batches = found.batches
            for line in timed(part, batches, place, latest, self.times):
                latest = line.time
                yield line
            if found.pending:
                pending.add(part)
            if found.pending or not batches or batches[-1].unterminated:
                return
            place, size = batches[-1].end, count

    def _read_back(self, places: Places, count: int) -> tuple[list[Batch], bool]:
        pending: set[int] = set()
        streams = [self._backward(part, place, count, pending) for part, place in enumerate(places) if place]
        merged = heapq.merge(*streams, key=_order, reverse=True)
        return [line.batch for line in islice(merged, count)][::-1], bool(pending)

    def _backward(self, part: int, place: Position, count: int, pending: set[int]) -> Iterator[Line]:
        """The lines before a place, the last first; one with some that are not found yet is added to ``pending``."""
        bound: float = float("inf")
        size = self._share(count)
        while True:
            found = self.parts[part].lines_before(place, size)
            if found.batches:
                place = found.batches[0].start
                lines = list(timed(part, found.batches, place, time_before(place, self.times), self.times))
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

    def _range(self, start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False) -> Range:
        return Range(start, batches, pending, tallies=self._tallies())

    def _tallies(self) -> list[tuple[Generation, Tally]]:
        return [tally for part in self.parts for tally in part.by_number(0, 0).tallies]


def _order(line: Line) -> tuple[int, int]:
    return line.time, line.part


def _end(part: View) -> Position | None:
    if not part.generations:
        return None
    live = part.generations[-1]
    return live.position(live.size(), None)
