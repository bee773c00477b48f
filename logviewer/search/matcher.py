"""A query over blocks of lines, in time linear in their length for every pattern."""

from bisect import bisect_left
from collections.abc import Callable

from logviewer.files.encoding import UTF8, Encoding, to_text
from logviewer.files.lines import line_text
from logviewer.formats.line_format import LineFormat
from logviewer.search.level_counter import LevelCounter
from logviewer.search.pattern import Pattern, Span
from logviewer.search.query import Query
from logviewer.search.selected_lines import lines_of

_MOST_SPANS = 200
# In larger blocks, so many lines are probed: if all are in the time span, or none is, the block is.
_PROBES = 64


class Matcher:
    """Finds the matches of a query among the lines of files with one encoding and line format.

    Patterns match the UTF-8 bytes of one line, with its masks and without a final carriage return. Raises QueryError,
    with the engine's message, for an invalid pattern.
    """

    def __init__(self, query: Query, encoding: Encoding, line_format: LineFormat) -> None:
        self._query = query
        self._encoding = encoding
        self._line_format = line_format
        self._time = line_format.time
        self._levels = LevelCounter(encoding, line_format)
        # The longest text first: it is likely the rarest.
        self._include = [
            Pattern("q", text, regex=query.regex, case=query.case)
            for text in sorted(query.include, key=len, reverse=True)
        ]
        # Only such patterns can match a carriage return at the end of a line.
        self._sees_line_ends = query.regex or any("\r" in text for text in (*query.include, *query.exclude))
        self._exclude = [Pattern("not", text, regex=query.regex, case=query.case) for text in query.exclude]

    def match(self, data: bytes, first: int = 0, last: int | None = None) -> list[Span]:
        """Return the start and the end without newline, in ``data``, of the matches in ``data[first:last]``, ascending.

        ``data[first:last]`` is whole lines; the last may lack its newline.
        """
        last = len(data) if last is None else last
        # A search for one byte is ten times as fast as for two.
        has_crlf = self._sees_line_ends and b"\r" in data and (b"\r\n" in data or data.endswith(b"\r", first, last))
        is_raw_utf8 = self._encoding is UTF8 and not self._line_format.has_masks
        if is_raw_utf8 and not has_crlf:
            return self._match(data, first, last)
        match = self._match_crlf if is_raw_utf8 else self._match_decoded
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
        include, exclude = self._include, self._exclude
        lines = include[0].lines(data, first, last) if include else lines_of(data, first=first, last=last)
        for pattern in include[1:]:
            lines = [line for line in lines if pattern.is_in(data, *line)]
        if exclude and len(lines) * 256 > last - first:
            # With many candidates, a search for the excluded texts in the whole block is faster.
            dropped = {line for pattern in exclude for line in pattern.lines(data, first, last)}
            lines = [line for line in lines if line not in dropped]
        elif exclude:
            lines = [line for line in lines if not any(pattern.is_in(data, *line) for pattern in exclude)]
        return self._by_time_and_level(data, lines, lambda: lines_of(data, first=first, last=last))

    def _by_time_and_level(self, data: bytes, lines: list[Span], all_lines: Callable[[], list[Span]]) -> list[Span]:
        if lines and (self._query.since is not None or self._query.until is not None):
            lines = self._in_time(data, lines, all_lines())
        if self._query.levels:
            levels = self._levels.of(data, lines)
            lines = [line for line, found in zip(lines, levels, strict=True) if found in self._query.levels]
        return lines

    def _in_time(self, data: bytes, lines: list[Span], all_lines: list[Span]) -> list[Span]:
        """Return the lines in the time span; a line without a time has that of the last line before it with one."""
        times = ((line, self._time(line_text(data, *line, self._encoding))) for line in all_lines)
        if len(all_lines) > 2 * _PROBES:
            side = self._side_of_block(data, all_lines)
            if side is not None and side != 0:
                return []
            if side == 0:
                first = next(line for line, found in times if found is not None)
                return [line for line in lines if line >= first]
        kept = []
        moment: int | None = None
        wanted = iter(lines)
        line = next(wanted, None)
        for each, found in times:
            moment = moment if found is None else found
            if each == line:
                if moment is not None and self._side(moment) == 0:
                    kept.append(each)
                line = next(wanted, None)
        return kept

    def _side_of_block(self, data: bytes, all_lines: list[Span]) -> int | None:
        """Return the ``_side`` of all lines if the probed lines agree; otherwise None."""
        backwards = (self._time(line_text(data, *line, self._encoding)) for line in reversed(all_lines))
        probes = (
            self._time(line_text(data, *line, self._encoding)) for line in all_lines[:: len(all_lines) // _PROBES]
        )
        moments = [*probes, next((moment for moment in backwards if moment is not None), None)]
        sides = {self._side(moment) for moment in moments if moment is not None}
        return sides.pop() if len(sides) == 1 else None

    def _side(self, moment: int) -> int:
        """Return 0 if a time is in the time span, -1 if it is before, 1 if it is after."""
        since, until = self._query.since, self._query.until
        if since is not None and moment < since:
            return -1
        return 1 if until is not None and moment >= until else 0

    def _match_crlf(self, data: bytes) -> list[Span]:
        """Match lines of which some end with a carriage return, which is not part of the line."""
        if data.endswith(b"\r"):
            # The newline may be written later; the result must not change then.
            data += b"\n"
        plain = data.replace(b"\r\n", b"\n")
        found = self._match(plain, 0, len(plain))
        if not found:
            return []
        starts, own = [start for start, _ in lines_of(plain)], lines_of(data)
        return [own[bisect_left(starts, start)] for start, _ in found]

    def _match_decoded(self, data: bytes) -> list[Span]:
        """Match line by line, for other encodings and for masked lines."""
        lines = lines_of(data, self._encoding)
        kept = []
        for line in lines:
            text = to_text(data[slice(*line)], self._encoding)
            masked = self._line_format.mask(text).encode("utf-8", "replace")
            is_included = all(pattern.is_in(masked) for pattern in self._include)
            if is_included and not any(pattern.is_in(masked) for pattern in self._exclude):
                kept.append(line)
        return self._by_time_and_level(data, kept, lambda: lines)
