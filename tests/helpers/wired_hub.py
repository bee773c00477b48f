"""The program as a hub, with its agents in the same process: a module to run, with a directory in ``HOSTS``.

Each directory in it is a host with its logs. While there is a file ``HOST.away``, nothing of this host arrives.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from unittest.mock import patch

from logviewer import server
from logviewer.__main__ import main
from logviewer.hosts import agent, fleet
from logviewer.hosts.agent import Agent
from logviewer.hosts.hub import Hub, HubPlan
from logviewer.hosts.names import token
from logviewer.hosts.transport import Received
from logviewer.sources.catalog import Catalog
from tests.helpers.in_process import api_over
from tests.helpers.wire import Wire


class _WiredHub(Hub):
    """A hub that also runs the agents."""

    def __init__(self, wire: Wire, name: str, directory: Path) -> None:
        super().__init__(wire, name)
        self._wire = wire
        self._hosts = sorted(path for path in directory.iterdir() if path.is_dir())
        wire.fault = self._arriving

    def _arriving(self, message: Received) -> list[Received]:
        away = {token(path.name) for path in self._hosts if path.with_name(f"{path.name}.away").exists()}
        return [] if away.intersection(message.subject.split(".")) else [message]

    async def run(self) -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run())
            for path in self._hosts:
                catalog = Catalog([str(path)], host=path.name)
                api = await stack.enter_async_context(api_over(catalog))
                tasks.create_task(Agent(self._wire, path.name, api, partial(_ids, catalog), {}).run())


def _ids(catalog: Catalog) -> list[str]:
    return [each.id for each in catalog]


class _Plan(HubPlan):
    def hub(self, number: int) -> Hub:
        return _WiredHub(Wire(), f"{self.name}-{number}", Path(os.environ["HOSTS"]))


if __name__ == "__main__":
    plan = _Plan("hub", lambda _: Wire())
    with (
        patch.object(server, "run", lambda settings, _, run=server.run: run(settings, plan)),
        patch.object(fleet, "_SILENCE_SECONDS", 1.0),
        patch.object(fleet, "_LOOK_SECONDS", 0.1),
        patch.object(agent, "_UP_SECONDS", (0.1, 0.2)),
    ):
        main()
