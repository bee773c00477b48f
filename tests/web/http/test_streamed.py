"""A response in pieces ends with its client, and leaves nothing to the garbage collector."""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest
from starlette.responses import Response
from starlette.types import Message, Scope

from logviewer.web.http.fast_sse import plain_event_stream
from logviewer.web.http.streamed import StreamedResponse

SCOPE: Scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}
Make = Callable[[AsyncGenerator[bytes]], Response]


@pytest.fixture(autouse=True)
def _without_garbage_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Client:
    """Leaves after the first piece. A client that ``reads`` takes it."""

    def __init__(self, *, reads: bool) -> None:
        self._reads = reads
        self._has_piece = asyncio.Event()
        self.body = b""

    async def receive(self) -> Message:
        await self._has_piece.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message.get("body"):
            self._has_piece.set()
            if not self._reads:
                await asyncio.Event().wait()
        self.body += message.get("body", b"")[:1]


@pytest.mark.parametrize("make", [StreamedResponse, plain_event_stream])
@pytest.mark.parametrize("reads", [True, False])
def test_nothing_refers_to_a_piece_once_its_client_has_left(make: Make, *, reads: bool) -> None:
    piece = bytes(100_000)
    ends = []

    async def pieces() -> AsyncGenerator[bytes]:
        try:
            yield piece
            await asyncio.Event().wait()
        finally:
            ends.append(True)

    async def run() -> None:
        client = Client(reads=reads)
        await make(pieces())(SCOPE, client.receive, client.send)
        # The tasks of generators that were not at their end.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    before = sys.getrefcount(piece)
    asyncio.run(run())
    assert sys.getrefcount(piece) == before
    assert ends == [True]


def test_an_error_of_a_piece_is_raised() -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"piece"
        raise OSError("no disk")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        pass

    with pytest.raises(OSError, match="no disk"):
        asyncio.run(StreamedResponse(pieces())(SCOPE, receive, send))
