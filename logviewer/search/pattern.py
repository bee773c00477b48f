"""One text to look for, plain or a regular expression, in time linear in what is looked through."""

import re
from collections.abc import Iterator
from itertools import islice

import re2

from logviewer.errors import QueryError
from logviewer.search.query import Case

Span = tuple[int, int]
"""A start and an end."""

# For the automaton of one pattern; it begins again when it is full.
_AUTOMATON_BYTES = 64 * 1024 * 1024
_ESCAPE = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\.", re.DOTALL)
# RE2 means the ends of all that it is given by these; here that is never more than a line.
_ENDS = {"\\A": "^", "\\z": "$"}
# The engine is the quickest way to rare hits; after so many in a block, looking for bytes is.
_MANY_HITS = 64


class Pattern:
    """What ``text`` stands for. Raises QueryError, which names the parameter, with the engine's words."""

    def __init__(self, parameter: str, text: str, *, regex: bool, case: Case) -> None:
        pattern = _ESCAPE.sub(lambda found: _ENDS.get(found[0], found[0]), text) if regex else re2.escape(text)
        sensitive = _is_sensitive(text, case, regex=regex)
        options = re2.Options()
        options.log_errors = False
        options.never_nl = True
        options.max_mem = _AUTOMATON_BYTES
        try:
            # By itself first, so that an error speaks of what was written.
            re2.compile(pattern, options)
            whole = f"(?m{'' if sensitive else 'i'})(?:{pattern})"
            self._in_text = re2.compile(whole, options)
            # After a hit, on with the next line.
            self._in_bytes = re2.compile(f"{whole}.*".encode(), options)
        except (re2.error, UnicodeEncodeError) as error:
            said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise QueryError(f"{parameter}: {said}") from error
        is_plain = not regex and text.isascii() and "\n" not in text
        self._bytes = (text if sensitive else text.lower()).encode() if is_plain else None
        self._sensitive = sensitive

    def lines(self, data: bytes, first: int, last: int) -> list[Span]:
        """Those of the lines ``data[first:last]`` that it is in: where each begins, and where its newline does."""
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
        # Of other letters than these, some are the same without regard to case.
        searched = data if self._sensitive else data.lower()
        lines: list[Span] = []
        while (hit := searched.find(wanted, first, last)) >= 0:
            start = max(first, data.rfind(b"\n", first, hit) + 1)
            end = data.find(b"\n", hit, last)
            lines.append((start, end if end >= 0 else last))
            first = lines[-1][1] + 1
        return lines

    def is_in(self, data: bytes, first: int = 0, last: int | None = None) -> bool:
        """Whether it is in the line ``data[first:last]``."""
        return self._in_bytes.search(data, first, last) is not None

    def spans(self, text: str, most: int) -> Iterator[Span]:
        """Where it is in a line's text, in characters; the first of them."""
        return (hit.span() for hit in islice(self._in_text.finditer(text), most))


def _is_sensitive(text: str, case: Case, *, regex: bool) -> bool:
    if case != "smart":
        return case == "sensitive"
    return any(map(str.isupper, _ESCAPE.sub("", text) if regex else text))
