"""The live stream: one shared frame for all readers at a place, and a generator for each client."""

import asyncio
import random
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from sse_starlette import EventSourceResponse
from sse_starlette.sse import AppStatus
from starlette.responses import Response, StreamingResponse

from logviewer.files.generations import Batch, Generation, Position, Reason
from logviewer.files.lines import MAX_LINES
from logviewer.files.skip import Skip, skip_ahead
from logviewer.reader import Gap, Lines, Reader, Turn
from logviewer.source import Source
from logviewer.web.wire import Events, Frame, event, gap_event, gap_text, heading, turn_event, with_id

PING_SECONDS = 15
RETRY_MS = (2000, 4000)
SKIP_SECONDS = 0.05
_SHARED_BYTES = 8 * 1024 * 1024
_THREADS = 16
_SCAN_THREADS = 2
_FRAME_BYTES = 512 * 1024
# What a frame takes besides its bytes.
_FRAME_ROOM = 1024

T = TypeVar("T")


class Encode(Protocol):
    """Makes a frame of batches that follow each other."""

    def __hash__(self) -> int:
        """Equal ones make equal frames."""

    def __call__(self, source: Source, batches: Sequence[Batch], /, *, alone: bool) -> Frame:
        """``alone``: for readers who are nowhere else."""


# The streams end by themselves, with a word of farewell, before the library would cancel them.
AppStatus.enable_automatic_graceful_drain = False


Key = tuple[Encode, Generation, int, int | None, bool, int]
_Found = Frame | Skip | None


class Recent:
    """The frames made last, up to 8 MiB of them."""

    def __init__(self) -> None:
        self._frames: OrderedDict[Key, Frame] = OrderedDict()
        self._bytes = 0

    def find(self, key: Key, *, lag: int | None) -> Frame | None:
        """The frame, unless more than ``lag`` lines may follow the place before it by now."""
        frame = self._frames.get(key)
        if frame and lag is not None:
            unread = max(0, frame.end.generation.seen_size - frame.end.offset)
            return frame if frame.count + unread <= lag else None
        return frame

    def keep(self, key: Key, frame: Frame) -> None:
        """Keep it, and let go of the oldest."""
        if old := self._frames.pop(key, None):
            self._bytes -= _room(old)
        self._frames[key] = frame
        self._bytes += _room(frame)
        while self._bytes > _SHARED_BYTES:
            _, old = self._frames.popitem(last=False)
            self._bytes -= _room(old)


def _room(frame: Frame) -> int:
    return len(frame.data) + _FRAME_ROOM


