"""A query over blocks of lines, in time linear in their length for every pattern."""

from bisect import bisect_left
from collections.abc import Callable

from logviewer.errors import QueryError
from logviewer.files.encoding import UTF8, Encoding, is_utf8, to_text
from logviewer.files.lines import line_ends
from logviewer.formats.line_format import LineFormat
from logviewer.search.automata import MOST_INSTRUCTIONS, TOO_LARGE
from logviewer.search.level_counter import LevelCounter
from logviewer.search.masked_block import Masks
from logviewer.search.pattern import Pattern, Span
from logviewer.search.query import Query
from logviewer.search.selected_lines import lines_of

_MOST_SPANS = 200
_NEWLINE = 10
# Numpy is faster for more.
_FEW_BYTES = 64 * 1024
# With more of these, all lines of a block are read at once for their times.
_MANY_UNTIMED = 32
# With more lines that may match, it is faster to mask the whole block.
_BYTES_A_CANDIDATE = 1024


class Matcher:
    """Finds the matches of a query among the lines of files with one encoding and line format.

    Patterns match the UTF-8 bytes of one line, with its masks and without a final carriage return. Raises QueryError,
    with the engine's message, for an invalid pattern.
    """

    def __init__(self, query: Query, encoding: Encoding, line_format: LineFormat) -> None:
        self._query = query
        self._encoding = encoding
        self._levels = LevelCounter(encoding, line_format)
        # The longest text first: it is likely the rarest.
        self._include = [
            Pattern("q", text, regex=query.regex, case=query.case)
            for text in sorted(query.include, key=len, reverse=True)
        ]
        # Only such patterns can match a carriage return at the end of a line.
        self._sees_line_ends = query.regex or any("\r" in text for text in (*query.include, *query.exclude))
        self._masks = Masks(line_format) if line_format.has_masks else None
        self._has_envelope = line_format.has_envelope
        self._exclude = [Pattern("not", text, regex=query.regex, case=query.case) for text in query.exclude]
        if sum(each.instructions for each in (*self._include, *self._exclude)) > MOST_INSTRUCTIONS:
            raise QueryError(f"q: {TOO_LARGE}")

    def match(self, data: bytes, first: int = 0, last: int | None = None) -> list[Span]:
        """Return the start and the end without newline, in ``data``, of the matches in ``data[first:last]``, ascending.

        ``data[first:last]`` is whole lines; the last may lack its newline. ``in_time`` applies the time span.
        """
        last = len(data) if last is None else last
        # A search for one byte is ten times as fast as for two.
        has_crlf = self._sees_line_ends and b"\r" in data and (b"\r\n" in data or data.endswith(b"\r", first, last))
        is_raw_utf8 = self._encoding is UTF8 and self._masks is None and not self._has_envelope
        follows_mark = first > 0 and data[first - 1] != _NEWLINE
        if is_raw_utf8 and not has_crlf and not follows_mark:
            return self._match(data, first, last)
        if is_raw_utf8 and not has_crlf:
            # RE2 sees the bytes before the first line.
            lines = self._match(data[first:last], 0, last - first)
            return [(start + first, end + first) for start, end in lines]
        match = self._match_crlf if is_raw_utf8 else self._match_shown
        return [(start + first, end + first) for start, end in match(data[first:last])]

    def spans(self, text: str) -> list[Span]:
        """Return the first 200 hits of the included texts in a line: [start, end) in characters, merged, ascending."""
        if len(self._include) == 1:
            # Hits of one pattern do not overlap, but may adjoin.
            found = self._include[0].spans(text, _MOST_SPANS)
        else:
            found = sorted(span for pattern in self._include for span in pattern.spans(text, _MOST_SPANS))
        if len(found) <= 1:
            return found
        merged: list[Span] = []
        for start, end in found:
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((start, end))
        return merged[:_MOST_SPANS]

    def _match(self, data: bytes, first: int, last: int) -> list[Span]:
        return self._by_level(data, self._by_text(data, first, last))

    def _by_text(self, data: bytes, first: int, last: int) -> list[Span]:
        include, exclude = self._include, self._exclude
        lines = include[0].lines(data, first, last) if include else lines_of(data, first=first, last=last)
        for pattern in include[1:]:
            lines = [line for line in lines if pattern.is_in(data, *line)]
        if exclude and len(lines) * 256 > last - first:
            # With many candidates, a search for the excluded texts in the whole block is faster.
            dropped = {line for pattern in exclude for line in pattern.lines(data, first, last)}
            return [line for line in lines if line not in dropped]
        if exclude:
            return [line for line in lines if not any(pattern.is_in(data, *line) for pattern in exclude)]
        return lines

    def _by_level(self, data: bytes, lines: list[Span]) -> list[Span]:
        if not self._query.levels:
            return lines
        levels = self._levels.of(data, lines)
        return [line for line, found in zip(lines, levels, strict=True) if found in self._query.levels]

    def in_time(
        self,
        data: bytes,
        lines: list[Span],
        first: int,
        before: Callable[[], int | None] = lambda: None,
        *,
        base: int = 0,
    ) -> list[Span]:
        """Return those of some lines of ``data``, ascending, in the time span.

        A line without a time has that of the last line before it with one. The first line of ``data`` begins at
        ``first``, and ``before`` returns the time of the lines before it. ``base`` is the offset of ``data``.
        """
        times = self._levels.times(data, lines, base)
        if times.count(None) > _MANY_UNTIMED:
            every = lines_of(data, self._encoding, first=first, last=lines[-1][1])
            if len(every) > len(lines):
                inside = set(self.in_time(data, every, first, before, base=base))
                return [line for line in lines if line in inside]
        kept = []
        moment, end = None, first
        is_first = True
        for line, time in zip(lines, times, strict=True):
            found = self.last_time(data, end, line[0], base=base) if time is None and line[0] > end else time
            if found is None and is_first:
                found = before()
            moment = moment if found is None else found
            if moment is not None and self._is_inside(moment):
                kept.append(line)
            # The next line begins after the newline.
            end, is_first = line[1] + len(self._encoding.newline), False
        return kept

    def last_time(self, data: bytes, first: int, last: int, *, base: int = 0) -> int | None:
        """Return the last time among the lines ``data[first:last]``; None without one; ``base`` as above."""
        times = self._levels.times(data, lines_of(data, self._encoding, first=first, last=last), base)
        return next((time for time in reversed(times) if time is not None), None)

    def _is_inside(self, moment: int) -> bool:
        since, until = self._query.since, self._query.until
        return (since is None or moment >= since) and (until is None or moment < until)

    def _match_crlf(self, data: bytes) -> list[Span]:
        """Match lines of which some end with a carriage return, which is not part of the line."""
        if data.endswith(b"\r"):
            # The newline may be written later; the result must not change then.
            data += b"\n"
        plain = data.replace(b"\r\n", b"\n")
        return _same_lines(self._match(plain, 0, len(plain)), plain, data)

    def _match_shown(self, data: bytes) -> list[Span]:
        """Match the text of lines with masks, or in another encoding."""
        shown = data.translate(None, b"\0") if self._has_envelope and self._encoding is UTF8 else data
        if not self._is_shown(shown):
            shown = _shown(shown, lines_of(shown, self._encoding), self._encoding)
        match = self._by_masked_text if self._masks else self._by_text
        lines = match(shown, 0, len(shown))
        return self._by_level(data, lines if shown is data else _same_lines(lines, shown, data, self._encoding))

    def _is_shown(self, data: bytes) -> bool:
        """Whether the bytes are the text of their lines."""
        if self._encoding is not UTF8 or any(each in data for each in (b"\0", b"\r")):
            return False
        return data.isascii() or (is_utf8(data) and UTF8.bom not in data)

    def _by_masked_text(self, data: bytes, first: int, last: int) -> list[Span]:
        masks = self._masks
        if masks is None:
            return self._by_text(data, first, last)
        texts = [text for each in self._include for text in (each, *each.required)]
        rare = next((text for text in texts if not masks.may_touch(text)), None)
        # Only these lines can match.
        lines = rare.lines(data, first, last) if rare else None
        if masks.keeps_lines and (lines is None or len(lines) * _BYTES_A_CANDIDATE > last - first):
            block = masks.block(data)
            found = self._by_text(block, 0, len(block))
            return _same_lines(found, block, data)
        lines = lines_of(data, first=first, last=last) if lines is None else lines
        return [line for line in lines if self._has_text(masks.line(data, *line))]

    def _has_text(self, line: bytes) -> bool:
        is_included = all(pattern.is_in(line) for pattern in self._include)
        return is_included and not any(pattern.is_in(line) for pattern in self._exclude)


def _shown(data: bytes, lines: list[Span], encoding: Encoding) -> bytes:
    """Return the text of lines of ``data``, without masks, in UTF-8 with newlines."""
    texts = [to_text(data[start:end], encoding) for start, end in lines]
    return "\n".join([*texts, ""]).encode("utf-8", "replace")


def _same_lines(found: list[Span], data: bytes, own: bytes, encoding: Encoding = UTF8) -> list[Span]:
    """Return the lines of ``own`` at the places that ``found`` have among the lines of ``data``."""
    if not found:
        return []
    if len(data) < _FEW_BYTES or len(encoding.newline) > 1:
        starts, lines = [start for start, _ in lines_of(data)], lines_of(own, encoding)
        return [lines[bisect_left(starts, start)] for start, _ in found]
    numbers = line_ends(data).searchsorted([start for start, _ in found], "right").tolist()
    ends = line_ends(own)
    last = len(ends)
    return [
        (int(ends[number - 1]) if number else 0, int(ends[number]) - 1 if number < last else len(own))
        for number in numbers
    ]
