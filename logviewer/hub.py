"""Run a hub, invite and revoke its hosts, and list them. Needs the extra ``hosts``."""

import asyncio
import atexit
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from logviewer import server
from logviewer.errors import CannotRunError
from logviewer.hosts.authority import Authority, Invited
from logviewer.hosts.connection import Connection
from logviewer.hosts.engine import Engine
from logviewer.hosts.hub import HubPlan
from logviewer.hosts.invitations import Invitation
from logviewer.hosts.names import Address
from logviewer.hosts.nats import NatsTransport
from logviewer.hosts.roll_call import Answer, roll_call
from logviewer.hosts.running import Running
from logviewer.settings import Settings
from logviewer.web import log

_SECONDS_TO_REVOKE = 20.0
_MINUTE = 60
_HEAD = ("NAME", "STATE", "VERSION", "SOURCES", "CLOCK", "HEARD", "INVITED UNTIL")
# As the page does.
_CLOCK_SECONDS = 2.0
# Documentation addresses: no packet is sent, the kernel only chooses the address of this machine on the way.
_FAR_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def run(settings: Settings, name: str, listen: Address, directory: Path) -> None:
    """Serve with a NATS server of our own until SIGINT or SIGTERM. Raises CannotRunError."""
    # The NATS server has warnings before the server begins.
    log.set_up(settings.log_format)
    authority = Authority(directory)
    engine = Engine(authority, listen)
    engine.start()
    atexit.register(engine.stop)

    def transport(name: str) -> NatsTransport:
        return NatsTransport(Connection(name, (engine.url,), authority.hub_credentials(name), engine.certificate))

    try:
        server.run(settings, HubPlan(name, transport, authority.expected))
    finally:
        engine.stop()


def run_with_servers(settings: Settings, name: str, urls: tuple[str, ...], credentials: Path) -> None:
    """Serve with the NATS servers of the user until SIGINT or SIGTERM. Raises CannotRunError."""
    server.run(settings, HubPlan(name, lambda name: NatsTransport(Connection(name, urls, credentials))))


def invite(directory: Path, host: str, seconds: float | None, addresses: Sequence[Address]) -> tuple[Invitation, bool]:
    """Return an invitation, and whether it names the given addresses. Raises CannotRunError."""
    authority = Authority(directory)
    listen = Running(directory).address
    chosen = tuple(addresses) or (_addresses(listen) if listen else ())
    if not chosen:
        raise CannotRunError(f"no hub has run with {directory}; start it first, or give --address")
    needs_tls = not all(each.is_loopback for each in chosen)
    if needs_tls and listen and listen.is_loopback:
        raise CannotRunError(f"the hub listens on {listen} only; restart it with --listen 0.0.0.0:{listen.port}")
    has_tls = needs_tls or bool(listen and not listen.is_loopback)
    certificate = authority.certificate() if has_tls else None
    jwt, seed = authority.invite(host, seconds=seconds)
    return Invitation(host, chosen, jwt, seed, certificate), bool(addresses)


def revoke(directory: Path, host: str) -> None:
    """Make all invitations of a host void, and wait for the hub that runs. Raises CannotRunError."""
    authority, running = Authority(directory), Running(directory)
    if not authority.revoke(host):
        raise CannotRunError(f"{host} is not invited; 'logviewer hosts' lists the hosts of {directory}")
    token = authority.account_token()
    if running.is_running and not running.has_read(token, seconds=_SECONDS_TO_REVOKE):
        raise CannotRunError(f"the hub has not read the revocation of {host} yet; restart the hub")


def table_of_servers(urls: tuple[str, ...], credentials: Path) -> Iterator[str]:
    """Yield the lines of a table of all hosts that answer at servers of the user. Raises CannotRunError."""
    yield from _table(Connection("hosts", urls, credentials), {})


def table(directory: Path) -> Iterator[str]:
    """Yield the lines of a table of all hosts that are invited or answer. Raises CannotRunError."""
    authority, running = Authority(directory), Running(directory)
    address = running.address
    if not address or not running.is_running:
        raise CannotRunError(f"no hub runs with {directory}; start it: logviewer hub")
    # The last invitation of a host counts.
    invited = {each.host: each for each in authority.invited()}
    name = f"hosts-{secrets.token_hex(4)}"
    certificate = None if address.is_loopback else authority.certificate()
    credentials = authority.hub_credentials(name, seconds=_MINUTE)
    connection = Connection(name, (address.local_url(tls=bool(certificate)),), credentials, certificate)
    yield from _table(connection, invited)


def _table(connection: Connection, invited: Mapping[str, Invited]) -> Iterator[str]:
    answers = asyncio.run(roll_call(connection, invited))
    rows = [_HEAD, *(_row(host, answers.get(host), invited.get(host)) for host in sorted({*invited, *answers}))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(host: str, answer: Answer | None, invited: Invited | None) -> tuple[str, ...]:
    expires = "-"
    if invited:
        expires = f"{datetime.fromtimestamp(invited.expires, UTC):%Y-%m-%d}" if invited.expires else "never"
    if answer is None:
        return host, "absent", "-", "-", "-", "-", expires
    ahead = (answer.report.now - answer.heard) / 1000
    clock = f"{ahead:+.0f} s" if abs(ahead) >= _CLOCK_SECONDS else "right"
    heard = f"{datetime.fromtimestamp(answer.heard / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"
    return host, "here", answer.report.version or "-", f"{answer.report.sources:,}", clock, heard, expires


def _addresses(listen: Address) -> tuple[Address, ...]:
    """Return the addresses at which other machines find this one."""
    if not listen.is_wildcard:
        return (listen,)
    hosts = [*_routed(), *_named()]
    return tuple(Address(host, listen.port) for host in hosts) or (Address("127.0.0.1", listen.port),)


def _routed() -> Iterator[str]:
    """Yield the address from which this machine reaches others."""
    for family, far in _FAR_AWAY:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as client:
            client.connect((far, 9))
            yield str(client.getsockname()[0])
            return


def _named() -> Iterator[str]:
    """Yield the name of this machine if other machines may know it."""
    name = socket.getfqdn()
    if "." in name and not name.startswith("localhost"):
        yield name
