"""The levels and times of the lines of one file."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import line_text
from logviewer.formats.level import LEVELS, Level
from logviewer.formats.line_format import LineFormat
from logviewer.search.pattern import Span
from logviewer.search.selected_lines import SelectedLines

if TYPE_CHECKING:
    from logviewer.formats.line_classifier import LineClassifier

_CODE_OF = {name: code for code, name in enumerate(LEVELS)}
# The classifier is slower for fewer lines.
_MANY = 64

Counts = dict[int, list[int]]
"""Numbers of lines by cell, in the order of ``LEVELS``; cells in which no line begins may be left out."""


class LevelCounter:
    """Finds and counts the levels of the lines of one file. Any thread may use it."""

    def __init__(self, encoding: Encoding, line_format: LineFormat) -> None:
        self._encoding = encoding
        self._line_format = line_format

    @cached_property
    def classifier(self) -> "LineClassifier":
        """The classifier of many lines, which learns the format of the file."""
        # numpy takes a quarter of the server's start-up time, so it is loaded at its first use.
        from logviewer.formats.line_classifier import LineClassifier  # noqa: PLC0415

        return LineClassifier(self._encoding, self._line_format)

    def count(self, lines: SelectedLines, cell_bytes: int) -> Counts:
        """Count the levels of the matches among these lines by cells of ``cell_bytes``; some may be guessed."""
        matches = lines.matches
        codes = self._codes(lines.data, matches, guess=True)
        counts: Counts = {}
        for (start, _), code in zip(matches, codes, strict=True):
            counts.setdefault((lines.base + start) // cell_bytes, [0] * len(LEVELS))[code] += 1
        return counts

    def codes(self, lines: SelectedLines) -> Iterator[tuple[int, int]]:
        """Yield the offset of each match in the file, and the index of its level in ``LEVELS``."""
        for start, end in lines.matches:
            text = line_text(lines.data, start, end, self._encoding)
            yield lines.base + start, _CODE_OF[self._line_format.level(text)]

    def of(self, data: bytes, lines: Sequence[Span]) -> list[Level | None]:
        """Return the level of each of these lines of ``data``, ascending; none is guessed."""
        return [LEVELS[code] for code in self._codes(data, lines, guess=False)]

    def times(self, data: bytes, lines: Sequence[Span], base: int = 0) -> list[int | None]:
        """Return the time of each of these lines of ``data``, ascending, or None; none is guessed.

        ``base`` is the offset of ``data`` in its file.
        """
        if self._encoding is not UTF8 or len(lines) <= _MANY:
            texts = [line_text(data, *line, self._encoding) for line in lines]
            return self._line_format.times(texts, lambda: [base + start for start, _ in lines])
        return self.classifier.times(data, [start for start, _ in lines], base)

    def _codes(self, data: bytes, lines: Sequence[Span], *, guess: bool) -> list[int]:
        if self._encoding is not UTF8 or self._line_format.has_own_levels or len(lines) <= _MANY:
            texts = (line_text(data, start, end, self._encoding) for start, end in lines)
            return [_CODE_OF[self._line_format.level(text)] for text in texts]
        return self.classifier.codes(data, [start for start, _ in lines], guess=guess)
