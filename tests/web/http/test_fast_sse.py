"""The fast event stream sends the same events as the library's plain response."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sse_starlette import EventSourceResponse
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from logviewer.sources.catalog import Catalog
from logviewer.sources.local import LocalSource
from logviewer.tail.reader import Reader
from logviewer.web.encode import EncodedChunk, EventEncoder
from logviewer.web.http.fast_sse import DetachedStreams, FastEventStream, Push
from logviewer.web.streams import Streams, events

# The catalog starts a program to find the C library.
pytestmark = pytest.mark.program

SCOPE = {"type": "http", "method": "GET"}


class Client:
    """Keeps the bytes of one response. A slow one makes each ``send`` wait for a turn of the event loop."""

    def __init__(self, *, is_slow: bool) -> None:
        self.is_slow = is_slow
        self.has_left = asyncio.Event()
        self.body = b""

    async def receive(self) -> Message:
        await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.is_slow:
            await asyncio.sleep(0.001)
        self.body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.has_left.set()

    def events(self) -> list[str]:
        """Split the body into events; the random time of ``retry`` is replaced."""
        text = re.sub(r"^retry: [234]\d{3}\n", "retry: N\n", self.body.decode())
        return text.split("\n\n")


class World:
    """One source with two streams from its start: a fast one and a plain one."""

    def __init__(self, log: Path, *, is_slow: bool) -> None:
        self.catalog = Catalog([str(log)])
        self.streams = Streams()
        self.fast, self.plain = Client(is_slow=is_slow), Client(is_slow=is_slow)
        self.pushed: list[bytes] = []

    async def run(self, scene: Callable[["World"], Coroutine[Any, Any, None]]) -> None:
        following = asyncio.create_task(self.catalog.follow())
        reader = await self._reader()
        fast = FastEventStream(partial(self._noting_pushes, reader), on_disconnect=reader.close)
        plain = EventSourceResponse(
            events(self.streams, await self._reader()), ping=0, headers={"Cache-Control": "no-store"}
        )
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(DetachedStreams(answering(fast))(SCOPE, self.fast.receive, self.fast.send))
            group.create_task(plain(SCOPE, self.plain.receive, self.plain.send))
            await scene(self)
            self.streams.close()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        self.catalog.close()
        self.streams.stop()

    async def both(self, text: str) -> None:
        await until(lambda: text.encode() in self.fast.body and text.encode() in self.plain.body)

    async def _reader(self) -> Reader[EncodedChunk]:
        reader = Reader(self.streams.loader_for(EventEncoder()), follow=True)
        await reader.add(self.source, (), lambda source: source.start())
        return reader

    @property
    def source(self) -> LocalSource:
        return next(iter(self.catalog))

    def _noting_pushes(self, reader: Reader[EncodedChunk], push: Push | None) -> Any:
        assert push

        def noting(data: bytes) -> bool:
            self.pushed.append(data)
            return push(data)

        return events(self.streams, reader, noting)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


def answering(response: Response) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return app


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def everything(log: Path) -> Iterator[str]:
    """Write, truncate, rotate and delete the file, and yield the text that each step sends to the clients."""
    yield "\nid: "
    for number in range(5):
        append(log, f"line {number}\n")
        yield f"line {number}"
    log.write_text("")
    append(log, "after the truncation\n")
    yield "after the truncation"
    log.rename(log.with_suffix(".log.1"))
    append(log, "after the rotation\n")
    yield "after the rotation"
    log.unlink()
    yield "missing"


@pytest.mark.parametrize("is_slow", [False, True], ids=["fast", "slow"])
def test_both_send_the_same_events(tmp_path: Path, is_slow: bool) -> None:
    log = tmp_path / "app.log"
    log.write_text("".join(f"before {number}\n" for number in range(3000)))

    async def watch(world: World) -> None:
        for text in everything(log):
            await world.both(text)

    async def play() -> World:
        world = World(log, is_slow=is_slow)
        await world.run(watch)
        return world

    world = asyncio.run(play())
    assert world.fast.events() == world.plain.events()
    assert "event: end" in world.fast.events()[-2]
    assert len(world.pushed) >= 3
    assert len(world.fast.events()) > 12


@pytest.mark.parametrize("is_slow", [False, True], ids=["fast", "slow"])
def test_a_client_that_leaves_closes_the_reader(tmp_path: Path, is_slow: bool) -> None:
    log = tmp_path / "app.log"
    log.write_text("one\n")

    async def leave(world: World) -> None:
        await world.both("one")
        assert len(world.streams.readers) == 2
        world.fast.has_left.set()
        world.plain.has_left.set()
        await until(lambda: not world.streams.readers)

    async def play() -> None:
        await World(log, is_slow=is_slow).run(leave)

    asyncio.run(play())
