"""Live streams: the items of each reader as events or text, with pings, until the server ends."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal
from weakref import WeakValueDictionary

from starlette.responses import Response

from logviewer.rotation.position import Reason
from logviewer.tail.events import Gap, Lines, StateChange, gap_text, heading
from logviewer.tail.reader import Reader
from logviewer.web.encode import EncodedChunk, EventEncoder, event, gap_event, state_event, with_id
from logviewer.web.http.fast_sse import FastEventStream, Push
from logviewer.web.http.streamed import StreamedResponse
from logviewer.web.loader import ChunkCache, ChunkLoader, Encoder

if TYPE_CHECKING:
    from logviewer.source import Source

PING_SECONDS = 15
RETRY_MS = (2000, 4000)
SKIP_SECONDS = 0.05
_THREADS = 16
_SCAN_THREADS = 2
_PAGE_THREADS = 2
_BULK_THREADS = 2

# "idle" comes before each wait; "complete" or "shutdown" is the last item.
Notice = Literal["begin", "idle", "ping", "complete", "shutdown"]
Item = Lines[EncodedChunk] | Gap | StateChange | Notice


@dataclass(slots=True)
class SentCounts:
    """Counts of all streams together: lines sent, bytes of their events or text, and gaps by reason."""

    lines: int = 0
    bytes: int = 0
    gaps: Counter[Reason] = field(default_factory=Counter)

    def count_chunk(self, chunk: EncodedChunk) -> None:
        """Count a chunk sent to one reader."""
        self.lines += chunk.shown
        self.bytes += len(chunk.data)

    def count(self, item: Lines[EncodedChunk] | Gap | StateChange) -> None:
        """Count an item sent to one reader."""
        match item:
            case Lines(chunk=chunk):
                self.count_chunk(chunk)
            case Gap():
                self.gaps[item.reason] += 1


class Streams:
    """All open streams, their pings, and the threads that read for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="read")
        self._scan_threads = ThreadPoolExecutor(_SCAN_THREADS, thread_name_prefix="scan")
        self._page_threads = ThreadPoolExecutor(_PAGE_THREADS, thread_name_prefix="page")
        self._bulk_threads = ThreadPoolExecutor(_BULK_THREADS, thread_name_prefix="bulk")
        self._histogram_threads = ThreadPoolExecutor(1, thread_name_prefix="histogram")
        self._cache = ChunkCache()
        # Weak: each query has a loader of its own, needed while a reader uses it.
        self._loaders: WeakValueDictionary[Encoder, ChunkLoader] = WeakValueDictionary()
        self.loader = self.loader_for(EventEncoder())
        # Scans of whole files must not delay the readers of streams, and histograms must not delay either. Pages of all
        # lines wait for no slow query, and searches for no download. Threads share one interpreter: the event loop
        # waits longer with each that runs.
        self.scans = self._few_at_once(self._scan_threads, _SCAN_THREADS)
        self.pages = self._few_at_once(self._page_threads, _PAGE_THREADS)
        self.bulk = self._few_at_once(self._bulk_threads, _BULK_THREADS)
        self.histograms = ChunkLoader(self._histogram_threads, EventEncoder(), self._cache)
        self.closing = False
        self.closed = asyncio.Event()
        self.sent = SentCounts()
        self._open: dict[Reader[EncodedChunk], int] = {}
        self._due: set[Reader[EncodedChunk]] = set()

    def _few_at_once(self, threads: ThreadPoolExecutor, count: int) -> ChunkLoader:
        # Enough to keep the threads busy: each result may have megabytes.
        return ChunkLoader(threads, EventEncoder(), self._cache, most_calls=2 * count)

    def loader_for(self, encode: Encoder) -> ChunkLoader:
        """Return the loader that all readers with this encoder share."""
        loader = self._loaders.get(encode)
        if loader is None:
            loader = self._loaders[encode] = ChunkLoader(self._threads, encode, self._cache)
        return loader

    async def ping(self) -> None:
        """Wake each stream for a ping every 15 s, a fifteenth of the streams each second. Runs until cancelled."""
        second = 0
        while True:
            await asyncio.sleep(1)
            second = (second + 1) % PING_SECONDS
            for reader in [reader for reader, each in self._open.items() if each == second]:
                self._due.add(reader)
                reader.wake()

    def close(self) -> None:
        """Make every stream send its last event and end, and every request that polls answer."""
        self.closing = True
        self.closed.set()
        for loader in (*self._loaders.values(), self.scans, self.pages, self.bulk, self.histograms):
            loader.closing = True
        for reader in self._open:
            reader.wake()

    def stop(self) -> None:
        """End the threads."""
        pools = self._threads, self._scan_threads, self._page_threads, self._bulk_threads, self._histogram_threads
        for threads in pools:
            threads.shutdown(wait=False, cancel_futures=True)

    def add(self, reader: Reader[EncodedChunk]) -> None:
        """Add a stream."""
        self._open[reader] = random.randrange(PING_SECONDS)  # noqa: S311 (spreads load, hides nothing)

    def remove(self, reader: Reader[EncodedChunk]) -> None:
        """Close the reader of a stream and remove the stream."""
        reader.close()
        self._open.pop(reader, None)
        self._due.discard(reader)

    @property
    def readers(self) -> Collection[Reader[EncodedChunk]]:
        """The readers of the open streams."""
        return self._open.keys()

    def take_ping(self, reader: Reader[EncodedChunk]) -> bool:
        """Return whether a ping is due, and mark it as sent."""
        due = reader in self._due
        self._due.discard(reader)
        return due


