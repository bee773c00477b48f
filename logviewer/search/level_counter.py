"""The levels of selected lines, counted by cell of their file."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import line_text
from logviewer.formats.level import LEVELS, Level
from logviewer.formats.line_format import LineFormat
from logviewer.search.pattern import Span
from logviewer.search.selected_lines import SelectedLines

if TYPE_CHECKING:
    from logviewer.formats.level_classifier import LevelClassifier

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
        self._can_learn = encoding is UTF8 and not line_format.has_own_levels
        self._classifier: LevelClassifier | None = None

    @property
    def exact(self) -> bool:
        """Whether ``count`` guessed no level so far."""
        return self._classifier is None or self._classifier.exact

    def count(self, lines: SelectedLines, cell_bytes: int) -> Counts:
        """Count the levels of the matches among these lines by cells of ``cell_bytes``."""
        if self._can_learn and (lines.selects_all or len(lines.matches) > _MANY):
            starts = None if lines.selects_all else [start for start, _ in lines.matches]
            begin, end = lines.begin, min(lines.end, lines.lines_end)
            return self._learned().count(
                lines.data, starts, begin=begin, end=end, base=lines.base, cell_bytes=cell_bytes
            )
        counts: Counts = {}
        for offset, code in self.codes(lines):
            counts.setdefault(offset // cell_bytes, [0] * len(LEVELS))[code] += 1
        return counts

    def codes(self, lines: SelectedLines) -> Iterator[tuple[int, int]]:
        """Yield the offset of each match in the file, and the index of its level in ``LEVELS``."""
        for start, end in lines.matches:
            text = line_text(lines.data, start, end, self._encoding)
            yield lines.base + start, _CODE_OF[self._line_format.level(text)]

    def of(self, data: bytes, lines: Sequence[Span]) -> list[Level | None]:
        """Return the level of each of these lines of ``data``, ascending; none is guessed."""
        if not self._can_learn or len(lines) <= _MANY:
            texts = (line_text(data, start, end, self._encoding) for start, end in lines)
            return [self._line_format.level(text) for text in texts]
        return self._learned().levels(data, [start for start, _ in lines])

    def _learned(self) -> "LevelClassifier":
        if self._classifier is None:
            # numpy takes a quarter of the server's start-up time, so it is loaded at its first use.
            from logviewer.formats.level_classifier import LevelClassifier  # noqa: PLC0415

            self._classifier = LevelClassifier()
        return self._classifier
