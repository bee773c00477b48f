"""The levels of many lines at once, with numpy: most lines of a file begin in one of a few ways.

``level.learn`` returns the length of the prefix that decides a line's level. With its digits replaced by zeros, such a
prefix needs one reading; other lines with the same prefix are found by comparing 64-bit hashes.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from logviewer.formats.level import LEVELS, SPECIAL, LearnedLevel, Level, find_level, learn

_Offsets = npt.NDArray[np.int64]
_Codes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]

_CODE_OF = {name: code for code, name in enumerate(LEVELS)}
_UNKNOWN = 255
_UNLESS_SPECIAL = np.uint8(0x80)
# Limits of the prefixes that are learned: bytes of each, and their number.
_MOST_BYTES = 64
_MOST_LEARNED = 4096
# Lines of a file to read one by one; beyond it, lines of each block. The other lines are guessed from these.
_MOST_READ = 20_000
_READ_OF_BLOCK = 16
_READ_AT_ONCE = 32
# After this many reads that learned nothing, learn from one read in 16.
_MOST_UNLEARNED_READS = 64
_LEARN_EVERY = 16
# Lines of a block: their hashes fit into the caches of a core.
_BLOCK_LINES = 8192
_LINE_BYTES = 1024 * 1024
_SPECIAL = [word.encode() for word in SPECIAL]

_ZEROS = np.uint64(0x3030303030303030)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_ABOVE_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_FACTORS = np.array([(0x9E3779B97F4A7C15 * (2 * each + 1)) % 2**64 for each in range(9)], np.uint64)


class LevelClassifier:
    """Finds the levels of the lines of one file, and learns the prefixes that decide them.

    Lines are UTF-8. Threads may share a classifier without a lock: an update that is lost is learned again. ``exact``
    is true while no level was guessed.
    """

    def __init__(self) -> None:
        self.exact = True
        self._tables: dict[int, tuple[_Words, _Codes]] = {}
        self._learned_count = 0
        self._left = _MOST_READ
        # Lines read since the last one that taught a prefix.
        self._unlearned_reads = 0

    def levels(self, data: bytes, starts: Sequence[int]) -> list[Level | None]:
        """Return the level of each line of ``data`` that begins at one of these offsets, ascending; none is guessed."""
        return [LEVELS[code] for code in self._codes(data, np.array(starts, np.int64), guess=False).tolist()]

    def count(  # noqa: PLR0913 (a range of a file, and the cells to count by)
        self, data: bytes, starts: Sequence[int] | None, *, begin: int, end: int, base: int, cell_bytes: int
    ) -> dict[int, list[int]]:
        """Count lines by cell of the file and by level, in the order of ``LEVELS``; cells without lines are left out.

        ``starts`` are offsets of lines in ``data``, ascending; None stands for all lines. Only lines that begin in
        [begin, end) of ``data`` count. ``base`` is the offset of ``data`` in the file.
        """
        offsets = _line_starts(data) if starts is None else np.array(starts, np.int64)
        offsets = offsets[(offsets >= begin) & (offsets < end)]
        if not len(offsets):
            return {}
        cells = (offsets + base) // cell_bytes
        first = int(cells[0])
        counts = np.bincount((cells - first) * len(LEVELS) + self._codes(data, offsets, guess=True)).tolist()
        counts += [0] * (-len(counts) % len(LEVELS))
        rows = [counts[at : at + len(LEVELS)] for at in range(0, len(counts), len(LEVELS))]
        return {first + number: row for number, row in enumerate(rows) if any(row)}

    def _codes(self, data: bytes, starts: _Offsets, *, guess: bool) -> _Codes:
        """Return indexes in ``LEVELS`` for the lines of ``data`` that begin at these offsets, ascending.

        They are those of ``level.find_level``. With ``guess``, once 20,000 lines were read one by one, only 16 lines
        in 8,192 are; the other unknown lines get the level of the last such line before them.
        """
        blocks = range(0, len(starts), _BLOCK_LINES)
        parts = [self._codes_of_block(data, starts[at : at + _BLOCK_LINES], guess=guess) for at in blocks]
        return np.concatenate([np.empty(0, np.uint8), *parts])

    def _codes_of_block(self, data: bytes, starts: _Offsets, *, guess: bool) -> _Codes:
        codes = np.full(len(starts), _UNKNOWN, np.uint8)
        lines = _Lines(data, starts)
        for length in sorted(self._tables, key=lambda each: -len(self._tables[each][0])):
            self._look_up(lines, codes, length)
        read: list[int] = []
        budget = max(_READ_OF_BLOCK, self._left) if guess else len(starts)
        while len(read) < budget and len(unknown := np.flatnonzero(codes == _UNKNOWN)):
            # Lines from all over the block, as neighbours are alike; more of them in each round that learns little.
            at_once = min(budget - len(read), max(_READ_AT_ONCE, len(read)))
            chosen = unknown[:: max(1, len(unknown) // at_once)][:at_once]
            read += chosen.tolist()
            for length in {self._read(lines, codes, int(number)) for number in chosen} - {0}:
                self._look_up(lines, codes, length)
        self._left -= len(read) if guess else 0
        return self._guess(codes, read)

    def _guess(self, codes: _Codes, read: list[int]) -> _Codes:
        unknown = np.flatnonzero(codes == _UNKNOWN)
        if len(unknown):
            self.exact = False
            near = np.array(sorted(read), np.int64)
            codes[unknown] = codes[near[np.maximum(np.searchsorted(near, unknown) - 1, 0)]]
        return codes

    def _read(self, lines: "_Lines", codes: _Codes, number: int) -> int:
        """Read the level of a line; return the length of its prefix if that is learned now, otherwise 0."""
        line = lines.text(number)
        text = line.decode("utf-8", "replace")
        self._unlearned_reads += 1
        # To learn takes four times as long as to read the level.
        may_learn = self._unlearned_reads < _MOST_UNLEARNED_READS or self._unlearned_reads % _LEARN_EVERY == 0
        learned = learn(text) if may_learn else LearnedLevel(find_level(text))
        code, length = _CODE_OF[learned.level], learned.length or 0
        codes[number] = code
        prefix = line[:length]
        is_whole = 0 < length <= min(_MOST_BYTES, len(line), int(lines.lengths[number]))
        if not is_whole or not prefix.isascii() or b"\r" in prefix or self._learned_count >= _MOST_LEARNED:
            return 0
        key = lines.hashes(length, np.array([number]))
        keys, known = self._tables.get(length, (np.empty(0, np.uint64), np.empty(0, np.uint8)))
        at = int(np.searchsorted(keys, key[0]))
        if at == len(keys) or keys[at] != key[0]:
            entry = code if learned.always else code | _UNLESS_SPECIAL
            self._tables[length] = np.insert(keys, at, key[0]), np.insert(known, at, entry)
            self._learned_count += 1
            self._unlearned_reads = 0
        return length

    def _look_up(self, lines: "_Lines", codes: _Codes, length: int) -> None:
        keys, known = self._tables[length]
        chosen = np.flatnonzero((codes == _UNKNOWN) & (lines.lengths >= length))
        if not len(chosen):
            return
        hashes = lines.hashes(length, chosen)
        at = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        is_known = keys[at] == hashes
        chosen, found = chosen[is_known], known[at[is_known]]
        if (found >= _UNLESS_SPECIAL).any():
            plain = (found < _UNLESS_SPECIAL) | ~lines.special[chosen]
            chosen, found = chosen[plain], found[plain]
        codes[chosen] = found & ~_UNLESS_SPECIAL


class _Lines:
    """The lines of a block, and the hashes of their prefixes."""

    def __init__(self, data: bytes, starts: _Offsets) -> None:
        self._data = data
        self._starts = starts
        self._sums: list[_Words] = [np.zeros(len(starts), np.uint64)]
        self._words: list[_Words] = []
        self._special: npt.NDArray[np.bool_] | None = None
        # Too long for a line with unselected lines after it; but no learned prefix has a newline.
        self.lengths = np.diff(starts, append=len(data) + 1) - 1
        # So near to the end of the data, a prefix cannot be read in words of eight bytes.
        self.lengths[starts > len(data) - _MOST_BYTES - 16] = 0

    def text(self, number: int) -> bytes:
        start = int(self._starts[number])
        end = self._data.find(b"\n", start, start + _LINE_BYTES)
        return self._data[start : end if end >= 0 else start + _LINE_BYTES]

    def hashes(self, length: int, chosen: _Offsets) -> _Words:
        """Return hashes of the first ``length`` bytes of the chosen lines, with all digits made zeros."""
        whole, rest = divmod(length, 8)
        while len(self._words) <= whole:
            self._read_word()
        sums = self._sums[whole][chosen]
        if rest:
            sums += (self._words[whole][chosen] & np.uint64((1 << (8 * rest)) - 1)) * _FACTORS[whole]
        return sums

    def _read_word(self) -> None:
        number = len(self._words)
        # A view of the data: the word of eight bytes at each offset.
        all_words = np.ndarray((max(0, len(self._data) - 7),), np.dtype("<u8"), self._data, strides=(1,))
        word = _without_digits(all_words[np.minimum(self._starts + 8 * number, len(all_words) - 1)])
        self._words.append(word)
        self._sums.append(self._sums[-1] + word * _FACTORS[number])

    @property
    def special(self) -> npt.NDArray[np.bool_]:
        """Whether each line has one of ``level.SPECIAL``, which may name its level at any position."""
        if self._special is None:
            self._special = np.zeros(len(self._starts), np.bool_)
            offsets = np.fromiter((at for word in _SPECIAL for at in _offsets(word, self._data)), np.int64)
            self._special[np.searchsorted(self._starts, offsets, "right") - 1] = True
        return self._special


def _line_starts(data: bytes) -> _Offsets:
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    following = newlines[: len(newlines) - data.endswith(b"\n")] + 1
    return np.concatenate([np.zeros(int(bool(data)), np.int64), following])


def _without_digits(word: _Words) -> _Words:
    """Return words of eight bytes with each digit replaced by "0"."""
    distance = word ^ _ZEROS
    is_not_digit = (((distance & _LOW_BITS) + _ABOVE_NINE) | distance) & _HIGH_BITS
    mask: _Words = (is_not_digit >> np.uint64(7)) * np.uint64(0xFF)
    replaced: _Words = (word & mask) | (_ZEROS & ~mask)
    return replaced


def _offsets(word: bytes, data: bytes) -> Iterator[int]:
    """Yield the offset of the first occurrence of a word in each line."""
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(b"\n", at)
        at = data.find(word, at) if at >= 0 else -1
