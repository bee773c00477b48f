"""The lines of one stretch of a log file that a query selects."""

from dataclasses import dataclass

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import find_newline
from logviewer.search.pattern import Span


@dataclass(frozen=True, slots=True)
class SelectedLines:
    """The lines that were asked for of those that begin in a stretch of a file, as offsets in ``data``.

    That is at ``base`` in the file; the stretch is [first, last) in it, and the last line that begins there ends at
    ``whole``. ``end`` is where in the file the first line after it begins: what has no newline yet is not among them.
    ``everything`` says that all lines are. Those of them that begin at ``context`` are no matches themselves.
    """

    data: bytes
    base: int
    first: int
    last: int
    whole: int
    end: int
    everything: bool
    selected: list[Span]
    context: frozenset[int] = frozenset()

    @property
    def spans(self) -> list[Span]:
        """Where the lines begin, and where their newlines do."""
        if not self.everything:
            return self.selected
        return [line for line in lines_of(self.data, first=self.first, last=self.whole) if line[0] < self.last]

    @property
    def matches(self) -> list[Span]:
        """Those of ``spans`` that are matches themselves."""
        return [span for span in self.spans if span[0] not in self.context] if self.context else self.spans

    def __len__(self) -> int:
        return len(self.spans)


def lines_of(data: bytes, encoding: Encoding = UTF8, *, first: int = 0, last: int | None = None) -> list[Span]:
    """Where each line of ``data[first:last]`` begins, and where its newline does; the last may lack it."""
    lines: list[Span] = []
    start, width = first, len(encoding.newline)
    last = len(data) if last is None else last
    while start < last:
        found = data.find(b"\n", start, last) if width == 1 else find_newline(data, encoding, start)
        end = found if 0 <= found < last else last
        lines.append((start, end))
        start = end + width
    return lines
