"""The levels of many lines at once, as indexes in ``LEVELS``."""

from typing import Any

import numpy as np

from logviewer.formats.crash import TRACEBACK
from logviewer.formats.level import LEVELS, SPECIAL, LearnedLevel, Level, learn
from logviewer.formats.line_format import LineFormat
from logviewer.formats.line_heads import LineHeads, Offsets
from logviewer.formats.prefix_learner import Entries, PrefixLearner, Values

CODE_OF: dict[Level | None, int] = {name: code for code, name in enumerate(LEVELS)}
_UNLESS_SPECIAL = 0x80
_SPECIAL = [word.encode() for word in SPECIAL]


class LevelLearner(PrefixLearner):
    """Finds the levels of the lines of one file; those of a configured pattern are read one by one, never guessed."""

    dtype = np.uint8

    def __init__(self, line_format: LineFormat) -> None:
        super().__init__(may_guess=not line_format.has_own_levels)
        self._line_format = line_format

    def _lesson(self, text: str, *, may_learn: bool) -> tuple[int, int, int]:
        if self._line_format.has_own_levels or not may_learn:
            return CODE_OF[self._line_format.level(text)], 0, 0
        learned = learn(text)
        if self._line_format.reading.lone_tracebacks and text.startswith(TRACEBACK):
            learned = LearnedLevel("error", len(TRACEBACK), always=True)
        code = CODE_OF[learned.level]
        return code, learned.length or 0, code if learned.always else code | _UNLESS_SPECIAL

    def _entry(self, lesson: Any) -> int:  # noqa: ANN401
        return int(lesson)

    def _fill(self, heads: LineHeads, values: Values, chosen: Offsets, entries: Entries, length: int) -> Offsets:  # noqa: ARG002
        if (entries >= _UNLESS_SPECIAL).any():
            # A line with a special text may name its level at any position.
            plain = (entries < _UNLESS_SPECIAL) | ~heads.special(_SPECIAL)[chosen]
            chosen, entries = chosen[plain], entries[plain]
        values[chosen] = entries & ~np.uint16(_UNLESS_SPECIAL)
        return chosen

    def _guess(self, values: Values, unknown: Offsets, read: Offsets) -> None:
        values[unknown] = values[read[np.maximum(np.searchsorted(read, unknown) - 1, 0)]]
