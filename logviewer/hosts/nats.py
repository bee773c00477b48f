"""The transport over NATS. Needs the extra ``hosts``."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from logviewer.hosts.connection import Connection, RefusedError
from logviewer.hosts.transport import Received

_RETRY_SECONDS = 0.5
# The log of the hub has a line for each attempt.
_REFUSED_SECONDS = 10.0
# The rooms of the calls bound the bytes on their way: this limit must not drop any of them.
_NO_LIMIT = 1 << 40
_MOST_UNSENT = 4 * 1024 * 1024
_LOG = logging.getLogger("logviewer")


class NatsTransport:
    """A connection that reconnects for ever; see ``Transport``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client: Client | None = None
        self._is_closed = False
        self._subscriptions: list[tuple[str, Callable[[Received], None]]] = []
        self._connected: list[Callable[[], None]] = []
        self._lost = asyncio.Event()
        self.error = ""
        """The last error of the connection; empty while it is well."""

    @property
    def is_connected(self) -> bool:
        """See ``Transport``."""
        return self._client is not None and self._client.is_connected

    async def run(self) -> None:
        """Connect, and connect again whenever a server refuses this client, until cancelled."""
        while True:
            self._lost.clear()
            try:
                await self._connect()
                await self._lost.wait()
            except RefusedError as error:
                self._note(error)
                await asyncio.sleep(_REFUSED_SECONDS)
            except (Error, OSError) as error:
                self._note(error)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _connect(self) -> None:
        self._client = await self._connection.connect(
            on_error=self._on_error,
            reconnected_cb=self._on_connected,
            closed_cb=self._on_closed,
            pending_size=_MOST_UNSENT,
            flusher_queue_size=_MOST_UNSENT,
        )
        for subject, handle in self._subscriptions:
            await self._subscribe(self._client, subject, handle)
        await self._on_connected()

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        """See ``Transport``."""
        if self._client is None or not self._client.is_connected:
            raise ConnectionError(self.error or "not connected to NATS")
        try:
            await self._client.publish(subject, data, reply)
        except (Error, OSError) as error:
            raise ConnectionError(str(error) or type(error).__name__) from error

    async def subscribe(self, subject: str, handle: Callable[[Received], None]) -> None:
        """See ``Transport``."""
        self._subscriptions.append((subject, handle))
        if self._client and not self._client.is_closed:
            await self._subscribe(self._client, subject, handle)

    async def _subscribe(self, client: Client, subject: str, handle: Callable[[Received], None]) -> None:
        await client.subscribe(
            subject, cb=_callback(handle), pending_msgs_limit=_NO_LIMIT, pending_bytes_limit=_NO_LIMIT
        )

    def on_connected(self, call: Callable[[], None]) -> None:
        """See ``Transport``."""
        self._connected.append(call)

    def problem(self, host: str) -> str | None:  # noqa: ARG002 (all hosts share the connection)
        """See ``Transport``."""
        return None if self.is_connected else f"the hub is not connected to NATS ({self.error or 'it tries'})"

    async def close(self) -> None:
        """See ``Transport``."""
        if self._client and not self._client.is_closed:
            try:
                if self._client.is_connected:
                    await self._client.flush(1)
                await self._client.close()
            except (Error, OSError, TimeoutError) as error:
                _LOG.debug("NATS: %s", error)

    async def _on_connected(self) -> None:
        self.error = ""
        for call in self._connected:
            call()

    async def _on_closed(self) -> None:
        self._lost.set()

    async def _on_error(self, error: Exception) -> None:
        self._note(error)

    def _note(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        if text != self.error:
            _LOG.warning("NATS: %s", text)
        self.error = text


def _callback(handle: Callable[[Received], None]) -> Callable[[Msg], Awaitable[None]]:
    async def call(message: Msg) -> None:
        is_refused = bool(message.headers) and (message.headers or {}).get("Status") == "503"
        handle(Received(message.subject, message.data, message.reply, is_refused=is_refused))

    return call
