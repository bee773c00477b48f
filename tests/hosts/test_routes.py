"""A hub that has just started: requests wait for hosts that may have the wanted sources."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import cast

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from logviewer.hosts.api import AbsentError, ApiAnswer, ApiRequest
from logviewer.hosts.fleet import AgentFleet
from logviewer.hosts.known_sources import KnownSources
from logviewer.settings import ANONYMOUS
from logviewer.sources.catalog import Catalog
from logviewer.web.auth.current_user import set_user
from logviewer.web.hosts import HostRoutes
from tests.helpers.fleet import MadeUpFleet, facts_of

LOG = facts_of("web-1", "/var/log/app.log")


class Nobody:
    """The API of a host that does not answer."""

    def call(self, _: ApiRequest) -> AbstractAsyncContextManager[ApiAnswer]:
        raise AbsentError("asked")


@dataclass
class StartingFleet(MadeUpFleet):
    """A fleet whose host is only invited at first."""

    has_settled: asyncio.Event = field(default_factory=asyncio.Event)

    def api(self, _: str) -> Nobody:
        return Nobody()

    async def settled(self) -> None:
        await self.has_settled.wait()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The application itself, which knows no such source."""
    await PlainTextResponse("unknown", 404)(scope, receive, send)


async def ask(query: str, *, comes: bool) -> httpx.Response:
    """Return the answer to a request that begins before the hub knows its host."""
    here = MadeUpFleet.of({"web-1": [LOG.path]}, {"web-1": {"role": "web"}})
    fleet = StartingFleet([replace(here.statuses[0], state="expected", labels={})], {})
    routes = HostRoutes(app, KnownSources(Catalog([]), fleet), cast("AgentFleet", fleet), Nobody(), asyncio.Event())

    async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
        set_user(Request(scope), ANONYMOUS)
        await routes(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(signed_in), base_url="http://hub") as client:
        asking = asyncio.create_task(client.get(f"/api/lines?{query}"))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not asking.done()
        if comes:
            fleet.statuses, fleet.facts = here.statuses, here.facts
        fleet.has_settled.set()
        return await asking


@pytest.mark.parametrize("query", [f"source={LOG.id}", f"source={LOG.name}", "host=web-*", "label=role=web", "path=**"])
def test_a_request_for_a_host_waits_until_it_has_come(query: str) -> None:
    answer = asyncio.run(ask(query, comes=True))
    assert (answer.status_code, "asked" in answer.text or "no answer" in answer.text) == (503, True)


@pytest.mark.parametrize("query", [f"source={LOG.id}", f"source={LOG.name}"])
def test_a_client_asks_again_for_a_host_that_has_not_come_yet(query: str) -> None:
    answer = asyncio.run(ask(query, comes=False))
    assert (answer.status_code, "web-1 has not answered since this hub started" in answer.text) == (503, True)
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("query", ["source=app.log", "source=web-11:app.log", "host=web-*"])
def test_sources_of_no_invited_host_are_unknown(query: str) -> None:
    assert asyncio.run(ask(query, comes=False)).status_code == 404
