"""The hub's side of a link: calls of the API of other hosts."""

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from logviewer.hosts.api import PIECE_BYTES, AbsentError, ApiAnswer, ApiRequest, BrokenError, HostError
from logviewer.hosts.link import (
    ALL_ROOMS_BYTES,
    HEAD_BYTES,
    RENEW_SECONDS,
    ROOM_BYTES,
    SILENCE_SECONDS,
    Numbering,
    Piece,
)
from logviewer.hosts.names import token
from logviewer.hosts.transport import ASK, TO, Received, Transport

# An answer of a host goes to browsers: it must not set cookies, and must not be a page.
_HEADERS = frozenset(
    {
        "accept-ranges",
        "cache-control",
        "content-disposition",
        "content-length",
        "content-range",
        "content-type",
        "retry-after",
        "x-accel-buffering",
    }
)
_TYPES = re.compile(r"(application/json|text/plain|text/event-stream)(;[ -~]*)?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_MOST_HEADERS = 32
# Others are not about logs: 401 would sign a user out, and an error of the host is none of the hub.
_STATUSES = frozenset({200, 204, 206, 304, 400, 404, 405, 413, 414, 416, 422, 429, 503})
_BODILESS = frozenset({204, 304})
_ANSWER_SECONDS = 60.0


class Asking:
    """The calls of one hub, by id. ``run`` must run while there are calls."""

    def __init__(self, transport: Transport, hub: str) -> None:
        self._transport = transport
        self._hub = token(hub)
        self._calls: dict[str, _Call] = {}
        self.lost = 0
        """The number of calls that ended early because a piece was lost or wrong."""

    def __len__(self) -> int:
        """Return the number of open calls."""
        return len(self._calls)

    async def start(self) -> None:
        """Subscribe to the answers. Raises ConnectionError."""
        await self._transport.subscribe(f"{TO}.{self._hub}.>", self._receive)

    async def run(self) -> None:
        """Grant room and renew leases until cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            by_host: dict[str, dict[str, int]] = {}
            for call in self._calls.values():
                by_host.setdefault(call.host, {})[call.id] = call.granted
            for host, granted in by_host.items():
                await self._grant(host, granted)

    def end(self, host: str, reason: str) -> None:
        """End the calls of a host that went away."""
        for call in self._calls.values():
            if call.host == token(host):
                call.fail(AbsentError(reason))

    @asynccontextmanager
    async def call(self, host: str, boot: str, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """Ask the agent that started as ``boot`` on a host. See ``Api.call``."""
        call = _Call(token(host), self._grant, self._room, has_body=request.method != "HEAD")
        if not self._transport.is_connected:
            raise AbsentError("the hub is not connected to NATS")
        self._calls[call.id] = call
        reply = f"{TO}.{self._hub}.{call.host}.{call.id}"
        opening = {
            "id": call.id,
            "boot": boot,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": dict(request.headers),
            "room": call.granted,
        }
        try:
            await self._publish(f"{ASK}.{call.host}.open", orjson.dumps(opening), reply)
            yield await call.answer()
        finally:
            del self._calls[call.id]
            if not call.is_over:
                await self._publish_or_lose(call.host, "stop", {"hub": self._hub, "id": call.id})

    def _room(self) -> int:
        """Return the bytes of the room of each call."""
        return min(ROOM_BYTES, max(PIECE_BYTES, ALL_ROOMS_BYTES // (len(self._calls) or 1)))

    def _receive(self, message: Received) -> None:
        tokens = message.subject.split(".")
        call = self._calls.get(tokens[-1])
        # The subject says which host has sent the message: no other one can publish it.
        if call is None or len(tokens) != 5 or tokens[3] != call.host:
            return
        try:
            call.receive(message)
        except BrokenError as error:
            self.lost += 1
            call.fail(error)

    async def _grant(self, host: str, granted: dict[str, int]) -> None:
        await self._publish_or_lose(host, "more", {"hub": self._hub, "granted": granted})

    async def _publish_or_lose(self, host: str, verb: str, data: dict[str, Any]) -> None:
        # Without a connection there is no host to hear it: leases end its calls.
        if self._transport.is_connected:
            try:
                await self._publish(f"{ASK}.{host}.{verb}", orjson.dumps(data))
            except AbsentError:
                return

    async def _publish(self, subject: str, data: bytes, reply: str = "") -> None:
        try:
            await self._transport.publish(subject, data, reply)
        except ConnectionError as error:
            raise AbsentError(str(error)) from error


class HostApi:
    """The API of one host. ``boot`` returns the start of its agent that answers now, None while it is absent."""

    def __init__(self, asking: Asking, host: str, boot: Callable[[], str | None]) -> None:
        self._asking = asking
        self._host = host
        self._boot = boot

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """See ``Api``."""
        boot = self._boot()
        if boot is None:
            raise AbsentError(f"{self._host} is absent")
        async with self._asking.call(self._host, boot, request) as answer:
            yield answer


class _Call:
    """One call, and the unread pieces of its answer; at most a room of them."""

    def __init__(
        self, host: str, grant: "Callable[[str, dict[str, int]], Any]", room: Callable[[], int], *, has_body: bool
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.host = host
        self.granted = room()
        self._room = room
        self.is_over = False
        self._grant = grant
        self._has_body = has_body
        self._numbering = Numbering()
        self._pieces: deque[Piece] = deque()
        self._received = 0
        self._read = 0
        self._error: HostError | None = None
        self._arrived = asyncio.Event()
        self._heard = time.monotonic()

    def receive(self, message: Received) -> None:
        """Add a piece. Raises BrokenError."""
        self._heard = time.monotonic()
        if message.is_refused:
            self.fail(AbsentError("its agent does not run"))
            return
        piece = Piece.unpack(message.data)
        self._numbering.check(piece)
        self._received += len(piece.data)
        if self._received > self.granted + HEAD_BYTES or len(piece.data) > PIECE_BYTES:
            raise BrokenError("the host sent more than it may")
        if piece.kind != "ping":
            self._pieces.append(piece)
            self._arrived.set()

    def fail(self, error: HostError) -> None:
        """End the call with an error after the pieces that have arrived."""
        if self._error is None:
            self._error = error
            self._arrived.set()

    async def answer(self) -> ApiAnswer:
        """Return the answer once its head is there. Raises HostError."""
        piece = await self._next()
        if piece.kind != "head" or len(piece.data) > HEAD_BYTES:
            raise BrokenError("the answer has no head")
        status, headers = _read_head(piece.data)
        return ApiAnswer(status, headers, self._body(0 if status in _BODILESS else _length(headers)))

    async def _body(self, left: int | None) -> AsyncIterator[bytes]:
        while True:
            piece = await self._next()
            if piece.kind == "end" and not (left and self._has_body):
                return
            if piece.kind not in ("data", "end"):
                raise BrokenError("a second head")
            left = None if left is None else left - len(piece.data)
            if piece.kind == "end" or (left is not None and left < 0):
                raise BrokenError("its length is wrong")
            yield piece.data
            self._read += len(piece.data)
            # The host needs room for a whole piece.
            if self.granted - self._read < max(PIECE_BYTES, (room := self._room()) // 2):
                self.granted = self._read + room
                await self._grant(self.host, {self.id: self.granted})

    async def _next(self) -> Piece:
        while not self._pieces:
            if self._error:
                raise self._error
            self._arrived.clear()
            left = self._heard + SILENCE_SECONDS - time.monotonic()
            try:
                await asyncio.wait_for(self._arrived.wait(), max(0, left))
            except TimeoutError:
                if time.monotonic() >= self._heard + SILENCE_SECONDS:
                    raise AbsentError("no answer") from None
        piece = self._pieces.popleft()
        if piece.kind in ("end", "failure"):
            self.is_over = True
        if piece.kind == "failure":
            raise BrokenError(piece.data[:200].decode("utf-8", "replace"))
        return piece


def _length(headers: Sequence[tuple[str, str]]) -> int | None:
    """Return the length of a body; None if its head does not say it. Raises BrokenError."""
    lengths = [value for name, value in headers if name == "content-length"]
    if not lengths:
        return None
    if len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0]):
        raise BrokenError("its length cannot be read")
    return int(lengths[0])


def _read_head(data: bytes) -> tuple[int, list[tuple[str, str]]]:
    """Return the status of an answer, and its headers that may reach a browser. Raises BrokenError."""
    try:
        head = orjson.loads(data)
        status, pairs = head["status"], head["headers"]
        headers = [(str(name).lower(), value) for name, value in pairs[:_MOST_HEADERS]]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise BrokenError("its head cannot be read") from error
    if type(status) is not int or status not in _STATUSES:
        raise BrokenError(f"status {status}"[:40])
    allowed = [(name, value) for name, value in headers if name in _HEADERS]
    if not all(isinstance(value, str) and value.isascii() and value.isprintable() for _, value in allowed):
        raise BrokenError("its headers cannot be read")
    types = [value for name, value in allowed if name == "content-type"]
    if not (len(types) == 1 and _TYPES.fullmatch(types[0])) and not (status in (204, 304, 416) and not types):
        raise BrokenError("its type is not that of a log")
    return status, allowed
