"""A query applied to ranges of files and to batches of live lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from typing import overload
from weakref import WeakKeyDictionary

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import LINE_CAP, Block, joined, line_text, newlines_before
from logviewer.formats.line_format import PLAIN
from logviewer.formats.record import record_at
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position
from logviewer.search.matcher import Matcher
from logviewer.search.pace import Pace
from logviewer.search.pattern import Span
from logviewer.search.query import Query
from logviewer.search.selected_lines import SelectedLines, lines_of
from logviewer.search.window import LONGEST_BYTES, read_window

# Bytes before and after a range that are read for records and for context.
MARGIN_BYTES = 64 * 1024
_MOST_MARGIN_BYTES = 1024 * 1024
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
        self._margin = MARGIN_BYTES if self.is_wide else 0
        # Plain texts are found at the same speed in any data.
        self._pace = Pace(is_known=not query.regex)
        self._has_span = query.since is not None or query.until is not None
        # The last range of a file in which no line has a time.
        self._untimed: WeakKeyDictionary[Generation, Span] = WeakKeyDictionary()

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
        return not self.is_wide and (bool(query.levels) or self._has_span)

    @property
    def is_by_table(self) -> bool:
        """Whether a filled cell table has most matches: nothing but levels and times decides."""
        return self.is_by_cell and not (self.query.include or self.query.exclude)

    def stride(self, most: int) -> int:
        """Return the number of bytes to select from at a time: a multiple of 64 KiB, up to ``most``."""
        return self._pace.stride(most)

    def spans(self, texts: Iterable[str], encoding: Encoding) -> list[list[Span]]:
        """Return the spans of the included texts in each line: [start, end) in characters, ascending."""
        matcher = self._matcher(encoding, PLAIN)
        return [matcher.spans(text) for text in texts]

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
        spans = [] if selects_all else self._match(generation, window.data, window.base, window.begin, window.end)
        matching = {start for start, _ in spans} if self.is_wide else frozenset[int]()
        if self.is_wide:
            lines = lines_of(window.data, generation.encoding, first=window.begin, last=window.end)
            spans = self._widen(generation, window.data, spans, lines)
        spans = [span for span in spans if first <= span[0] < last]
        context = frozenset(start for start, _ in spans if start not in matching) if self.is_wide else frozenset[int]()
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
        generation = batch.start.generation
        before = self._before(batch.start)
        data = before + _bytes_of(batch)
        matches = self._match(generation, data, batch.end.offset - len(data), 0, len(data))
        matching = {start for start, _ in matches} if self.is_wide else frozenset[int]()
        spans = matches
        if self.is_wide:
            spans = self._widen(generation, data, matches, lines_of(data, generation.encoding))
        spans = [span for span in spans if span[0] >= len(before)]
        if not spans:
            return replace(batch, lines=[])
        starts = [start for start, _ in spans]
        passed, *ends = newlines_before(data, generation.encoding, [len(before), *starts])
        numbers = [end - passed for end in ends]
        offsets = [batch.end.offset - len(data) + start for start in starts]
        if not numbers[0]:
            # NULs before the first line, or the rest of a long one, are not in the data.
            offsets[0] = batch.start.offset
        line = batch.start.line
        counts = [None if line is None else line + number for number in numbers]
        return replace(
            batch,
            start=generation.position(offsets[0], counts[0]) if numbers[0] else batch.start,
            lines=_lines(batch, data, spans, numbers),
            offsets=offsets,
            numbers=counts,
            context=[start not in matching for start in starts] if self.is_wide else (),
        )

    def _before(self, position: Position) -> bytes:
        if not self._margin:
            return b""
        start = position.offset - self._margin
        window = read_window(position.generation, start, position.offset, 0, unterminated=False)
        return window.data[window.begin : window.end]

    def _match(self, generation: Generation, data: bytes, base: int, first: int, last: int) -> list[Span]:
        matcher = self._matcher(generation.encoding, generation.line_format)
        with self._pace.measured(last - first):
            lines = matcher.match(data, first, last)
        if not self._has_span:
            return lines
        return matcher.in_time(data, lines, first, lambda: self._time_before(generation, base + first), base=base)

    def _time_before(self, generation: Generation, offset: int) -> int | None:
        """Return the last time in the 16 MiB before the start of a line; None without one. Raises OSError."""
        matcher = self._matcher(generation.encoding, generation.line_format)
        first, last = self._untimed.get(generation, (0, 0))
        lowest, end, size = max(generation.begin, offset - LONGEST_BYTES), offset, MARGIN_BYTES
        while end > lowest:
            start = first
            if not first < end <= last:
                start = max(lowest, end - size)
                window = read_window(generation, start, end, 0, unterminated=False)
                time = matcher.last_time(window.data, window.begin, window.end, base=window.base)
                if time is not None:
                    return time
                size = min(2 * size, _MOST_MARGIN_BYTES)
            end = start
        self._untimed[generation] = end, offset
        return None

    def _widen(self, generation: Generation, data: bytes, spans: list[Span], lines: list[Span]) -> list[Span]:
        texts, line_format = _Texts(data, lines, generation.encoding), generation.line_format
        numbers = {line[0]: number for number, line in enumerate(lines)}
        ranges: list[tuple[int, int]] = []
        for number in (numbers[start] for start, _ in spans):
            first, after = number, number + 1
            if self.query.records:
                first, after = record_at(texts, number, line_format)
            ranges.append((max(0, first - self.context), min(len(lines), after + self.context)))
        found, at = list[Span](), 0
        # Each line once, however many matches are near it.
        for begin, end in sorted(ranges):
            found += lines[max(at, begin) : end]
            at = max(at, end)
        return found


@dataclass(frozen=True, slots=True)
class _Texts(Sequence[str]):
    data: bytes
    lines: list[Span]
    encoding: Encoding

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, number: int) -> str: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...

    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        if isinstance(number, slice):
            return _Texts(self.data, self.lines[number], self.encoding)
        start, end = self.lines[number]
        return line_text(self.data, start, end, self.encoding)


def _bytes_of(batch: Batch) -> bytes:
    """Return the lines of a batch with their newlines; a cut line up to 16 MiB."""
    if isinstance(batch.lines, Block):
        return batch.lines.data
    lines = batch.lines if batch.cut is None else [batch.uncut(LONGEST_BYTES)]
    return batch.start.generation.encoding.newline.join([*lines, b""])


def _lines(batch: Batch, data: bytes, spans: list[Span], numbers: list[int]) -> Sequence[bytes]:
    if isinstance(batch.lines, Block):
        return joined([data[start:end] for start, end in spans])
    return [batch.lines[number] for number in numbers]


def to_batches(generation: Generation, selected: SelectedLines) -> list[Batch]:
    """Return selected lines in batches; a line over 1 MiB, which is cut, or without a newline alone. Raises OSError."""
    spans, size = selected.spans, len(selected.data) - len(generation.encoding.newline)
    alone = [number for number, (start, end) in enumerate(spans) if end - start > LINE_CAP or end > size]
    edges = sorted({0, *alone, *(number + 1 for number in alone), len(spans)})
    return [_batch(generation, selected, spans[first:last]) for first, last in pairwise(edges)]


def _batch(generation: Generation, selected: SelectedLines, spans: list[Span]) -> Batch:
    data, base, width = selected.data, selected.base, len(generation.encoding.newline)
    (first, _), (start, end) = spans[0], spans[-1]
    unterminated = end + width > len(data)
    lines: Sequence[bytes] = [data[start : min(end, start + LINE_CAP)] for start, end in spans]
    plain = False
    if generation.encoding is UTF8:
        lines = block = joined(lines)
        has_nuls = b"\0" in block.data and not generation.line_format.has_envelope
        plain = not has_nuls and UTF8.bom not in block.data
    return Batch(
        generation.position(base + first, None),
        generation.position(base + (end if unterminated else end + width), None),
        lines,
        cut=end - start if end - start > LINE_CAP else None,
        unterminated=unterminated,
        plain=plain,
        offsets=[base + start for start, _ in spans],
        context=[start in selected.context for start, _ in spans] if selected.context else (),
    )
