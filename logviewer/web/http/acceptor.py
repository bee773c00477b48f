"""Accepts connections in place of asyncio's server, which accepts without a limit and waits long for TLS."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from logviewer.web.http.bounded_protocol import BoundedProtocol
from logviewer.web.http.connections import UNIX, Connections
from logviewer.web.http.throttled_warning import ThrottledWarning

HANDSHAKE_SECONDS = 15.0
# After each batch, and after each connection for which another one was closed, the last ones are opened and read: those
# of a burst must not close each other unread.
_BATCH = 32
_PAUSE_SECONDS = 0.1
_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n"


class Acceptor:
    """Accepts connections of a listener that ``connections`` has room for. ``create`` returns a new protocol."""

    def __init__(
        self,
        listener: socket.socket,
        connections: Connections,
        create: Callable[[], BoundedProtocol],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._listener = listener
        self._connections = connections
        self._create = create
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors = ThrottledWarning("cannot accept a connection: %s")
        self._pause: asyncio.TimerHandle | None = None
        self._resume()

    def close(self) -> None:
        """Accept no more connections. Open connections stay."""
        if self._pause:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)

    def _resume(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(min(_BATCH, self._connections.burst)):
            try:
                client, address = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                # Out of descriptors or memory.
                self._errors.add(error)
                self._loop.remove_reader(self._listener)
                self._pause = self._loop.call_later(_PAUSE_SECONDS, self._resume)
                return
            client.settimeout(0)
            closed = self._connections.closed
            self._admit(client, address[0] if address else UNIX)
            if self._connections.closed > closed:
                return

    def _admit(self, client: socket.socket, address: str) -> None:
        protocol = self._create()
        if self._connections.add(protocol, address):
            task = self._loop.create_task(self._connect(client, protocol))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        with client, contextlib.suppress(OSError):
            if not self._tls:
                client.send(_REFUSAL)

    async def _connect(self, client: socket.socket, protocol: BoundedProtocol) -> None:
        timeout = HANDSHAKE_SECONDS if self._tls else None
        try:
            await self._loop.connect_accepted_socket(
                lambda: protocol, client, ssl=self._tls, ssl_handshake_timeout=timeout
            )
        except OSError:
            # A failed TLS handshake, or one that takes too long.
            self._connections.remove(protocol)
            client.close()
