"""The transport over a pair of pipes, as ssh has them: each message is a frame."""

import asyncio
import re
import struct
import sys
from collections.abc import Callable

from logviewer.hosts.api import PIECE_BYTES
from logviewer.hosts.transport import Received

_HEAD = struct.Struct(">IHH")
_MOST_DATA = 2 * PIECE_BYTES
_MOST_SUBJECT = 1024

Subscriptions = list[tuple[re.Pattern[str], Callable[[Received], None]]]


def pattern_of(subject: str) -> re.Pattern[str]:
    """Return the pattern of the subjects that a subscription receives."""
    return re.compile(re.escape(subject).replace(r"\*", "[^.]+").replace(">", ".+"))


def pack(subject: str, data: bytes, reply: str) -> bytes:
    """Return the frame of a message."""
    subject_bytes, reply_bytes = subject.encode("ascii"), reply.encode("ascii")
    return _HEAD.pack(len(data), len(subject_bytes), len(reply_bytes)) + subject_bytes + reply_bytes + data


async def read(reader: asyncio.StreamReader) -> Received | None:
    """Return the next message, None at the end. Raises ConnectionError for bytes that are not a frame."""
    try:
        size, subject_size, reply_size = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        if size > _MOST_DATA or max(subject_size, reply_size) > _MOST_SUBJECT:
            raise ConnectionError("the other end does not speak this protocol")
        subject = (await reader.readexactly(subject_size)).decode("ascii")
        reply = (await reader.readexactly(reply_size)).decode("ascii")
        return Received(subject, await reader.readexactly(size), reply)
    except asyncio.IncompleteReadError:
        return None
    except UnicodeDecodeError as error:
        raise ConnectionError("the other end does not speak this protocol") from error


class StdioTransport:
    """The agent's end: standard input and output of this process; see ``Transport``."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None
        self._subscriptions: Subscriptions = []
        self._connected: list[Callable[[], None]] = []

    @property
    def is_connected(self) -> bool:
        """See ``Transport``."""
        return self._writer is not None and not self._writer.is_closing()

    async def run(self) -> None:
        """Receive until the other end closes. Then raise EOFError: an agent has no use without its hub."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_MOST_DATA)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
        self._writer = asyncio.StreamWriter(transport, protocol, None, loop)
        for call in self._connected:
            call()
        while message := await read(reader):
            dispatch(self._subscriptions, message)
        raise EOFError

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        """See ``Transport``."""
        if self._writer is None:
            raise ConnectionError("not connected")
        self._writer.write(pack(subject, data, reply))
        await self._writer.drain()

    async def subscribe(self, subject: str, handle: Callable[[Received], None]) -> None:
        """See ``Transport``."""
        self._subscriptions.append((pattern_of(subject), handle))

    def on_connected(self, call: Callable[[], None]) -> None:
        """See ``Transport``."""
        self._connected.append(call)

    def problem(self, host: str) -> str | None:  # noqa: ARG002 (it has one hub)
        """See ``Transport``."""
        return None

    async def close(self) -> None:
        """See ``Transport``."""
        if self._writer:
            self._writer.close()


def dispatch(subscriptions: Subscriptions, message: Received) -> None:
    """Call the handlers of a message."""
    for pattern, handle in subscriptions:
        if pattern.fullmatch(message.subject):
            handle(message)
