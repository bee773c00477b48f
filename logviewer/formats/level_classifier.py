"""The levels of many lines at once, at the speed of memory: most lines of a file begin in one of a few ways.

``level.learn`` tells how much of a line's beginning decides its level. So each such beginning, its digits all alike,
has to be understood once; the others like it are found by comparing numbers.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from logviewer.formats.level import LETTERS, SPECIAL, LearnedLevel, Level, learn, level

LEVELS: tuple[Level | None, ...] = tuple(LETTERS)

Offsets = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]

_KINDS = {name: kind for kind, name in enumerate(LEVELS)}
_UNKNOWN = 255
_UNLESS_SPECIAL = np.uint8(0x80)
# Beginnings longer than this are not learnt, nor are more of them than that.
_MOST_BYTES = 64
_MOST_LEARNT = 4096
# Lines that are read one by one: so many of a file, then so many in a call; the others are guessed from them.
_MOST_READ = 20_000
_READ_OF_MANY = 16
_READ_AT_ONCE = 32
_IN_VAIN = 64
_SOMETIMES = 16
# Lines whose numbers fit into the caches of a core.
_AT_ONCE = 8192
_LINE_BYTES = 64 * 1024
_SPECIAL = [word.encode() for word in SPECIAL]

_ZEROS = np.uint64(0x3030303030303030)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_ABOVE_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_FACTORS = np.array([(0x9E3779B97F4A7C15 * (2 * each + 1)) % 2**64 for each in range(9)], np.uint64)


class LevelClassifier:
    """Tells the levels of the lines of one file, and learns how its lines begin.

    Threads may share one: what one learns too late, another learns again. ``exact`` says that nothing was guessed.
    """

    def __init__(self) -> None:
        self.exact = True
        self._tables: dict[int, tuple[_Words, Kinds]] = {}
        self._learnt = 0
        self._left = _MOST_READ
        # Lines read since the last one from which anything was learnt.
        self._in_vain = 0

    @staticmethod
    def starts(data: bytes) -> Offsets:
        """Where the lines of a run of whole lines begin."""
        newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        following = newlines[: len(newlines) - data.endswith(b"\n")] + 1
        return np.concatenate([np.zeros(int(bool(data)), np.int64), following])

    def kinds(self, data: bytes, starts: Offsets, *, guess: bool = True) -> Kinds:
        """The numbers, in ``LEVELS``, of the levels of the lines that begin at these places, in ascending order.

        Those of ``level.level``; but of lines that have to be read one by one, once 20,000 were, only 16 in 8,192 are,
        and the others get that of the last one before them, unless they must not be a ``guess``.
        """
        parts = [self._kinds(data, starts[at : at + _AT_ONCE], guess=guess) for at in range(0, len(starts), _AT_ONCE)]
        return np.concatenate([np.empty(0, np.uint8), *parts])

    def _kinds(self, data: bytes, starts: Offsets, *, guess: bool) -> Kinds:
        kinds = np.full(len(starts), _UNKNOWN, np.uint8)
        lines = _Lines(data, starts)
        for length in sorted(self._tables, key=lambda each: -len(self._tables[each][0])):
            self._look_up(lines, kinds, length)
        read: list[int] = []
        budget = max(_READ_OF_MANY, self._left) if guess else len(starts)
        while len(read) < budget and len(unknown := np.flatnonzero(kinds == _UNKNOWN)):
            # From all over the block, as lines that follow each other are alike; many, where nothing is to be learnt.
            at_once = min(budget - len(read), max(_READ_AT_ONCE, len(read)))
            chosen = unknown[:: max(1, len(unknown) // at_once)][:at_once]
            read += chosen.tolist()
            for length in {self._read(lines, kinds, int(number)) for number in chosen} - {0}:
                self._look_up(lines, kinds, length)
        self._left -= len(read) if guess else 0
        return self._guess(kinds, read)

    def _guess(self, kinds: Kinds, read: list[int]) -> Kinds:
        unknown = np.flatnonzero(kinds == _UNKNOWN)
        if len(unknown):
            self.exact = False
            near = np.array(sorted(read), np.int64)
            kinds[unknown] = kinds[near[np.maximum(np.searchsorted(near, unknown) - 1, 0)]]
        return kinds

    def _read(self, lines: "_Lines", kinds: Kinds, number: int) -> int:
        """Read a line; the length of its beginning if that is known now, else 0."""
        line = lines.text(number)
        text = line.decode("utf-8", "replace")
        self._in_vain += 1
        # It takes four times as long as just to read.
        is_hopeful = self._in_vain < _IN_VAIN or self._in_vain % _SOMETIMES == 0
        lesson = learn(text) if is_hopeful else LearnedLevel(level(text))
        kind, length = _KINDS[lesson.level], lesson.length or 0
        kinds[number] = kind
        beginning = line[:length]
        is_whole = 0 < length <= min(_MOST_BYTES, len(line), int(lines.lengths[number]))
        if not is_whole or not beginning.isascii() or b"\r" in beginning or self._learnt >= _MOST_LEARNT:
            return 0
        key = lines.beginnings(length, np.array([number]))
        keys, known = self._tables.get(length, (np.empty(0, np.uint64), np.empty(0, np.uint8)))
        at = int(np.searchsorted(keys, key[0]))
        if at == len(keys) or keys[at] != key[0]:
            learnt = kind if lesson.always else kind | _UNLESS_SPECIAL
            self._tables[length] = np.insert(keys, at, key[0]), np.insert(known, at, learnt)
            self._learnt += 1
            self._in_vain = 0
        return length

    def _look_up(self, lines: "_Lines", kinds: Kinds, length: int) -> None:
        keys, known = self._tables[length]
        chosen = np.flatnonzero((kinds == _UNKNOWN) & (lines.lengths >= length))
        if not len(chosen):
            return
        beginnings = lines.beginnings(length, chosen)
        at = np.minimum(np.searchsorted(keys, beginnings), len(keys) - 1)
        is_known = keys[at] == beginnings
        chosen, found = chosen[is_known], known[at[is_known]]
        if (found >= _UNLESS_SPECIAL).any():
            plain = (found < _UNLESS_SPECIAL) | ~lines.special[chosen]
            chosen, found = chosen[plain], found[plain]
        kinds[chosen] = found & ~_UNLESS_SPECIAL


class _Lines:
    """Lines in a block, and their beginnings as numbers."""

    def __init__(self, data: bytes, starts: Offsets) -> None:
        self._data = data
        self._starts = starts
        self._sums: list[_Words] = [np.zeros(len(starts), np.uint64)]
        self._words: list[_Words] = []
        self._special: npt.NDArray[np.bool_] | None = None
        # Where others lie between them, a line may seem longer than it is; but its newline is in no beginning.
        self.lengths = np.diff(starts, append=len(data) + 1) - 1
        # So near to the end, a beginning cannot be read as numbers.
        self.lengths[starts > len(data) - _MOST_BYTES - 16] = 0

    def text(self, number: int) -> bytes:
        start = int(self._starts[number])
        end = self._data.find(b"\n", start, start + _LINE_BYTES)
        return self._data[start : end if end >= 0 else start + _LINE_BYTES]

    def beginnings(self, length: int, chosen: Offsets) -> _Words:
        """Numbers that stand for the first ``length`` bytes of the chosen lines, their digits alike."""
        whole, rest = divmod(length, 8)
        while len(self._words) <= whole:
            self._read_word()
        sums = self._sums[whole][chosen]
        if rest:
            sums += (self._words[whole][chosen] & np.uint64((1 << (8 * rest)) - 1)) * _FACTORS[whole]
        return sums

    def _read_word(self) -> None:
        number = len(self._words)
        everywhere = np.ndarray((max(0, len(self._data) - 7),), np.dtype("<u8"), self._data, strides=(1,))
        most = len(everywhere) - 1
        word = _without_digits(everywhere[np.minimum(self._starts + 8 * number, most)])
        self._words.append(word)
        self._sums.append(self._sums[-1] + word * _FACTORS[number])

    @property
    def special(self) -> npt.NDArray[np.bool_]:
        """Which lines have a word that may name their level wherever it is."""
        if self._special is None:
            self._special = np.zeros(len(self._starts), np.bool_)
            places = np.fromiter((at for word in _SPECIAL for at in _all(word, self._data)), np.int64)
            self._special[np.searchsorted(self._starts, places, "right") - 1] = True
        return self._special


def _without_digits(word: _Words) -> _Words:
    """Eight bytes at a time, each digit made a zero."""
    distance = word ^ _ZEROS
    no_digit = (((distance & _LOW_BITS) + _ABOVE_NINE) | distance) & _HIGH_BITS
    mask: _Words = (no_digit >> np.uint64(7)) * np.uint64(0xFF)
    alike: _Words = (word & mask) | (_ZEROS & ~mask)
    return alike


def _all(word: bytes, data: bytes) -> Iterator[int]:
    at = data.find(word)
    while at >= 0:
        yield at
        # Once in a line is enough.
        at = data.find(b"\n", at)
        at = data.find(word, at) if at >= 0 else -1
