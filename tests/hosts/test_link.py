"""Answers cross a link whole and in order, or end with an error: pieces may be lost, doubled, late or reordered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.hosts import answering, asking
from logviewer.hosts.answering import Answering
from logviewer.hosts.api import PIECE_BYTES, AbsentError, ApiAnswer, ApiRequest, BrokenError, HostError
from logviewer.hosts.asking import Asking, HostApi
from logviewer.hosts.link import ROOM_BYTES, Piece
from logviewer.hosts.transport import Received
from tests.helpers.wire import Wire

JSON = [("content-type", "application/json")]
REQUEST = ApiRequest("GET", "/api/lines", "source=a", {})


@dataclass
class FakeApi:
    """Answers each request with these pieces."""

    pieces: list[bytes] = field(default_factory=lambda: [b"one", b"two", b"three"])
    headers: list[tuple[str, str]] = field(default_factory=lambda: list(JSON))
    status: int = 200
    sent: int = 0
    is_open: bool = False
    endless: bool = False

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        self.is_open = True
        try:
            yield ApiAnswer(self.status, self.headers, self._body())
        finally:
            self.is_open = False

    async def _body(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.sent += len(piece)
            yield piece
        if self.endless:
            await asyncio.Event().wait()


@dataclass
class Link:
    wire: Wire
    asking: Asking
    answering: Answering
    api: HostApi


Test = Callable[[Link], Awaitable[None]]


def linked(api: FakeApi, test: Test, *, host: str = "web-1") -> None:
    async def main() -> None:
        wire = Wire()
        hub, agent = Asking(wire, "hub"), Answering(wire, host, "boot", api)
        await hub.start()
        await agent.start()
        tasks = [asyncio.create_task(each.run()) for each in (hub, agent)]
        try:
            await test(Link(wire, hub, agent, HostApi(hub, host, lambda: "boot")))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())


async def read(link: Link) -> bytes:
    async with link.api.call(REQUEST) as answer:
        return await answer.read(100 * PIECE_BYTES)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases and pings in hundredths of their time."""
    for module, name, seconds in (
        (asking, "RENEW_SECONDS", 0.04),
        (asking, "SILENCE_SECONDS", 0.3),
        (answering, "RENEW_SECONDS", 0.04),
        (answering, "LEASE_SECONDS", 0.3),
    ):
        monkeypatch.setattr(module, name, seconds)


@pytest.mark.parametrize("host", ["web-1", "web.example.org", "a"])
def test_an_answer_comes_whole(host: str) -> None:
    async def check(link: Link) -> None:
        assert await read(link) == b"onetwothree"
        await until(lambda: len(link.asking) == len(link.answering) == 0)

    linked(FakeApi(), check, host=host)


@given(
    st.lists(st.sampled_from(["lose", "double", "late", "pass"]), min_size=8, max_size=8),
    st.lists(st.binary(max_size=100), min_size=1, max_size=6),
)
def test_an_answer_comes_whole_or_is_broken(faults: list[str], pieces: list[bytes]) -> None:
    async def check(link: Link) -> None:
        waiting: list[Received] = []
        left = iter(faults)

        def fault(message: Received) -> list[Received]:
            if not message.subject.startswith("lv.to.") or message.data[:1] == b"P":
                return [message]
            match next(left, "pass"):
                case "lose":
                    return []
                case "double":
                    return [message, message]
                case "late":
                    waiting.append(message)
                    return []
            return [message, *[waiting.pop() for _ in range(len(waiting))]]

        link.wire.fault = fault
        try:
            assert await read(link) == b"".join(pieces)
        except HostError:
            assert set(faults) != {"pass"}

    linked(FakeApi(pieces=pieces), check)


def test_a_lost_last_piece_shows() -> None:
    async def check(link: Link) -> None:
        link.wire.fault = lambda message: [] if message.data[5:] == b"three" else [message]
        with pytest.raises(BrokenError, match="lost"):
            await read(link)

    linked(FakeApi(endless=True), check)


def test_a_host_sends_no_more_than_the_room() -> None:
    api = FakeApi(pieces=[b"x" * PIECE_BYTES] * 40)

    async def check(link: Link) -> None:
        async with link.api.call(REQUEST) as answer:
            await until(lambda: api.sent > ROOM_BYTES)
            for _ in range(20):
                # Grants go on, and allow nothing more.
                await asyncio.sleep(0.01)
            assert api.sent <= ROOM_BYTES + PIECE_BYTES
            assert len(await answer.read(100 * PIECE_BYTES)) == 40 * PIECE_BYTES

    linked(api, check)


