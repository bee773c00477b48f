"""The view of one source with a query."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, Position, first_lines, last_lines, line_count, lines_between
from logviewer.search.indexer import Indexer
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.views.view import LineRange

# Searched while the client waits, where the match index has nothing yet: some milliseconds.
_SEARCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FilteredView:
    """The selected lines of a source's generations, oldest first; see ``View``."""

    generations: Sequence[Generation]
    line_filter: LineFilter
    indexer: Indexer

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        indexes = self._indexes()
        if start < 0:
            return self._from_end(indexes, -start, count)
        batches: list[Batch] = []
        number = start
        for index in indexes:
            found = index.read_at(max(0, number), count - line_count(batches))
            if found is None:
                return self._range(indexes, start, batches, pending=True)
            unterminated = index.unterminated()
            batches += found
            if number <= index.lines and line_count(batches) < count:
                batches += unterminated
            number -= index.lines + line_count(unterminated)
        start = min(start, start - number) if number > 0 else start
        return self._range(indexes, start, first_lines(batches, count))

    def _from_end(self, indexes: Sequence[MatchIndex], wanted: int, count: int) -> LineRange:
        if not indexes:
            return self._range(indexes, 0)
        live = indexes[-1].generation
        batches, pending = self._last_before(indexes, live, live.size() + 1, wanted)
        total = self._total(indexes)
        start = None if total is None else total - line_count(batches)
        return self._range(indexes, start, first_lines(batches, count), pending=pending)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        indexes = self._indexes()
        batches: list[Batch] = []
        pending = False
        for index in _from(indexes, position.generation):
            offset = position.offset if index.generation is position.generation else index.generation.begin
            found, reached = index.read_from(offset, count - line_count(batches), most=_SEARCH_BYTES)
            batches += found
            is_full = line_count(batches) >= count
            if not is_full and reached < index.high:
                pending = True
                break
            if is_full:
                break
            batches += lines_between(index.unterminated(), offset, sys.maxsize)
        return self._range(indexes, self._number(indexes, position), first_lines(batches, count), pending=pending)

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        indexes = self._indexes()
        batches, pending = self._last_before(indexes, position.generation, position.offset, count)
        number = self._number(indexes, position)
        start = None if number is None else number - line_count(batches)
        return self._range(indexes, start, batches, pending=pending)

    def _last_before(
        self, indexes: Sequence[MatchIndex], generation: Generation, offset: int, count: int
    ) -> tuple[list[Batch], bool]:
        """Return the last ``count`` lines before an offset, and whether older ones may still be found."""
        batches: list[Batch] = []
        for index in _back_from(indexes, generation):
            end = offset if index.generation is generation else index.generation.size() + 1
            newer = lines_between(index.unterminated(), 0, end) + batches
            found, reached = index.read_before(end, count - line_count(newer), most=_SEARCH_BYTES)
            batches = found + newer
            if line_count(batches) >= count:
                break
            if reached > index.generation.begin:
                return batches, True
        return last_lines(batches, count), False

    def _indexes(self) -> list[MatchIndex]:
        return [self.indexer.index(generation, self.line_filter) for generation in self.generations]

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        return self._number(self._indexes(), position)

    def _number(self, indexes: Sequence[MatchIndex], position: Position) -> int | None:
        older = list(_back_from(indexes, position.generation))[1:]
        of_file = [each for each in indexes if each.generation is position.generation]
        own = of_file[0].lines_before(position.offset) if of_file else None
        total = self._total(older)
        return None if own is None or total is None else own + total

    @staticmethod
    def _total(indexes: Sequence[MatchIndex]) -> int | None:
        complete = all(each.complete for each in indexes)
        return sum(each.lines + line_count(each.unterminated()) for each in indexes) if complete else None

    @staticmethod
    def _range(
        indexes: Sequence[MatchIndex], start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False
    ) -> LineRange:
        return LineRange(
            start, batches, pending, line_counts=[(each.generation, line_count_of(each)) for each in indexes]
        )


def line_count_of(index: MatchIndex) -> LineCount:
    """Return how many lines an index has found, and in how many bytes of its file. Raises OSError."""
    size = index.generation.size() - index.generation.begin
    unterminated = index.unterminated()
    context = index.lines - index.count + sum(sum(batch.context) for batch in unterminated)
    counted = size if index.complete else max(0, min(index.scanned, size - 1))
    return LineCount(0, index.lines + line_count(unterminated), counted, size, context)


def _from(indexes: Sequence[MatchIndex], generation: Generation) -> Iterator[MatchIndex]:
    reached = False
    for index in indexes:
        reached |= index.generation is generation
        if reached:
            yield index


def _back_from(indexes: Sequence[MatchIndex], generation: Generation) -> Iterator[MatchIndex]:
    """Return the index of a generation and those of the older ones, newest first."""
    return reversed(indexes[: next((i for i, each in enumerate(indexes, 1) if each.generation is generation), 0)])
