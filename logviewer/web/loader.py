"""Loads encoded chunks: each is read and encoded once for all readers at a position."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import ClassVar, Protocol, TypeVar

from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position
from logviewer.source import Source
from logviewer.tail.broadcast import Broadcast, Broadcasts, Listener
from logviewer.tail.skip import Skip, skip_ahead
from logviewer.web.encode import EncodedChunk

_SHARED_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 512 * 1024
_MOST_PREFETCHED = 4
# Up to this size a read takes less than the change to a thread and back.
_SMALL_BYTES = 4096
_SLOW_SECONDS = 0.02
_PAUSE_SECONDS = 60.0
# Memory of a chunk besides its bytes.
_CHUNK_OVERHEAD = 1024

T = TypeVar("T")


class Encoder(Protocol):
    """Encodes consecutive batches as a chunk. With ``has_frames``, each batch is a part of its own of the chunk."""

    has_frames: ClassVar[bool]

    @property
    def is_quick(self) -> bool:
        """Whether a few lines take well under a millisecond."""

    def stride(self, most: int, /) -> int:
        """Return the number of bytes of lines to encode at a time, up to ``most``."""

    def __hash__(self) -> int:
        """Return a hash. Equal encoders must return equal chunks, because the chunks are shared."""

    def __call__(self, source: Source, batches: Sequence[Batch], /, *, alone: bool) -> EncodedChunk:
        """Encode. With ``alone``, for readers with this single position."""


_Key = tuple[Encoder, Generation, int, int | None, bool, int]
_Result = EncodedChunk | Skip | None


class ChunkCache:
    """The last chunks, up to 8 MiB of them."""

    def __init__(self) -> None:
        self._chunks: OrderedDict[_Key, EncodedChunk] = OrderedDict()
        self._bytes = 0

    def find(self, key: _Key, *, lag: int | None) -> EncodedChunk | None:
        """Return the chunk, unless more than ``lag`` lines may follow its start by now."""
        chunk = self._chunks.get(key)
        if chunk and lag is not None:
            unread = max(0, chunk.end.generation.seen_size - chunk.end.offset)
            return chunk if chunk.count + unread <= lag else None
        return chunk

    def keep(self, key: _Key, chunk: EncodedChunk) -> None:
        """Keep a chunk and evict the oldest ones."""
        if old := self._chunks.pop(key, None):
            self._bytes -= _size(old)
        self._chunks[key] = chunk
        self._bytes += _size(chunk)
        while self._bytes > _SHARED_BYTES:
            _, old = self._chunks.popitem(last=False)
            self._bytes -= _size(old)


def _size(chunk: EncodedChunk) -> int:
    return len(chunk.data) + _CHUNK_OVERHEAD


class _ReadsHere:
    """Times the reads on the event loop: after a slow one, all reads take a thread for a minute.

    Even a read from memory can wait, for a file system that notes the time of the access.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = 0.0
        self._slow_until = 0.0

    @property
    def is_fast(self) -> bool:
        """Whether no read was slow lately."""
        return self._began >= self._slow_until

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(self, *_: object) -> None:
        if (now := self._clock()) - self._began > _SLOW_SECONDS:
            self._slow_until = now + _PAUSE_SECONDS


