"""The hub's end of all links: its connection, its calls and its table of hosts."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from logviewer.hosts.asking import Asking
from logviewer.hosts.fleet import AgentFleet
from logviewer.hosts.transport import Transport


@dataclass(frozen=True, slots=True)
class HubPlan:
    """How the workers of a hub connect: ``transport`` returns that of a worker with a name of its own.

    ``expected`` returns the names of the invited hosts.
    """

    name: str
    transport: Callable[[str], Transport]
    expected: Callable[[], Iterable[str]] = tuple

    def hub(self, number: int) -> "Hub":
        """Return the hub of a worker; they are numbered from 1."""
        name = f"{self.name}-{number}"
        return Hub(self.transport(name), name, self.expected)


class Hub:
    """One process of a hub with a name of its own. ``expected`` returns the names of the invited hosts."""

    def __init__(self, transport: Transport, name: str, expected: Callable[[], Iterable[str]] = tuple) -> None:
        self.calls = Asking(transport, name)
        self.fleet = AgentFleet(transport, self.calls, expected)
        self._transport = transport

    async def run(self) -> None:
        """Keep the connection and the table until cancelled."""
        await self.calls.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in (self.fleet.run, self.calls.run, self._transport.run):
                    tasks.create_task(each())
        finally:
            await self._transport.close()
