"""The levels of the lines of a stretch, counted cell by cell."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from logviewer.files.lines import UTF8, Encoding, to_text
from logviewer.parsing.level import LETTERS, Level, level

if TYPE_CHECKING:
    from logviewer.parsing.tally import LevelTally
    from logviewer.search.sieve import Found

LEVELS: tuple[Level | None, ...] = tuple(LETTERS)
_KINDS = {name: kind for kind, name in enumerate(LEVELS)}
# A level stands near the start; but for JSON, which is read whole.
_HEAD_BYTES = 64 * 1024
# It takes some more to have a look at all at once.
_MANY = 64

Counts = dict[int, list[int]]
"""For cells in which lines begin, by number, how many there are of each of ``LEVELS``."""


class Levels:
    """Tells and counts the levels of the lines of one file."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._tally: LevelTally | None = None

    @property
    def exact(self) -> bool:
        """Whether none had to be guessed."""
        return self._tally is None or self._tally.exact

    def count(self, found: "Found", cell_bytes: int) -> Counts:
        """The levels of these lines by cells of so many bytes."""
        if self._encoding is UTF8 and (found.everything or len(found.spans) > _MANY):
            return self._count_many(found, cell_bytes)
        counts: Counts = {}
        for offset, kind in self.kinds(found):
            counts.setdefault(offset // cell_bytes, [0] * len(LEVELS))[kind] += 1
        return counts

    def kinds(self, found: "Found") -> Iterator[tuple[int, int]]:
        """Where in the file each line begins, and the number of its level in ``LEVELS``."""
        for start, end in found.spans:
            text = to_text(found.data[start : min(end, start + _HEAD_BYTES)], self._encoding)
            yield found.base + start, _KINDS[level(text)]

    def _count_many(self, found: "Found", cell_bytes: int) -> Counts:
        # Not before it is needed: it takes a quarter of the time in which the server starts.
        import numpy as np  # noqa: PLC0415

        from logviewer.parsing.tally import LevelTally, line_starts  # noqa: PLC0415

        self._tally = self._tally or LevelTally()
        starts = line_starts(found.data) if found.everything else np.array([start for start, _ in found.spans])
        starts = starts[(starts >= found.first) & (starts < found.last)]
        if not len(starts):
            return {}
        cells = (starts + found.base) // cell_bytes
        first = int(cells[0])
        kinds = self._tally.kinds(found.data, starts)
        counts = np.bincount((cells - first) * len(LEVELS) + kinds).tolist()
        counts += [0] * (-len(counts) % len(LEVELS))
        rows = range(0, len(counts), len(LEVELS))
        return {
            first + number: counts[at : at + len(LEVELS)]
            for number, at in enumerate(rows)
            if any(counts[at : at + len(LEVELS)])
        }
