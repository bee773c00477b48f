"""The live stream: what each client is sent, and when."""

import asyncio
import random
import types
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sse_starlette import EventSourceResponse
from sse_starlette.sse import AppStatus
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.rotation.generation import Reason
from logviewer.tail.events import Gap, Lines, StateChange
from logviewer.tail.reader import Reader
from logviewer.web.encode import EncodedChunk, EventEncoder, event, gap_event, gap_text, heading, state_event, with_id
from logviewer.web.loader import ChunkCache, ChunkLoader, Encoder

if TYPE_CHECKING:
    from logviewer.source import Source

PING_SECONDS = 15
_UNWOUND = "logviewer.unwound"
RETRY_MS = (2000, 4000)
SKIP_SECONDS = 0.05
_THREADS = 16
_SCAN_THREADS = 2

# The streams end by themselves, with a word of farewell, before the library would cancel them.
AppStatus.enable_automatic_graceful_drain = False


@dataclass(slots=True)
class SentCounts:
    """What all streams together have sent: lines, the bytes of their events or text, and gaps by reason."""

    lines: int = 0
    bytes: int = 0
    gaps: Counter[Reason] = field(default_factory=Counter)

    def count_chunk(self, chunk: EncodedChunk) -> None:
        """Count the lines that one reader gets."""
        self.lines += chunk.shown
        self.bytes += len(chunk.data)

    def count(self, item: Lines[EncodedChunk] | Gap | StateChange) -> None:
        """Count one item for one reader."""
        match item:
            case Lines(chunk=chunk):
                self.count_chunk(chunk)
            case Gap():
                self.gaps[item.reason] += 1


class Streams:
    """All open streams: pinged in turn, and sent off at the end."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="read")
        self._scan_threads = ThreadPoolExecutor(_SCAN_THREADS, thread_name_prefix="scan")
        self._chart_threads = ThreadPoolExecutor(1, thread_name_prefix="chart")
        self._recent = ChunkCache()
        # Of those that somebody reads by, or ever may: there are as many as there are queries.
        self._loaders: WeakValueDictionary[Encoder, ChunkLoader] = WeakValueDictionary()
        self.loader = self.loader_for(EventEncoder())
        # Who counts through a whole file does not keep the readers of streams waiting, nor a chart either of them.
        self.scans = ChunkLoader(self._scan_threads, EventEncoder(), self._recent)
        self.charts = ChunkLoader(self._chart_threads, EventEncoder(), self._recent)
        self.closing = False
        self.sent = SentCounts()
        self._open: dict[Reader[EncodedChunk], int] = {}
        self._due: set[Reader[EncodedChunk]] = set()

    def loader_for(self, encode: Encoder) -> ChunkLoader:
        """What readers share who want their lines in this form."""
        loader = self._loaders.get(encode)
        if loader is None:
            loader = self._loaders[encode] = ChunkLoader(self._threads, encode, self._recent)
        return loader

    async def ping(self) -> None:
        """Remind every stream of its ping each 15 s, a fifteenth of them each second. Runs until cancelled."""
        turn = 0
        while True:
            await asyncio.sleep(1)
            turn = (turn + 1) % PING_SECONDS
            for reader in [reader for reader, each in self._open.items() if each == turn]:
                self._due.add(reader)
                reader.wake()

    def close(self) -> None:
        """Let every stream say good-bye and end."""
        self.closing = True
        for loader in list(self._loaders.values()):
            loader.closing = True
        for reader in self._open:
            reader.wake()

    def stop(self) -> None:
        """End the threads."""
        for threads in (self._threads, self._scan_threads, self._chart_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    def opened(self, reader: Reader[EncodedChunk]) -> None:
        """Count a stream in."""
        self._open[reader] = random.randrange(PING_SECONDS)  # noqa: S311 (spreads load, hides nothing)

    def closed(self, reader: Reader[EncodedChunk]) -> None:
        """Count it out."""
        reader.close()
        self._open.pop(reader, None)
        self._due.discard(reader)

    @property
    def readers(self) -> Collection[Reader[EncodedChunk]]:
        """Those of the open streams."""
        return self._open.keys()

    def take_ping(self, reader: Reader[EncodedChunk]) -> bool:
        """Whether a ping is due; it no longer is after the answer."""
        due = reader in self._due
        self._due.discard(reader)
        return due


def event_stream(streams: Streams, reader: Reader[EncodedChunk]) -> Response:
    """Answer with server-sent events."""
    return _EventStream(streams, reader)


def search_stream(events: AsyncIterator[bytes]) -> Response:
    """Answer with events that come to an end; they are asked for no more once the client has left."""
    return EventSourceResponse(events, ping=PING_SECONDS, sep="\n", headers={"Cache-Control": "no-store"})


def text_stream(streams: Streams, reader: Reader[EncodedChunk], *, headings: bool) -> Response:
    """Answer with bare lines; ``headings`` name the source wherever it changes."""
    return bare_text(_texts(streams, reader, headings=headings))


def bare_text(pieces: AsyncIterator[bytes]) -> Response:
    """Answer with text as it comes."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(pieces, media_type="text/plain", headers=headers)