class ChunkLoader:
    """Reads and encodes for readers. Equal requests share one read, through ``cache`` also later ones.

    A few new lines in memory are read on the event loop, everything else in threads. ``most_calls`` limits the calls of
    ``run``, and so the results that wait for the event loop.
    """

    def __init__(
        self,
        threads: ThreadPoolExecutor,
        encode: Encoder,
        cache: ChunkCache,
        *,
        most_calls: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threads = threads
        self._turns: AbstractAsyncContextManager[None] = asyncio.Semaphore(most_calls) if most_calls else nullcontext()
        self._encode = encode
        self._cache = cache
        self._broadcasts: Broadcasts[EncodedChunk] = Broadcasts()
        self._pending: dict[tuple[_Key, int | None], asyncio.Future[_Result]] = {}
        self._waiting: Counter[asyncio.Future[_Result]] = Counter()
        self._here = _ReadsHere(clock)
        self.closing = False

    async def run(self, call: Callable[[], T]) -> T:
        """Call ``call`` in a thread and return its result."""
        async with self._turns:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def read(self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None) -> _Result:
        """Return the chunk after a position, a ``Skip``, or None at the end. Raises as ``Generation.read``."""
        chunk = self._cache.find(self._key(position, alone=alone, most=most), lag=lag)
        if chunk is None and alone and most == MAX_LINES and self._can_read_here(position, lag):
            return self._read_here(source, position)
        if chunk is None:
            result = await self._shared(self._start(source, position, alone=alone, most=most, lag=lag))
            if not isinstance(result, EncodedChunk):
                return result
            chunk = result
        if chunk.more and alone and most == MAX_LINES:
            # The next chunk is read while this one is sent.
            self._prefetch(source, chunk.end, lag=lag)
        return chunk

    async def _shared(self, future: asyncio.Future[_Result]) -> _Result:
        """Await a read; the last of its readers that leaves cancels it, unless it runs."""
        self._waiting[future] += 1
        try:
            return await asyncio.shield(future)
        finally:
            self._waiting[future] -= 1
            if not self._waiting[future]:
                del self._waiting[future]
                future.cancel()

    def _can_read_here(self, position: Position, lag: int | None) -> bool:
        """Whether to read on the event loop: bytes in memory, and too few to skip any."""
        size = _SMALL_BYTES if lag is None else min(lag, _SMALL_BYTES)
        with self._here:
            return self._encode.is_quick and self._here.is_fast and position.generation.is_at_hand(position, size)

    def _read_here(self, source: Source, position: Position) -> EncodedChunk | None:
        with self._here:
            batch = position.generation.read(position)
        if batch is None:
            return None
        chunk = self._encode(source, [batch], alone=True)
        self._cache.keep(self._key(position, alone=True, most=MAX_LINES), chunk)
        return chunk

    def _prefetch(self, source: Source, position: Position, *, lag: int | None) -> None:
        key = self._key(position, alone=True, most=MAX_LINES)
        # With many readers the cache would lose the chunk before it is needed.
        is_busy = self.closing or len(self._pending) >= _MOST_PREFETCHED
        if not is_busy and self._cache.find(key, lag=lag) is None:
            # An error is found again by the read that needs the chunk.
            self._start(source, position, alone=True, most=MAX_LINES, lag=lag).add_done_callback(_ignore_error)

    def _key(self, position: Position, *, alone: bool, most: int) -> _Key:
        return self._encode, position.generation, position.offset, position.line, alone, most

    def _start(
        self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
    ) -> asyncio.Future[_Result]:
        key = self._key(position, alone=alone, most=most)
        future = self._pending.get((key, lag))
        if future is None:
            call = partial(self._read, source, position, alone=alone, most=most, lag=lag)
            future = asyncio.get_running_loop().run_in_executor(self._threads, call)
            self._pending[key, lag] = future
            future.add_done_callback(lambda done: self._keep(key, lag, done))
        return future

    async def read_unterminated(self, source: Source, position: Position) -> EncodedChunk | None:
        """Return the unterminated last line after a position. Raises as ``Generation.read``."""
        batch = await self.run(lambda: position.generation.read_unterminated(position))
        return self._encode(source, [batch], alone=False) if batch else None

    def join(
        self, listener: Listener[EncodedChunk], source: Source, position: Position, *, lag: int | None
    ) -> Broadcast[EncodedChunk] | None:
        """Join the broadcast at a position and return it; None if the listener must poll on its own."""
        return self._broadcasts.join(listener, self._read_on, source, position, lag=lag)

    async def _read_on(self, source: Source, position: Position, *, lag: int | None) -> _Result:
        return await self.read(source, position, alone=True, most=MAX_LINES, lag=lag)

    def _read(self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None) -> _Result:
        if lag is not None and (skip := skip_ahead(position, lag, stopped=lambda: self.closing)):
            return skip
        # For bulk reads, one change of threads per 512 KiB instead of one per thousand lines.
        if alone and most == MAX_LINES:
            size = self._encode.stride(_CHUNK_BYTES)
            read_many = partial(position.generation.read_many, position, size)
            batches = read_many() if self._encode.has_frames else read_many(max_lines=size, max_bytes=size)
        else:
            batch = position.generation.read(position, max_lines=most)
            batches = [batch] if batch else []
        return self._encode(source, batches, alone=alone) if batches else None

    def _keep(self, key: _Key, lag: int | None, done: asyncio.Future[_Result]) -> None:
        del self._pending[key, lag]
        if not done.cancelled() and not done.exception() and isinstance(chunk := done.result(), EncodedChunk):
            self._cache.keep(key, chunk)


def _ignore_error(done: asyncio.Future[_Result]) -> None:
    if not done.cancelled():
        done.exception()
