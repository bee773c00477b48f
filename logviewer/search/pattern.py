"""One text of a query, plain or a regular expression, matched in linear time."""

import re
from collections.abc import Iterator
from itertools import islice

import re2

from logviewer.errors import QueryError
from logviewer.search.query import Case

Span = tuple[int, int]
"""A start and an end, exclusive."""

# The memory for the automaton of one pattern; the engine rebuilds it when it is full.
_AUTOMATON_BYTES = 64 * 1024 * 1024
_ESCAPE = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\.", re.DOTALL)
# In RE2 these match the ends of the whole text, which is a block of lines; here they match the ends of a line.
_ENDS = {"\\A": "^", "\\z": "$"}
# The engine is the fastest search for rare hits; after so many in a block, ``bytes.find`` is faster.
_MANY_HITS = 64


class Pattern:
    """A compiled text of a query. Raises QueryError, with the parameter and the engine's message, if it is invalid."""

    def __init__(self, parameter: str, text: str, *, regex: bool, case: Case) -> None:
        pattern = _ESCAPE.sub(lambda found: _ENDS.get(found[0], found[0]), text) if regex else re2.escape(text)
        sensitive = _is_sensitive(text, case, regex=regex)
        options = re2.Options()
        options.log_errors = False
        options.never_nl = True
        options.max_mem = _AUTOMATON_BYTES
        try:
            # The pattern alone, so that an error message quotes the user's text.
            re2.compile(pattern, options)
            with_flags = f"(?m{'' if sensitive else 'i'})(?:{pattern})"
            self._in_text = re2.compile(with_flags, options)
            # ".*" takes the rest of the line: one hit a line.
            self._in_bytes = re2.compile(f"{with_flags}.*".encode(), options)
        except (re2.error, UnicodeEncodeError) as error:
            message = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise QueryError(f"{parameter}: {message}") from error
        is_plain = not regex and text.isascii() and "\n" not in text
        self._bytes = (text if sensitive else text.lower()).encode() if is_plain else None
        self._sensitive = sensitive

    def lines(self, data: bytes, first: int, last: int) -> list[Span]:
        """Return the lines of ``data[first:last]`` with a hit: their starts and ends without newline, ascending."""
        lines: list[Span] = []
        end = -1
        for hit in self._in_bytes.finditer(data, first, last):
            begin, after = hit.span()
            if begin <= end:
                continue
            start = max(first, data.rfind(b"\n", first, begin) + 1)
            end = data.find(b"\n", after, last)
            if end < 0:
                end = last
            if start < last:
                lines.append((start, end))
            if len(lines) == _MANY_HITS and self._bytes is not None and data.isascii():
                return lines + self._lines_of_bytes(data, end + 1, last)
        return lines

    def _lines_of_bytes(self, data: bytes, first: int, last: int) -> list[Span]:
        wanted = self._bytes or b""
        # The data is ASCII: ``lower`` folds only ASCII letters.
        searched = data if self._sensitive else data.lower()
        lines: list[Span] = []
        while (hit := searched.find(wanted, first, last)) >= 0:
            start = max(first, data.rfind(b"\n", first, hit) + 1)
            end = data.find(b"\n", hit, last)
            lines.append((start, end if end >= 0 else last))
            first = lines[-1][1] + 1
        return lines

    def is_in(self, data: bytes, first: int = 0, last: int | None = None) -> bool:
        """Return whether the line ``data[first:last]`` has a hit."""
        return self._in_bytes.search(data, first, last) is not None

    def spans(self, text: str, most: int) -> Iterator[Span]:
        """Yield the first ``most`` hits in a line, in characters."""
        return (hit.span() for hit in islice(self._in_text.finditer(text), most))


def _is_sensitive(text: str, case: Case, *, regex: bool) -> bool:
    if case != "smart":
        return case == "sensitive"
    return any(map(str.isupper, _ESCAPE.sub("", text) if regex else text))
