"""Shares the calls of equal streams: clients at the same place of a view read the events of one call.

A *feed* is one call and a ring with its last events. A client whose cursor is in the ring of a feed joins it. A feed
waits for its quickest client; one that reads much more slowly falls out of the ring, and goes on with a feed of its own
from its cursor. A client alone in its feed joins another one as soon as both are at the same place.
"""

import asyncio
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from logviewer.hosts.api import Api, ApiAnswer, ApiRequest, BrokenError, HostError

_RING_BYTES = 512 * 1024
_MOST_EVENT_BYTES = 8 * 1024 * 1024
# A call without an event for so long is at the live end.
_LIVE_SECONDS = 0.1
_ID = re.compile(rb"^id: ([!-~]+)$", re.MULTILINE)
_STATE = re.compile(rb'^event: source\ndata: \{"source":"([^"]*)","state":"([a-z]+)"', re.MULTILINE)
_HEADERS = [("cache-control", "no-store"), ("content-type", "text/event-stream; charset=utf-8")]

_Key = tuple[str, str]


async def events_of(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield each event of a body of server-sent events, with the empty line after it. Raises HostError."""
    rest = b""
    async for piece in body:
        *found, rest = (rest + piece).split(b"\n\n")
        for each in found:
            yield each + b"\n\n"
        if len(rest) > _MOST_EVENT_BYTES:
            raise BrokenError("an event that does not end")


class SharedApi:
    """The API of a host, of which live streams are shared. See ``Api``."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._feeds: dict[_Key, list[_Feed]] = {}
        self._clients: Counter[_Key] = Counter()

    def __len__(self) -> int:
        """Return the number of calls of streams."""
        return sum(map(len, self._feeds.values()))

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """See ``Api``."""
        items = parse_qsl(request.query, keep_blank_values=True)
        if request.path != "/api/stream" or any(name in ("follow", "format") for name, _ in items):
            async with self._api.call(request) as answer:
                yield answer
            return
        key = (
            urlencode([item for item in items if item[0] not in ("cursor", "from")]),
            request.headers.get("accept", ""),
        )
        given = dict(items)
        cursor = request.headers.get("last-event-id") or given.get("cursor", "")
        is_at_end = not cursor and given.get("from", "end") == "end"
        client = _Client(self._api, self._feeds.setdefault(key, []), request, cursor.encode())
        self._clients[key] += 1
        try:
            yield await client.begin(is_at_end=is_at_end)
        finally:
            try:
                await client.leave()
            finally:
                self._clients[key] -= 1
                if not self._clients[key]:
                    del self._clients[key], self._feeds[key]


class _Feed:
    """One call, and its last events; ``first`` is the number of the oldest one. ``is_live`` once at the live end.

    ``read`` is the number of the next event of the quickest client.
    """

    def __init__(self, cursor: bytes, *, is_live: bool) -> None:
        self.clients: set[_Client] = set()
        self.error: HostError | None = None
        self.is_over = False
        self.is_live = is_live
        self.is_waiting = False
        self.first = 0
        self.read = 0
        # The last event of each source that is not open.
        self.states: dict[bytes, bytes] = {}
        self._events: deque[bytes] = deque()
        self._bytes = 0
        # The number of the event after each cursor in the ring; of equal cursors, after the last.
        self._after: dict[bytes, int] = {cursor: 0} if cursor else {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stack = AsyncExitStack()

    def start(self, answer: ApiAnswer, stack: AsyncExitStack) -> None:
        """Read the events of an answer until it ends, or ``stop`` is called; then close the stack."""
        self._stack = stack
        self._task = asyncio.create_task(self._run(answer))

    async def stop(self) -> None:
        """End the call."""
        if self._task:
            self._task.cancel()
            try:
                await asyncio.wait([self._task])
            finally:
                # A task that is cancelled before its first step has not closed it.
                await self._stack.aclose()

    @property
    def end(self) -> int:
        """The number of the next event."""
        return self.first + len(self._events)

    @property
    def last_cursor(self) -> bytes:
        """The cursor after the last event; empty without one."""
        return next(reversed(self._after), b"")

    def find(self, cursor: bytes) -> int | None:
        """Return the number of the first event after a cursor; None if it is not in the ring."""
        number = self._after.get(cursor)
        return number if number is not None and number >= self.first else None

    def event(self, number: int) -> bytes:
        """Return an event of the ring."""
        return self._events[number - self.first]

    async def wait(self) -> None:
        """Wait until there is another event, another client, or the end."""
        await self._changed.wait()

    def wake(self) -> None:
        """Wake everything that waits: the clients, and the feed that waits for its quickest client."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _run(self, answer: ApiAnswer) -> None:
        try:
            async with self._stack:
                loop = asyncio.get_running_loop()
                began = loop.time()
                async for event in events_of(answer.body):
                    self.is_live |= loop.time() - began > _LIVE_SECONDS
                    self._add(event)
                    while self._waits_for_client():
                        self.is_waiting = True
                        await self.wait()
                    self.is_waiting = False
                    began = loop.time()
        except HostError as error:
            # Its frames hold the bytes of the last event.
            self.error = error.with_traceback(None)
        finally:
            self.is_over = True
            self.wake()

    def _add(self, event: bytes) -> None:
        self._events.append(event)
        self._bytes += len(event)
        if found := _ID.search(event):
            self._after.pop(found[1], None)
            self._after[found[1]] = self.end
        if state := _STATE.search(event):
            self.states.pop(state[1], None)
            if state[2] != b"open":
                self.states[state[1]] = event
        self._drop()
        self.wake()

    def _drop(self) -> None:
        """Drop the oldest events of a full ring, but none that no client has read."""
        while self._bytes > _RING_BYTES and len(self._events) > 1 and not self._waits_for_client():
            self._bytes -= len(self._events.popleft())
            self.first += 1
        while len(self._after) > 1 and self._after[cursor := next(iter(self._after))] < self.first:
            del self._after[cursor]

    def _waits_for_client(self) -> bool:
        # Otherwise many clients together would fall out of the ring, ask alone, join each other, and fall out again.
        return self._bytes > _RING_BYTES and self.read <= self.first and bool(self.clients)


class _Client:
    """One client and its place in a feed: ``number`` is that of its next event. Equal streams share ``feeds``."""

    def __init__(self, api: Api, feeds: list[_Feed], request: ApiRequest, cursor: bytes) -> None:
        self.number = 0
        self._api = api
        self._feeds = feeds
        self._request = request
        self._cursor = cursor
        self._feed: _Feed | None = None
        # Of an answer that is not a stream.
        self._stack = AsyncExitStack()

    async def begin(self, *, is_at_end: bool) -> ApiAnswer:
        """Return the answer. Raises HostError."""
        live = next((each for each in self._feeds if is_at_end and each.is_live and each.last_cursor), None)
        if live:
            self._cursor = live.last_cursor
        if feed := self._joined():
            place = b"id: " + self._cursor + b"\n\n"
            return ApiAnswer(200, _HEADERS, self._events([place, *feed.states.values()]))
        answer = await self._ask(self._request, is_live=is_at_end)
        return answer if answer.status != 200 else ApiAnswer(200, answer.headers, self._events([]))

    async def leave(self) -> None:
        """Leave the feed, which ends without clients."""
        feed, self._feed = self._feed, None
        if feed:
            feed.clients.discard(self)
            feed.wake()
            if not feed.clients:
                self._feeds.remove(feed)
                await feed.stop()
        await self._stack.aclose()

    async def _events(self, first: Sequence[bytes]) -> AsyncIterator[bytes]:
        for event in first:
            yield event
        while feed := self._feed:
            if self.number < feed.first:
                await self._ask_alone()
            elif self.number < feed.end:
                event = feed.event(self.number)
                self.number += 1
                feed.read = max(feed.read, self.number)
                if feed.is_waiting:
                    feed.wake()
                if found := _ID.search(event):
                    self._cursor = found[1]
                yield event
            elif feed.error:
                raise feed.error
            elif feed.is_over:
                return
            elif len(feed.clients) > 1 or not await self._join_others():
                await feed.wait()

    async def _ask(self, request: ApiRequest, *, is_live: bool = False) -> ApiAnswer:
        """Ask, and begin a feed with the answer if it is a stream. Raises HostError."""
        async with AsyncExitStack() as stack:
            answer = await stack.enter_async_context(self._api.call(request))
            if answer.status == 200:
                feed = _Feed(self._cursor, is_live=is_live)
                self._enter(feed, 0)
                self._feeds.append(feed)
                feed.start(answer, stack.pop_all())
            else:
                self._stack = stack.pop_all()
        return answer

    async def _ask_alone(self) -> None:
        """Go on with a feed of its own, after the ring has lost the place of this client. Raises HostError."""
        await self.leave()
        headers = {**self._request.headers, "last-event-id": self._cursor.decode("ascii")}
        answer = await self._ask(replace(self._request, headers=headers))
        if answer.status != 200:
            raise BrokenError(f"status {answer.status}")

    async def _join_others(self) -> bool:
        """Enter the feed of other clients at the same place; return False without one."""
        before = self._feed
        if self._joined() is None:
            return False
        if before:
            before.clients.discard(self)
            self._feeds.remove(before)
            await before.stop()
        return True

    def _joined(self) -> _Feed | None:
        """Enter another feed that has the place of this client; return it."""
        for feed in self._feeds:
            if feed is not self._feed and not feed.is_over and (number := feed.find(self._cursor)) is not None:
                self._enter(feed, number)
                return feed
        return None

    def _enter(self, feed: _Feed, number: int) -> None:
        self._feed, self.number = feed, number
        feed.read = max(feed.read, number)
        feed.clients.add(self)
        feed.wake()
