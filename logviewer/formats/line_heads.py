"""The first bytes of many lines as numbers, for numpy: lines that begin alike have equal hashes."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from logviewer.files.cells import CELL_BYTES
from logviewer.files.encoding import UTF8
from logviewer.files.lines import LINE_CAP, line_text

Offsets = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

HEAD_BYTES = 64
_WORD_BYTES = 8
_PART_BYTES = 32
_PART_WORDS = _PART_BYTES // _WORD_BYTES
# Most lines of one object: their heads fit into the caches of a core.
MOST_LINES = 16384
_NINES = np.full(MOST_LINES * _PART_BYTES, 9, np.uint8)
_HALF = np.uint64(32)
# Unrelated odd numbers, one for each word of a head and one more.
FACTORS = np.array([pow(0x9E3779B97F4A7C15, each, 2**64) for each in range(1, 10)], np.uint64)


class LineHeads:
    """The first 64 bytes of lines of ``data``, which begin at ``starts``, ascending.

    ``base`` is the offset of ``data`` in its file.
    """

    def __init__(self, data: bytes, starts: Offsets, base: int) -> None:
        self.data = data
        self._base = base
        self.starts = starts
        # Too long for a line with unselected lines after it; but no learned prefix has a newline.
        self.lengths = np.diff(starts, append=len(data) + 1) - 1
        # So near to the end of the data, a line has no 64 bytes.
        self._is_near_end = len(starts) > 0 and int(starts[-1]) > len(data) - HEAD_BYTES
        if self._is_near_end:
            self.lengths[starts > len(data) - HEAD_BYTES] = 0
        self._sums: list[Words] = [np.zeros(0, np.uint64)]
        self._parts: dict[int, npt.NDArray[np.uint8]] = {}
        self._digitless: dict[int, Words] = {}
        self._special: Flags | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, number: int) -> str:
        """Return a line as text, up to 1 MiB of it."""
        start = int(self.starts[number])
        end = self.data.find(b"\n", start, start + LINE_CAP)
        return line_text(self.data, start, end if end >= 0 else len(self.data), UTF8)

    def empty(self) -> Flags:
        """Return whether each line has no byte."""
        data = np.frombuffer(self.data, np.uint8)
        found: Flags = data[np.minimum(self.starts, len(data) - 1)] == ord("\n")
        return found

    def edges(self, numbers: Offsets) -> Offsets:
        """Return the first and the last of these lines in each cell of the file."""
        cells = (self.starts[numbers] + self._base) // CELL_BYTES
        is_new = cells[1:] != cells[:-1]
        at_edge: Flags = np.concatenate([[True], is_new]) | np.concatenate([is_new, [True]])
        return numbers[at_edge]

    def special(self, words: Sequence[bytes]) -> Flags:
        """Return whether each line has one of these texts, which are the same in each call."""
        if self._special is None:
            self._special = self._having(words)
        return self._special

    def _having(self, words: Sequence[bytes]) -> Flags:
        flags = np.zeros(len(self.starts), np.bool_)
        first = int(self.starts[0])
        last = self.data.find(b"\n", int(self.starts[-1]))
        offsets = np.fromiter((at for word in words for at in self._offsets(word, first, last)), np.int64)
        flags[np.searchsorted(self.starts, offsets, "right") - 1] = True
        return flags

    def _offsets(self, word: bytes, first: int, last: int) -> Iterator[int]:
        """Yield the offset of the first occurrence of a text in each line of ``data[first:last]``."""
        last = last if last >= 0 else len(self.data)
        at = self.data.find(word, first, last)
        while at >= 0:
            yield at
            at = self.data.find(b"\n", at, last)
            at = self.data.find(word, at, last) if at >= 0 else -1

    def column(self, index: int, chosen: Offsets | None = None) -> npt.NDArray[np.uint8]:
        """Return one byte of the chosen lines (default: all); unspecified for lines of the length 0."""
        column = self._part(index // _PART_BYTES)[:, index % _PART_BYTES]
        return column if chosen is None else column[chosen]

    def prefix(self, number: int, length: int) -> bytes:
        """Return the first bytes of a line."""
        start = int(self.starts[number])
        return self.data[start : start + length]

    def hashes(self, length: int, chosen: Offsets | None = None) -> Words:
        """Return hashes of the first ``length`` bytes of the chosen lines (default: all); all digits count as equal."""
        whole, rest = divmod(length, _WORD_BYTES)
        while len(self._sums) <= whole:
            number = len(self._sums) - 1
            product = _scattered(self._digitless_word(number)) * FACTORS[number]
            self._sums.append(self._sums[-1] + product if number else product)
        if not rest:
            return self._sums[whole] if chosen is None else self._sums[whole][chosen]
        word: Words = self._digitless_word(whole)
        word = (word if chosen is None else word[chosen]) & np.uint64((1 << (8 * rest)) - 1)
        word = _scattered(word) * FACTORS[whole]
        if whole:
            word += self._sums[whole] if chosen is None else self._sums[whole][chosen]
        return word

    def exact_hashes(self, mask: Words, chosen: Offsets | None = None) -> Words:
        """Return hashes of the bits of ``mask``, which has a word for each eight bytes, in the chosen lines."""
        sums = np.zeros(len(self) if chosen is None else len(chosen), np.uint64)
        for number in np.flatnonzero(mask).tolist():
            part, index = divmod(number, _PART_WORDS)
            words = self._part(part).view("<u8")[:, index]
            word = (words if chosen is None else words[chosen]) & mask[number]
            sums += _scattered(word) * FACTORS[number]
        return sums

    def _digitless_word(self, number: int) -> Words:
        part, index = divmod(number, _PART_WORDS)
        if part not in self._digitless:
            # Digits become 0 to 9, other bytes more.
            shifted = self._part(part) - np.uint8(ord("0"))
            # With an array, because numpy is ten times as slow with one number.
            nines = _NINES[: shifted.size].reshape(shifted.shape)
            self._digitless[part] = np.maximum(shifted, nines, out=shifted).view("<u8")
        return self._digitless[part][:, index]

    def _part(self, number: int) -> npt.NDArray[np.uint8]:
        """Return 32 bytes of each line."""
        if number not in self._parts:
            count = len(self.data) - HEAD_BYTES + 1
            if count <= 0:
                return np.zeros((len(self), _PART_BYTES), np.uint8)
            # A view of the data: 32 bytes from each offset on.
            view = np.ndarray((count,), f"V{_PART_BYTES}", self.data, number * _PART_BYTES, (1,))
            rows = view[np.minimum(self.starts, count - 1) if self._is_near_end else self.starts]
            self._parts[number] = rows.view(np.uint8).reshape(-1, _PART_BYTES)
        return self._parts[number]


def _scattered(words: Words) -> Words:
    """Return the words with each byte in their lower half too, as a product keeps little of the highest bytes."""
    return words ^ (words >> _HALF)
