"""Server-sent events: a plain response, and a faster one for thousands of clients.

``sse_starlette`` starts three tasks for each response, and the frames of the application stay on the stack until the
response ends. An event for all clients wakes each client's task in turn. ``FastEventStream`` has one task, starts after
the application has returned (``DetachedStreams``), and takes an event for all clients without waking that task. Each
of these saves memory or CPU time for every client. It sends the same bytes as the library's response:
``tests/web/http/test_fast_sse.py`` compares them.
"""

import asyncio
import types
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import aclosing
from typing import Any

from sse_starlette import EventSourceResponse
from sse_starlette.sse import AppStatus
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.web.http.streamed import StreamedResponse

_NO_STORE = {"Cache-Control": "no-store"}
_DETACHED = "logviewer.detached"

# Each stream ends with a last event of its own; the library would cancel it before.
AppStatus.enable_automatic_graceful_drain = False

# Sends bytes immediately; returns False if the client must catch up before the next push.
Push = Callable[[bytes], bool]
# Yields the bytes of a stream. While it is suspended inside an await of its own, it may hand bytes to the push instead,
# until that returns False; then it must yield, bytes or b"", before the next push.
Events = Callable[[Push | None], AsyncGenerator[bytes]]


def plain_event_stream(events: AsyncIterator[bytes]) -> Response:
    """Return a response over encoded events, without pings."""
    headers = {**_NO_STORE, "Connection": "keep-alive", "X-Accel-Buffering": "no"}
    return StreamedResponse(events, media_type="text/event-stream", headers=headers)


class FastEventStream(EventSourceResponse):
    """A response with the events of one client. ``on_disconnect`` is called once the client has left."""

    def __init__(self, events: Events, on_disconnect: Callable[[], None]) -> None:
        self._events = events(self._push)
        self._on_disconnect = on_disconnect
        self._unsent: Awaitable[None] | None = None
        super().__init__(self._events, ping=0, headers=_NO_STORE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream, or leave that to the ``DetachedStreams`` around the application."""
        if _DETACHED in scope:
            scope[_DETACHED].append(self)
        else:
            await self.stream(receive, send)

    async def stream(self, receive: Receive, send: Send) -> None:
        """Stream until the events end or the client leaves."""
        self._send = send
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream_response(send))
            # Also received after the end of the response.
            while (await receive())["type"] != "http.disconnect":
                pass
            self._on_disconnect()

    def _push(self, data: bytes) -> bool:
        # Runs in the caller's task: the coroutine is stepped by hand, and finished by this stream's task if it waits.
        sending = self._send_body(data)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return True
        self._unsent = _finish(sending, waits_for)
        return False

    async def _send_body(self, data: bytes) -> None:
        await self._send(_body(data))

    async def _stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            async for data in events:
                if self._unsent:
                    await self._unsent
                    self._unsent = None
                if data:
                    await send(_body(data))
        await send({"type": "http.response.body", "body": b""})


class DetachedStreams:
    """Starts a ``FastEventStream`` after the application has returned, so its frames do not stay in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, then stream if that is its response."""
        streams: list[FastEventStream] = []
        await self._app({**scope, _DETACHED: streams}, receive, send)
        if streams:
            await streams.pop().stream(receive, send)


def _body(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}


@types.coroutine
def _finish(sending: Coroutine[Any, Any, None], waits_for: object) -> Generator[object, Any, None]:
    """Await the rest of a coroutine that has been stepped once, and now waits for ``waits_for``."""
    yield waits_for
    yield from sending
