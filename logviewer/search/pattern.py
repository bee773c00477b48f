"""One text of a query, plain or a regular expression, matched in linear time."""

import re
import sys
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import re2

from logviewer.errors import QueryError
from logviewer.search.automata import TOO_LARGE, automata, instructions
from logviewer.search.query import Case
from logviewer.search.regex_characters import characters
from logviewer.search.regex_hints import error_hint
from logviewer.search.regex_literals import literals

Span = tuple[int, int]
"""A start and an end, exclusive."""

_ESCAPE = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\.", re.DOTALL)
# Parts of a regular expression that have another meaning inside a class or a quotation.
_PART = re.compile(r"\\Q.*?(?:\\E|$)|\\[pP](?:\{[^}]*\}|.)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\^", re.DOTALL)
# Byte order marks, NULs and colours before the text of a line, which the page does not show.
_BEGIN = r"^(?:\x00|\x{FEFF}|\x1b\[[0-9;]*m)*"
# In RE2 these match the ends of the whole text, which is a block of lines; here they match the ends of a line.
_ENDS = {"\\A": _BEGIN, "\\z": "$", "^": _BEGIN}
# The engine is the fastest search for rare hits; after so many in a block, ``bytes.find`` is faster.
_MANY_HITS = 16
# Two letters beyond ASCII that equal "k" and "s" where case is ignored.
_FOLDED_TO_ASCII = (b"\xe2\x84\xaa", b"\xc5\xbf")
_CASE_BIT = 0x20
_IGNORES_CASE = re.compile(r"\(\?\w*i")
# Most lines have a shorter text.
_LEAST_REQUIRED = 3


# The engine takes up to 16 ns an instruction and byte, and nothing can stop it: half a second for each line. A smaller
# limit would leave out parts of lines of 10 KB, for classes such as \pL with a thousand instructions each.
_MOST_WORK = 32 * 1024 * 1024


