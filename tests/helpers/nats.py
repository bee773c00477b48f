"""NATS servers of the machine, and clients that note all that they hear and are denied."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from logviewer.hosts.authority import Authority
from logviewer.hosts.connection import Connection
from logviewer.hosts.engine import Engine
from logviewer.hosts.invitations import Invitation
from logviewer.hosts.names import Address

# The wheel's, as the program finds it, and Debian's where it is installed.
PROGRAMS = [
    path for path in (str(Path(sys.executable).with_name("nats-server")), "/usr/sbin/nats-server") if shutil.which(path)
]
LOOPBACK, OTHER_MACHINES = Address("127.0.0.1", 0), Address("0.0.0.0", 0)


@contextmanager
def running(directory: Path, *, listen: Address = LOOPBACK, program: str | None = None) -> Iterator["Hub"]:
    """Start a NATS server with an authority of its own."""
    hub = Hub(Authority(directory), listen, program)
    hub.engine.start()
    try:
        yield hub
    finally:
        hub.engine.stop()


class Hub:
    """An authority and its NATS server."""

    def __init__(self, authority: Authority, listen: Address, program: str | None) -> None:
        self.authority = authority
        self.engine = Engine(authority, listen, program)

    def connection(self, name: str = "hub") -> Connection:
        """Return the connection of a hub."""
        return Connection(name, (self.engine.url,), self.authority.hub_credentials(name), self.engine.certificate)

    def invite(self, host: str, *, seconds: float | None = None) -> Invitation:
        """Invite a host, and read its invitation as an agent does."""
        jwt, seed = self.authority.invite(host, seconds=seconds)
        address = Address("127.0.0.1", self.engine.address.port)
        return Invitation.parse(str(Invitation(host, (address,), jwt, seed, self.engine.certificate)))

    def revoke(self, host: str) -> None:
        """Revoke a host, and wait until the server has it."""
        assert self.authority.revoke(host)
        assert self.engine.running.has_read(self.authority.account_token(), seconds=60)


class Peer:
    """A client that subscribes and publishes. ``denied`` are the subjects of which the server denied it."""

    def __init__(self) -> None:
        self.client = Client()
        self.heard: list[tuple[str, str, bytes]] = []
        self.errors: list[str] = []
        self.ended = asyncio.Event()

    async def subscribe(self, *subjects: str, queue: str = "") -> None:
        """Subscribe to each subject."""
        for subject in subjects:
            await self.client.subscribe(subject, queue=queue, cb=self._hear)

    async def publish(self, subject: str, data: bytes = b"", reply: str = "") -> None:
        """Send a message."""
        await self.client.publish(subject, data, reply=reply)

    async def settle(self) -> None:
        """Wait until the server has answered everything: its denials and messages come before this answer."""
        await self.client.flush(60)

    async def _hear(self, message: Msg) -> None:
        self.heard.append((message.subject, message.reply, message.data))

    async def note_error(self, error: Exception) -> None:
        """Note an error of the client or the server."""
        self.errors.append(str(error))

    async def note_end(self) -> None:
        """Note that the server has ended the connection."""
        self.ended.set()


@asynccontextmanager
async def connected(*connections: Connection) -> AsyncIterator[Sequence[Peer]]:
    """Connect a peer by each connection."""
    async with AsyncExitStack() as stack:
        peers = []
        for connection in connections:
            peers.append(peer := Peer())
            peer.client = await connection.connect(on_error=peer.note_error, closed_cb=peer.note_end)
            stack.push_async_callback(peer.client.close)
        yield peers


async def refusal(connection: Connection) -> str:
    """Return the class and the words of the error that keeps this connection out; empty without one."""
    peer = Peer()
    try:
        async with asyncio.timeout(60):
            client = await connection.connect(on_error=peer.note_error)
    except (Error, OSError) as error:
        return f"{type(error).__name__}: {error}"
    await client.close()
    return ""
