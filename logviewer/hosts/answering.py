"""The host's side of a link: answers the calls of hubs with the API of this process."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from logviewer.hosts.api import PASSED_HEADERS, Api, ApiRequest, HostError
from logviewer.hosts.link import LEASE_SECONDS, RENEW_SECONDS, ROOM_BYTES, Kind, Piece
from logviewer.hosts.names import token
from logviewer.hosts.transport import ASK, TO, Received, Transport

_MOST_CALLS = 2000
_RETRY_SECONDS = 0.1
_PATHS = re.compile(r"/api/[a-z]+")
_LOG = logging.getLogger("logviewer")


class Answering:
    """The calls that hubs have open on a host; ``boot`` is the start of this agent."""

    def __init__(self, transport: Transport, host: str, boot: str, api: Api) -> None:
        self._transport = transport
        self._host = token(host)
        self._boot = boot
        self._api = api
        self._calls: dict[tuple[str, str], _Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reply = re.compile(rf"{re.escape(TO)}\.([^.]+)\.{re.escape(self._host)}\.([A-Za-z0-9_-]{{16,64}})")

    def __len__(self) -> int:
        """Return the number of open calls."""
        return len(self._calls)

    async def start(self) -> None:
        """Subscribe to the questions. Raises ConnectionError."""
        await self._transport.subscribe(f"{ASK}.{self._host}.*", self._receive)

    async def run(self) -> None:
        """Send pings, and end calls whose hub is gone, until cancelled; then end all calls."""
        try:
            while True:
                await asyncio.sleep(RENEW_SECONDS)
                for key, call in list(self._calls.items()):
                    if time.monotonic() - call.renewed > LEASE_SECONDS:
                        self._end(key)
                    else:
                        await call.ping()
        finally:
            for key in list(self._calls):
                self._end(key)

    def _receive(self, message: Received) -> None:
        try:
            data = orjson.loads(message.data)
            match message.subject.rpartition(".")[2]:
                case "open":
                    self._open(message.reply, data)
                case "more":
                    self._grant(str(data["hub"]), data["granted"])
                case "stop":
                    self._end((str(data["hub"]), str(data["id"])))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            _LOG.warning("a message of a hub cannot be read: %r", error)

    def _open(self, reply: str, data: Mapping[str, Any]) -> None:
        match = self._reply.fullmatch(reply)
        # Only where a hub listens for this host. Of two agents with one name, the hub has chosen one.
        if not match or match[2] != data["id"] or data["boot"] != self._boot or len(self._calls) >= _MOST_CALLS:
            return
        call = _Answer(self._transport, reply, min(int(data["room"]), ROOM_BYTES))
        key = match[1], match[2]
        if key in self._calls:
            return
        self._calls[key] = call
        call.task = asyncio.create_task(call.run(self._api, _request(data)))
        self._tasks.add(call.task)
        call.task.add_done_callback(self._tasks.discard)
        call.task.add_done_callback(lambda _: self._calls.pop(key, None))

    def _grant(self, hub: str, granted: Mapping[str, int]) -> None:
        for call_id, count in granted.items():
            if call := self._calls.get((hub, call_id)):
                call.grant(int(count))

    def _end(self, key: tuple[str, str]) -> None:
        call = self._calls.pop(key, None)
        if call and call.task:
            call.task.cancel()


def _request(data: Mapping[str, Any]) -> ApiRequest:
    """Return the request of an opening message. Raises ValueError and TypeError."""
    method, path, query, headers = data["method"], data["path"], data["query"], data["headers"]
    if not all(isinstance(each, str) for each in (method, path, query, *headers.values())):
        raise TypeError("its fields must be text")
    if method not in ("GET", "HEAD") or not _PATHS.fullmatch(path) or not query.isascii():
        raise ValueError(f"{method} {path}")
    return ApiRequest(method, path, query, {name: headers[name] for name in PASSED_HEADERS & headers.keys()})


@dataclass(slots=True, eq=False)
class _Answer:
    """One call, and the state of its answer."""

    transport: Transport
    reply: str
    granted: int
    renewed: float = field(default_factory=time.monotonic)
    task: "asyncio.Task[None] | None" = None
    _number: int = 0
    _sent: int = 0
    _last: float = field(default_factory=time.monotonic)
    _has_room: asyncio.Event = field(default_factory=asyncio.Event)
    _in_order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def grant(self, count: int) -> None:
        """Renew the lease, and allow ``count`` bytes in all."""
        self.renewed = time.monotonic()
        self.granted = max(self.granted, min(count, self._sent + ROOM_BYTES))
        self._has_room.set()

    async def run(self, api: Api, request: ApiRequest) -> None:
        """Send the answer in pieces."""
        try:
            async with api.call(request) as answer:
                head = {"status": answer.status, "headers": answer.headers}
                await self._send("head", orjson.dumps(head))
                async for piece in answer.body:
                    await self._wait_for_room(len(piece))
                    self._sent += len(piece)
                    await self._send("data", piece)
            await self._send("end")
        except ConnectionError:
            # Pieces are lost. The hub asks again as soon as it hears of it; until then the call keeps its lease.
            while not self.transport.is_connected:  # noqa: ASYNC110 (it has no event)
                await asyncio.sleep(_RETRY_SECONDS)
            with suppress(ConnectionError):
                await self._send("failure", b"the agent lost its connection")
        except HostError as error:
            await self._send("failure", str(error).encode())
        except Exception:  # noqa: BLE001 (any)
            _LOG.exception("an answer to a hub failed")
            await self._send("failure", b"see the log of the agent")

    async def ping(self) -> None:
        """Send the number of the next piece, unless a piece was sent lately: a lost last piece shows."""
        if time.monotonic() - self._last >= RENEW_SECONDS / 2 and not self._in_order.locked():
            await self._send("ping")

    async def _wait_for_room(self, size: int) -> None:
        while self._sent + size > self.granted:
            self._has_room.clear()
            await self._has_room.wait()

    async def _send(self, kind: Kind, data: bytes = b"") -> None:
        async with self._in_order:
            piece = Piece(kind, self._number, data)
            self._number += kind != "ping"
            self._last = time.monotonic()
            await self.transport.publish(self.reply, piece.pack())
