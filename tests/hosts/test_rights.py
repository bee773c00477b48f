"""A real NATS server lets in invited hosts only, and each of them to its own subjects only."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from logviewer.hosts.authority import Authority
from logviewer.hosts.connection import Connection, RefusedError
from logviewer.hosts.names import token
from tests.helpers import nats
from tests.helpers.nats import Hub, connected, refusal

pytestmark = pytest.mark.program
DENIED = "RefusedError"


@pytest.fixture(params=nats.PROGRAMS)
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    with nats.running(tmp_path / "hub", program=request.param) as hub:
        yield hub


def run_async(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: Any, **keywords: Any) -> None:
        asyncio.run(test(*arguments, **keywords))

    return run


def invited(hub: Hub, host: str, **options: Any) -> Connection:
    return Connection.of_invitation(hub.invite(host, **options))


# Let in


@run_async
async def test_hosts_are_invited_while_the_server_runs(hub: Hub) -> None:
    process = hub.engine.process_id
    async with connected(hub.connection()) as (center,):
        await center.subscribe("lv.up.*", "lv.to.hub.>")
        for name in ("web-1", "web.2"):
            async with connected(invited(hub, name)) as (host,):
                await host.subscribe(f"lv.ask.{token(name)}.*", "lv.who")
                await host.settle()
                await center.publish("lv.who")
                await center.publish(f"lv.ask.{token(name)}.open", b"question", reply=f"lv.to.hub.{token(name)}.c1")
                await center.settle()
                await host.settle()
                await host.publish(f"lv.up.{token(name)}")
                await host.publish(f"lv.to.hub.{token(name)}.c1", b"answer")
                await host.settle()
                await center.settle()
                assert [subject for subject, _, _ in host.heard] == ["lv.who", f"lv.ask.{token(name)}.open"]
                assert center.heard == [
                    (f"lv.up.{token(name)}", "", b""),
                    (f"lv.to.hub.{token(name)}.c1", "", b"answer"),
                ]
                assert host.errors == center.errors == []
                center.heard.clear()
    assert hub.engine.process_id == process


@run_async
async def test_other_credentials_are_refused(hub: Hub, tmp_path: Path) -> None:
    good = invited(hub, "web-1")
    elsewhere = Authority(tmp_path / "elsewhere")
    jwt, seed = elsewhere.invite("web-1", seconds=None)
    foreign = replace(hub.invite("web-1"), jwt=jwt, seed=seed)
    mixed = replace(hub.invite("web-1"), seed=seed)
    assert not await refusal(good)
    assert (await refusal(Connection.of_invitation(foreign))).startswith(DENIED)
    assert (await refusal(Connection.of_invitation(mixed))).startswith(DENIED)
    assert (await refusal(replace(good, credentials=elsewhere.hub_credentials("hub")))).startswith(DENIED)


@run_async
async def test_changed_rights_are_refused(hub: Hub) -> None:
    """The claims of a token are signed: those of another host do not fit its signature."""
    one, other = hub.invite("web-1"), hub.invite("web-2")
    head, _, signature = one.jwt.split(".")
    forged = ".".join([head, other.jwt.split(".")[1], signature])
    assert (await refusal(Connection.of_invitation(replace(one, jwt=forged)))).startswith(DENIED)
    assert (await refusal(Connection.of_invitation(replace(one, jwt=forged, seed=other.seed)))).startswith(DENIED)


@run_async
async def test_an_expired_invitation_ends_its_connection_and_is_refused(hub: Hub) -> None:
    # On a busy machine, the first ones may expire before they are used.
    for seconds in (2, 10, 50):
        connection = invited(hub, "web-1", seconds=seconds)
        with suppress(RefusedError):
            async with connected(connection) as (host,):
                await host.ended.wait()
            break
    # Until the second is over, the server lets it in and ends it at once.
    while not (reason := await refusal(connection)):
        pass
    assert reason.startswith(DENIED)


@run_async
async def test_a_revoked_host_is_cut_off_until_it_is_invited_again(hub: Hub) -> None:
    first, second, other = invited(hub, "web-1"), invited(hub, "web-1"), invited(hub, "web-2")
    async with connected(first, second, other) as (one, two, stays):
        await asyncio.to_thread(hub.revoke, "web-1")
        await one.ended.wait()
        await two.ended.wait()
        await stays.settle()
        assert not stays.client.is_closed
    assert (await refusal(first)).startswith(DENIED)
    assert (await refusal(second)).startswith(DENIED)
    assert not await refusal(invited(hub, "web-1"))
    assert not await refusal(other)


# Attacks with stolen credentials. The victims talk to each other meanwhile.

SECRETS = ("lv.ask.web-2.open", "lv.ask.web-2.more", "lv.to.hub.web-2.c1", "lv.up.web-2", "lv.up.web-1%2Eweb-2")
OF_A_HOST = {
    "questions of another host": "lv.ask.web-2.*",
    "questions of all": "lv.ask.*.*",
    "all questions": "lv.ask.>",
    "answers of another host": "lv.to.hub.web-2.>",
    "answers of all to the hub": "lv.to.hub.>",
    "all answers": "lv.to.>",
    "states of all hosts": "lv.up.*",
    "all of logviewer": "lv.>",
    "everything": ">",
    "inboxes": "_INBOX.>",
    "the server's own events": "$SYS.>",
    "a host whose name begins alike": "lv.ask.web-1%2Eweb-2.*",
}
SPOKEN_BY_A_HOST = {
    "as another host": "lv.up.web-2",
    "as a host whose name begins alike": "lv.up.web-1%2Eweb-2",
    "answers of another host": "lv.to.hub.web-2.c1",
    "a question to another host": "lv.ask.web-2.open",
    "a question to itself": "lv.ask.web-1.open",
    "a call to all": "lv.who",
    "into an inbox": "_INBOX.x.y",
    "to the server": "$SYS.REQ.SERVER.PING",
}
OF_A_HUB = {
    "answers to another hub": "lv.to.hub.>",
    "one call of another hub": "lv.to.hub.web-2.c1",
    "answers to all hubs": "lv.to.*.web-2.>",
    "all answers": "lv.to.>",
    "questions of another hub": "lv.ask.web-2.*",
    "everything": ">",
    "inboxes": "_INBOX.>",
}
SPOKEN_BY_A_HUB = {
    "as a host": "lv.up.web-2",
    "an answer to another hub": "lv.to.hub.web-2.c1",
    "an answer to itself": "lv.to.other.web-2.c1",
    "into an inbox": "_INBOX.x.y",
}


async def hears_nothing(hub: Hub, attacker: Connection, subjects: Sequence[str]) -> None:
    """Assert that each subscription is denied, and that none of them has a message of others."""
    victims = [hub.connection(), *(invited(hub, host) for host in ("web-2", "web-1.web-2"))]
    async with connected(attacker, *victims) as (evil, center, host, alike):
        await evil.subscribe(*subjects)
        for subject in subjects:
            await evil.subscribe(subject, queue="q")
        await center.subscribe("lv.up.*", "lv.to.hub.>")
        await host.subscribe("lv.ask.web-2.*", "lv.who")
        for peer in (evil, center, host):
            await peer.settle()
        for subject in SECRETS:
            speaker = center if subject.startswith("lv.ask") else alike if "%2E" in subject else host
            await speaker.publish(subject, b"secret", reply="" if speaker is not center else "lv.to.hub.web-2.c1")
        for peer in (center, host, alike, evil):
            await peer.settle()
        assert evil.heard == []
        assert len([each for each in evil.errors if "permissions violation for subscription" in each]) == 2 * len(
            subjects
        )
        assert len(center.heard) == 3
        assert len(host.heard) == 2
        assert center.errors == host.errors == alike.errors == []


async def is_not_heard(hub: Hub, attacker: Connection, subjects: Sequence[str]) -> None:
    """Assert that each message is denied, and that none of them arrives."""
    async with connected(attacker, hub.connection(), invited(hub, "web-2"), invited(hub, "web-1")) as peers:
        evil, center, host, own = peers
        await center.subscribe("lv.up.*", "lv.to.hub.>")
        await host.subscribe("lv.ask.web-2.*", "lv.who")
        await own.subscribe("lv.ask.web-1.*", "lv.who")
        for peer in peers:
            await peer.settle()
        for subject in subjects:
            await evil.publish(subject, b"evil", reply="lv.to.hub.web-2.c1")
        for peer in peers:
            await peer.settle()
        assert [peer.heard for peer in (center, host, own)] == [[], [], []]
        assert len([each for each in evil.errors if "permissions violation for publish" in each]) == len(subjects)


@run_async
async def test_a_stolen_host_credential_hears_nothing_of_others(hub: Hub) -> None:
    await hears_nothing(hub, invited(hub, "web-1"), [*OF_A_HOST.values()])


@run_async
async def test_a_stolen_host_credential_speaks_for_no_other(hub: Hub) -> None:
    await is_not_heard(hub, invited(hub, "web-1"), [*SPOKEN_BY_A_HOST.values()])


@run_async
async def test_a_foreign_hub_hears_nothing_of_another(hub: Hub) -> None:
    await hears_nothing(hub, hub.connection("other"), [*OF_A_HUB.values()])


@run_async
async def test_a_foreign_hub_speaks_for_no_host(hub: Hub) -> None:
    await is_not_heard(hub, hub.connection("other"), [*SPOKEN_BY_A_HUB.values()])
