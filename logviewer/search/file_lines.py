"""The lines of one file by number and by offset: the protocol, and all lines of a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from logviewer.errors import FileChangedError
from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, byte_count, line_count, lines_between

SEARCH_BYTES = 8 * 1024 * 1024
"""The bytes that a request searches ahead of the match index: it needs the first lines at once."""
# Counted while a client waits: some milliseconds.
_CATCH_UP_BYTES = 16 * 1024 * 1024


class Found(NamedTuple):
    """Lines of a file: ``batches`` in the order of the file, and the ``offset`` at which the search for them ended.

    ``is_whole`` is true if the search reached the end of the file, or its start if it went back. ``is_pending`` is true
    if it ended before lines that another thread searches.
    """

    batches: Sequence[Batch]
    offset: int
    is_whole: bool = False
    is_pending: bool = False


class FileLines(Protocol):
    """Some lines of one file, with an unterminated last line. Numbers count these lines from 0.

    ``most`` limits the bytes of lines, to about so many; one line is returned in any case. It also limits the bytes to
    search, to 8 MiB. With ``block``, a read returns the nearest block of about so many bytes that has lines, and
    ``most`` limits only the bytes to search. Methods raise OSError, and FileChangedError if the file was truncated.
    """

    @property
    def generation(self) -> Generation:
        """The file."""

    def line_count(self) -> LineCount:
        """Return the number of lines found so far."""

    def lines_before(self, offset: int) -> int | None:
        """Return the number of lines that begin before an offset; None until they are counted."""

    def read_at(self, number: int, count: int, most: int) -> Found | None:
        """Return up to ``count`` lines from a number on; None until that line is counted."""

    def read_from(self, offset: int, count: int, *, most: int | None = None, block: int | None = None) -> Found:
        """Return the first ``count`` lines that begin at or after an offset."""

    def read_before(self, offset: int, count: int, *, most: int | None = None, block: int | None = None) -> Found:
        """Return the last ``count`` lines that begin before an offset."""

    def reserve(self) -> None:
        """Leave the search for lines to this thread for a second, because other threads would only hinder it."""


@dataclass(frozen=True, slots=True)
class AllLines:
    """The lines that begin before the offset ``end`` of a file; see ``FileLines``.

    ``recall`` adds the line counts that are known without a read of the file.
    """

    generation: Generation
    end: int
    recall: Callable[[Generation], None] = lambda _: None

    def line_count(self) -> LineCount:
        """See ``FileLines``."""
        return self.generation.line_count()

    def lines_before(self, offset: int) -> int | None:
        """See ``FileLines``."""
        generation = self.generation
        before, number = generation.number(generation.begin), generation.number(offset)
        if before is None or number is None:
            return None
        return number - before + self._ends_with_unterminated(offset)

    def read_at(self, number: int, count: int, most: int) -> Found | None:
        """See ``FileLines``."""
        generation = self.generation
        known = generation.line_count()
        if known.complete and number >= known.lines:
            return Found((), generation.size(), is_whole=True)
        position = generation.at_line(number)
        if position is None:
            self.recall(generation)
            # The counting thread counts the oldest files last.
            generation.count(_CATCH_UP_BYTES)
            position = generation.at_line(number)
        return self.read_from(position.offset, count, most=most) if position else None

    def read_from(self, offset: int, count: int, *, most: int | None = None, block: int | None = None) -> Found:
        """See ``FileLines``."""
        generation = self.generation
        position = generation.position(offset, generation.number(offset))
        batches: list[Batch] = []
        left, size = count, 0
        while left > 0 and (most is None or size < most) and not (block and batches):
            if position.offset >= self.end:
                return Found(batches, position.offset, is_whole=True)
            if block:
                found = generation.read_many(position, block, left, block)
            else:
                batch = generation.read(position, max_lines=min(left, MAX_LINES))
                found = [batch] if batch else []
            if not found and (last := generation.read_unterminated(position)):
                found = [last]
            if not found:
                if generation.size() < self.end:
                    raise FileChangedError
                return Found(batches, position.offset, is_whole=True)
            batches += found
            position = found[-1].end
            left, size = left - line_count(found), size + byte_count(found)
            if found[-1].unterminated or position.offset > self.end:
                return Found(lines_between(batches, 0, self.end), position.offset, is_whole=True)
        return Found(batches, position.offset)

    def read_before(self, offset: int, count: int, *, most: int | None = None, block: int | None = None) -> Found:
        """See ``FileLines``."""
        generation = self.generation
        begin, end = generation.begin, min(offset, generation.size())
        most = block or most or end
        has_unterminated = self._ends_with_unterminated(end)
        back = generation.lines_until(end, count - has_unterminated, most=most)
        if back is None or end - back[0] > most:
            start = generation.next_line(end - most, end)
            if start == end:
                # A line of more bytes is returned alone.
                start, _ = generation.lines_until(end, 1 - has_unterminated, most=end) or (end, 0)
            back = start, generation.count_lines(start, end)
        start, lines = back
        lines += has_unterminated and start < end
        found = self.read_from(start, lines) if lines else Found((), start)
        return Found(found.batches, start, is_whole=start <= begin)

    def _ends_with_unterminated(self, offset: int) -> bool:
        """Return whether the offset is the end of the file, after a line without a newline."""
        size = self.generation.size()
        return offset >= size and self.generation.has_unterminated(size)

    def reserve(self) -> None:
        """See ``FileLines``: no other thread searches."""


def all_lines(
    generations: Sequence[Generation], recall: Callable[[Generation], None] = lambda _: None
) -> list[AllLines]:
    """Return all lines of some files, oldest first.

    The line counts that need at most 16 MiB more are finished, newest first, 16 MiB in all. Raises OSError.
    """
    left = _CATCH_UP_BYTES
    files: list[AllLines] = []
    for each in reversed(generations):
        size = each.size()
        left -= each.catch_up(size, within=left)
        files.append(AllLines(each, size, recall))
    return files[::-1]
