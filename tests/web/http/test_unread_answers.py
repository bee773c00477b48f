"""Answers that are not read share one limit: stalled ones give way, and all others arrive whole."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message

from logviewer.web.http.connections import keep_connection
from logviewer.web.http.unread_answers import MAX_UNREAD_BYTES, PIECE_BYTES, STALLED_SECONDS, LimitUnread, UnreadAnswers
from tests.bench.process import memory
from tests.helpers.connection import connect, request
from tests.helpers.server import Server, until

Serve = Callable[..., Server]
MIB = 2**20


class Client:
    """A client that takes so many messages, then no more until it is ``released``."""

    def __init__(self, unread: UnreadAnswers, app: ASGIApp, *, takes: int = 10**9) -> None:
        self.got: list[Message] = []
        self.is_aborted = False
        self.released = asyncio.Event()
        self._takes = takes
        self.is_open = True
        state: dict[str, Any] = {}
        keep_connection(state, self)
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": state}
        self.task = asyncio.create_task(LimitUnread(app, unread)(scope, self._receive, self._send))

    def sign_in(self) -> None:
        """Nothing to count."""

    def abort(self) -> bool:
        self.is_aborted = True
        self.released.set()
        return True

    @property
    def status(self) -> int:
        return int(self.got[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        if len(self.got) >= self._takes:
            await self.released.wait()
        if not self.is_aborted:
            self.got.append({**message, "body": bytes(message.get("body", b""))})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def answers(limit: int, play: Callable[[UnreadAnswers, Clock], Any]) -> None:
    """Play with a new limit, on an event loop."""

    async def run() -> None:
        clock = Clock()
        unread = UnreadAnswers(limit, clock=clock)
        await play(unread, clock)

    asyncio.run(run())


async def turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


@given(
    size=st.sampled_from([0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 5 * PIECE_BYTES - 1]),
    parts=st.integers(1, 3),
)
def test_an_answer_arrives_whole(size: int, parts: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)

    async def play(unread: UnreadAnswers, _: Clock) -> None:
        async def pieces() -> Any:
            for _ in range(parts):
                yield body[:size]

        for app, times in ((Response(body[:size]), 1), (StreamingResponse(pieces()), parts)):
            client = Client(unread, app)
            await client.task
            assert client.body == body[:size] * times
            assert max(len(message["body"]) for message in client.got) <= PIECE_BYTES
            assert not client.got[-1].get("more_body")
            assert unread.bytes == 0

    answers(10 * MIB, play)


def test_a_stalled_answer_gives_way() -> None:
    async def play(unread: UnreadAnswers, clock: Clock) -> None:
        stalled = Client(unread, Response(b"a" * MIB), takes=3)
        await turns()
        clock.now += STALLED_SECONDS
        reading = Client(unread, Response(b"b" * MIB), takes=3)
        await turns()
        assert (stalled.is_aborted, unread.bytes) == (False, 2 * MIB)
        newest = Client(unread, Response(b"c" * MIB))
        await newest.task
        assert (stalled.is_aborted, reading.is_aborted, newest.body) == (True, False, b"c" * MIB)
        reading.released.set()
        await reading.task
        await stalled.task
        assert (reading.body, unread.bytes) == (b"b" * MIB, 0)

    answers(2 * MIB, play)


@pytest.mark.parametrize("size", [MIB, 10 * MIB])
def test_an_answer_without_room_is_refused(size: int) -> None:
    async def play(unread: UnreadAnswers, _: Clock) -> None:
        reading = Client(unread, Response(b"a" * MIB), takes=3)
        await turns()
        refused = Client(unread, Response(b"b" * size))
        await refused.task
        assert refused.status == 503
        assert b"clients have not read 1 MiB of answers; retry in 5 s" in refused.body
        assert not refused.is_aborted
        small = Client(unread, Response(b"c" * PIECE_BYTES))
        await small.task
        assert small.status == 200
        reading.released.set()
        await reading.task
        assert reading.body == b"a" * MIB

    answers(MIB, play)


def test_a_stream_without_room_ends() -> None:
    async def play(unread: UnreadAnswers, _: Clock) -> None:
        async def pieces() -> Any:
            yield b"a"
            yield b"b" * 2 * MIB
            yield b"c"

        client = Client(unread, StreamingResponse(pieces()))
        await client.task
        assert (client.body, client.is_aborted, unread.bytes) == (b"a", True, 0)

    answers(MIB, play)


def test_a_body_of_many_clients_counts_once() -> None:
    body = b"a" * MIB

    async def play(unread: UnreadAnswers, _: Clock) -> None:
        clients = [Client(unread, Response(body), takes=3) for _ in range(5)]
        await turns()
        assert unread.bytes == MIB
        for client in clients:
            client.released.set()
            await client.task
        assert (unread.bytes, [client.body for client in clients]) == (0, [body] * 5)

    answers(MIB, play)


# The program


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("unread")
    (directory / "long.log").write_text("".join(f"needle {'x' * 1_000_000}\n" for _ in range(40)))
    (directory / "one.log").write_text("needle " + "y" * 40_000_000 + "\n")
    (directory / "short.log").write_text("".join(f"needle {number} some words\n" for number in range(300_000)))
    (directory / "masked.log").write_text("needle " + "y" * 20_000_000 + "\n")
    config = directory / "logviewer.toml"
    config.write_text("[[redact]]\npattern = 'secret'\nfiles = 'masked.log'\n")
    with Server("--config", config, *sorted(directory.glob("*.log"))) as running:
        yield running


def at(server: Server, name: str) -> str:
    return str(server.get("/api/lines", source=name, start=0, count=1).json()["lines"][0]["at"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/lines?source=long.log&start=-500&count=500",
        "/api/lines?source=long.log&start=-500&count=500&q=needle",
        "/api/line?source=one.log&at={one.log}",
        "/api/line?source=masked.log&at={masked.log}",
        "/api/search?source=long.log&q=needle",
        "/api/search?source=short.log&q=needle",
        "/api/download?source=long.log",
        "/api/download?source=long.log&q=needle",
        "/api/download?source=short.log&q=needle",
        "/api/stream?source=long.log&from=start",
        "/api/stream?source=long.log&from=start&format=text",
    ],
)
def test_answers_that_nobody_reads_take_bounded_memory(server: Server, path: str) -> None:
    for name in ("one.log", "masked.log"):
        path = path.replace(f"{{{name}}}", at(server, name))
    before = memory(server.process.pid).rss
    with ExitStack() as stack:
        for _ in range(50):
            client = stack.enter_context(connect(server, buffer=4096))
            client.sendall(request(server, path))
            client.settimeout(60)
            client.recv(1, socket.MSG_PEEK)
        # Building takes some memory besides, in few threads, and the allocator keeps some. Without a limit it is twice
        # as much, and grows with the clients.
        assert memory(server.process.pid).rss - before < 3 * MAX_UNREAD_BYTES + 32 * MIB
        assert server.get("/api/sources").status_code == 200


def test_the_memory_of_unread_answers_is_given_back(logs: Path, serve: Serve) -> None:
    (logs / "long.log").write_text("".join(f"needle {'x' * 1_000_000}\n" for _ in range(40)))
    server = serve(logs / "long.log")
    server.get("/api/lines", source="long.log", start=-5, count=5)
    before = memory(server.process.pid).rss
    with ExitStack() as stack:
        for _ in range(40):
            client = stack.enter_context(connect(server, buffer=4096))
            client.sendall(request(server, "/api/lines?source=long.log&start=-5&count=5"))
            client.recv(1, socket.MSG_PEEK)
    until(lambda: memory(server.process.pid).rss - before < 32 * MIB, what="memory given back")
