"""The times of many lines at once, in epoch milliseconds: the digits of minutes and seconds are read as columns."""

import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import NO_TIME, distinct
from logviewer.formats.line_format import LineFormat
from logviewer.formats.line_heads import HEAD_BYTES, LineHeads, Offsets, Words
from logviewer.formats.prefix_learner import Entries, PrefixLearner, Values
from logviewer.formats.timestamp import DAY, LearnedTime, learn_time

_UNCLEAR = NO_TIME + 1
_UNLESS_YEAR = 0x8000
_MOST_BASES = 4096
# So many different hours in a block are looked up one by one.
_FEW_RUNS = 64


class TimeLearner(PrefixLearner):
    """Finds the times of the lines of one file. A guessed line has none: it counts with the line before it."""

    dtype = np.int64

    def __init__(self, line_format: LineFormat) -> None:
        super().__init__()
        self._line_format = line_format
        self._layouts: list[_Layout] = []

    def _lesson(self, text: str, *, may_learn: bool) -> tuple[int, int, tuple["_Layout", bool] | None]:
        found = self._line_format.time(text)
        learned = learn_time(text) if may_learn and not self._line_format.has_own_times else None
        is_short = learned is not None and learned.length < HEAD_BYTES
        if learned is None or not is_short or bool(learned.digits) != (found is not None):
            return NO_TIME if found is None else found, 0, None
        lesson = _Layout(_places(learned)), learned.may_have_year
        return NO_TIME if found is None else found, learned.length, lesson

    def _entry(self, lesson: tuple["_Layout", bool]) -> int:
        layout, may_have_year = lesson
        number = next((number for number, each in enumerate(self._layouts) if each.places == layout.places), -1)
        if number < 0:
            number = len(self._layouts)
            self._layouts.append(layout)
        return number | (_UNLESS_YEAR if may_have_year else 0)

    def _fill(self, heads: LineHeads, values: Values, chosen: Offsets, entries: Entries, length: int) -> Offsets:
        if (entries >= _UNLESS_YEAR).any():
            following = heads.column(length, chosen)
            plain = (entries < _UNLESS_YEAR) | (following < ord("0")) | (following > ord("9"))
            chosen, entries = _where(plain, chosen, entries & ~np.uint16(_UNLESS_YEAR))
        if not len(chosen) or (entries == entries[0]).all():
            return self._fill_alike(heads, values, chosen, self._layouts[entries[0]]) if len(chosen) else chosen
        parts = [
            self._fill_alike(heads, values, chosen[entries == entry], self._layouts[entry])
            for entry in distinct(entries).tolist()
        ]
        return np.concatenate(parts)

    def _fill_alike(self, heads: LineHeads, values: Values, chosen: Offsets, layout: "_Layout") -> Offsets:
        if not layout.places.digits:
            values[chosen] = NO_TIME
            return chosen
        some = None if len(chosen) == len(heads) else chosen
        found = self._bases(heads, chosen, layout)
        is_clear = layout.fits(heads, some) & (found != _UNCLEAR)
        parts = layout.parts(heads, some)
        chosen, found = _where(is_clear, chosen, found + parts)
        values[chosen] = found
        return chosen

    def _guess(self, values: Values, unknown: Offsets, read: Offsets) -> None:  # noqa: ARG002
        values[unknown] = NO_TIME

    def _bases(self, heads: LineHeads, chosen: Offsets, layout: "_Layout") -> Values:
        """Return the times of lines without their minutes, seconds and milliseconds."""
        hashes = heads.exact_hashes(layout.mask, None if len(chosen) == len(heads) else chosen)
        first = np.concatenate([[0], np.flatnonzero(hashes[1:] != hashes[:-1]) + 1])
        if len(first) <= _FEW_RUNS:
            bases = [self._base(heads, int(chosen[at]), layout, int(hashes[at])) for at in first.tolist()]
            return np.repeat(np.array(bases, np.int64), np.diff(first, append=len(hashes)))
        unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        pairs = zip(first.tolist(), unique.tolist(), strict=True)
        bases = [self._base(heads, int(chosen[at]), layout, key) for at, key in pairs]
        return np.array(bases, np.int64)[inverse]

    def _base(self, heads: LineHeads, number: int, layout: "_Layout", key: int) -> int:
        # A date without a year may be of another year tomorrow.
        today = int(time.time() // DAY)
        if layout.day != today or len(layout.bases) > _MOST_BASES:
            layout.day, layout.bases = today, {}
        bases = layout.bases
        if key not in bases:
            text = heads.text(number)
            learned = learn_time(text)
            # Without the text after it: a line whose first time is not valid may have another one.
            found = self._line_format.time(text[: layout.places.end])
            is_alike = learned is not None and _places(learned) == layout.places
            bases[key] = found - layout.part(text) if is_alike and found is not None else _UNCLEAR
        return bases[key]


class _Places(NamedTuple):
    """Indexes in a prefix: digits with their weights, the digits that must be below six, and the end of the time."""

    digits: tuple[tuple[int, int], ...]
    tens: tuple[int, ...]
    end: int


@dataclass(slots=True)
class _Layout:
    """The places of the digits in lines that are alike, and the times of their hours by hash of the other text."""

    places: _Places
    mask: Words = field(init=False)
    day: int = 0
    bases: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mask = np.zeros(HEAD_BYTES, np.uint8)
        mask[: self.places.end] = 0xFF
        mask[[index for index, _ in self.places.digits]] = 0
        self.mask = mask.view("<u8").astype(np.uint64)

    def parts(self, heads: LineHeads, chosen: Offsets | None) -> npt.NDArray[np.int32]:
        """Return the minutes, seconds and milliseconds of lines, in milliseconds."""
        zeros = ord("0") * sum(weight for _, weight in self.places.digits)
        total = np.full(len(heads) if chosen is None else len(chosen), -zeros, np.int32)
        for index, weight in self.places.digits:
            total += heads.column(index, chosen) * np.int32(weight)
        return total

    def part(self, text: str) -> int:
        """Return the same of one line."""
        return sum(int(text[index]) * weight for index, weight in self.places.digits)

    def fits(self, heads: LineHeads, chosen: Offsets | None) -> npt.NDArray[np.bool_]:
        """Return whether the digits of lines are those of a time."""
        fits = np.ones(len(heads) if chosen is None else len(chosen), np.bool_)
        for index in self.places.tens:
            fits &= heads.column(index, chosen) <= ord("5")
        return fits


def _places(learned: LearnedTime) -> _Places:
    return _Places(learned.digits, learned.tens, learned.end)


def _where(flags: npt.NDArray[np.bool_], chosen: Offsets, values: Any) -> tuple[Offsets, Any]:  # noqa: ANN401
    return (chosen, values) if flags.all() else (chosen[flags], values[flags])