def event_stream(streams: Streams, reader: Reader[EncodedChunk]) -> Response:
    """Return a response with the reader's items as server-sent events."""
    return FastEventStream(partial(events, streams, reader), on_disconnect=reader.close)


def events(streams: Streams, reader: Reader[EncodedChunk], push: Push | None = None) -> AsyncGenerator[bytes]:
    """Yield the reader's items as server-sent events, and b"" before each wait. See ``fast_sse.Events``."""
    return _encoded(streams, reader, _SseItemEncoder(reader), push)


def text_stream(streams: Streams, reader: Reader[EncodedChunk], *, headings: bool) -> Response:
    """Return a response with bare lines; ``headings`` name the source wherever it changes."""
    return bare_text(_encoded(streams, reader, _TextItemEncoder(headings=headings)))


def bare_text(pieces: AsyncIterator[bytes]) -> Response:
    """Return a response with pieces of UTF-8 text."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamedResponse(pieces, media_type="text/plain", headers=headers)


class _SseItemEncoder:
    """Encodes the items of one reader as server-sent events."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader[EncodedChunk]) -> None:
        self._reader = reader

    def __call__(self, item: Item) -> bytes:
        match item:
            case Lines(chunk=chunk):
                return _chunk_event(chunk, self._reader)
            case Gap():
                return with_id(gap_event(item), self._reader.cursor())
            case StateChange():
                return with_id(state_event(item), self._reader.cursor())
            case notice:
                return self._notice(notice)

    def _notice(self, notice: Notice) -> bytes:
        match notice:
            case "begin":
                retry = b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 (spreads load, hides nothing)
                # From here on, a broken connection loses nothing, even if no line is ever sent.
                return with_id(retry, self._reader.cursor())
            case "idle":
                return b""
            case "ping":
                return b": ping\n\n"
            case reason:
                return with_id(event("end", {"reason": reason}), self._reader.cursor())


class _TextItemEncoder:
    """Encodes the items of one reader as lines of text, without their state changes and pings."""

    def __init__(self, *, headings: bool) -> None:
        self._headings = headings
        self._source: Source | None = None

    def __call__(self, item: Item) -> bytes:
        match item:
            case Lines(source=source, chunk=chunk) if chunk.data:
                is_new, self._source = source is not self._source, source
                return heading(source.name) + chunk.data if self._headings and is_new else chunk.data
            case Gap():
                self._source = None
                return gap_text(item.source.name, item.reason, item.lines)
            case _:
                return b""


def _chunk_event(chunk: EncodedChunk, reader: Reader[EncodedChunk]) -> bytes:
    return chunk.data if chunk.has_ids else with_id(chunk.data, reader.cursor())


async def _encoded(
    streams: Streams, reader: Reader[EncodedChunk], encode: Callable[[Item], bytes], push: Push | None = None
) -> AsyncGenerator[bytes]:
    """Yield the encoded items of a reader, and b"" before each wait; close the reader at the end.

    While it waits, chunks of a broadcast go to ``push``.
    """
    take = None if push is None else partial(_push_chunk, streams, reader, push)
    streams.add(reader)
    try:
        yield encode("begin")
        burst = 0
        skipped = False
        while not (streams.closing or reader.closed):
            if item := await reader.next():
                yield encode(item)
                streams.sent.count(item)
                burst += 1
                if skipped and isinstance(item, Lines):
                    # In a flood the client gets a screenful now and then, not all that the network can carry.
                    await asyncio.sleep(SKIP_SECONDS)
                skipped = isinstance(item, Gap) and item.reason == "skipped"
                if burst > 1:
                    # With cached chunks and a fast client this task never waits: give the others a turn.
                    await asyncio.sleep(0)
            elif reader.complete:
                yield encode("complete")
                return
            else:
                yield encode("idle")
                burst = 0
                await reader.wait(take)
            if streams.take_ping(reader):
                yield encode("ping")
        if not reader.closed:
            yield encode("shutdown")
    finally:
        streams.remove(reader)


def _push_chunk(streams: Streams, reader: Reader[EncodedChunk], push: Push, chunk: EncodedChunk) -> bool:
    streams.sent.count_chunk(chunk)
    return push(_chunk_event(chunk, reader))
