"""A query applied to ranges of files and to batches of live lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import accumulate

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import LINE_CAP, count_newlines, line_text
from logviewer.formats.line_format import PLAIN
from logviewer.formats.record import record_at
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position
from logviewer.search.matcher import Matcher
from logviewer.search.pattern import Span
from logviewer.search.query import Query
from logviewer.search.selected_lines import SelectedLines, lines_of
from logviewer.search.window import LONGEST_BYTES, read_window

# Bytes before and after a range that are read for records, for context, and for the times of lines without one.
MARGIN_BYTES = 64 * 1024
# One for each encoding and line format among the files of a query.
_MATCHERS_KEPT = 16


class LineFilter:
    """Applies one query to ranges of any file, with ``context`` lines before and after each match.

    Raises QueryError for an invalid pattern.
    """

    def __init__(self, query: Query, *, context: int = 0) -> None:
        self.query = query
        self.context = context
        self._matcher = lru_cache(_MATCHERS_KEPT)(partial(Matcher, query))
        self._matcher(UTF8, PLAIN)
        self._margin = MARGIN_BYTES if self.is_wide or query.since or query.until else 0

    @property
    def is_wide(self) -> bool:
        """Whether a match also selects other lines: its record, or context."""
        return self.query.records or self.context > 0

    @property
    def is_by_level(self) -> bool:
        """Whether the matches depend on nothing but levels."""
        query = self.query
        return not self.is_wide and query == Query(regex=query.regex, case=query.case, levels=query.levels)

    @property
    def is_by_cell(self) -> bool:
        """Whether levels or times decide in which cells of a file matches may be."""
        query = self.query
        return not self.is_wide and (bool(query.levels) or query.since is not None or query.until is not None)

    def spans(self, text: str, encoding: Encoding) -> list[tuple[int, int]]:
        """Return the spans of the included texts in a line: [start, end) in characters, ascending."""
        return self._matcher(encoding, PLAIN).spans(text)

    def select(
        self, generation: Generation, start: int, end: int, *, unterminated: bool = False, is_end: bool = False
    ) -> SelectedLines:
        """Return the selected lines that begin in [start, end) of a file. Raises OSError.

        With ``unterminated`` the last line needs no newline. With ``is_end`` lines after the range are ignored, as if
        the file ended there.
        """
        window = read_window(
            generation, start - self._margin, end, 0 if is_end else self._margin, unterminated=unterminated
        )
        first, last = start - window.base, end - window.base
        selects_all = not self.query and not self.context and generation.encoding is UTF8
        spans = [] if selects_all else self._match(generation, window.data, window.begin, window.end)
        matching = {start for start, _ in spans}
        if self.is_wide:
            lines = lines_of(window.data, generation.encoding, first=window.begin, last=window.end)
            spans = self._widen(generation, window.data, spans, lines)
        spans = [span for span in spans if first <= span[0] < last]
        context = frozenset(start for start, _ in spans if start not in matching)
        return SelectedLines(
            window.data,
            window.base,
            max(first, window.begin),
            last,
            window.end,
            window.next_offset,
            selects_all,
            spans,
            context,
        )

    def filter_batch(self, batch: Batch) -> Batch:
        """Return a batch of live lines with the selected lines only, possibly none. Raises OSError."""
        generation, newline = batch.start.generation, batch.start.generation.encoding.newline
        before = self._before(batch.start)
        lines = batch.lines if batch.cut is None else [batch.uncut(LONGEST_BYTES)]
        ends = list(accumulate((len(line) + len(newline) for line in lines), initial=len(before)))
        data = before + newline.join([*lines, b""])
        numbers = {start: number for number, start in enumerate(ends[:-1])}
        spans = self._match(generation, data, 0, len(data))
        matching = {start for start, _ in spans}
        if self.is_wide:
            spans = self._widen(generation, data, spans, lines_of(data, generation.encoding))
        kept = {numbers[start]: start not in matching for start, _ in spans if start in numbers}
        if not kept:
            return replace(batch, lines=[])
        starts = batch.starts()
        positions, lines = [starts[number] for number in kept], [batch.lines[number] for number in kept]
        return replace(batch, start=positions[0], lines=lines, positions=positions, context=list(kept.values()))

    def _before(self, position: Position) -> bytes:
        if not self._margin:
            return b""
        start = position.offset - self._margin
        window = read_window(position.generation, start, position.offset, 0, unterminated=False)
        return window.data[window.begin : window.end]

    def _match(self, generation: Generation, data: bytes, first: int, last: int) -> list[Span]:
        return self._matcher(generation.encoding, generation.line_format).match(data, first, last)

    def _widen(self, generation: Generation, data: bytes, spans: list[Span], lines: list[Span]) -> list[Span]:
        texts, line_format = _Texts(data, lines, generation.encoding), generation.line_format
        numbers = {line[0]: number for number, line in enumerate(lines)}
        wanted: set[int] = set()
        for number in (numbers[start] for start, _ in spans):
            first, after = number, number + 1
            if self.query.records:
                first, after = record_at(texts, number, line_format)
            wanted.update(range(max(0, first - self.context), min(len(lines), after + self.context)))
        return [lines[number] for number in sorted(wanted)]


@dataclass(frozen=True, slots=True)
class _Texts(Sequence[str]):
    data: bytes
    lines: list[Span]
    encoding: Encoding

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        start, end = self.lines[number]
        return line_text(self.data, start, end, self.encoding)


def to_batches(generation: Generation, selected: SelectedLines) -> list[Batch]:
    """Return each selected line as a batch with its line number; lines are cut at 1 MiB. Raises OSError."""
    encoding = generation.encoding
    width = len(encoding.newline)
    batches: list[Batch] = []
    number, counted = None, 0
    for start, end in selected.spans:
        if not batches:
            number = generation.number(selected.base + start)
        elif number is not None:
            number += count_newlines(selected.data, encoding, counted, start)
        counted = start
        position = generation.position(selected.base + start, number)
        unterminated = end + width > len(selected.data)
        following = generation.position(
            selected.base + (end if unterminated else end + width), None if number is None else number + 1
        )
        cut = end - start if end - start > LINE_CAP else None
        line = selected.data[start : min(end, start + LINE_CAP)]
        context = [True] if start in selected.context else []
        batches.append(
            Batch(
                position, following, [line], cut=cut, unterminated=unterminated, positions=[position], context=context
            )
        )
    return batches
