"""The lines of a source's files that a query asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logviewer.rotation.generation import Batch, Generation, LineCount, Position
from logviewer.search.indexer import Indexer
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.views.view import LineRange

# What an answer looks at by itself where the pass has not come to: some milliseconds.
_NOW_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FilteredView:
    """The matching lines of these files, the oldest first, the live one last; see ``View``."""

    generations: Sequence[Generation]
    line_filter: LineFilter
    scans: Indexer

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        files = self._files()
        if start < 0:
            return self._from_end(files, -start, count)
        batches: list[Batch] = []
        number = start
        for matches in files:
            found = matches.read_at(max(0, number), count - len(batches))
            if found is None:
                return self._range(files, start, batches, pending=True)
            rest = matches.rest()
            batches += found
            if number <= matches.lines and len(batches) < count:
                batches += rest
            number -= matches.lines + len(rest)
        return self._range(files, min(start, start - number) if number > 0 else start, batches[:count])

    def _from_end(self, files: Sequence[MatchIndex], wanted: int, count: int) -> LineRange:
        if not files:
            return self._range(files, 0)
        live = files[-1].generation
        batches, pending = self._back(files, live, live.size() + 1, wanted)
        total = self._total(files)
        start = None if total is None else total - len(batches)
        return self._range(files, start, batches[:count], pending=pending)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        files = self._files()
        batches: list[Batch] = []
        pending = False
        for matches in _since(files, position.generation):
            offset = position.offset if matches.generation is position.generation else matches.generation.begin
            found, reached = matches.read_from(offset, count - len(batches), most=_NOW_BYTES)
            batches += found
            if len(batches) < count and reached < matches.high:
                pending = True
                break
            if len(batches) < count:
                batches += [each for each in matches.rest() if each.start.offset >= offset]
            if len(batches) >= count:
                break
        return self._range(files, self._number(files, position), batches[:count], pending=pending)

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        files = self._files()
        batches, pending = self._back(files, position.generation, position.offset, count)
        number = self._number(files, position)
        return self._range(files, None if number is None else number - len(batches), batches, pending=pending)

    def _back(
        self, files: Sequence[MatchIndex], generation: Generation, offset: int, count: int
    ) -> tuple[list[Batch], bool]:
        """The last matches before an offset of a file, and whether more of those wanted may be found yet."""
        batches: list[Batch] = []
        for matches in _until(files, generation):
            end = offset if matches.generation is generation else matches.generation.size() + 1
            rest = [each for each in matches.rest() if each.start.offset < end]
            found, reached = matches.read_before(end, count - len(batches) - len(rest), most=_NOW_BYTES)
            batches = found + rest + batches
            if len(batches) >= count:
                break
            if reached > matches.generation.begin:
                return batches, True
        return batches[-count:], False

    def _files(self) -> list[MatchIndex]:
        return [self.scans.index(each, self.line_filter) for each in self.generations]

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        return self._number(self._files(), position)

    def _number(self, files: Sequence[MatchIndex], position: Position) -> int | None:
        older = list(_until(files, position.generation))[1:]
        of_file = [each for each in files if each.generation is position.generation]
        own = of_file[0].lines_before(position.offset) if of_file else None
        total = self._total(older)
        return None if own is None or total is None else own + total

    @staticmethod
    def _total(files: Sequence[MatchIndex]) -> int | None:
        complete = all(each.complete for each in files)
        return sum(each.lines + len(each.rest()) for each in files) if complete else None

    @staticmethod
    def _range(
        files: Sequence[MatchIndex], start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False
    ) -> LineRange:
        return LineRange(
            start, batches, pending, line_counts=[(each.generation, line_count_of(each)) for each in files]
        )


def line_count_of(matches: MatchIndex) -> LineCount:
    """How far the pass has come, and what it found. Raises OSError."""
    size = matches.generation.size() - matches.generation.begin
    rest = matches.rest()
    context = matches.lines - matches.count + sum(any(batch.context) for batch in rest)
    counted = size if matches.complete else max(0, min(matches.scanned, size - 1))
    return LineCount(0, matches.lines + len(rest), counted, size, context)


def _since(files: Sequence[MatchIndex], generation: Generation) -> Iterator[MatchIndex]:
    reached = False
    for matches in files:
        reached |= matches.generation is generation
        if reached:
            yield matches


def _until(files: Sequence[MatchIndex], generation: Generation) -> Iterator[MatchIndex]:
    """A file and those before it, the newest first."""
    return reversed(files[: next((i for i, each in enumerate(files, 1) if each.generation is generation), 0)])
