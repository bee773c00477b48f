"""The agent: answers hubs for one host, and reports to them that it is here."""

import asyncio
import hashlib
import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version

import orjson

from logviewer.hosts.answering import Answering
from logviewer.hosts.api import Api
from logviewer.hosts.names import token
from logviewer.hosts.transport import UP, WHO, Received, Transport

_LOOK_SECONDS = 1.0
_UP_SECONDS = 4.0, 6.0
# A hub that starts asks all hosts at once.
_WHO_SECONDS = 0.5


class Agent:
    """One host with its ``labels`` and the ids of its sources, which ``ids`` returns."""

    def __init__(
        self, transport: Transport, host: str, api: Api, ids: Callable[[], Iterable[str]], labels: Mapping[str, str]
    ) -> None:
        # Of two agents with one name, hubs choose the one that started later.
        self.boot = f"{time.time_ns() // 1_000_000}-{secrets.token_hex(4)}"
        self.calls = Answering(transport, host, self.boot, api)
        self._transport = transport
        self._subject = f"{UP}.{token(host)}"
        self._ids = ids
        self._labels = dict(labels)
        self._revision = ""
        self._next = 0.0

    async def run(self) -> None:
        """Answer and report until cancelled; then say good-bye."""
        self._transport.on_connected(lambda: self._report_within(0))
        await self.calls.start()
        await self._transport.subscribe(WHO, self._on_who)
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in (self.calls.run, self._report, self._transport.run):
                    tasks.create_task(each())
        finally:
            await self._publish({"boot": self.boot, "gone": True})
            await self._transport.close()

    def _on_who(self, _: Received) -> None:
        self._report_within(random.uniform(0, _WHO_SECONDS))  # noqa: S311 (spreads load, hides nothing)

    def _report_within(self, seconds: float) -> None:
        self._next = min(self._next, time.monotonic() + seconds)

    async def _report(self) -> None:
        while True:
            ids = sorted(self._ids())
            revision = hashlib.blake2b("\n".join(ids).encode(), digest_size=8).hexdigest()
            if revision != self._revision or time.monotonic() >= self._next:
                self._revision = revision
                self._next = time.monotonic() + random.uniform(*_UP_SECONDS)  # noqa: S311 (as above)
                await self._publish(self._status(len(ids)))
            await asyncio.sleep(min(_LOOK_SECONDS, max(0.01, self._next - time.monotonic())))

    def _status(self, sources: int) -> dict[str, object]:
        return {
            "boot": self.boot,
            "rev": self._revision,
            "sources": sources,
            "labels": self._labels,
            "version": version("logviewer"),
            "now": time.time_ns() // 1_000_000,
        }

    async def _publish(self, data: Mapping[str, object]) -> None:
        if self._transport.is_connected:
            try:
                await self._transport.publish(self._subject, orjson.dumps(data))
            except ConnectionError:
                # The next report is soon enough.
                return
