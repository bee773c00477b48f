"""The commands for many hosts: ``hub``, ``invite``, ``revoke``, ``hosts`` and ``agent``."""

import contextlib
import os
import re
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from logviewer import agent, given_paths
from logviewer.config_file import FILE, WARNINGS, is_readable_by_all
from logviewer.errors import CannotRunError
from logviewer.files import own_directory
from logviewer.hosts.frames import StdioTransport
from logviewer.hosts.names import Address, check_name
from logviewer.options import CONTEXT, agent_settings, build_settings, with_directories, with_section

if TYPE_CHECKING:
    from logviewer.hosts.connection import Connection

T = TypeVar("T")
_PREFIX = "lv1:"
_MOST_JOIN_CHARACTERS = 16_384
_PACKAGES = ("cryptography", "nacl", "nats", "nkeys")
_MOST_LABELS = 64
_MOST_LABEL_CHARACTERS = 256
_SECONDS = {"m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


def _checked(convert: Callable[[str], T]) -> Callable[[str], T]:
    """Return a type of click whose message is that of the function's ValueError."""

    def checked(text: str) -> T:
        try:
            return convert(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return checked


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if not match and text != "never":
        raise ValueError(f"{text!r} is not a time; write 365d, 12h or 30m, or never")
    return int(match[1]) * _SECONDS[match[2]] if match else None


def _urls(text: str) -> tuple[str, ...]:
    """Return the URLs of servers. Their credentials are in a file, not here."""
    urls = tuple(each.strip() for each in text.split(",") if each.strip())
    for url in urls:
        scheme, mark, address = url.partition("://")
        if not mark or scheme not in ("nats", "tls"):
            raise ValueError(f"{url!r} is not a URL of NATS; write tls://HOST:PORT or nats://HOST:PORT")
        Address.parse(address)
    return urls


def _label(text: str) -> tuple[str, str]:
    key, mark, value = text.partition("=")
    if not mark or not re.fullmatch(r"[A-Za-z0-9._/-]+", key) or not value.isprintable():
        raise ValueError(f"{text!r} is not a label; write NAME=VALUE, such as role=web")
    if len(key) > _MOST_LABEL_CHARACTERS or len(value) > _MOST_LABEL_CHARACTERS:
        raise ValueError(f"a label has more than {_MOST_LABEL_CHARACTERS} characters")
    return key, value


ADDRESS, NAME = _checked(Address.parse), _checked(check_name)
_NATS = click.Option(
    ["--nats"],
    type=_checked(_urls),
    metavar="URL[,URL...]",
    help="Servers of your own NATS, such as tls://nats.example:4222; needs --credentials.",
)
_CREDENTIALS = click.Option(["--credentials"], type=FILE, help="Credentials file of NATS; needs --nats.")
_HUB = (
    click.Option(
        ["--listen"],
        type=ADDRESS,
        metavar="ADDRESS:PORT",
        help="Where hosts dial in, such as 0.0.0.0:4222.  [default: 127.0.0.1:4222]",
    ),
    _NATS,
    _CREDENTIALS,
    click.Option(
        ["--name"],
        envvar="LOGVIEWER_HUB_NAME",
        allow_from_autoenv=False,
        type=NAME,
        default="hub",
        show_default=True,
        metavar="NAME",
        help="Name of this hub; hubs of one NATS need different ones.",
    ),
)
_AGENT = (
    click.Option(["--join"], metavar="TEXT|FILE", help="The line that 'logviewer invite' printed, or a file with it."),
    click.Option(
        ["--host"],
        envvar="LOGVIEWER_AGENT_HOST",
        allow_from_autoenv=False,
        type=NAME,
        metavar="NAME",
        help="Name of this host; with --nats or --stdio, otherwise the invitation has it.",
    ),
    click.Option(
        ["--label", "labels"],
        multiple=True,
        type=_checked(_label),
        envvar="LOGVIEWER_LABEL",
        metavar="NAME=VALUE",
        help="Label to choose this host by, such as role=web; repeatable.",
    ),
    click.Option(
        ["--stdio"],
        is_flag=True,
        allow_from_autoenv=False,
        help="Talk to the hub over standard input and output, as 'logviewer ssh:HOST:PATH' starts it; needs --host.",
    ),
    _NATS,
    _CREDENTIALS,
)
_AGENT_SETTINGS = (
    "tables", "follow_symlinks", "no_history", "max_history", "command", "spool_size", "no_cache", "cache_size",
    "log_format",
)  # fmt: skip


@with_section("hub", options=_HUB)
@click.command(context_settings=CONTEXT)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def hub_command(
    paths: tuple[str, ...],
    *,
    listen: Address | None,
    nats: tuple[str, ...] | None,
    credentials: Path | None,
    name: str,
    **options: Any,  # noqa: ANN401 (typed by the table of options)
) -> None:
    """Serve the logs of many hosts in one page.

    Hosts dial in with 'logviewer agent', once 'logviewer invite' has named them. Starts nats-server, unless --nats
    names servers of your own. PATHs are this machine's own logs; all options of the server are here too.
    """
    _check_nats(nats, credentials)
    if nats and listen:
        raise click.UsageError("--listen and --nats cannot be used together")
    given_paths.check(paths, options["command"])
    settings = with_directories(build_settings(paths, **options))
    with _extra():
        from logviewer import hub  # noqa: PLC0415 (needs the extra)

        if nats and credentials:
            _check_credentials(credentials)
            hub.run_with_servers(settings, name, nats, credentials)
        else:
            hub.run(settings, name, listen or Address("127.0.0.1", 4222), _hub_directory())


@click.command(context_settings=CONTEXT)
@click.argument("host", type=NAME)
@click.option(
    "--expires",
    type=_checked(_seconds),
    default="365d",
    show_default=True,
    metavar="TIME",
    help="How long the invitation is valid, such as 30d or 12h; or never.",
)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    type=ADDRESS,
    metavar="HOST:PORT",
    help="Where the host dials; repeatable.  [default: this machine, at the port of its hub]",
)
def invite_command(host: str, expires: float | None, addresses: tuple[Address, ...]) -> None:
    """Print the line with which HOST joins this machine's hub.

    The line is a secret: give it to one host only, as 'logviewer agent --join'. The hub may run or not.
    """
    with _extra():
        from logviewer import hub  # noqa: PLC0415 (needs the extra)

        invitation, is_chosen = hub.invite(_hub_directory(), host, expires, addresses)
    if not is_chosen:
        shown = " or ".join(map(str, invitation.addresses))
        click.echo(f"logviewer: {host} will dial {shown}; choose another address with --address", err=True)
    click.echo(str(invitation))


@click.command(context_settings=CONTEXT)
@click.argument("host", type=NAME)
def revoke_command(host: str) -> None:
    """Make all invitations of HOST void, and end its connections."""
    with _extra():
        from logviewer import hub  # noqa: PLC0415 (needs the extra)

        hub.revoke(_hub_directory(), host)
    click.echo(f"{host} is revoked")


@click.command(context_settings=CONTEXT, params=[_NATS, _CREDENTIALS])
def hosts_command(nats: tuple[str, ...] | None, credentials: Path | None) -> None:
    """List the hosts of this machine's hub, or of servers of your own.

    Asks all agents: a host that does not answer is absent. CLOCK is how far its clock is ahead.
    """
    _check_nats(nats, credentials)
    with _extra():
        from logviewer import hub  # noqa: PLC0415 (needs the extra)

        if nats and credentials:
            _check_credentials(credentials)
            lines = hub.table_of_servers(nats, credentials)
        else:
            lines = hub.table(_hub_directory())
        for line in lines:
            click.echo(line)


@with_section("agent", options=_AGENT, settings=_AGENT_SETTINGS)
@click.command(context_settings=CONTEXT)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def agent_command(  # noqa: PLR0913 (options)
    paths: tuple[str, ...],
    *,
    join: str | None,
    host: str | None,
    labels: Sequence[tuple[str, str]],
    stdio: bool,
    nats: tuple[str, ...] | None,
    credentials: Path | None,
    **options: Any,  # noqa: ANN401 (typed by the table of options)
) -> None:
    """Answer a hub for this machine's logs, which stay here.

    Dials out and opens no port. PATHs are as for the server: without one, the logs of this machine.
    """
    _check_nats(nats, credentials)
    if len(labels) > _MOST_LABELS:
        raise click.UsageError(f"too many labels (limit {_MOST_LABELS})")
    if [bool(join), bool(nats), stdio].count(True) != 1 or bool(host) == bool(join):
        raise click.UsageError("give --join, or all of --nats, --credentials and --host, or --stdio and --host")
    if stdio and "-" in paths:
        raise click.UsageError("--stdio uses standard input; do not give - as PATH")
    paths, found = given_paths.choose(paths, options["command"], options["tables"])
    warnings = list(click.get_current_context().meta.get(WARNINGS, ()))
    text = _read_join(join, warnings) if join else ""
    settings = with_directories(agent_settings(paths, found=found, warnings=tuple(warnings), **options))
    if stdio and host:
        agent.run(settings, host, StdioTransport(), dict(labels), ready_line=None)
        return
    with _extra():
        from logviewer.hosts.connection import Connection  # noqa: PLC0415 (needs the extra)
        from logviewer.hosts.nats import NatsTransport  # noqa: PLC0415

        if host and nats and credentials:
            _check_credentials(credentials)
            connection = Connection(host, nats, credentials)
        else:
            connection = _invited(text)
        ready = f"{connection.name} answers the hub at {' or '.join(connection.urls)}"
        agent.run(settings, connection.name, NatsTransport(connection), dict(labels), ready_line=ready)


def _check_nats(nats: tuple[str, ...] | None, credentials: Path | None) -> None:
    if bool(nats) != bool(credentials):
        raise click.UsageError("--nats and --credentials need each other")


def _check_credentials(file: Path) -> None:
    """Raise CannotRunError for a file that cannot be read now; it is read again for each connection."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise CannotRunError(f"cannot read the credentials {file}: {error.strerror}; check --credentials") from error


def _read_join(join: str, warnings: list[str]) -> str:
    """Return the text of an invitation, which is given or in a file. Raises CannotRunError."""
    if join.startswith(_PREFIX):
        if click.get_current_context().get_parameter_source("join") is ParameterSource.COMMANDLINE:
            warnings.append(
                "the list of processes shows --join to all users; put its text in a file, and give the file"
            )
        return join
    file = Path(join)
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(_MOST_JOIN_CHARACTERS + 1)
        if is_readable_by_all(file):
            warnings.append(f"all users can read the invitation in {file}; run: chmod 600 {shlex.quote(str(file))}")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CannotRunError(
            f"cannot read the invitation {file}: {error}; give the line of 'logviewer invite'"
        ) from error
    return text


def _invited(text: str) -> "Connection":
    """Return the connection of an invitation. Raises CannotRunError."""
    from logviewer.hosts.connection import Connection  # noqa: PLC0415 (needs the extra)
    from logviewer.hosts.invitations import Invitation  # noqa: PLC0415

    try:
        invitation = Invitation.parse(text)
        connection = Connection.of_invitation(invitation)
    except ValueError as error:
        raise CannotRunError(f"--join: {error}") from error
    expires = invitation.expires
    if expires is not None and expires <= time.time():
        ended = datetime.fromtimestamp(expires, UTC)
        raise CannotRunError(
            f"the invitation of {invitation.host} expired on {ended:%Y-%m-%d}; run 'logviewer invite {invitation.host}'"
            " on the hub"
        )
    return connection


def _hub_directory() -> Path:
    """Return the directory of this machine's hub. Raises CannotRunError."""
    state = own_directory.find(os.environ, "state")
    if state is None:
        raise CannotRunError("there is no directory for the keys of the hub; set STATE_DIRECTORY")
    return state / "hub"


@contextlib.contextmanager
def _extra() -> Iterator[None]:
    """Name the optional packages if they are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        raise CannotRunError("this command needs optional packages; run: pip install 'logviewer[hosts]'") from error
