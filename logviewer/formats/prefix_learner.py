"""Reads one property of many lines: most lines of a file begin in one of a few ways, and each way is read once."""

from abc import ABC, abstractmethod
from collections import Counter
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import distinct
from logviewer.formats.line_heads import HEAD_BYTES, LineHeads, Offsets, Words

# The prefixes to learn of a file.
_MOST_LEARNED = 4096
# Lines of a file to read one by one; beyond it, lines of each block. The other lines are guessed from these.
_MOST_READ = 20_000
_READ_OF_BLOCK = 16
_READ_AT_ONCE = 32
# After this many reads that learned nothing, learn from one read in 16: to learn takes four times as long as to read.
_MOST_UNLEARNED_READS = 64
_LEARN_EVERY = 16

Values = npt.NDArray[Any]
Entries = npt.NDArray[np.uint16]


class PrefixLearner(ABC):
    """Finds one property of lines, from the prefixes that decide it in one file.

    Prefixes that differ only in digits are equal. Lines are UTF-8. Threads may share a learner without a lock: an
    update that is lost is learned again.
    """

    dtype: ClassVar[type[np.generic]]

    def __init__(self, *, may_guess: bool = True) -> None:
        self._may_guess = may_guess
        self._tables: dict[int, tuple[Words, Entries]] = {}
        self._found: Counter[int] = Counter()
        self._learned_count = 0
        self._left = _MOST_READ
        # Lines read since the last one that taught a prefix.
        self._unlearned_reads = 0

    def values(self, heads: LineHeads, *, guess: bool) -> tuple[Values, Offsets]:
        """Return the value of each line, and the numbers of the guessed lines.

        With ``guess``, once 20,000 lines were read one by one, only some lines of each block are; the other lines with
        unknown prefixes are guessed.
        """
        guess = guess and self._may_guess
        values = np.empty(len(heads), self.dtype)
        # Without a prefix, empty lines would be read one by one.
        known = heads.empty()
        if known.any():
            values[known] = self._lesson("", may_learn=False)[0]
        # The lengths of most lines first: the others are then looked up for few lines.
        for length in sorted(self._tables, key=self._found.__getitem__, reverse=True):
            self._look_up(heads, values, known, length)
        read: list[int] = []
        budget = max(0, self._left) if guess else len(heads)
        while len(unknown := np.flatnonzero(~known)) and len(read) < budget:
            # Lines from all over the block, as neighbours are alike; more of them in each round that learns little.
            at_once = min(budget - len(read), max(_READ_AT_ONCE, len(read)))
            chosen = unknown[:: max(1, len(unknown) // at_once)][:at_once]
            read += chosen.tolist()
            self._read_all(heads, values, known, chosen)
        self._left -= len(read) if guess else 0
        if len(unknown):
            # The first and the last line of each cell have its least and greatest time, if the lines are in order.
            chosen = distinct(
                np.concatenate([unknown[:: max(1, len(unknown) // _READ_OF_BLOCK)], heads.edges(unknown)])
            )
            self._read_all(heads, values, known, chosen)
            unknown = np.flatnonzero(~known)
            self._guess(values, unknown, distinct(np.concatenate([chosen, np.array(read, np.int64)])))
        return values, unknown

    def _read_all(self, heads: LineHeads, values: Values, known: npt.NDArray[np.bool_], chosen: Offsets) -> None:
        lengths = {self._read(heads, values, number) for number in chosen.tolist()}
        known[chosen] = True
        for length in lengths - {0}:
            self._look_up(heads, values, known, length)

    def _look_up(self, heads: LineHeads, values: Values, known: npt.NDArray[np.bool_], length: int) -> None:
        keys, entries = self._tables[length]
        fits = heads.lengths >= length
        chosen = np.flatnonzero(np.greater(fits, known, out=fits))
        if not len(chosen):
            return
        every = len(chosen) == len(heads)
        hashes = heads.hashes(length, None if every else chosen)
        at = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        is_known = keys[at] == hashes
        if not is_known.all():
            chosen, at = chosen[is_known], at[is_known]
        self._found[length] += len(chosen)
        if len(chosen):
            known[self._fill(heads, values, chosen, entries[at], length)] = True

    def _read(self, heads: LineHeads, values: Values, number: int) -> int:
        """Read the value of a line; return the length of its prefix if that is learned now, otherwise 0."""
        text = heads.text(number)
        self._unlearned_reads += 1
        may_learn = self._unlearned_reads < _MOST_UNLEARNED_READS or self._unlearned_reads % _LEARN_EVERY == 0
        values[number], length, lesson = self._lesson(text, may_learn=may_learn)
        if not 0 < length < HEAD_BYTES or length > heads.lengths[number] or self._learned_count >= _MOST_LEARNED:
            return 0
        prefix = heads.prefix(number, length)
        if not prefix.isascii() or b"\r" in prefix or b"\0" in prefix:
            return 0
        key = heads.hashes(length, np.array([number]))[0]
        keys, entries = self._tables.get(length, (np.empty(0, np.uint64), np.empty(0, np.uint16)))
        at = int(np.searchsorted(keys, key))
        if at == len(keys) or keys[at] != key:
            self._tables[length] = np.insert(keys, at, key), np.insert(entries, at, self._entry(lesson))
            self._learned_count += 1
            self._unlearned_reads = 0
        return length

    @abstractmethod
    def _lesson(self, text: str, *, may_learn: bool) -> tuple[Any, int, Any]:
        """Return the value of a line, the length of the prefix that decides it, 0 if none does, and what it teaches."""

    @abstractmethod
    def _entry(self, lesson: Any) -> int:  # noqa: ANN401 (each learner has its own)
        """Return the number that stands for a lesson."""

    @abstractmethod
    def _fill(self, heads: LineHeads, values: Values, chosen: Offsets, entries: Entries, length: int) -> Offsets:
        """Set the values of the chosen lines by the entries of their prefixes; return the lines that are known now."""

    @abstractmethod
    def _guess(self, values: Values, unknown: Offsets, read: Offsets) -> None:
        """Set the values of the unknown lines from the lines that were read."""
