"""The keys of one source's lines, over all its files; ``files/time_order.py`` defines them."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from logviewer.errors import FileChangedError
from logviewer.files.cells import NO_TIME, Numbers
from logviewer.files.time_order import FOLLOWING
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position
from logviewer.search.file_order import NOTHING, FileOrder


class SourceOrder:
    """The keys of the lines of one source, which never fall, for one request.

    ``files`` are the orders of its generations, oldest first. Methods raise OSError.
    """

    def __init__(self, files: Sequence[FileOrder]) -> None:
        self._files = files
        self._indexes = {file.generation: index for index, file in enumerate(files)}
        self._after = lru_cache(None)(self._first_after)
        self._before = lru_cache(None)(self._greatest_before)

    @property
    def is_known(self) -> bool:
        """Whether the times of all lines are read."""
        return all(file.is_known for file in self._files)

    def first(self) -> Position | None:
        """Return the position before the first line; None without a file."""
        return self._files[0].generation.first() if self._files else None

    def end(self) -> Position | None:
        """Return the position after the last line; None without a file."""
        return _end(self._files[-1].generation) if self._files else None

    def keys(self, batch: Batch) -> list[int]:
        """Return the key of each line of a batch."""
        return self.keys_of(batch.start.generation, batch.line_offsets())

    def keys_of(self, generation: Generation, offsets: Sequence[int]) -> list[int]:
        """Return the keys of the lines that begin at ascending offsets of a file."""
        found: list[int] = self._keys(generation, offsets).tolist()
        return found

    def line_after(self, position: Position) -> Position:
        """Return the position before the line after a position, which may be in a newer file; itself without one."""
        generation = position.generation
        if position.offset < generation.size() or generation not in self._indexes:
            return position
        newer = [file.generation for file in self._files[self._indexes[generation] + 1 :]]
        return next((each.first() for each in newer if each.begin < each.size()), position)

    def key_at(self, position: Position) -> int:
        """Return the key of the line at a position; at the end, of the last line."""
        return self.key_in(position.generation, position.offset)

    def key_in(self, generation: Generation, offset: int) -> int:
        """Return the key of the line with the byte at an offset; past the end of the file, of its last line."""
        return int(self._keys(generation, [offset])[0])

    def position_of(self, key: int) -> Position | None:
        """Return the position before the first line with this key or a greater one; None without a file."""
        if key <= NO_TIME:
            return self.first()
        for index, file in enumerate(self._files):
            if index and self._before(index) >= key:
                return file.generation.first()
            if file is self._files[-1] or self._before(index + 1) >= key:
                offset = file.offset_of(key, self._after(index))
                if offset < file.generation.size():
                    return file.generation.position(offset, None)
        return self.end()

    def borders_of(self, generation: Generation, keys: Numbers) -> tuple[Numbers, Numbers]:
        """Return offsets in a file on both sides of the first line with each of these keys or a greater one.

        They are at most a cell apart. The order must be known. Raises FileChangedError if the file is not in it.
        """
        if generation not in self._indexes:
            raise FileChangedError
        index = self._indexes[generation]
        lower, upper = self._files[index].borders_of(keys, self._after(index))
        is_later = keys <= self._before(index)
        return np.where(is_later, generation.begin, lower), np.where(is_later, generation.begin, upper)

    def least(self) -> int | None:
        """Return the key of the first line with a time that counts; None without one."""
        position = self.position_of(NO_TIME + 1)
        key = self.key_at(position) if position else NO_TIME
        return None if key == NO_TIME else key

    def greatest(self) -> int:
        """Return the key of the last line; ``NO_TIME`` without one."""
        return self._before(len(self._files))

    def _keys(self, generation: Generation, offsets: Sequence[int]) -> Numbers:
        if generation not in self._indexes:
            return np.full(len(offsets), NO_TIME, np.int64)
        index = self._indexes[generation]
        own = self._files[index].keys_at(np.array(offsets, np.int64), self._after(index))
        return np.maximum(own, self._before(index))

    def _first_after(self, index: int) -> Numbers:
        """Return the first three times in the files after a file."""
        times = NOTHING
        for file in self._files[index + 1 :]:
            times = np.concatenate([times, file.first_times()])[:FOLLOWING]
            if len(times) == FOLLOWING:
                break
        return times

    def _greatest_before(self, index: int) -> int:
        """Return the greatest key in the files before a file; while they are not read, that of the last with one."""
        found = NO_TIME
        for each in range(index - 1, -1, -1):
            if self.is_known and each < index - 1:
                return max(found, self._before(each + 1))
            if found == NO_TIME or self._files[each].is_known:
                found = max(found, self._files[each].greatest(self._after(each)))
        return found


def _end(generation: Generation) -> Position:
    return generation.position(generation.size(), None)
