"""Lines ready to be sent: read and made once for all readers at a place."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Batch, Generation, Position
from logviewer.source import Source
from logviewer.tail.broadcast import Broadcast, Broadcasts, Listener
from logviewer.tail.skip import Skip, skip_ahead
from logviewer.web.encode import EncodedChunk

_SHARED_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 512 * 1024
# What a frame takes besides its bytes.
_CHUNK_OVERHEAD = 1024

T = TypeVar("T")


class Encoder(Protocol):
    """Makes a frame of batches that follow each other."""

    def __hash__(self) -> int:
        """Equal ones make equal frames."""

    def __call__(self, source: Source, batches: Sequence[Batch], /, *, alone: bool) -> EncodedChunk:
        """``alone``: for readers who are nowhere else."""


Key = tuple[Encoder, Generation, int, int | None, bool, int]
_Found = EncodedChunk | Skip | None


class ChunkCache:
    """The frames made last, up to 8 MiB of them."""

    def __init__(self) -> None:
        self._loaders: OrderedDict[Key, EncodedChunk] = OrderedDict()
        self._bytes = 0

    def find(self, key: Key, *, lag: int | None) -> EncodedChunk | None:
        """The frame, unless more than ``lag`` lines may follow the place before it by now."""
        chunk = self._loaders.get(key)
        if chunk and lag is not None:
            unread = max(0, chunk.end.generation.seen_size - chunk.end.offset)
            return chunk if chunk.count + unread <= lag else None
        return chunk

    def keep(self, key: Key, chunk: EncodedChunk) -> None:
        """Keep it, and let go of the oldest."""
        if old := self._loaders.pop(key, None):
            self._bytes -= _room(old)
        self._loaders[key] = chunk
        self._bytes += _room(chunk)
        while self._bytes > _SHARED_BYTES:
            _, old = self._loaders.popitem(last=False)
            self._bytes -= _room(old)


def _room(chunk: EncodedChunk) -> int:
    return len(chunk.data) + _CHUNK_OVERHEAD


class ChunkLoader:
    """Reads files for readers, in threads; what is asked for by many at once, or again soon, is read once."""

    def __init__(self, threads: ThreadPoolExecutor, encode: Encoder, recent: ChunkCache) -> None:
        self._threads = threads
        self._encode = encode
        self._recent = recent
        self._broadcasts: Broadcasts[EncodedChunk] = Broadcasts()
        self._under_way: dict[tuple[Key, int | None], asyncio.Future[_Found]] = {}
        self.closing = False

    async def run(self, call: Callable[[], T]) -> T:
        """Call it in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def read(self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None) -> _Found:
        """The frame after a position, if there is one, or a skip. Raises as ``Generation.read``."""
        key = (self._encode, position.generation, position.offset, position.line, alone, most)
        if chunk := self._recent.find(key, lag=lag):
            return chunk
        future = self._under_way.get((key, lag))
        if future is None:
            call = partial(self._read, source, position, alone=alone, most=most, lag=lag)
            future = asyncio.get_running_loop().run_in_executor(self._threads, call)
            self._under_way[key, lag] = future
            future.add_done_callback(lambda done: self._keep(key, lag, done))
        # One reader who leaves must not take the frame from the others.
        return await asyncio.shield(future)

    async def read_rest(self, source: Source, position: Position) -> EncodedChunk | None:
        """The unterminated rest after a position. Raises as ``Generation.read``."""
        batch = await self.run(lambda: position.generation.read_rest(position))
        return self._encode(source, [batch], alone=False) if batch else None

    def join(
        self, member: Listener[EncodedChunk], source: Source, position: Position, *, lag: int | None
    ) -> Broadcast[EncodedChunk] | None:
        """The cohort that waits at a position, with this member in it; None if it must go on looking for itself."""
        return self._broadcasts.join(member, self._read_on, source, position, lag=lag)

    async def _read_on(self, source: Source, position: Position, *, lag: int | None) -> _Found:
        return await self.read(source, position, alone=True, most=MAX_LINES, lag=lag)

    def _read(self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None) -> _Found:
        if lag is not None and (skip := skip_ahead(position, lag, stopped=lambda: self.closing)):
            return skip
        batch = position.generation.read(position, max_lines=most)
        if batch is None:
            return None
        batches = [batch]
        # Who reads a whole file is not made to wait for a thread and a turn of the loop at each thousand lines.
        goes_on = alone and most == MAX_LINES
        while goes_on and batch and batch.more and batch.end.offset - position.offset < _CHUNK_BYTES:
            batch = position.generation.read(batch.end)
            batches += [batch] if batch else []
        return self._encode(source, batches, alone=alone)

    def _keep(self, key: Key, lag: int | None, done: asyncio.Future[_Found]) -> None:
        del self._under_way[key, lag]
        if not done.cancelled() and not done.exception() and isinstance(chunk := done.result(), EncodedChunk):
            self._recent.keep(key, chunk)
