"""All selected lines of sources, from one end to the other, in time order and without holding many of them."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from logviewer.errors import FileChangedError
from logviewer.rotation.position import Batch, Position, byte_count, line_count
from logviewer.search.file_lines import SEARCH_BYTES, FileLines, Found

if TYPE_CHECKING:
    from logviewer.views.source_order import SourceOrder

_MOST_LINES = 5_000
"""The most lines that a scan holds."""

# Positions of all lines take more memory than the lines.
_MANY_LINES = 256

# Larger blocks do not fit into the cache of a core, smaller ones cost more for each line.
_LEAST_BYTES = 256 * 1024
_MOST_BYTES = 1024 * 1024
# Lines so far apart are found no faster by several threads.
_DENSE_BYTES = 8 * 1024

RANGE_BYTES = 2 * 1024 * 1024
"""The bytes of lines that a view returns at most, or a few more."""
_FEWEST_LINES = 16

_Order = tuple[float, int]


@dataclass(slots=True)
class _Block:
    """Lines of one file in its order, with a key for each; the keys ascend. Lines [``first``, ``last``) are left."""

    batch: Batch
    keys: Sequence[float]
    first: int
    last: int
    _edges: tuple[list[Position], list[Position]] | None = None

    def part(self, first: int, last: int) -> Batch:
        batch = self.batch
        if last - first == len(batch.lines):
            return batch
        if last - first >= _MANY_LINES:
            return batch.part(first, last)
        if self._edges is None:
            # One read for the positions of all parts, instead of two for each part.
            self._edges = starts, ends = batch.starts(), batch.ends()
            offsets, numbers = [each.offset for each in starts], [each.line for each in starts]
            batch = self.batch = replace(batch, offsets=offsets, numbers=numbers)
        starts, ends = self._edges
        return batch.part(first, last, start=starts[first], end=ends[last - 1])


@dataclass(slots=True)
class Scan:
    """The selected lines of one source, the oldest or the ``newest`` first.

    ``blocks`` are read and not taken yet. ``part`` is the number of this scan among those of all sources, and
    ``source_order`` is None if there are no others. A scan starts at ``begin``, by default at an end of the source. It
    ``is_pending`` after ``read_lines`` came to lines that another thread searches, and ``is_cut`` after the most bytes.
    """

    part: int
    files: Sequence[FileLines]
    newest: bool
    source_order: "SourceOrder | None" = None
    begin: Position | None = None
    is_pending: bool = field(default=False, init=False)
    is_cut: bool = field(default=False, init=False)
    blocks: deque[_Block] = field(default_factory=deque, init=False)
    _unread: deque[FileLines] = field(default_factory=deque, init=False)
    _offset: int | None = field(default=None, init=False)
    _search_bytes: int = field(default=SEARCH_BYTES, init=False)
    _block_bytes: int = field(default=_LEAST_BYTES, init=False)
    _limit: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        self._unread.extend(reversed(self.files) if self.newest else self.files)
        if self.newest:
            self._limit = float("inf")
        if self.begin:
            while self._unread and self._unread[0].generation is not self.begin.generation:
                self._unread.popleft()
            if not self._unread:
                raise FileChangedError
            self._offset = self.begin.offset

    @property
    def is_read(self) -> bool:
        """Whether all files are read; there may be lines to take."""
        return not self._unread

    def order(self) -> _Order:
        """Return the key by which scans are merged: the one of the next line, or its limit while none is read."""
        if not self.blocks:
            return self._limit, self.part
        block = self.blocks[0]
        return block.keys[block.last - 1 if self.newest else block.first], self.part

    def rank(self) -> _Order:
        """Return a key by which the scan with the next line comes first."""
        key, part = self.order()
        return (-key, -part) if self.newest else (key, part)

    def take(self, count: int, limit: _Order | None) -> Batch:
        """Remove and return the next lines, in the order of their file: up to ``count``, and none after ``limit``.

        The first line is returned in any case. Raises OSError.
        """
        block = self.blocks[0]
        first, last = block.first, block.last
        number = min(count, last - first, max(1, self._lines_up_to(block, limit)) if limit else count)
        if self.newest:
            first = block.last = last - number
        else:
            last = block.first = first + number
        if block.first == block.last:
            self.blocks.popleft()
        return block.part(first, last)

    def _lines_up_to(self, block: _Block, limit: _Order) -> int:
        (key, part), first, last = limit, block.first, block.last
        if self.newest:
            return last - (bisect_left if self.part > part else bisect_right)(block.keys, key, first, last)
        return (bisect_right if self.part < part else bisect_left)(block.keys, key, first, last) - first

    def read(self) -> bool:
        """Read the next block with lines, or search further for one.

        Returns False if another thread must search first.

        Raises:
            FileChangedError: if the file was truncated.
            OSError: if it cannot be read.
        """
        file, offset = self._unread[0], self._next_offset()
        read = file.read_before if self.newest else file.read_from
        found = read(offset, _MOST_LINES, most=self._search_bytes, block=self._block_bytes)
        if self._adapt(found.batches, abs(offset - found.offset)) and self.newest:
            file.reserve()
        if self.newest and not found.batches:
            # Leave the cores to the indexer.
            self._search_bytes = 0
        self._keep(file, found)
        return bool(found.batches) or found.offset != offset or found.is_whole or not self.newest

    def read_lines(self, count: int, most: int) -> None:
        """Read up to the next ``count`` lines of one file, about ``most`` bytes of them. Raises as ``read``."""
        file, offset = self._unread[0], self._next_offset()
        found = (file.read_before if self.newest else file.read_from)(offset, count, most=most)
        self.is_pending = found.is_pending
        self.is_cut = not (found.is_whole or found.is_pending) and line_count(found.batches) < count
        self._keep(file, found)

    def _next_offset(self) -> int:
        generation = self._unread[0].generation
        start = generation.size() + 1 if self.newest else generation.begin
        return start if self._offset is None else self._offset

    def _adapt(self, batches: Sequence[Batch], size: int) -> bool:
        """Set the size of the next block by the lines in this one; return whether they are dense."""
        found = line_count(batches)
        likely = _MOST_LINES // 2 * size // max(1, found)
        self._block_bytes = max(_LEAST_BYTES, min(likely, 2 * self._block_bytes, _MOST_BYTES))
        return found * _DENSE_BYTES >= size > 0

    def _keep(self, file: FileLines, found: Found) -> None:
        """Add blocks, set the limit of the next key, and go to the next file if this one is read."""
        for batch in reversed(found.batches) if self.newest else found.batches:
            keys: Sequence[float] = [0] * len(batch.lines)
            if self.source_order:
                # While the order is not known, a key may be too small.
                keys = [self._clamped(key) for key in self.source_order.keys(batch)]
                self._limit = keys[0 if self.newest else -1]
            self.blocks.append(_Block(batch, keys, 0, len(keys)))
        self._offset = found.offset
        if self.source_order and not self.blocks:
            # The key of the line here limits those on both sides.
            self._limit = self._clamped(self.source_order.key_in(file.generation, found.offset))
        if found.is_whole:
            self._unread.popleft()
            self._offset, self._search_bytes = None, SEARCH_BYTES

    def _clamped(self, key: float) -> float:
        """Limit a key by that of the line before it."""
        return min(self._limit, key) if self.newest else max(self._limit, key)


def take(scans: Sequence[Scan], count: int) -> list[Batch]:
    """Remove and return the next ``count`` lines of all scans, up to the first one that is not read yet.

    The lines of each batch are in the order of their file. Raises OSError.
    """
    batches: list[Batch] = []
    left = sorted((scan for scan in scans if scan.blocks or not scan.is_read), key=Scan.rank)
    while count > 0 and left and left[0].blocks:
        first = left.pop(0)
        batches.append(first.take(count, left[0].order() if left else None))
        count -= len(batches[-1].lines)
        if first.blocks or not first.is_read:
            insort(left, first, key=Scan.rank)
    return batches


def read_lines(scans: Sequence[Scan], count: int, most: int = RANGE_BYTES) -> tuple[list[Batch], bool]:
    """Return the next ``count`` lines of scans, about ``most`` bytes at most, in the order of their time.

    Also returns whether more may be found, once they are searched. Raises as ``Scan.read``.
    """
    batches: list[Batch] = []
    while (left := count - line_count(batches)) > 0 and (room := most - byte_count(batches)) > 0:
        # Twice an even share of the lines.
        wanted = left if len(scans) == 1 else max(_FEWEST_LINES, 2 * left // len(scans))
        for scan in scans:
            while not (scan.blocks or scan.is_read or scan.is_pending or scan.is_cut):
                scan.read_lines(wanted, room)
        taken = take([scan for scan in scans if scan.blocks], left)
        batches += taken
        if not taken or any(scan.is_cut and not scan.blocks for scan in scans):
            break
    is_pending = any(scan.is_pending for scan in scans)
    return (batches[::-1] if scans and scans[0].newest else batches), is_pending
