"""The view without a query: all lines of a source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position
from logviewer.views.view import LineRange

_RANGE_BYTES = 8 * 1024 * 1024
# A range from the end reads this far back in a file without line counts.
_BACK_BYTES = 256 * 1024 * 1024
# Counted while the client waits: some milliseconds.
_CATCH_UP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PlainView:
    """All lines of a source's generations, oldest first; see ``View``. Ranges hold about 8 MiB at most."""

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
                position = _at_line(generation, number)
                return self._range(start, self._read(position, count) if position else (), pending=position is None)
            number -= line_count.lines
        return self._range(start - number)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        self._catch_up()
        return self._range(None, self._read(position, count))

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        self._catch_up()
        found, budget = 0, _RANGE_BYTES
        start = position
        for generation, end in self._back_from(position):
            last = _last_lines(generation, end, count - found, budget)
            if last.lines:
                start, found, budget = last.start, found + last.lines, budget - last.size
            if found == count or last.cut:
                break
        return self._range(None if found else self.number(position), self._read(start, found))

    def _from_end(self, wanted: int, count: int) -> LineRange:
        if not self.generations:
            return self._range(0)
        live = self.generations[-1]
        for generation, end in self._back_from(live.position(live.size(), None)):
            unterminated = _has_unterminated(generation, end)
            back = generation.lines_until(end, wanted - unterminated, most=_BACK_BYTES)
            if back is None:
                return self._range(None, pending=True)
            offset, lines = back
            wanted -= lines + unterminated
            if wanted <= 0 or generation is self.generations[0]:
                break
        return self._range(None, self._read(generation.position(offset, generation.number(offset)), count))

    def _catch_up(self) -> None:
        """Finish the line counts that need at most 16 MiB more, newest first, 16 MiB in all."""
        left = _CATCH_UP_BYTES
        for each in reversed(self.generations):
            left -= each.catch_up(each.size(), within=left)

    def _back_from(self, position: Position) -> Iterator[tuple[Generation, int]]:
        """Yield the generation of a position and the older ones, newest first, each with the offset to read up to."""
        yield position.generation, position.offset
        for each in reversed(self._older(position.generation)):
            yield each, each.size()

    def _older(self, generation: Generation) -> Sequence[Generation]:
        return self.generations[: self.generations.index(generation)] if generation in self.generations else ()

    def _newer(self, generation: Generation) -> Sequence[Generation]:
        return self.generations[self.generations.index(generation) + 1 :] if generation in self.generations else ()

    def _read(self, position: Position, count: int) -> list[Batch]:
        batches: list[Batch] = []
        newer = iter(self._newer(position.generation))
        budget = _RANGE_BYTES
        while count > 0 and budget > 0:
            generation = position.generation
            batch = generation.read(position, max_lines=min(count, MAX_LINES)) or generation.read_unterminated(position)
            if batch:
                batches.append(batch)
                position, count, budget = batch.end, count - len(batch.lines), budget - sum(map(len, batch.lines))
            if batch is None or batch.unterminated:
                following = next(newer, None)
                if following is None:
                    break
                position = following.first()
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


def _at_line(generation: Generation, number: int) -> Position | None:
    position = generation.at_line(number)
    if position is None:
        # The counting thread counts the oldest files last.
        generation.count(_CATCH_UP_BYTES)
        position = generation.at_line(number)
    return position


@dataclass(frozen=True, slots=True)
class _LastLines:
    """``lines`` lines after ``start``, of ``size`` bytes in all; ``cut`` if the budget excluded older ones."""

    start: Position
    lines: int
    size: int
    cut: bool


def _last_lines(generation: Generation, end: int, count: int, budget: int) -> _LastLines:
    """Find the last ``count`` lines before an offset, or those of them within ``budget`` bytes. Raises OSError."""
    unterminated = _has_unterminated(generation, end)
    back = generation.lines_until(end, count - unterminated, most=budget)
    cut = back is None or end - back[0] > budget
    if back is None or cut:
        offset = generation.next_line(end - budget, end)
        if offset == end and budget == _RANGE_BYTES:
            # A line of more bytes than a range holds: it is returned alone.
            offset, _ = generation.lines_until(end, 1 - unterminated, most=end) or (end, 0)
        back = offset, generation.count_lines(offset, end)
    offset, lines = back
    lines += unterminated and offset < end
    return _LastLines(generation.position(offset, generation.number(offset)), lines, end - offset, cut)


def _has_unterminated(generation: Generation, end: int) -> bool:
    """Return whether ``end`` is the end of the file, after a line without a newline. Raises OSError."""
    return end >= generation.size() and generation.has_unterminated(end)
