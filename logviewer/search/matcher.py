"""A query over runs of lines, in time linear in their length whatever the pattern is."""

from bisect import bisect_left
from collections.abc import Callable

from logviewer.files.encoding import UTF8, Encoding, to_text
from logviewer.formats.line_format import LineFormat
from logviewer.search.level_counter import LevelCounter
from logviewer.search.pattern import Pattern, Span
from logviewer.search.query import Query
from logviewer.search.selected_lines import lines_of

_MOST_SPANS = 200
# Where a line says its level and time, it does so near the start; but for JSON.
_HEAD_BYTES = 64 * 1024
# In blocks of more lines than this, so many tell the times of all.
_PROBES = 64


class Matcher:
    """Finds the lines that a query asks for among lines as they are in a file of this encoding and dialect.

    Patterns are matched against the bytes of each line alone, as UTF-8, without a carriage return at its end, and with
    masks where something is redacted. Raises QueryError for a pattern that is none, with the engine's words.
    """

    def __init__(self, query: Query, encoding: Encoding, line_format: LineFormat) -> None:
        self._query = query
        self._encoding = encoding
        self._line_format = line_format
        self._time = line_format.time
        self._levels = LevelCounter(encoding, line_format)
        # The longest is most likely to be the rarest.
        self._include = [
            Pattern("q", text, regex=query.regex, case=query.case)
            for text in sorted(query.include, key=len, reverse=True)
        ]
        # Such texts are in a line or not, however it ends.
        self._minds_ends = query.regex or any("\r" in text for text in (*query.include, *query.exclude))
        self._exclude = [Pattern("not", text, regex=query.regex, case=query.case) for text in query.exclude]

    def match(self, data: bytes, first: int = 0, last: int | None = None) -> list[Span]:
        """The matching lines of the run of whole lines ``data[first:last]``, of which the last may lack its newline.

        Each is its start and its end without newline, in bytes of ``data``, ascending.
        """
        last = len(data) if last is None else last
        # One byte is found ten times as fast as two.
        has_crlf = self._minds_ends and b"\r" in data and (b"\r\n" in data or data.endswith(b"\r", first, last))
        is_as_read = self._encoding is UTF8 and not self._line_format.has_masks
        if is_as_read and not has_crlf:
            return self._match(data, first, last)
        match = self._match_crlf if is_as_read else self._match_decoded
        return [(start + first, end + first) for start, end in match(data[first:last])]

    def spans(self, text: str) -> list[Span]:
        """Where the included texts are in a line: [start, end) in characters, merged, ascending; the first 200."""
        spans = (span for pattern in self._include for span in pattern.spans(text, _MOST_SPANS))
        found = sorted(span for span in spans if span[0] < span[1])
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
            # Most lines are candidates: what is left out is rarer.
            dropped = {line for pattern in exclude for line in pattern.lines(data, first, last)}
            lines = [line for line in lines if line not in dropped]
        elif exclude:
            lines = [line for line in lines if not any(pattern.is_in(data, *line) for pattern in exclude)]
        return self._of_meaning(data, lines, lambda: lines_of(data, first=first, last=last))

    def _of_meaning(self, data: bytes, lines: list[Span], everything: Callable[[], list[Span]]) -> list[Span]:
        if lines and (self._query.since is not None or self._query.until is not None):
            lines = self._in_time(data, lines, everything())
        if self._query.levels:
            levels = self._levels.of(data, lines)
            lines = [line for line, found in zip(lines, levels, strict=True) if found in self._query.levels]
        return lines

    def _in_time(self, data: bytes, lines: list[Span], everything: list[Span]) -> list[Span]:
        """Those whose time, or that of the last line before them that has one, lies in the span."""
        times = ((line, self._time(_text(data, line, self._encoding))) for line in everything)
        if len(everything) > 2 * _PROBES:
            verdict = self._verdict(data, everything)
            if verdict is not None and verdict != 0:
                return []
            if verdict == 0:
                first = next(line for line, found in times if found is not None)
                return [line for line in lines if line >= first]
        kept = []
        moment: int | None = None
        wanted = iter(lines)
        line = next(wanted, None)
        for each, found in times:
            moment = moment if found is None else found
            if each == line:
                if moment is not None and self._is_in(moment) == 0:
                    kept.append(each)
                line = next(wanted, None)
        return kept

    def _verdict(self, data: bytes, everything: list[Span]) -> int | None:
        """As ``_is_in`` of all lines, told by some of them; None where these do not agree."""
        backwards = (self._time(_text(data, line, self._encoding)) for line in reversed(everything))
        probes = (self._time(_text(data, line, self._encoding)) for line in everything[:: len(everything) // _PROBES])
        moments = [*probes, next((moment for moment in backwards if moment is not None), None)]
        verdicts = {self._is_in(moment) for moment in moments if moment is not None}
        return verdicts.pop() if len(verdicts) == 1 else None

    def _is_in(self, moment: int) -> int:
        """0 if a time lies in the span; -1 if before, 1 if after it."""
        since, until = self._query.since, self._query.until
        if since is not None and moment < since:
            return -1
        return 1 if until is not None and moment >= until else 0

    def _match_crlf(self, data: bytes) -> list[Span]:
        """The same lines where some end with a carriage return, which is no part of them."""
        if data.endswith(b"\r"):
            # Its newline is still to come, and must not change what is found.
            data += b"\n"
        plain = data.replace(b"\r\n", b"\n")
        found = self._match(plain, 0, len(plain))
        if not found:
            return []
        starts, own = [start for start, _ in lines_of(plain)], lines_of(data)
        return [own[bisect_left(starts, start)] for start, _ in found]

    def _match_decoded(self, data: bytes) -> list[Span]:
        """The same for other encodings, or where something is redacted, line by line."""
        lines = lines_of(data, self._encoding)
        kept = []
        for line in lines:
            text = to_text(data[slice(*line)], self._encoding)
            seen = self._line_format.mask(text).encode("utf-8", "replace")
            if all(each.is_in(seen) for each in self._include) and not any(each.is_in(seen) for each in self._exclude):
                kept.append(line)
        return self._of_meaning(data, kept, lambda: lines)


def _text(data: bytes, line: Span, encoding: Encoding) -> str:
    return to_text(data[line[0] : min(line[1], line[0] + _HEAD_BYTES)], encoding)
