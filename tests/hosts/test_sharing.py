"""Clients of equal streams share a call, and each gets every event after its cursor once and in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.hosts import sharing
from logviewer.hosts.api import ApiAnswer, ApiRequest, BrokenError
from logviewer.hosts.sharing import SharedApi

SSE = [("content-type", "text/event-stream")]


@dataclass
class Log:
    """The API of a host with one stream: event ``n`` has the id ``n`` and stands after ``n`` lines."""

    lines: int = 0
    open: int = 0
    calls: int = 0
    is_broken: bool = False
    size: int = 10
    states: dict[int, str] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, count: int = 1) -> None:
        self.lines += count
        self.wake()

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        items = dict(parse_qsl(request.query))
        if items["source"] != "a":
            yield ApiAnswer(404, [("content-type", "application/json")], self._text(b"{}"))
            return
        cursor = request.headers.get("last-event-id") or items.get("cursor")
        begin = int(cursor) if cursor else 0 if items.get("from") == "start" else self.lines
        self.open += 1
        self.calls += 1
        try:
            yield ApiAnswer(200, SSE, self._events(begin))
        finally:
            self.open -= 1

    async def _events(self, at: int) -> AsyncIterator[bytes]:
        yield b"retry: 3000\n\n"
        yield b"id: %d\n\n" % at
        while True:
            while at < self.lines:
                at += 1
                event = b"event: lines\ndata: {%s}\nid: %d\n\n" % (b"x" * self.size, at)
                if at in self.states:
                    event = b'event: source\ndata: {"source":"a","state":"%s"}\nid: %d\n\n' % (
                        self.states[at].encode(),
                        at,
                    )
                yield event[:7]
                yield event[7:]
            if self.is_broken:
                raise BrokenError("lost")
            await self.changed.wait()

    @staticmethod
    async def _text(text: bytes) -> AsyncIterator[bytes]:
        yield text


def request(query: str = "source=a", cursor: str = "") -> ApiRequest:
    return ApiRequest("GET", "/api/stream", query, {"last-event-id": cursor} if cursor else {})


class Reader:
    """A client that reads in a task, as long as ``reads`` is set."""

    def __init__(self, api: SharedApi, asked: ApiRequest) -> None:
        self.events: list[bytes] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.error: Exception | None = None
        self._api = api
        self._asked = asked
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async with self._api.call(self._asked) as answer:
                async for event in answer.body:
                    self.events.append(event)
                    await self.reads.wait()
        except BrokenError as error:
            self.error = error

    @property
    def ids(self) -> list[int]:
        return [int(each.rpartition(b"id: ")[2]) for each in self.events if b"data: {" in each]

    @property
    def has_begun(self) -> bool:
        return any(b"id: " in each for each in self.events)

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.001)


def run(test: Callable[[Log, SharedApi], Awaitable[None]]) -> None:
    async def main() -> None:
        log = Log()
        await test(log, SharedApi(log))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(main())


def test_clients_at_the_end_share_one_call() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        first = Reader(api, request())
        await until(lambda: first.has_begun)
        others = [Reader(api, request()) for _ in range(20)]
        await until(lambda: all(each.has_begun for each in others))
        log.write(3)
        await until(lambda: all(each.ids == [1, 2, 3] for each in [first, *others]))
        assert (log.calls, log.open, len(api)) == (1, 1, 1)
        for each in [first, *others]:
            await each.leave()
        assert (log.open, len(api)) == (0, 0)

    run(check)


def test_a_client_with_a_cursor_joins_where_it_was() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        first = Reader(api, request())
        await until(lambda: first.has_begun)
        log.write(5)
        await until(lambda: first.ids == [1, 2, 3, 4, 5])
        second = Reader(api, request(cursor="3"))
        third = Reader(api, request("source=a&cursor=5"))
        log.write()
        await until(lambda: second.ids == [4, 5, 6] and third.ids == [6])
        assert log.calls == 1

    run(check)


def test_an_older_cursor_has_a_call_of_its_own_until_it_has_caught_up() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        log.write(100)
        first = Reader(api, request())
        await until(lambda: first.has_begun)
        second = Reader(api, request("source=a&from=start"))
        await until(lambda: len(second.ids) == 100)
        await until(lambda: log.open == 1)
        log.write(2)
        await until(lambda: second.ids == list(range(1, 103)) and first.ids == [101, 102])
        assert log.calls == 2

    run(check)


@pytest.mark.parametrize("others", [0, 1])
def test_a_client_that_reads_slowly_holds_up_no_other_one(monkeypatch: pytest.MonkeyPatch, others: int) -> None:
    monkeypatch.setattr(sharing, "_RING_BYTES", 2000)

    async def check(log: Log, api: SharedApi) -> None:
        log.size = 300
        slow = Reader(api, request())
        await until(lambda: slow.has_begun)
        quick = [Reader(api, request()) for _ in range(others)]
        await until(lambda: all(each.has_begun for each in quick))
        slow.reads.clear()
        log.write(100)
        await until(lambda: all(len(each.ids) == 100 for each in quick))
        slow.reads.set()
        await until(lambda: slow.ids == list(range(1, 101)))
        await until(lambda: log.open == 1)

    run(check)


def test_clients_that_are_far_behind_together_get_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_RING_BYTES", 500)

    async def check(log: Log, api: SharedApi) -> None:
        log.write(1000)
        readers = [Reader(api, request(cursor="1")) for _ in range(8)]
        await until(lambda: all(each.ids == list(range(2, 1001)) for each in readers))
        await until(lambda: log.open == 1)
        assert log.calls <= 2 * len(readers)

    run(check)


def test_a_client_that_leaves_at_once_leaves_no_call() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        for steps in range(30):
            reader = Reader(api, request())
            for _ in range(steps):
                await asyncio.sleep(0)
            await reader.leave()
            assert (log.open, len(api)) == (0, 0)

    run(check)


def test_different_streams_share_nothing() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        readers = [Reader(api, request(query)) for query in ("source=a", "source=a&q=x", "source=a&levels=true")]
        await until(lambda: all(each.has_begun for each in readers))
        assert log.calls == 3

    run(check)


def test_a_client_that_joins_knows_the_states_of_the_sources() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        log.states = {1: "missing", 2: "open", 3: "unreadable"}
        first = Reader(api, request())
        await until(lambda: first.has_begun)
        log.write(3)
        await until(lambda: len(first.ids) == 3)
        second = Reader(api, request())
        await until(lambda: any(b"unreadable" in each for each in second.events))
        assert not any(b"missing" in each for each in second.events)
        assert log.calls == 1

    run(check)


def test_a_call_that_breaks_ends_the_streams_of_all() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        readers = [Reader(api, request()) for _ in range(3)]
        await until(lambda: all(each.has_begun for each in readers))
        log.is_broken = True
        log.write()
        await until(lambda: all(each.error for each in readers))
        assert [each.ids for each in readers] == [[1]] * 3
        log.is_broken = False
        again = Reader(api, request(cursor="1"))
        log.write()
        await until(lambda: again.ids == [2])

    run(check)


def test_a_refusal_is_passed_on() -> None:
    async def check(log: Log, api: SharedApi) -> None:
        async with api.call(request("source=b")) as answer:
            assert (answer.status, await answer.read(10)) == (404, b"{}")
        assert len(api) == 0

    run(check)


Readers = list[tuple[Reader, int | None]]


async def step(log: Log, api: SharedApi, readers: Readers, what: str, number: int) -> None:
    at = min(number, log.lines)
    match what:
        case "write":
            log.write(number)
        case "come":
            readers.append((Reader(api, request()), None))
        case "resume":
            asked = request(cursor=str(at)) if at else request("source=a&from=start")
            readers.append((Reader(api, asked), at))
        case "leave" if readers:
            await readers.pop(number % len(readers))[0].leave()
        case "stop" if readers:
            readers[number % len(readers)][0].reads.clear()
        case "go" if readers:
            readers[number % len(readers)][0].reads.set()
    await asyncio.sleep(0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["write", "come", "resume", "leave", "stop", "go"]), st.integers(0, 50)), max_size=40
    )
)
def test_each_client_gets_every_event_once(steps: list[tuple[str, int]]) -> None:
    async def check(log: Log, api: SharedApi) -> None:
        readers: Readers = []
        for what, number in steps:
            await step(log, api, readers, what, number)
        for reader, _ in readers:
            reader.reads.set()
        await until(lambda: all(reader.has_begun for reader, _ in readers))
        log.write()
        await until(lambda: all(reader.ids[-1:] == [log.lines] for reader, _ in readers))
        for reader, at in readers:
            begin = reader.ids[0] if at is None else at + 1
            assert reader.ids == list(range(begin, log.lines + 1))
            await reader.leave()
        await until(lambda: (log.open, len(api)) == (0, 0))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "_RING_BYTES", 500)
        run(check)