class _EventStream(EventSourceResponse):
    """The library's answer without its three tasks for each client, of whom there are thousands."""

    def __init__(self, streams: Streams, reader: Reader[EncodedChunk]) -> None:
        self._streams = streams
        self._reader = reader
        self._unsent: Awaitable[None] | None = None
        self._items = _items(streams, reader, self._take)
        super().__init__(self._items, ping=0, headers={"Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream, or leave it to the ``DetachedStreams`` that the request came through."""
        if _UNWOUND in scope:
            scope[_UNWOUND].append(self)
        else:
            await self.stream(receive, send)

    async def stream(self, receive: Receive, send: Send) -> None:
        """Stream until the client leaves or there is nothing more."""
        self._send = send
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream_response(send))
            # This comes after the end of the answer, too.
            while (await receive())["type"] != "http.disconnect":
                pass
            self._reader.close()

    def _take(self, chunk: EncodedChunk) -> bool:
        """Send what was read for many at once, without a turn of this one's task for it."""
        self._streams.sent.count_chunk(chunk)
        sending = self._push(_body(_of_chunk(chunk, self._reader)))
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return True
        self._unsent = _finish(sending, waits_for)
        return False

    async def _push(self, message: Message) -> None:
        await self._send(message)

    async def _stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        retry = b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 (spreads load, hides nothing)
        await send(_body(retry))
        greeted = False
        async with aclosing(self._items) as items:
            async for item in items:
                if self._unsent:
                    await self._unsent
                    self._unsent = None
                if item != "idle":
                    await send(_body(_event(item, self._reader)))
                elif not greeted:
                    # From here on a broken connection costs nothing, even if no line ever came.
                    greeted = True
                    await send(_body(with_id(b"", self._reader.cursor())))
        await send({"type": "http.response.body", "body": b""})


class DetachedStreams:
    """Lets streams begin when the application has returned, so that nothing it needed is kept for each of them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and stream if that is the answer."""
        answers: list[_EventStream] = []
        await self._app({**scope, _UNWOUND: answers}, receive, send)
        if answers:
            await answers.pop().stream(receive, send)


def _body(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}


@types.coroutine
def _finish(sending: Coroutine[Any, Any, None], waits_for: object) -> Generator[object, Any, None]:
    """The rest of what was begun outside of a task, and has to wait."""
    yield waits_for
    yield from sending


def _of_chunk(chunk: EncodedChunk, reader: Reader[EncodedChunk]) -> bytes:
    return chunk.data if chunk.has_ids else with_id(chunk.data, reader.cursor())


def _event(item: Lines[EncodedChunk] | Gap | StateChange | str, reader: Reader[EncodedChunk]) -> bytes:
    match item:
        case Lines(chunk=chunk):
            return _of_chunk(chunk, reader)
        case Gap():
            return with_id(gap_event(item), reader.cursor())
        case StateChange():
            return with_id(state_event(item), reader.cursor())
        case "ping":
            return b": ping\n\n"
        case reason:
            return with_id(event("end", {"reason": reason}), reader.cursor())


async def _texts(streams: Streams, reader: Reader[EncodedChunk], *, headings: bool) -> AsyncIterator[bytes]:
    told: Source | None = None
    async with aclosing(_items(streams, reader)) as items:
        async for item in items:
            match item:
                case Lines(source=source, chunk=chunk):
                    if not chunk.data:
                        continue
                    if headings and source is not told:
                        yield heading(source)
                    told = source
                    yield chunk.data
                case Gap():
                    told = None
                    yield gap_text(item)


async def _items(
    streams: Streams, reader: Reader[EncodedChunk], take: Callable[[EncodedChunk], bool] | None = None
) -> AsyncGenerator[Lines[EncodedChunk] | Gap | StateChange | str, None]:
    """What comes next for a reader, with ``idle`` before each wait, ``ping``, and the reason of the end last.

    While it waits, ``take`` may get frames that are for many readers.
    """
    streams.opened(reader)
    try:
        burst = 0
        skipped = False
        while not (streams.closing or reader.closed):
            if item := await reader.next():
                yield item
                streams.sent.count(item)
                burst += 1
                if skipped and isinstance(item, Lines):
                    # A flood costs the client a screenful now and then, not all that the network can bear.
                    await asyncio.sleep(SKIP_SECONDS)
                skipped = isinstance(item, Gap) and item.reason == "skipped"
                if burst > 1:
                    # A client that takes all at once, from frames that are there already, must not keep the others.
                    await asyncio.sleep(0)
            elif reader.complete:
                yield "complete"
                return
            else:
                yield "idle"
                burst = 0
                await reader.wait(take)
            if streams.take_ping(reader):
                yield "ping"
        if not reader.closed:
            yield "shutdown"
    finally:
        streams.closed(reader)
