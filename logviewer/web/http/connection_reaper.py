"""Aborts stalled connections: clients that stop reading, or that never finish a request."""

import asyncio
import time
from collections.abc import Collection
from typing import Any, Protocol

# A reader in a pager may pause for a while; a vanished client must not stay forever.
SEND_SECONDS = 120.0
HEAD_SECONDS = 15.0
POLL_SECONDS = 1.0


class Connection(Protocol):
    """A connection of uvicorn: its transport, and the cycle of its last request, None before the first."""

    cycle: Any
    transport: Any


class ConnectionReaper:
    """Polls all connections and aborts those without progress for too long."""

    def __init__(self, connections: Collection[Connection]) -> None:
        self._connections = connections
        self._seen: dict[Connection, tuple[object, float]] = {}

    async def watch(self) -> None:
        """Poll each second. Runs until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self.poll(time.monotonic())

    def poll(self, now: float) -> None:
        """Abort the connections that have stalled for too long; ``now`` is in monotonic seconds."""
        before, self._seen = self._seen, {}
        for connection in list(self._connections):
            unsent = connection.transport.get_write_buffer_size()
            if not unsent and not waits_for_request(connection):
                continue
            # The same number of unsent bytes means that the client read none. Bytes of a head do not count as
            # progress: a client could send one a second forever.
            progress = unsent or connection.cycle
            last_progress, since = before.get(connection, (progress, now))
            since = since if last_progress == progress else now
            self._seen[connection] = progress, since
            if now - since >= (SEND_SECONDS if unsent else HEAD_SECONDS):
                connection.transport.abort()


def waits_for_request(connection: Connection) -> bool:
    """Whether no whole request is being answered."""
    cycle = connection.cycle
    return cycle is None or cycle.response_complete or (cycle.more_body and not cycle.response_started)
