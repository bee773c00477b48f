"""All selected lines of sources, from one end to the other, in time order and without holding many of them."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logviewer.errors import FileChangedError
from logviewer.rotation.position import Batch, Position, line_count
from logviewer.search.file_lines import FileLines, Found

if TYPE_CHECKING:
    from logviewer.views.source_order import SourceOrder

# Searched here, ahead of the match index: the first lines are needed at once.
_SEARCH_BYTES = 8 * 1024 * 1024
_MOST_LINES = 20_000
"""The most lines that a scan holds."""

# Larger blocks do not fit into the cache of a core, smaller ones cost more for each line.
_LEAST_BYTES = 256 * 1024
_MOST_BYTES = 1024 * 1024
# Lines so far apart are found no faster by several threads.
_DENSE_BYTES = 8 * 1024

_Order = tuple[float, int]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one file in its order, with a key for each; the keys ascend."""

    batch: Batch
    keys: Sequence[float]

    def part(self, first: int, last: int) -> "_Block":
        return _Block(self.batch.part(first, last), self.keys[first:last])


@dataclass(slots=True)
class Scan:
    """The selected lines of one source, the oldest or the ``newest`` first.

    ``blocks`` are read and not taken yet. ``part`` is the number of this scan among those of all sources, and
    ``source_order`` is None if there are no others. ``begin`` is the start of a forward scan, by default that of the
    first file.
    """

    part: int
    files: Sequence[FileLines]
    newest: bool
    source_order: "SourceOrder | None"
    begin: Position | None = None
    blocks: deque[_Block] = field(default_factory=deque, init=False)
    _unread: deque[FileLines] = field(default_factory=deque, init=False)
    _offset: int | None = field(default=None, init=False)
    _search_bytes: int = field(default=_SEARCH_BYTES, init=False)
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
        return self.blocks[0].keys[-1 if self.newest else 0], self.part

    def take(self, count: int, limit: _Order | None) -> Batch:
        """Remove and return the next lines, in the order of their file: up to ``count``, and none after ``limit``.

        The first line is returned in any case. Raises OSError.
        """
        block = self.blocks.popleft()
        size = len(block.keys)
        number = min(count, size, max(1, self._lines_up_to(block.keys, limit)) if limit else size)
        if number == size:
            return block.batch
        edge = size - number if self.newest else number
        first, last = block.part(0, edge), block.part(edge, size)
        taken, left = (last, first) if self.newest else (first, last)
        self.blocks.appendleft(left)
        return taken.batch

    def _lines_up_to(self, keys: Sequence[float], limit: _Order) -> int:
        key, part = limit
        if self.newest:
            return len(keys) - (bisect_left if self.part > part else bisect_right)(keys, key)
        return (bisect_right if self.part < part else bisect_left)(keys, key)

    def read(self) -> bool:
        """Read the next block with lines, or search further for one.

        Returns False if another thread must search first.

        Raises:
            FileChangedError: if the file was truncated.
            OSError: if it cannot be read.
        """
        file = self._unread[0]
        return self._read_back(file) if self.newest else self._read_forward(file)

    def _read_back(self, file: FileLines) -> bool:
        before = file.generation.size() + 1 if self._offset is None else self._offset
        found = file.read_before(before, _MOST_LINES, most=self._search_bytes, block=self._block_bytes)
        if self._adapt(found.batches, before - found.offset):
            file.reserve()
        # Without lines so far, leave the cores to the indexer.
        self._search_bytes = self._search_bytes if found.batches else 0
        self._keep(found.batches)
        self._end_file(file, found)
        return bool(found.batches) or found.offset < before or found.is_whole

    def _read_forward(self, file: FileLines) -> bool:
        offset = file.generation.begin if self._offset is None else self._offset
        found = file.read_from(offset, _MOST_LINES, most=self._search_bytes, block=self._block_bytes)
        self._adapt(found.batches, found.offset - offset)
        self._keep(found.batches)
        self._end_file(file, found)
        return True

    def _adapt(self, batches: Sequence[Batch], size: int) -> bool:
        """Set the size of the next block by the lines in this one; return whether they are dense."""
        found = line_count(batches)
        likely = _MOST_LINES // 2 * size // max(1, found)
        self._block_bytes = max(_LEAST_BYTES, min(likely, 2 * self._block_bytes, _MOST_BYTES))
        return found * _DENSE_BYTES >= size > 0

    def _end_file(self, file: FileLines, found: Found) -> None:
        """Set the limit of the next key, and go to the next file if this one is read."""
        self._offset = found.offset
        if self.source_order and not self.blocks:
            # The key of the line here limits those on both sides.
            self._limit = self._clamped(self.source_order.key_in(file.generation, found.offset))
        if found.is_whole:
            self._unread.popleft()
            self._offset, self._search_bytes = None, _SEARCH_BYTES

    def _keep(self, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        for batch in reversed(batches) if self.newest else batches:
            keys: Sequence[float] = [0] * len(batch.lines)
            if self.source_order:
                # While the order is not known, a key may be too small.
                keys = [self._clamped(key) for key in self.source_order.keys(batch)]
                self._limit = keys[0 if self.newest else -1]
            self.blocks.append(_Block(batch, keys))

    def _clamped(self, key: float) -> float:
        """Limit a key by that of the line before it."""
        return min(self._limit, key) if self.newest else max(self._limit, key)


def take(scans: Sequence[Scan], count: int) -> list[Batch]:
    """Remove and return the next ``count`` lines of all scans, up to the first one that is not read yet.

    The lines of each batch are in the order of their file. Raises OSError.
    """
    batches: list[Batch] = []
    while count > 0 and (left := [scan for scan in scans if scan.blocks or not scan.is_read]):
        left.sort(key=Scan.order, reverse=left[0].newest)
        if not left[0].blocks:
            break
        batches.append(left[0].take(count, left[1].order() if len(left) > 1 else None))
        count -= len(batches[-1].lines)
    return batches