def test_many_calls_have_small_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ALL_ROOMS_BYTES", 8 * PIECE_BYTES)
    api = FakeApi(pieces=[b"x" * PIECE_BYTES] * 40)

    async def check(link: Link) -> None:
        async with AsyncExitStack() as stack:
            answers = [await stack.enter_async_context(link.api.call(REQUEST)) for _ in range(20)]
            sent = -1
            while sent != api.sent:
                sent = api.sent
                await asyncio.sleep(0.05)
            # A piece each, one more that waits for room, and the larger rooms of the first calls.
            assert sent <= 3 * 20 * PIECE_BYTES < 20 * ROOM_BYTES
            assert [len(await each.read(100 * PIECE_BYTES)) for each in answers] == [40 * PIECE_BYTES] * 20

    linked(api, check)


def test_a_lost_grant_costs_nothing() -> None:
    is_lost = cycle([True, False])

    async def check(link: Link) -> None:
        link.wire.fault = lambda message: [] if message.subject.endswith(".more") and next(is_lost) else [message]
        assert len(await read(link)) == 40 * PIECE_BYTES

    linked(FakeApi(pieces=[b"x" * PIECE_BYTES] * 40), check)


def test_a_client_that_leaves_ends_the_call_on_the_host() -> None:
    api = FakeApi(endless=True)

    async def check(link: Link) -> None:
        async with link.api.call(REQUEST) as answer:
            assert await anext(answer.body) == b"one"
            assert api.is_open
        await until(lambda: not api.is_open and len(link.answering) == 0)

    linked(api, check)


def test_a_hub_that_is_gone_ends_its_calls_by_the_lease() -> None:
    api = FakeApi(endless=True)

    async def check(link: Link) -> None:
        link.wire.fault = lambda message: [] if message.subject.endswith((".more", ".stop")) else [message]
        async with link.api.call(REQUEST) as answer:
            await anext(answer.body)
            await until(lambda: not api.is_open)

    linked(api, check)


def test_a_host_that_falls_silent_is_absent() -> None:
    async def check(link: Link) -> None:
        async with link.api.call(REQUEST) as answer:
            await anext(answer.body)
            link.wire.fault = lambda message: [] if message.subject.startswith("lv.to.") else [message]
            with pytest.raises(AbsentError):
                await answer.read(100)

    linked(FakeApi(pieces=[b"one"], endless=True), check)


def test_a_host_without_an_agent_is_absent_at_once() -> None:
    async def check(link: Link) -> None:
        with pytest.raises(AbsentError, match="agent"):
            async with HostApi(link.asking, "web-2", lambda: "boot").call(REQUEST):
                pass

    linked(FakeApi(), check)


def test_of_two_agents_with_one_name_one_answers() -> None:
    other = FakeApi(pieces=[b"other"])

    async def check(link: Link) -> None:
        second = Answering(link.wire, "web-1", "second", other)
        await second.start()
        assert await read(link) == b"onetwothree"
        assert not other.sent

    linked(FakeApi(), check)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("content-type", "text/html")],
        [("content-type", "text/plain"), ("content-type", "text/html")],
        [("content-type", "text/plain\r\nset-cookie: a=b")],
        [("content-type", "application/json"), ("cache-control", "a\nb")],
    ],
)
def test_an_answer_that_is_no_log_is_refused(headers: list[tuple[str, str]]) -> None:
    async def check(link: Link) -> None:
        with pytest.raises(BrokenError):
            await read(link)

    linked(FakeApi(headers=headers), check)


@pytest.mark.parametrize("lengths", [["1"], ["12"], ["-11"], ["+11"], ["1_1"], ["x"], ["11", "11"], ["1" * 4000]])
def test_a_wrong_length_of_a_body_ends_its_call(lengths: list[str]) -> None:
    """Otherwise the web server fails, and a proxy takes the rest for another answer."""

    async def check(link: Link) -> None:
        with pytest.raises(BrokenError):
            await read(link)

    linked(FakeApi(headers=[*JSON, *(("content-length", length) for length in lengths)]), check)


