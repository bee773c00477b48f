"""The levels of the lines of a stretch, counted cell by cell."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from logviewer.files.encoding import UTF8, Encoding, to_text
from logviewer.formats.level import LETTERS, Level
from logviewer.formats.line_format import LineFormat
from logviewer.search.pattern import Span
from logviewer.search.selected_lines import SelectedLines

if TYPE_CHECKING:
    from logviewer.formats.level_classifier import LevelClassifier

LEVELS: tuple[Level | None, ...] = tuple(LETTERS)
_KINDS = {name: kind for kind, name in enumerate(LEVELS)}
# A level stands near the start; but for JSON, which is read whole.
_HEAD_BYTES = 64 * 1024
# It takes some more to have a look at all at once.
_MANY = 64

Counts = dict[int, list[int]]
"""For cells in which lines begin, by number, how many there are of each of ``LEVELS``."""


class LevelCounter:
    """Tells and counts the levels of the lines of one file."""

    def __init__(self, encoding: Encoding, line_format: LineFormat) -> None:
        self._encoding = encoding
        self._line_format = line_format
        self._can_learn = encoding is UTF8 and not line_format.has_own_levels
        self._classifier: LevelClassifier | None = None

    @property
    def exact(self) -> bool:
        """Whether none had to be guessed."""
        return self._classifier is None or self._classifier.exact

    def count(self, found: SelectedLines, cell_bytes: int) -> Counts:
        """The levels of the matches among these lines by cells of so many bytes."""
        if self._can_learn and (found.everything or len(found.matches) > _MANY):
            return self._count_many(found, cell_bytes)
        counts: Counts = {}
        for offset, kind in self.kinds(found):
            counts.setdefault(offset // cell_bytes, [0] * len(LEVELS))[kind] += 1
        return counts

    def kinds(self, found: SelectedLines) -> Iterator[tuple[int, int]]:
        """Where in the file each match begins, and the number of its level in ``LEVELS``."""
        for start, end in found.matches:
            text = to_text(found.data[start : min(end, start + _HEAD_BYTES)], self._encoding)
            yield found.base + start, _KINDS[self._line_format.level(text)]

    def of(self, data: bytes, lines: Sequence[Span]) -> list[Level | None]:
        """The level of each of these lines in a block, whatever it takes."""
        if not self._can_learn or len(lines) <= _MANY:
            texts = (to_text(data[start : min(end, start + _HEAD_BYTES)], self._encoding) for start, end in lines)
            return [self._line_format.level(text) for text in texts]
        starts = _numpy().array([start for start, _ in lines])
        return [LEVELS[kind] for kind in self._learnt().kinds(data, starts, guess=False).tolist()]

    def _count_many(self, found: SelectedLines, cell_bytes: int) -> Counts:
        numpy, classifier = _numpy(), self._learnt()
        starts = (
            classifier.starts(found.data) if found.everything else numpy.array([start for start, _ in found.matches])
        )
        starts = starts[(starts >= found.first) & (starts < min(found.last, found.whole))]
        if not len(starts):
            return {}
        cells = (starts + found.base) // cell_bytes
        first = int(cells[0])
        counts = numpy.bincount((cells - first) * len(LEVELS) + classifier.kinds(found.data, starts)).tolist()
        counts += [0] * (-len(counts) % len(LEVELS))
        rows = [counts[at : at + len(LEVELS)] for at in range(0, len(counts), len(LEVELS))]
        return {first + number: row for number, row in enumerate(rows) if any(row)}

    def _learnt(self) -> "LevelClassifier":
        if self._classifier is None:
            from logviewer.formats.level_classifier import LevelClassifier  # noqa: PLC0415 (as below)

            self._classifier = LevelClassifier()
        return self._classifier


def _numpy() -> Any:  # noqa: ANN401 (a module)
    # Not before it is needed: it takes a quarter of the time in which the server starts.
    import numpy  # noqa: PLC0415

    return numpy
