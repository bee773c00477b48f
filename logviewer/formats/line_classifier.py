"""The levels and times of many lines at once, with numpy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import NO_TIME
from logviewer.files.encoding import UTF8, Encoding
from logviewer.files.lines import find_newline, line_text
from logviewer.formats.envelope import time_of
from logviewer.formats.level_learner import CODE_OF, LevelLearner
from logviewer.formats.line_format import PLAIN, LineFormat
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
        self._times: dict[int, TimeLearner] = {}
        self._stamps = TimeLearner(PLAIN)

    def codes(self, data: bytes, starts: Sequence[int], *, guess: bool) -> list[int]:
        """Return the level, as index in ``LEVELS``, of each line of ``data`` that begins at one of these offsets.

        The offsets ascend.
        """
        data, own = self._unpadded(data, np.array(starts, np.int64))
        found = [self._levels.values(heads, guess=guess)[0] for heads in _blocks(data, own, 0)]
        return [code for codes in found for code in codes.tolist()]

    def times(self, data: bytes, starts: Sequence[int], base: int = 0) -> list[int | None]:
        """Return the time of each line of ``data`` that begins at one of these offsets, ascending; none is guessed.

        ``base`` is as in ``classify``.
        """
        if self._line_format.has_envelope:
            found_times = self.classify(data, np.array(starts, np.int64), base=base, guess=False).times.tolist()
            return [None if time == NO_TIME else time for time in found_times]
        blocks = self._blocks(data, np.array(starts, np.int64), base)
        found = [times.values(heads, guess=False)[0] for heads, times in blocks]
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
            texts = self._texts(data, starts)
            found = self._line_format.times(texts, (starts + base).tolist)
            codes[:] = [CODE_OF[self._line_format.level(text)] for text in texts]
            times[:] = [NO_TIME if time is None else time for time in found]
            return LineClasses(codes, times, guessed, guessed_times)
        stamped = self._stamp_times(starts + base)
        data, starts = self._unpadded(data, starts)
        at = 0
        for heads, learner in self._blocks(data, starts, base):
            block = slice(at, at + len(heads))
            codes[block], guessed_levels = self._levels.values(heads, guess=guess)
            times[block], unclear = learner.values(heads, guess=guess_times)
            guessed[at + guessed_levels] = guessed[at + unclear] = guessed_times[at + unclear] = True
            at += len(heads)
        if stamped is not None:
            times = np.where(stamped == NO_TIME, times, stamped)
            guessed_times &= stamped == NO_TIME
        return LineClasses(codes, times, guessed, guessed_times)

    def _stamp_times(self, offsets: Offsets) -> npt.NDArray[np.int64] | None:
        """Return the times of envelopes, ``NO_TIME`` for a line without one; None for a file without."""
        if not self._line_format.has_stamped_times:
            return None
        if (found := self._line_format.stamp_times(offsets)) is not None:
            data, starts = found
            return np.concatenate([self._stamps.values(heads, guess=False)[0] for heads in _blocks(data, starts, 0)])
        read = (stamp and time_of(stamp) for stamp in self._line_format.stamps(offsets.tolist))
        return np.array([NO_TIME if time is None else time for time in read], np.int64)

    def _unpadded(self, data: bytes, starts: Offsets) -> tuple[bytes, Offsets]:
        """Return lines without the padding that took the place of their envelopes."""
        if not self._line_format.has_envelope or not len(starts):
            return data, starts
        is_nul = np.frombuffer(data, np.uint8) == 0
        # Up to the line after each start, and before the first one.
        counts = np.add.reduceat(is_nul, starts, dtype=np.int64)
        first = int(np.count_nonzero(is_nul[: starts[0]]))
        return data.translate(None, b"\0"), starts - np.concatenate([[first], first + counts.cumsum()[:-1]])

    def _blocks(self, data: bytes, starts: Offsets, base: int) -> Iterator[tuple[LineHeads, TimeLearner]]:
        """Yield lines in blocks, each with the learner of the times of its part of the file."""
        if self._line_format.parts == 1:
            yield from ((heads, self._learner(0)) for heads in _blocks(data, starts, base))
            return
        begins = np.array([begin for begin, _ in self._line_format.reading.times.parts[1:]], np.int64)
        parts = np.searchsorted(begins, starts + base, "right")
        for part in np.unique(parts).tolist():
            first, last = np.searchsorted(parts, [part, part + 1]).tolist()
            yield from ((heads, self._learner(part)) for heads in _blocks(data, starts[first:last], base))

    def _learner(self, part: int) -> TimeLearner:
        if part not in self._times:
            self._times[part] = TimeLearner(self._line_format.part(part))
        return self._times[part]

    def _texts(self, data: bytes, starts: Offsets) -> list[str]:
        ends = ((start, find_newline(data, self._encoding, start)) for start in starts.tolist())
        return [line_text(data, start, end if end >= 0 else len(data), self._encoding) for start, end in ends]


def _blocks(data: bytes, starts: Offsets, base: int) -> list[LineHeads]:
    return [LineHeads(data, starts[at : at + MOST_LINES], base) for at in range(0, len(starts), MOST_LINES)]