class Frames:
    """Reads files for readers, in threads; what is asked for by many at once, or again soon, is read once."""

    def __init__(self, threads: ThreadPoolExecutor, encode: Encode, recent: Recent) -> None:
        self._threads = threads
        self._encode = encode
        self._recent = recent
        self._under_way: dict[tuple[Key, int | None], asyncio.Future[_Found]] = {}
        self.closing = False

    async def run(self, call: Callable[[], T]) -> T:
        """Call it in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def read(self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None) -> _Found:
        """The frame after a position, if there is one, or a skip. Raises as ``Generation.read``."""
        key = (self._encode, position.generation, position.offset, position.line, alone, most)
        if frame := self._recent.find(key, lag=lag):
            return frame
        future = self._under_way.get((key, lag))
        if future is None:
            call = partial(self._read, source, position, alone=alone, most=most, lag=lag)
            future = asyncio.get_running_loop().run_in_executor(self._threads, call)
            self._under_way[key, lag] = future
            future.add_done_callback(lambda done: self._keep(key, lag, done))
        # One reader who leaves must not take the frame from the others.
        return await asyncio.shield(future)

    async def read_rest(self, source: Source, position: Position) -> Frame | None:
        """The unterminated rest after a position. Raises as ``Generation.read``."""
        batch = await self.run(lambda: position.generation.read_rest(position))
        return self._encode(source, [batch], alone=False) if batch else None

    def _read(self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None) -> _Found:
        if lag is not None and (skip := skip_ahead(position, lag, stopped=lambda: self.closing)):
            return skip
        batch = position.generation.read(position, max_lines=most)
        if batch is None:
            return None
        batches = [batch]
        # Who reads a whole file is not made to wait for a thread and a turn of the loop at each thousand lines.
        goes_on = alone and most == MAX_LINES
        while goes_on and batch and batch.more and batch.end.offset - position.offset < _FRAME_BYTES:
            batch = position.generation.read(batch.end)
            batches += [batch] if batch else []
        return self._encode(source, batches, alone=alone)

    def _keep(self, key: Key, lag: int | None, done: asyncio.Future[_Found]) -> None:
        del self._under_way[key, lag]
        if not done.cancelled() and not done.exception() and isinstance(frame := done.result(), Frame):
            self._recent.keep(key, frame)


@dataclass(slots=True)
class Sent:
    """What all streams together have sent: lines, the bytes of their events or text, and gaps by reason."""

    lines: int = 0
    bytes: int = 0
    gaps: Counter[Reason] = field(default_factory=Counter)

    def count(self, item: Lines[Frame] | Gap | Turn) -> None:
        """Count one item for one reader."""
        match item:
            case Lines(piece=frame):
                self.lines += frame.shown
                self.bytes += len(frame.data)
            case Gap():
                self.gaps[item.reason] += 1


class Streams:
    """All open streams: pinged in turn, and sent off at the end."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="read")
        self._scan_threads = ThreadPoolExecutor(_SCAN_THREADS, thread_name_prefix="scan")
        self._chart_threads = ThreadPoolExecutor(1, thread_name_prefix="chart")
        self._recent = Recent()
        # Of those that somebody reads by, or ever may: there are as many as there are queries.
        self._frames: WeakValueDictionary[Encode, Frames] = WeakValueDictionary()
        self.frames = self.frames_of(Events())
        # Who counts through a whole file does not keep the readers of streams waiting, nor a chart either of them.
        self.scans = Frames(self._scan_threads, Events(), self._recent)
        self.charts = Frames(self._chart_threads, Events(), self._recent)
        self.closing = False
        self.sent = Sent()
        self._open: dict[Reader[Frame], int] = {}
        self._due: set[Reader[Frame]] = set()

    def frames_of(self, encode: Encode) -> Frames:
        """What readers share who want their lines in this form."""
        frames = self._frames.get(encode)
        if frames is None:
            frames = self._frames[encode] = Frames(self._threads, encode, self._recent)
        return frames

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
        for frames in list(self._frames.values()):
            frames.closing = True
        for reader in self._open:
            reader.wake()

    def stop(self) -> None:
        """End the threads."""
        for threads in (self._threads, self._scan_threads, self._chart_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    def opened(self, reader: Reader[Frame]) -> None:
        """Count a stream in."""
        self._open[reader] = random.randrange(PING_SECONDS)  # noqa: S311 (spreads load, hides nothing)

    def closed(self, reader: Reader[Frame]) -> None:
        """Count it out."""
        reader.close()
        self._open.pop(reader, None)
        self._due.discard(reader)

    @property
    def readers(self) -> Collection[Reader[Frame]]:
        """Those of the open streams."""
        return self._open.keys()

    def take_ping(self, reader: Reader[Frame]) -> bool:
        """Whether a ping is due; it no longer is after the answer."""
        due = reader in self._due
        self._due.discard(reader)
        return due


def event_stream(streams: Streams, reader: Reader[Frame]) -> Response:
    """Answer with server-sent events."""
    return EventSourceResponse(_events(streams, reader), ping=0, headers={"Cache-Control": "no-store"})


def search_stream(events: AsyncIterator[bytes]) -> Response:
    """Answer with events that come to an end; they are asked for no more once the client has left."""
    return EventSourceResponse(events, ping=PING_SECONDS, sep="\n", headers={"Cache-Control": "no-store"})


def text_stream(streams: Streams, reader: Reader[Frame], *, headings: bool) -> Response:
    """Answer with bare lines; ``headings`` name the source wherever it changes."""
    return bare_text(_texts(streams, reader, headings=headings))


def bare_text(pieces: AsyncIterator[bytes]) -> Response:
    """Answer with text as it comes."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(pieces, media_type="text/plain", headers=headers)


async def _events(streams: Streams, reader: Reader[Frame]) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 (spreads load, hides nothing)
    greeted = False
    async with aclosing(_items(streams, reader)) as items:
        async for item in items:
            match item:
                case Lines(piece=frame):
                    yield frame.data if frame.has_ids else with_id(frame.data, reader.cursor())
                case Gap():
                    yield with_id(gap_event(item), reader.cursor())
                case Turn():
                    yield with_id(turn_event(item), reader.cursor())
                case "idle" if not greeted:
                    # From here on a broken connection costs nothing, even if no line ever came.
                    greeted = True
                    yield with_id(b"", reader.cursor())
                case "ping":
                    yield b": ping\n\n"
                case "complete" | "shutdown":
                    yield with_id(event("end", {"reason": item}), reader.cursor())


async def _texts(streams: Streams, reader: Reader[Frame], *, headings: bool) -> AsyncIterator[bytes]:
    told: Source | None = None
    async with aclosing(_items(streams, reader)) as items:
        async for item in items:
            match item:
                case Lines(source=source, piece=frame):
                    if not frame.data:
                        continue
                    if headings and source is not told:
                        yield heading(source)
                    told = source
                    yield frame.data
                case Gap():
                    told = None
                    yield gap_text(item)


async def _items(streams: Streams, reader: Reader[Frame]) -> AsyncGenerator[Lines[Frame] | Gap | Turn | str, None]:
    """What comes next for a reader, with ``idle`` before each wait, ``ping``, and the reason of the end last."""
    streams.opened(reader)
    try:
        burst = 0
        skipped = False
        while not streams.closing:
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
                await reader.wait()
            if streams.take_ping(reader):
                yield "ping"
        yield "shutdown"
    finally:
        streams.closed(reader)
