"""The view of one source: all its lines, or the matches of a query."""

from collections.abc import Sequence
from dataclasses import dataclass

from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, Position, byte_count, line_count
from logviewer.search.file_lines import FileLines
from logviewer.views.scan import RANGE_BYTES, Scan, read_lines
from logviewer.views.view import LineRange

# A range from the end reads this far back in files whose lines are not counted.
_BACK_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceView:
    """The lines of the files of a source, oldest first; see ``View``. Ranges hold about 2 MiB at most."""

    files: Sequence[FileLines]

    @property
    def generations(self) -> Sequence[Generation]:
        """See ``View``."""
        return [file.generation for file in self.files]

    def line_counts(self) -> list[tuple[Generation, LineCount]]:
        """Return the number of lines found so far in each file. Raises OSError."""
        return [(file.generation, file.line_count()) for file in self.files]

    def by_number(self, start: int, count: int) -> LineRange:
        """See ``View``."""
        if start < 0 and self.files:
            return self._from_end(-start, count)
        counts = self.line_counts()
        number = start
        for index, (file, (_, known)) in enumerate(zip(self.files, counts, strict=True)):
            if known.complete and number >= known.lines:
                number -= known.lines
                continue
            found = file.read_at(number, count, RANGE_BYTES) if count > 0 else None
            if found is None:
                return self._range(start, pending=count > 0)
            batches, newer, is_pending = list(found.batches), self.files[index + 1 :], found.is_pending
            if found.is_whole and newer:
                left, room = count - line_count(batches), RANGE_BYTES - byte_count(batches)
                following, is_pending = read_lines([Scan(0, newer, newest=False)], left, room)
                batches += following
            return self._range(start, batches, pending=is_pending)
        return LineRange(start - number, line_counts=counts)

    def lines_from(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        batches, is_pending = read_lines([Scan(0, self.files, newest=False, begin=position)], count)
        return self._range(self.number(position), batches, pending=is_pending)

    def lines_before(self, position: Position, count: int) -> LineRange:
        """See ``View``."""
        batches, is_pending = self._before(position, count)
        number = self.number(position)
        return self._range(None if number is None else number - line_count(batches), batches, pending=is_pending)

    def number(self, position: Position) -> int | None:
        """See ``View``."""
        index = self._index(position.generation)
        own = self.files[index].lines_before(position.offset) if index < len(self.files) else None
        total = _total([(file.generation, file.line_count()) for file in self.files[:index]])
        return None if own is None or total is None else own + total

    def _before(self, position: Position, count: int) -> tuple[list[Batch], bool]:
        return read_lines([Scan(0, self.files, newest=True, begin=position)], count)

    def _from_end(self, wanted: int, count: int) -> LineRange:
        """Return the first ``count`` of the last ``wanted`` lines; where they are long, the last of these."""
        live = self.files[-1].generation
        position = live.position(live.size(), None)
        total = _total(self.line_counts()) if wanted > count else None
        if total is not None:
            return self.by_number(max(0, total - wanted), count)
        skipped = size = 0
        while skipped < wanted - count:
            found, is_pending = self._before(position, wanted - count - skipped)
            skipped, size = skipped + line_count(found), size + byte_count(found)
            if is_pending or not found or size > _BACK_BYTES:
                return self._range(None, pending=is_pending or bool(found))
            position = found[0].start
        return self.lines_before(position, min(wanted, count))

    def _index(self, generation: Generation) -> int:
        """Return the index of a generation; one after the last if it is not in the view."""
        return next((n for n, file in enumerate(self.files) if file.generation is generation), len(self.files))

    def _range(self, start: int | None, batches: Sequence[Batch] = (), *, pending: bool = False) -> LineRange:
        return LineRange(start, batches, pending, line_counts=self.line_counts())


def _total(line_counts: Sequence[tuple[Generation, LineCount]]) -> int | None:
    return LineRange(None, line_counts=line_counts).total
