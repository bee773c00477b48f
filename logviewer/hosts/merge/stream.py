"""``/api/stream`` of several hosts, or of one: their events in turn, each with the cursor of all hosts."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

import orjson

from logviewer.hosts.api import AbsentError, ApiAnswer, BrokenError
from logviewer.hosts.merge.cursors import Marks, joined, without_sources
from logviewer.hosts.merge.following import Follower, Passed
from logviewer.hosts.merge.parts import HostPart, RefusedError, chosen, warn
from logviewer.hosts.merge.question import Question

MOST_SOURCES = 256
_FEW_SOURCES = 16
_GATHER_SECONDS = 0.05
_GATHER_BYTES = 256 * 1024
_PING_SECONDS = 15
_RETRY_MS = (2000, 4000)
# A host that takes longer does not hold up the others: it begins when it comes.
_OPEN_SECONDS = 2.0


class Stream:
    """The events of hosts. A host is followed over breaks, and its sources are ``absent`` while it does not answer."""

    HEADERS: ClassVar[Sequence[tuple[str, str]]] = [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ]
    PING: ClassVar[bytes] = b": ping\n\n"

    def __init__(self, parts: Sequence[HostPart], question: Question, last_event_id: str | None = None) -> None:
        sources = sum(len(part.sources) for part in parts)
        if sources > MOST_SOURCES:
            raise RefusedError(422, f"source: a stream has at most {MOST_SOURCES} sources, and these are {sources}")
        self._gathers = sources > _FEW_SOURCES
        # Its bound makes hosts wait for a slow client.
        self._queue: asyncio.Queue[Passed] = asyncio.Queue(1)
        follow = question.flag("follow", default=True)
        cursors, items = Marks(parts), chosen(question.items, "cursor", "format", "raw")
        self._followers = [Follower(part, items, cursors, self._queue, follow) for part in parts]
        self._strangers = ""
        self._begin(cursors, last_event_id, question.text("cursor"))
        self._tasks: list[asyncio.Task[None]] = []
        self._left = len(parts)
        # Whether the cursor has changed after the last event with one.
        self._has_moved = True

    def _begin(self, cursors: Marks, last_event_id: str | None, cursor: str | None) -> None:
        """Give each host its part of the client's cursor."""
        text = last_event_id or cursor
        if not text:
            return
        found = cursors.split(text)
        self._strangers = found[1] if found else ""
        for follower in self._followers:
            if found is None or not (found[0] or found[1]):
                self._refer(follower, last_event_id, cursor)
            else:
                follower.marks, follower.unknown = found[0].get(follower.part, ""), found[1]
                if not found[0]:
                    # Perhaps of no host of this view: then each says so.
                    self._refer(follower, last_event_id, cursor)

    def _refer(self, follower: Follower, last_event_id: str | None, cursor: str | None) -> None:
        """Let a host itself judge the cursor."""
        follower.unknown = ""
        follower.last_event_id = last_event_id or None
        if not last_event_id and cursor:
            follower.items = [*follower.items, ("cursor", cursor)]

    async def open(self) -> ApiAnswer:
        """Return the answer once the hosts have begun. Raises RefusedError, and AbsentError if none answers."""
        self._tasks = [asyncio.create_task(follower.run()) for follower in self._followers]
        try:
            opened = [follower.opened for follower in self._followers]
            await asyncio.wait(opened, timeout=_OPEN_SECONDS)
            self._leave_out_refusers()
            if all(each.is_absent for each in self._followers):
                raise AbsentError(f"{', '.join(str(each.part.name) for each in self._followers)}: no answer")
        except BaseException:
            await self._close()
            raise
        return ApiAnswer(200, self.HEADERS, self._pieces())

    def _leave_out_refusers(self) -> None:
        """Go on without hosts that refuse what another one answers. Raises RefusedError if none answers."""
        done = [each for each in self._followers if each.opened.done()]
        refusers = [each for each in done if each.opened.exception()]
        if refusers and all(each in refusers or each.is_absent for each in done):
            refusers[0].opened.result()
        for each in refusers:
            warn(each.part, BrokenError("it refused the stream"))
            each.is_absent = True
            self._left -= 1

    async def _pieces(self) -> AsyncGenerator[bytes]:
        try:
            if begin := self._begin_text():
                yield begin
            due = time.monotonic() + _PING_SECONDS
            while self._left:
                passed = await self._next(due)
                if passed is None:
                    due = time.monotonic() + _PING_SECONDS
                piece = self.PING if passed is None else self._encode(await self._gathered(passed))
                if piece:
                    yield piece
            if end := self._end_text():
                yield end
        finally:
            await self._close()

    def _begin_text(self) -> bytes:
        retry = b"retry: %d\n\n" % random.randint(*_RETRY_MS)  # noqa: S311 (spreads load, hides nothing)
        return retry + self._encode([])

    def _end_text(self) -> bytes:
        return self._encode([b'event: end\ndata: {"reason":"complete"}\n'])

    async def _next(self, due: float) -> Passed | None:
        """Return the next event, None if there is none until a time of the monotonic clock."""
        try:
            return self._queue.get_nowait()
        except asyncio.QueueEmpty:
            pass
        try:
            async with asyncio.timeout(due - time.monotonic()):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _gathered(self, passed: Passed) -> list[bytes]:
        """Return the bodies of an event, and if there are many sources, of the events within 50 ms."""
        due, bodies = time.monotonic() + _GATHER_SECONDS, self._take(passed)
        size = sum(map(len, bodies))
        while self._gathers and size < _GATHER_BYTES and (more := await self._next(due)):
            found = self._take(more)
            bodies += found
            size += sum(map(len, found))
        return bodies

    def _take(self, passed: Passed) -> list[bytes]:
        """Return the bodies of events to pass on, and note the marks after them."""
        self._left -= passed.is_last
        if passed.event:
            self._has_moved |= passed.follower.marks != passed.marks
            passed.follower.marks = passed.marks
        return self._bodies(passed)

    def _bodies(self, passed: Passed) -> list[bytes]:
        follower = passed.follower
        if passed.event is None:
            states = ({"source": each.id, "state": passed.state} for each in follower.part.sources)
            return [b"event: source\ndata: " + orjson.dumps(each) + b"\n" for each in states]
        return [passed.event.body] if passed.event.name != "end" and passed.event.body else []

    def _encode(self, bodies: Sequence[bytes]) -> bytes:
        """Return events, the last of them with the cursor of all hosts; nothing if there is nothing new."""
        cursor = self._cursor() if bodies or self._has_moved else b""
        self._has_moved = False
        return b"\n".join(bodies) + cursor + b"\n" if bodies or cursor else b""

    def _cursor(self) -> bytes:
        """Return the cursor of all hosts, and of sources of the client's cursor that are not here now."""
        marks = "".join(each.marks for each in self._followers)
        return joined([marks, without_sources(self._strangers, marks)])

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for follower in self._followers:
            if follower.opened.done() and not follower.opened.cancelled():
                follower.opened.exception()
