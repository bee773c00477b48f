"""The seam between hosts: the public API, called in this process or over a link."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

PASSED_HEADERS = frozenset({"accept", "last-event-id", "range", "if-range"})
"""The headers of a request that other hosts get."""
IS_OPEN = "logviewer.is-open"
"""The key of a scope whose value returns whether the caller is there. Any thread may call it."""

PIECE_BYTES = 256 * 1024
"""The bytes of a piece of a body at most."""

_MOST_WAITING = 4
_LOG = logging.getLogger("logviewer")


class HostError(Exception):
    """A host gives no answer; the message says why."""


class AbsentError(HostError):
    """The host does not answer."""


class BrokenError(HostError):
    """The answer of a host ended too soon, or this version cannot read it; the request may be repeated."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request of the API. ``query`` is encoded, without ``?``; the names of ``headers`` are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer of the API; its body comes in pieces of at most ``PIECE_BYTES``. The body raises HostError."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: AsyncIterator[bytes]

    async def read(self, most: int) -> bytes:
        """Return the whole body. Raises HostError, also for a body of more than ``most`` bytes."""
        pieces: list[bytes] = []
        async for piece in self.body:
            most -= len(piece)
            if most < 0:
                raise BrokenError("the answer is too long")
            pieces.append(piece)
        return b"".join(pieces)


class Api(Protocol):
    """The API of one host, or of this server."""

    def call(self, request: ApiRequest) -> AbstractAsyncContextManager[ApiAnswer]:
        """Ask. The call ends with the context, as if the client had left. Raises HostError."""


class AsgiApi:
    """The API of this process: calls an ASGI application without a network."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """See ``Api``."""
        call = _Call(request)
        task = asyncio.create_task(call.run(self._app))
        try:
            yield await call.answer()
        finally:
            call.close()
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()):
                _LOG.error("%s %s failed", request.method, request.path, exc_info=error)


class _Call:
    """One call of the application, and the messages that it has sent."""

    def __init__(self, request: ApiRequest) -> None:
        self._closed = asyncio.Event()
        # Its bound makes the application wait for its client.
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(_MOST_WAITING)
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path),
            "raw_path": request.path.encode("ascii"),
            "query_string": request.query.encode("ascii"),
            "root_path": "",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()],
            "client": None,
            "server": None,
            "state": {},
            IS_OPEN: lambda: not self._closed.is_set(),
        }

    async def run(self, app: AsgiApp) -> None:
        """Call the application. Its errors are in its answer, or end it too soon."""
        try:
            await app(self._scope, self._receive, self._messages.put)
        finally:
            if not self._closed.is_set():
                await self._messages.put(None)

    async def answer(self) -> ApiAnswer:
        """Return the answer once it begins. Raises BrokenError."""
        message = await self._messages.get()
        if message is None or message["type"] != "http.response.start":
            raise BrokenError("no answer")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
        return ApiAnswer(message["status"], headers, self._body())

    def close(self) -> None:
        """Make the application see that its client has left."""
        self._closed.set()

    async def _receive(self) -> Message:
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def _body(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._messages.get()
            if message is None:
                raise BrokenError("the answer ended too soon")
            body = message.get("body", b"")
            for start in range(0, len(body), PIECE_BYTES):
                yield body[start : start + PIECE_BYTES]
            if not message.get("more_body", False):
                return
