"""The hub's table of hosts: states, facts, and reports that are wrong."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from logviewer.hosts import agent, asking, fleet
from logviewer.hosts.agent import Agent
from logviewer.hosts.api import ApiAnswer, ApiRequest
from logviewer.hosts.hub import Hub
from logviewer.source import SourceStatus
from logviewer.sources.naming import source_id
from tests.helpers.wire import Wire


def facts(host: str, name: str, /, **changes: Any) -> dict[str, Any]:
    path = f"/var/log/{name}"
    status = SourceStatus(
        source_id(Path(path), name, host), f"{host}:{name}", path, 1, None, None, "open", None, None, host, path
    )
    return {**asdict(status), **changes}


@dataclass
class Sources:
    """The API of a host with these sources."""

    rows: Any
    status: int = 200
    asked: int = 0

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        self.asked += 1
        yield ApiAnswer(self.status, [("content-type", "application/json")], self._body())

    async def _body(self) -> AsyncIterator[bytes]:
        yield orjson.dumps(self.rows)

    def ids(self) -> Sequence[str]:
        return [each["id"] for each in self.rows]


@dataclass
class Network:
    wire: Wire
    hub: Hub
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def start(self, host: str, api: Sources, **labels: str) -> "asyncio.Task[None]":
        self.tasks.append(asyncio.create_task(Agent(self.wire, host, api, api.ids, labels).run()))
        return self.tasks[-1]

    def state(self, host: str) -> str | None:
        return next((each.state for each in self.hub.fleet.hosts() if each.name == host), None)

    def problem(self, host: str) -> str:
        return next((each.problem or "" for each in self.hub.fleet.hosts() if each.name == host), "")

    async def until_here(self, host: str) -> None:
        await until(lambda: self.state(host) == "here" and bool(self.hub.fleet.sources(host)))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.001)


def networked(test: Callable[[Network], Awaitable[None]], *, expected: Sequence[str] = ()) -> None:
    async def main() -> None:
        wire = Wire()
        network = Network(wire, Hub(wire, "hub", lambda: expected))
        network.tasks.append(asyncio.create_task(network.hub.run()))
        try:
            await until(lambda: wire.has_receiver("lv.up.web-1"))
            await test(network)
        finally:
            for task in network.tasks:
                task.cancel()
            await asyncio.gather(*network.tasks, return_exceptions=True)

    asyncio.run(main())


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, seconds in (
        (asking, "SILENCE_SECONDS", 1.0),
        (fleet, "_LOOK_SECONDS", 0.01),
        (fleet, "_SILENCE_SECONDS", 0.3),
        (agent, "_LOOK_SECONDS", 0.01),
        (agent, "_UP_SECONDS", (0.04, 0.06)),
        (agent, "_WHO_SECONDS", 0.01),
    ):
        monkeypatch.setattr(module, name, seconds)


def test_a_host_has_all_its_states() -> None:
    async def check(network: Network) -> None:
        await until(lambda: network.state("web-1") == "expected")
        task = network.start("web-1", Sources([facts("web-1", "app.log")]), role="web")
        await network.until_here("web-1")
        (status,) = network.hub.fleet.hosts()
        assert (status.labels, status.sources, status.clock, status.problem) == ({"role": "web"}, 1, None, None)
        assert status.version
        assert status.heard
        network.wire.fault = lambda message: [] if message.subject.startswith("lv.up") else [message]
        await until(lambda: network.state("web-1") == "absent")
        network.wire.fault = lambda message: [message]
        await until(lambda: network.state("web-1") == "here")
        task.cancel()
        await until(lambda: network.state("web-1") == "gone")
        assert len(network.hub.fleet.sources("web-1")) == 1

    networked(check, expected=["web-1"])


def test_a_hub_has_settled_once_all_invited_hosts_have_sent_their_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_SETTLE_SECONDS", 3600)

    async def check(network: Network) -> None:
        settled = asyncio.create_task(network.hub.fleet.settled())
        network.start("web-1", Sources([facts("web-1", "app.log")]))
        await network.until_here("web-1")
        assert not settled.done()
        network.start("web-2", Sources([facts("web-2", "app.log")]))
        await asyncio.wait_for(settled, 30)
        assert network.hub.fleet.sources("web-2")

    networked(check, expected=["web-1", "web-2"])


@pytest.mark.parametrize("expected", [[], ["web-1"]])
def test_a_hub_settles_without_hosts_that_do_not_come(monkeypatch: pytest.MonkeyPatch, expected: list[str]) -> None:
    monkeypatch.setattr(fleet, "_SETTLE_SECONDS", 0.05)

    async def check(network: Network) -> None:
        await asyncio.wait_for(network.hub.fleet.settled(), 30)

    networked(check, expected=expected)


def test_a_host_that_leaves_while_its_list_is_read_is_absent_alone() -> None:
    async def check(network: Network) -> None:
        network.wire.fault = lambda message: [] if message.subject.startswith("lv.to") else [message]
        network.start("web-1", Sources([facts("web-1", "app.log")]))
        await until(lambda: network.state("web-1") == "here")
        network.wire.fault = lambda _: []
        await until(lambda: network.state("web-1") == "absent")
        # The call ends in its own task.
        for _ in range(10):
            await asyncio.sleep(0)
        assert network.problem("web-1") == ""

    networked(check)


def test_a_new_source_is_listed_soon() -> None:
    api = Sources([facts("web-1", "app.log")])

    async def check(network: Network) -> None:
        network.start("web-1", api)
        await network.until_here("web-1")
        api.rows = [*api.rows, facts("web-1", "new.log")]
        await until(lambda: network.hub.fleet.find(api.rows[-1]["id"]))

    networked(check)


def test_a_hub_that_starts_asks_who_is_here() -> None:
    async def check(network: Network) -> None:
        network.start("web-1", Sources([facts("web-1", "app.log")]))
        await network.until_here("web-1")
        second = Hub(network.wire, "second")
        network.tasks.append(asyncio.create_task(second.run()))
        await until(lambda: [each.state for each in second.fleet.hosts()] == ["here"])

    networked(check)


def test_an_agent_that_starts_again_takes_over_at_once() -> None:
    async def check(network: Network) -> None:
        network.start("web-1", Sources([facts("web-1", "old.log")]))
        await network.until_here("web-1")
        first = network.hub.fleet.boot("web-1")
        await asyncio.sleep(0.002)
        network.start("web-1", Sources([facts("web-1", "new.log")]))
        await until(lambda: network.hub.fleet.boot("web-1") != first)
        await until(lambda: [each.plain_name for each in network.hub.fleet.sources("web-1")] == ["new.log"])
        # The older one goes on: both say who they are.
        await until(lambda: "two agents" in network.problem("web-1"))
        assert network.hub.fleet.boot("web-1") != first
        assert network.state("web-1") == "here"

    networked(check)


def test_the_clock_of_a_host_is_compared() -> None:
    async def check(network: Network) -> None:
        report = {"boot": "1-ab", "rev": "", "labels": {}, "version": "0", "now": int(time.time() * 1000) + 5000}
        await network.wire.publish("lv.up.web-1", orjson.dumps(report))
        await until(lambda: network.state("web-1") == "here")
        assert network.hub.fleet.hosts()[0].clock == pytest.approx(5000, abs=2000)

    networked(check)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"boot":"x"}',
        b'{"boot":"-1-ab"}',
        b'{"boot":"1-ab","now":-1}',
        b'{"boot":"1-ab","labels":{"a":1}}',
        b'{"boot":"1-ab","labels":[]}',
        b'{"boot":"1-ab","version":"' + b"x" * 100_000 + b'"}',
        b'{"boot":"1-ab","gone":"yes"}',
    ],
)
def test_a_report_that_cannot_be_read_changes_nothing(data: bytes) -> None:
    async def check(network: Network) -> None:
        await network.wire.publish("lv.up.web-1", data)
        await network.wire.publish("lv.up.%zz.web", data)
        network.start("web-2", Sources([facts("web-2", "app.log")]))
        await network.until_here("web-2")
        assert [each.name for each in network.hub.fleet.hosts()] == ["web-2"]

    networked(check)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../etc"},
        {"name": "web-2:app.log"},
        {"name": "app.log"},
        {"host": "web-2"},
        {"size": -1},
        {"size": 1.5},
        {"size": True},
        {"lines": -1},
        {"modified": "now"},
        {"state": "absent"},
        {"reason": 1},
        {"path": None},
        {"path": "x" * 10_000},
    ],
)
def test_facts_that_are_wrong_are_refused_in_words(change: dict[str, Any]) -> None:
    async def check(network: Network) -> None:
        network.start("web-1", Sources([facts("web-1", "app.log", **change)]))
        await until(lambda: network.problem("web-1"))
        assert not network.hub.fleet.sources("web-1")

    networked(check)


def test_names_that_control_a_terminal_are_escaped() -> None:
    async def check(network: Network) -> None:
        network.start("web-1", Sources([facts("web-1", "app.log", name="web-1:\x1b[2J<b>\n")]))
        await network.until_here("web-1")
        assert "\x1b" not in network.hub.fleet.sources("web-1")[0].name
        assert "\n" not in network.hub.fleet.sources("web-1")[0].name

    networked(check)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_host_cannot_take_the_source_of_another_one(is_first: bool) -> None:
    good = facts("web-1", "app.log")
    stolen = facts("web-2", "app.log", id=good["id"])

    async def check(network: Network) -> None:
        names = ["web-2", "web-1"] if is_first else ["web-1", "web-2"]
        for name in names:
            network.start(name, Sources([good] if name == "web-1" else [stolen, facts("web-2", "own.log")]))
            await network.until_here(name)
        await until(lambda: "another host" in network.problem("web-2"))
        found = network.hub.fleet.find(good["id"])
        assert found
        assert found.host == "web-1"

    networked(check)