class Pattern:
    """A text of a query. Raises QueryError, with the parameter and the engine's message, if it is invalid.

    ``instructions`` is the size of the program of a regular expression, 0 for plain text. The larger it is, the fewer
    bytes of a long line are searched, if it ``is_bounded``.
    """

    def __init__(self, parameter: str, text: str, *, regex: bool, case: Case, is_bounded: bool = True) -> None:
        pattern = _PART.sub(lambda found: _ENDS.get(found[0], found[0]), text) if regex else re2.escape(text)
        sensitive = _is_sensitive(text, case, regex=regex)
        self._is_plain = not regex
        self._text = text
        self._with_flags = f"(?m{'' if sensitive else 'i'})(?:{pattern})"
        try:
            # ".*" takes the rest of the line: one hit a line.
            self._to_line_end = f"{self._with_flags}.*".encode()
            # The pattern alone, so that an error message quotes the user's text.
            self.instructions = instructions(_PART.sub(_without_ends, text)) if regex else 0
            self._in_bytes()
        except (re2.error, UnicodeEncodeError) as error:
            message = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            message = TOO_LARGE if "too large" in message else message + error_hint(message)
            raise QueryError(f"{parameter}: {message}") from error
        self._most_bytes = _MOST_WORK // max(1, self.instructions) if is_bounded else sys.maxsize
        is_plain = not regex and text.isascii() and "\n" not in text
        self._folded = text if sensitive else text.lower()
        self._bytes = self._folded.encode() if is_plain else None
        self._sensitive = sensitive
        self.literal = text if is_plain else None
        """The text, if it is plain ASCII."""
        self.characters = characters(text) if regex else None
        """Of a regular expression, the characters that its hits consist of; None if not known."""

    @cached_property
    def required(self) -> "list[Pattern]":
        """Plain texts in each hit, this one included if it is plain; the longest first."""
        if self._is_plain:
            return [self]
        case: Case = "sensitive" if self._sensitive and not _IGNORES_CASE.search(self._text) else "insensitive"
        texts = sorted((text for text in literals(self._text) if text.isascii()), key=len, reverse=True)
        return [Pattern("q", text, regex=False, case=case) for text in texts if len(text) >= _LEAST_REQUIRED]

    def _in_bytes(self) -> Any:  # noqa: ANN401 (re2 has no types)
        return automata.find(self._to_line_end, is_plain=self._is_plain)

    def lines(self, data: bytes, first: int, last: int) -> list[Span]:
        """Return the lines of ``data[first:last]`` with a hit: their starts and ends without newline, ascending."""
        if self._is_plain or last - first <= self._most_bytes:
            return self._lines(data, first, last)
        lines: list[Span] = []
        for start, end in _runs(data, first, last, self._most_bytes):
            if end - start <= self._most_bytes:
                lines += self._lines(data, start, end)
            elif self.is_in(data, start, end):
                lines.append((start, end - (data[end - 1 : end] == b"\n")))
        return lines

    def _lines(self, data: bytes, first: int, last: int) -> list[Span]:
        lines: list[Span] = []
        end = -1
        for hit in self._in_bytes().finditer(data, first, last):
            begin, after = hit.span()
            if begin <= end:
                continue
            start = max(first, data.rfind(b"\n", first, begin) + 1)
            end = data.find(b"\n", after, last)
            if end < 0:
                end = last
            if start < last:
                lines.append((start, end))
            if len(lines) == _MANY_HITS and self._bytes and self._is_bytewise(data):
                return lines + self._lines_of_bytes(data, end + 1, last)
        return lines

    def _is_bytewise(self, data: bytes) -> bool:
        """Whether hits in the data are those of ``_bytes``, apart from the case of ASCII letters."""
        return self._sensitive or data.isascii() or not any(letter in data for letter in _FOLDED_TO_ASCII)

    def _lines_of_bytes(self, data: bytes, first: int, last: int) -> list[Span]:
        wanted = self._bytes or b""
        searched: bytes | bytearray = data
        # Folding makes some characters equal that are not letters.
        is_exact = self._sensitive or wanted.isalpha()
        if not self._sensitive:
            wanted, searched = bytes(byte | _CASE_BIT for byte in wanted), _folded(data)
        lines: list[Span] = []
        at = first
        while (hit := searched.find(wanted, at, last)) >= 0:
            at = hit + 1
            if not is_exact and data[hit : hit + len(wanted)].lower() != self._bytes:
                continue
            start = data.rfind(b"\n", first, hit) + 1 or first
            end = data.find(b"\n", hit, last)
            at = (end if end >= 0 else last) + 1
            lines.append((start, at - 1))
        return lines

    def hits(self, data: bytes) -> list[Span]:
        """Return the hits in a block of lines that are not empty; none has a newline."""
        hits = automata.find(self._with_flags.encode(), is_plain=self._is_plain).finditer(data)
        return [span for hit in hits if (span := hit.span())[0] < span[1]]

    def is_in(self, data: bytes, first: int = 0, last: int | None = None) -> bool:
        """Return whether the line ``data[first:last]`` has a hit."""
        last = len(data) if last is None else last
        most = last if self._is_plain else first + self._most_bytes
        return self._in_bytes().search(data, first, min(last, most)) is not None

    def spans(self, text: str, most: int) -> list[Span]:
        """Return those of the first ``most`` hits in a line that are not empty, in characters, ascending."""
        if self._bytes is not None and (self._sensitive or text.isascii()):
            return self._spans_of_bytes(text, most)
        # Offsets in bytes are found faster.
        in_text = automata.find(self._with_flags, is_plain=self._is_plain)
        searched = text.encode() if text.isascii() else text
        last = len(text) if self._is_plain else min(len(text), self._most_bytes)
        hits = in_text.finditer(searched, 0, last)
        spans = [hit.span() for hit in islice(hits, most)]
        return [span for span in spans if span[0] < span[1]]

    def _spans_of_bytes(self, text: str, most: int) -> list[Span]:
        wanted, size = self._folded, len(self._folded)
        searched = text if self._sensitive else text.lower()
        spans: list[Span] = []
        at = searched.find(wanted) if wanted else -1
        while at >= 0 and len(spans) < most:
            spans.append((at, at + size))
            at = searched.find(wanted, at + size)
        return spans


def _without_ends(part: re.Match[str]) -> str:
    return {"\\A": "^", "\\z": "$"}.get(part[0], part[0])


def _runs(data: bytes, first: int, last: int, most: int) -> Iterator[Span]:
    """Yield ranges of whole lines, up to ``most`` bytes each, and longer lines alone."""
    while last - first > most:
        end = data.rfind(b"\n", first, first + most) + 1 or data.find(b"\n", first + most, last) + 1 or last
        yield first, end
        first = end
    if first < last:
        yield first, last


def _folded(data: bytes) -> bytearray:
    """Return the data with ASCII letters in lower case; other characters change as well."""
    import numpy as np  # noqa: PLC0415 (heavy)

    folded = bytearray(len(data))
    # Several times as fast as ``bytes.lower``, and other threads run meanwhile.
    np.bitwise_or(np.frombuffer(data, np.uint8), _CASE_BIT, out=np.frombuffer(folded, np.uint8))
    return folded


def _is_sensitive(text: str, case: Case, *, regex: bool) -> bool:
    if case != "smart":
        return case == "sensitive"
    return any(map(str.isupper, _ESCAPE.sub("", text) if regex else text))
