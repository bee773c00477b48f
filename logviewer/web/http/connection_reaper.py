"""Connections that stand still: clients that read nothing of what is sent to them, or never end their request."""

import asyncio
import time
from collections.abc import Collection
from typing import Any, Protocol

# Long enough for somebody who reads through a pager, and bounded for those who are gone.
SEND_SECONDS = 120.0
HEAD_SECONDS = 15.0
POLL_SECONDS = 1.0


class Connection(Protocol):
    """What is asked of a connection of the web server: its last request, which is None before the first."""

    cycle: Any
    transport: Any


class ConnectionReaper:
    """Looks at all connections again and again, and ends those where nothing has moved for too long."""

    def __init__(self, connections: Collection[Connection]) -> None:
        self._connections = connections
        self._seen: dict[Connection, tuple[object, float]] = {}

    async def watch(self) -> None:
        """Look each second. Runs until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self.poll(time.monotonic())

    def poll(self, now: float) -> None:
        """End what has stood still for too long; ``now`` is in monotonic seconds."""
        before, self._seen = self._seen, {}
        for connection in list(self._connections):
            unsent = connection.transport.get_write_buffer_size()
            if not unsent and not _waits_for_request(connection):
                continue
            # The bytes that are left tell whether any were taken; a head may come byte by byte for ever.
            what = unsent or connection.cycle
            stood, since = before.get(connection, (what, now))
            since = since if stood == what else now
            self._seen[connection] = what, since
            if now - since >= (SEND_SECONDS if unsent else HEAD_SECONDS):
                connection.transport.abort()


def _waits_for_request(connection: Connection) -> bool:
    cycle = connection.cycle
    return cycle is None or cycle.response_complete or (cycle.more_body and not cycle.response_started)
