"""The lines that a query selects in one range of a log file."""

from dataclasses import dataclass

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import find_newline
from logviewer.search.pattern import Span


@dataclass(frozen=True, slots=True)
class SelectedLines:
    """The selected lines that begin in a range of a file, as spans of ``data``: matches, and lines around them.

    ``data`` is at the offset ``base`` of the file; its lines end at ``lines_end``. The range is [begin, end) of
    ``data``. The first line after the range begins at the file offset ``next_offset``; a last line without newline
    counts as after the range. With ``selects_all`` all lines of the range are selected, and ``selected`` is empty.
    Selected lines that begin at one of ``context`` are not matches.
    """

    data: bytes
    base: int
    begin: int
    end: int
    lines_end: int
    next_offset: int
    selects_all: bool
    selected: list[Span]
    context: frozenset[int] = frozenset()

    @property
    def spans(self) -> list[Span]:
        """The start of each selected line, and its end without newline."""
        if not self.selects_all:
            return self.selected
        return [line for line in lines_of(self.data, first=self.begin, last=self.lines_end) if line[0] < self.end]

    @property
    def matches(self) -> list[Span]:
        """The ``spans`` of lines that match the query."""
        return [span for span in self.spans if span[0] not in self.context] if self.context else self.spans

    def __len__(self) -> int:
        return len(self.spans)


def lines_of(data: bytes, encoding: Encoding = UTF8, *, first: int = 0, last: int | None = None) -> list[Span]:
    """Return the start, and the end without newline, of each line of ``data[first:last]``; the last may lack one."""
    lines: list[Span] = []
    start, width = first, len(encoding.newline)
    last = len(data) if last is None else last
    while start < last:
        newline = data.find(b"\n", start, last) if width == 1 else find_newline(data, encoding, start)
        end = newline if 0 <= newline < last else last
        lines.append((start, end))
        start = end + width
    return lines