@pytest.mark.parametrize("status", [204, 304])
def test_a_body_where_none_may_be_ends_its_call(status: int) -> None:
    async def check(link: Link) -> None:
        with pytest.raises(BrokenError):
            await read(link)

    linked(FakeApi(status=status), check)


def test_the_head_alone_has_the_length_of_the_body() -> None:
    async def check(link: Link) -> None:
        async with link.api.call(replace(REQUEST, method="HEAD")) as answer:
            assert await answer.read(100) == b""

    linked(FakeApi(pieces=[], headers=[*JSON, ("content-length", "11")]), check)


def test_a_host_sets_no_cookie() -> None:
    async def check(link: Link) -> None:
        async with link.api.call(REQUEST) as answer:
            assert answer.headers == JSON

    linked(FakeApi(headers=[*JSON, ("set-cookie", "token=x"), ("location", "/")]), check)


@pytest.mark.parametrize(
    "piece",
    [
        b"",
        b"H",
        b"X\0\0\0\0",
        b"H\0\0\0\0" + b"{" * 70_000,
        b"H\0\0\0\0" + b'{"status":200}',
        b"H\0\0\0\0" + b'{"status":true,"headers":[]}',
        b"H\0\0\0\0" + b'{"status":-1,"headers":[]}',
        b"H\0\0\0\0" + b'{"status":302,"headers":[["content-type","application/json"]]}',
        b"H\0\0\0\0" + b'{"status":401,"headers":[["content-type","application/json"]]}',
        b"H\0\0\0\0" + b'{"status":500,"headers":[["content-type","application/json"]]}',
        b"H\0\0\0\0" + b'{"status":200,"headers":[1]}',
        b"D\0\0\0\0" + b"x" * (ROOM_BYTES + PIECE_BYTES),
        Piece("data", 0, b"x").pack(),
        Piece("failure", 0, b"\xff" * 1000).pack(),
    ],
)
def test_a_malicious_host_ends_its_own_call_alone(piece: bytes) -> None:
    async def check(link: Link) -> None:
        link.wire.fault = lambda message: (
            [Received(message.subject, piece)] if message.subject.startswith("lv.to.") else [message]
        )
        with pytest.raises(HostError):
            await read(link)
        link.wire.fault = lambda message: [message]
        assert await read(link) == b"onetwothree"

    linked(FakeApi(), check)


def test_a_piece_under_another_name_is_ignored() -> None:
    async def check(link: Link) -> None:
        def fault(message: Received) -> list[Received]:
            tokens = message.subject.split(".")
            forged = Received(".".join([*tokens[:3], "web-2", tokens[-1]]), Piece("failure", 0, b"forged").pack())
            return [forged, message] if message.subject.startswith("lv.to.") else [message]

        link.wire.fault = fault
        assert await read(link) == b"onetwothree"

    linked(FakeApi(), check)


@pytest.mark.parametrize(
    ("subject", "reply", "data"),
    [
        ("lv.ask.web-1.open", "lv.to.hub.web-2.0123456789abcdef", {}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.short", {}),
        ("lv.ask.web-1.open", "", {}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.0123456789abcdef", {"method": "POST"}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.0123456789abcdef", {"path": "/sign-in"}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.0123456789abcdef", {"room": "x"}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.0123456789abcdef", {"query": None}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.0123456789abcdef", {"headers": 1}),
        ("lv.ask.web-1.open", "lv.to.hub.web-1.0123456789abcdef", {"boot": "other"}),
        ("lv.ask.web-1.more", "", {"granted": {"x": {}}}),
        ("lv.ask.web-1.stop", "", [1]),
    ],
)
def test_a_malicious_hub_gets_no_answer(subject: str, reply: str, data: object) -> None:
    good: dict[str, Any] = {"id": "0123456789abcdef", "boot": "boot", "room": 1, "hub": "hub", "granted": {}}
    good |= {"method": "GET", "path": "/api/lines", "query": "", "headers": {}}

    async def check(link: Link) -> None:
        await link.wire.publish(subject, orjson.dumps(good | data if isinstance(data, dict) else data), reply)
        await link.wire.publish(subject, b"{", reply)
        for _ in range(10):
            await asyncio.sleep(0)
        assert not [each for each in link.wire.sent if each.subject.startswith("lv.to.")]
        assert await read(link) == b"onetwothree"

    linked(FakeApi(), check)
