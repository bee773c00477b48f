"""The lines of a stretch of a file that a query asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import accumulate

from logviewer.files.encoding import UTF8, Encoding, to_text
from logviewer.files.lines import LINE_CAP, count_newlines, find_newline, rfind_newline
from logviewer.formats.line_format import PLAIN
from logviewer.formats.record import record_at
from logviewer.rotation.generation import Batch, Generation, Position
from logviewer.search.matcher import Matcher
from logviewer.search.pattern import Span
from logviewer.search.query import Query
from logviewer.search.selected_lines import SelectedLines, lines_of

# How far around a stretch is looked for the beginning of a record, the time of a line without one, and the context.
MARGIN_BYTES = 64 * 1024
# A longer line is searched so far.
_LONGEST_BYTES = 16 * 1024 * 1024
_MORE_BYTES = 1024 * 1024
# Most lines end within this.
_LINE_BYTES = 4 * 1024
# One for each encoding and dialect among the files that a query is about.
_MATCHERS_KEPT = 16


class LineFilter:
    """Applies one query to any stretch of any file, with so many lines of ``context`` around each match.

    Raises QueryError at once if it is none.
    """

    def __init__(self, query: Query, *, context: int = 0) -> None:
        self.query = query
        self.context = context
        self._matcher = lru_cache(_MATCHERS_KEPT)(partial(Matcher, query))
        self._matcher(UTF8, PLAIN)
        self._margin = MARGIN_BYTES if self.is_wide or query.since or query.until else 0

    @property
    def is_wide(self) -> bool:
        """Whether a match brings other lines."""
        return self.query.records or self.context > 0

    def spans(self, text: str, encoding: Encoding) -> list[tuple[int, int]]:
        """Where a line's text has what was asked for: [start, end) in characters."""
        return self._matcher(encoding, PLAIN).spans(text)

    def select(
        self, generation: Generation, start: int, end: int, *, rest: bool = False, is_end: bool = False
    ) -> SelectedLines:
        """The lines that begin in [start, end); with ``rest`` the last one needs no newline. Raises OSError.

        ``is_end`` passes over what follows, as if the file ended there.
        """
        window = _read(generation, start - self._margin, end, 0 if is_end else self._margin, rest=rest)
        first, last = start - window.base, end - window.base
        everything = not self.query and not self.context and generation.encoding is UTF8
        spans = [] if everything else self._match(generation, window.data, window.first, window.last)
        matching = {start for start, _ in spans}
        if self.is_wide:
            lines = lines_of(window.data, generation.encoding, first=window.first, last=window.last)
            spans = self._widen(generation, window.data, spans, lines)
        spans = [span for span in spans if first <= span[0] < last]
        context = frozenset(start for start, _ in spans if start not in matching)
        first = max(first, window.first)
        return SelectedLines(window.data, window.base, first, last, window.last, window.end, everything, spans, context)

    def filter_batch(self, batch: Batch) -> Batch:
        """The same batch with just the lines that were asked for: live lines, given as history is. Raises OSError."""
        generation, newline = batch.start.generation, batch.start.generation.encoding.newline
        before = self._before(batch.start)
        lines = batch.lines if batch.cut is None else [batch.uncut(_LONGEST_BYTES)]
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
        places, lines = [starts[number] for number in kept], [batch.lines[number] for number in kept]
        return replace(batch, start=places[0], lines=lines, places=places, context=list(kept.values()))

    def _before(self, position: Position) -> bytes:
        if not self._margin:
            return b""
        start = position.offset - self._margin
        window = _read(position.generation, start, position.offset, 0, rest=False)
        return window.data[window.first : window.last]

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
        return to_text(self.data[start : min(end, start + LINE_CAP)], self.encoding)


@dataclass(frozen=True, slots=True)
class _Window:
    data: bytes
    base: int
    first: int
    last: int
    end: int


def _read(generation: Generation, start: int, end: int, margin: int, *, rest: bool) -> _Window:
    """The whole lines that begin in [start, end), and those of the margin after it."""
    encoding = generation.encoding
    width = len(encoding.newline)
    base = max(generation.begin, start - width)
    data = generation.pread(end + max(margin, _LINE_BYTES) - base, base)
    stop = find_newline(data, encoding, max(0, end - base - width))
    # The last line may end anywhere.
    while (
        stop < 0
        and len(data) < end - base + _LONGEST_BYTES
        and (more := generation.pread(_MORE_BYTES, base + len(data)))
    ):
        stop, data = find_newline(more, encoding), data + more
        stop += len(data) - len(more) if stop >= 0 else 0
    whole = stop + width if stop >= 0 and not margin else max(0, rfind_newline(data, encoding, len(data)) + width)
    following = stop + width if stop >= 0 else whole
    if rest and stop < 0:
        whole = len(data)
    if base == generation.begin:
        first = len(encoding.bom) if base == 0 and data.startswith(encoding.bom) else 0
    else:
        newline = find_newline(data, encoding)
        first = newline + width if newline >= 0 else len(data)
    return _Window(data, base, first, whole, base + following)


def to_batches(generation: Generation, found: SelectedLines) -> list[Batch]:
    """The lines as a view gives them; one over 1 MiB, cut, in a batch of its own. Raises OSError."""
    encoding = generation.encoding
    width = len(encoding.newline)
    batches: list[Batch] = []
    number, counted = None, 0
    for start, end in found.spans:
        if not batches:
            number = generation.number(found.base + start)
        elif number is not None:
            number += count_newlines(found.data, encoding, counted, start)
        counted = start
        place = generation.position(found.base + start, number)
        unterminated = end + width > len(found.data)
        following = generation.position(
            found.base + (end if unterminated else end + width), None if number is None else number + 1
        )
        cut = end - start if end - start > LINE_CAP else None
        line = found.data[start : min(end, start + LINE_CAP)]
        context = [True] if start in found.context else []
        batches.append(
            Batch(place, following, [line], cut=cut, unterminated=unterminated, places=[place], context=context)
        )
    return batches
