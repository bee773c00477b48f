"""The lines of one file that a query selects, read by number and by offset."""

import sys
import time
from dataclasses import dataclass, replace

from logviewer.errors import FileChangedError
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, byte_count, first_lines, last_lines, line_count, lines_between
from logviewer.search.file_lines import SEARCH_BYTES, Found
from logviewer.search.line_filter import MARGIN_BYTES, to_batches
from logviewer.search.match_index import CELL_BYTES, MatchIndex
from logviewer.search.selected_lines import SelectedLines

_STRIDE_BYTES = 1024 * 1024
# A client waits for a slow regular expression this long, then it asks again.
_MOST_SECONDS = 0.2
# Between two blocks, a scan finds out that its client has left.
_BLOCK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class MatchLines:
    """The lines that a match index counts; see ``FileLines``.

    Ranges that are not counted yet are searched. An unterminated last line is searched each time.
    """

    index: MatchIndex

    @property
    def generation(self) -> Generation:
        """See ``FileLines``."""
        return self.index.generation

    def line_count(self) -> LineCount:
        """See ``FileLines``."""
        index = self.index
        size = self.generation.size() - self.generation.begin
        unterminated = self._unterminated()
        context = index.lines - index.count + sum(sum(batch.context) for batch in unterminated)
        counted = size if index.complete else max(0, min(index.scanned, size - 1))
        return LineCount(0, index.lines + line_count(unterminated), counted, size, context)

    def lines_before(self, offset: int) -> int | None:
        """See ``FileLines``."""
        index = self.index
        if not index.complete:
            return None
        last = line_count(self._unterminated_before(offset))
        if offset >= index.high:
            return index.lines + last
        cell = offset // CELL_BYTES
        start = max(self.generation.begin, cell * CELL_BYTES)
        partial = len(index.line_filter.select(self.generation, start, offset)) if offset > start else 0
        return index.lines_before_cell(cell) + partial + last

    def read_at(self, number: int, count: int, most: int) -> Found | None:
        """See ``FileLines``."""
        index = self.index
        if not index.complete:
            return None
        if number >= index.lines:
            last = self._unterminated()
            return self._end(last_lines(last, line_count(last) - (number - index.lines)), count)
        cell, passed = index.cell_of_line(number)
        found = self.read_from(max(self.generation.begin, cell * CELL_BYTES), passed + count, most=most)
        left = line_count(found.batches) - passed
        # A slow search may end before the line.
        return found._replace(batches=last_lines(found.batches, left)) if left > 0 or found.is_whole else None

    def read_from(self, offset: int, count: int, *, most: int | None = None, block: int | None = None) -> Found:
        """See ``FileLines``."""
        index, ends = self.index, _end(most, block)
        batches: list[Batch] = []
        first = offset
        left, room, is_pending = count, _limit(None if block else most), False
        unsearched = _unsearched(most, block)
        while min(left, room) > 0 and offset < index.high and not (block and batches):
            stride = index.line_filter.stride(block or _STRIDE_BYTES)
            if time.monotonic() > ends:
                is_pending = True
                break
            if index.low <= offset:
                offset, end = self._filled_after(offset, left, stride)
            elif unsearched <= 0:
                is_pending = True
                break
            else:
                end = offset + stride
                unsearched -= stride
            if offset >= index.high:
                break
            selected = index.line_filter.select(self.generation, offset, min(end, index.high))
            found = to_batches(self.generation, _first(selected, left))
            batches += found
            left, room = left - line_count(found), room - byte_count(found)
            offset = end if left > 0 else batches[-1].end.offset
        self._check()
        if offset >= index.high and left > 0:
            last = self._end(lines_between(self._unterminated(), first, sys.maxsize), left)
            return last._replace(batches=[*batches, *last.batches])
        return Found(batches, min(offset, index.high), is_pending=is_pending)

    def read_before(self, offset: int, count: int, *, most: int | None = None, block: int | None = None) -> Found:
        """See ``FileLines``."""
        index, begin, ends = self.index, self.generation.begin, _end(most, block)
        parts = [last_lines(self._unterminated_before(offset), count)]
        left, room = count - line_count(parts[0]), _limit(None if block else most) - byte_count(parts[0])
        unsearched, is_pending = _unsearched(most, block), False
        offset = parts[0][0].start.offset if parts[0] else min(offset, index.high)
        while min(left, room) > 0 and offset > begin and not (block and any(parts)):
            stride = index.line_filter.stride(block or _STRIDE_BYTES)
            if time.monotonic() > ends:
                is_pending = True
                break
            is_known = index.low < offset
            if is_known:
                start, offset = self._filled_before(offset, left, stride)
            elif unsearched <= 0:
                is_pending = True
                break
            else:
                start = max(begin, offset - stride)
                unsearched -= stride
            if start >= offset:
                continue
            counted = None if is_known or not block else index.scan_before(offset, stride)
            start, selected = counted or (start, index.line_filter.select(self.generation, start, offset))
            parts.append(to_batches(self.generation, _last(selected, left)))
            left, room = left - line_count(parts[-1]), room - byte_count(parts[-1])
            offset = start if left > 0 else parts[-1][0].start.offset
        self._check()
        batches = [batch for part in reversed(parts) for batch in part]
        return Found(batches, offset, is_whole=offset <= begin, is_pending=is_pending)

    def reserve(self) -> None:
        """See ``FileLines``."""
        self.index.reserve()

    def _check(self) -> None:
        """Raise FileChangedError if the file was truncated after it was indexed, so its lines are incomplete."""
        if self.generation.size() < self.index.high:
            raise FileChangedError

    def _end(self, last: list[Batch], count: int) -> Found:
        """Return up to ``count`` of the lines at the end that are not counted."""
        if line_count(last) > count:
            last = first_lines(last, count)
            return Found(last, last[-1].end.offset)
        return Found(last, self.index.high, is_whole=True)

    def _unterminated_before(self, offset: int) -> list[Batch]:
        index = self.index
        margin = MARGIN_BYTES if index.line_filter.is_wide else 0
        return lines_between(self._unterminated(), 0, offset) if offset > index.high - margin else []

    def _unterminated(self) -> list[Batch]:
        selected = self.index.unterminated()
        return to_batches(self.generation, selected) if selected else []

    def _filled_after(self, offset: int, count: int, size: int) -> tuple[int, int]:
        """Return the first range of counted cells with lines, from an offset on: up to ``size`` bytes or ``count``."""
        index = self.index
        last = -(-index.high // CELL_BYTES)
        first = end = index.next_filled(offset // CELL_BYTES)
        while end < min(last, first + size // CELL_BYTES) and count > 0 and (lines := index.lines_in(end)):
            end, count = end + 1, count - lines
        return max(offset, first * CELL_BYTES), end * CELL_BYTES

    def _filled_before(self, offset: int, count: int, size: int) -> tuple[int, int]:
        """Return the last range of counted cells with lines, up to an offset; see ``_filled_after``.

        Without one, both are the start of the counted cells.
        """
        index = self.index
        low = max(self.generation.begin, index.low)
        after = index.last_filled((offset - 1) // CELL_BYTES) + 1
        end = min(offset, max(low, after * CELL_BYTES))
        cell = after - 1
        least = max(low // CELL_BYTES, after - size // CELL_BYTES)
        while cell >= least and count > 0 and (lines := index.lines_in(cell)):
            cell, count = cell - 1, count - lines
        return min(end, max(low, (cell + 1) * CELL_BYTES)), end


def _end(most: int | None, block: int | None) -> float:
    """Return the time at which a search of limited size ends, in monotonic seconds."""
    return float("inf") if most is None else time.monotonic() + (_BLOCK_SECONDS if block else _MOST_SECONDS)


def _unsearched(most: int | None, block: int | None) -> float:
    """Return the number of bytes to search ahead of the index; see ``FileLines``."""
    return _limit(most) if block or most is None else SEARCH_BYTES


def _limit(most: int | None) -> float:
    return float("inf") if most is None else most


def _first(lines: SelectedLines, count: int) -> SelectedLines:
    return replace(lines, selected=lines.spans[:count], selects_all=False)


def _last(lines: SelectedLines, count: int) -> SelectedLines:
    return replace(lines, selected=lines.spans[-count:], selects_all=False)
