"""The levels and times of many lines at once, with numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import NO_TIME
from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import find_newline, line_text
from logviewer.formats.level_learner import CODE_OF, LevelLearner
from logviewer.formats.line_format import LineFormat
from logviewer.formats.line_heads import MOST_LINES, LineHeads, Offsets
from logviewer.formats.time_learner import TimeLearner


@dataclass(frozen=True, slots=True)
class LineClasses:
    """The level of each line, as index in ``LEVELS``, its time or ``NO_TIME``, and whether either is guessed."""

    codes: npt.NDArray[np.uint8]
    times: npt.NDArray[np.int64]
    guessed: npt.NDArray[np.bool_]
    guessed_times: npt.NDArray[np.bool_]


class LineClassifier:
    """Finds the levels and times of the lines of one file. Any thread may use it."""

    def __init__(self, encoding: Encoding, line_format: LineFormat) -> None:
        self._encoding = encoding
        self._line_format = line_format
        self._levels = LevelLearner(line_format)
        self._times = TimeLearner(line_format)

    def codes(self, data: bytes, starts: Sequence[int], *, guess: bool) -> list[int]:
        """Return the level, as index in ``LEVELS``, of each line of ``data`` that begins at one of these offsets.

        The offsets ascend.
        """
        found = [self._levels.values(heads, guess=guess)[0] for heads in _blocks(data, np.array(starts, np.int64), 0)]
        return [code for codes in found for code in codes.tolist()]

    def times(self, data: bytes, starts: Sequence[int]) -> list[int | None]:
        """Return the time of each line of ``data`` that begins at one of these offsets, ascending; none is guessed."""
        found = [self._times.values(heads, guess=False)[0] for heads in _blocks(data, np.array(starts, np.int64), 0)]
        return [None if time == NO_TIME else time for times in found for time in times.tolist()]

    def classify(
        self, data: bytes, starts: Offsets, *, base: int = 0, guess: bool, guess_times: bool | None = None
    ) -> LineClasses:
        """Return the level and the time of each line of ``data`` that begins at one of these offsets, ascending.

        ``base`` is the offset of ``data`` in its file. With ``guess``, some levels and times may be guessed;
        ``guess_times`` decides for times alone.
        """
        guess_times = guess if guess_times is None else guess_times
        codes = np.empty(len(starts), np.uint8)
        times = np.empty(len(starts), np.int64)
        guessed, guessed_times = np.zeros((2, len(starts)), np.bool_)
        if self._encoding is not UTF8:
            for number, text in enumerate(self._texts(data, starts)):
                found = self._line_format.time(text)
                codes[number], times[number] = (
                    CODE_OF[self._line_format.level(text)],
                    NO_TIME if found is None else found,
                )
            return LineClasses(codes, times, guessed, guessed_times)
        at = 0
        for heads in _blocks(data, starts, base):
            block = slice(at, at + len(heads))
            codes[block], guessed_levels = self._levels.values(heads, guess=guess)
            times[block], unclear = self._times.values(heads, guess=guess_times)
            guessed[at + guessed_levels] = guessed[at + unclear] = guessed_times[at + unclear] = True
            at += len(heads)
        return LineClasses(codes, times, guessed, guessed_times)

    def _texts(self, data: bytes, starts: Offsets) -> list[str]:
        ends = ((start, find_newline(data, self._encoding, start)) for start in starts.tolist())
        return [line_text(data, start, end if end >= 0 else len(data), self._encoding) for start, end in ends]


def _blocks(data: bytes, starts: Offsets, base: int) -> list[LineHeads]:
    return [LineHeads(data, starts[at : at + MOST_LINES], base) for at in range(0, len(starts), MOST_LINES)]
