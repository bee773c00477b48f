"""The plainest view: all lines of a source's files, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Batch, Generation, Position
from logviewer.views.view import LineRange

# As much as one answer holds, and as far back as it reads what is not counted.
_ANSWER_BYTES = 8 * 1024 * 1024
_WALK_BYTES = 256 * 1024 * 1024
# What an answer waits for to be counted: some milliseconds.
_CATCH_UP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PlainView:
    """All lines of these files, the oldest first, the live one last; see ``View``."""

    generations: Sequence[Generation]

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        self._catch_up()
        if start < 0:
            return self._from_end(-start, count)
        number = start
        for generation in self.generations:
            line_count = generation.line_count()
            if not line_count.complete or number < line_count.lines:
                at = generation.at_line(number)
                return self._range(start, self._read(at, count) if at else (), pending=at is None)
            number -= line_count.lines
        return self._range(start - number)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        self._catch_up()
        return self._range(None, self._read(position, count))

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        self._catch_up()
        found, room = 0, _ANSWER_BYTES
        start = position
        for generation, end in self._ends(position):
            taken = _take_back(generation, end, count - found, room)
            if taken.lines:
                start, found, room = taken.start, found + taken.lines, room - taken.size
            if found == count or taken.cut:
                break
        return self._range(None if found else self.number(position), self._read(start, found))

    def _from_end(self, wanted: int, count: int) -> LineRange:
        if not self.generations:
            return self._range(0)
        live = self.generations[-1]
        for generation, end in self._ends(live.position(live.size(), None)):
            rest = _rest(generation, end)
            back = generation.lines_until(end, wanted - rest, most=_WALK_BYTES)
            if back is None:
                return self._range(None, pending=True)
            offset, lines = back
            wanted -= lines + rest
            if wanted <= 0 or generation is self.generations[0]:
                break
        return self._range(None, self._read(generation.position(offset, generation.number(offset)), count))

    def _catch_up(self) -> None:
        for each in self.generations:
            each.catch_up(each.size(), within=_CATCH_UP_BYTES)

    def _ends(self, position: Position) -> Iterator[tuple[Generation, int]]:
        """The file of a position up to there, then those before it up to their ends, the newest first."""
        yield position.generation, position.offset
        for each in reversed(self._older(position.generation)):
            yield each, each.size()

    def _older(self, generation: Generation) -> Sequence[Generation]:
        return self.generations[: self.generations.index(generation)] if generation in self.generations else ()

    def _newer(self, generation: Generation) -> Sequence[Generation]:
        return self.generations[self.generations.index(generation) + 1 :] if generation in self.generations else ()

    def _read(self, position: Position, count: int) -> list[Batch]:
        batches: list[Batch] = []
        later = iter(self._newer(position.generation))
        room, at = _ANSWER_BYTES, position
        while count > 0 and room > 0:
            batch = at.generation.read(at, max_lines=min(count, MAX_LINES)) or at.generation.read_rest(at)
            if batch:
                batches.append(batch)
                at, count, room = batch.end, count - len(batch.lines), room - sum(map(len, batch.lines))
            if batch is None or batch.unterminated:
                following = next(later, None)
                if following is None:
                    break
                at = following.first()
        return batches

    def _range(self, start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False) -> LineRange:
        if start is None and batches:
            start = self.number(batches[0].start)
        return LineRange(start, batches, pending, line_counts=[(each, each.line_count()) for each in self.generations])

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        line = position.generation.number(position.offset)
        older = [each.line_count() for each in self._older(position.generation)]
        if line is None or not all(each.complete for each in older):
            return None
        return line - position.generation.line_count().before + sum(each.lines for each in older)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Lines at the end of a file: so many, of so many bytes; ``cut`` says that no more fitted in."""

    start: Position
    lines: int
    size: int
    cut: bool


def _take_back(generation: Generation, end: int, count: int, room: int) -> _Taken:
    rest = _rest(generation, end)
    back = generation.lines_until(end, count - rest, most=room)
    cut = back is None or end - back[0] > room
    if back is None or cut:
        offset = generation.next_line(end - room, end)
        if offset == end and room == _ANSWER_BYTES:
            offset, _ = generation.lines_until(end, 1 - rest, most=end) or (end, 0)
        back = offset, generation.count_lines(offset, end)
    offset, lines = back
    lines += rest and offset < end
    return _Taken(generation.position(offset, generation.number(offset)), lines, end - offset, cut)


def _rest(generation: Generation, end: int) -> bool:
    return end >= generation.size() and generation.has_rest(end)
