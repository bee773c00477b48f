"""The table of options: flags, environment variables and keys of the configuration file, and their checks."""

import hashlib
import ipaddress
import os
import re
import secrets
import shlex
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from logviewer import config_file
from logviewer.config_file import CONFIG, FILE, WARNINGS, is_readable_by_all
from logviewer.errors import CannotRunError
from logviewer.files import own_directory
from logviewer.settings import LogFormat, Settings, Tables, User
from logviewer.sources.command import DEFAULT_MIB

Decorator = Callable[[click.Command], click.Command]
CONTEXT = {"auto_envvar_prefix": "LOGVIEWER", "help_option_names": ["-h", "--help"], "max_content_width": 100}
"""The ``context_settings`` of all commands."""
# Of ``LoadCredential=token:FILE`` in a unit of systemd.
_MOST_TOKEN_CHARACTERS = 4096
_CREDENTIAL = "token"
_MOST_CALLS = 10_000


def with_settings(command: click.Command) -> click.Command:
    """Add the options of the table to a command, and the command's options to the keys of the configuration file."""
    command.params += _OPTIONS
    config_file.register(command)
    return command


def with_section(
    section: str, *, options: Sequence[click.Option], settings: Collection[str] | None = None
) -> Decorator:
    """Return a decorator like ``with_settings``; the command's own ``options`` are keys of a section of the file.

    Of the table, only ``settings`` are added, by name.
    """

    def add(command: click.Command) -> click.Command:
        command.params += [*options, *(each for each in _OPTIONS if settings is None or each.name in settings)]
        config_file.register_section(section, command, options)
        return command

    return add


def with_directories(settings: Settings) -> Settings:
    """Return the settings with the directories of the state and the cache."""
    cache = None if settings.no_cache else own_directory.find(os.environ, "cache")
    return replace(settings, state=own_directory.find(os.environ, "state"), cache=cache)


def build_settings(  # noqa: PLR0913 (the options that are checked or changed)
    paths: tuple[str, ...],
    *,
    host: str,
    token: str | None,
    token_file: Path | None,
    no_auth: bool,
    open_browser: bool | None,
    root_path: str,
    tables: Tables,
    **others: Any,  # noqa: ANN401 (typed by the table)
) -> Settings:
    """Return the settings of the options.

    Raises click.UsageError for an invalid option or combination, and CannotRunError for an unreadable token file.
    """
    warnings = list(click.get_current_context().meta.get(WARNINGS, ()))
    chosen = _checked(_token(token, token_file, warnings))
    sign_in_methods = {"--token": chosen, "--auth-header": others["auth_header"], "[[users]]": tables.users}
    if no_auth:
        _check_no_auth(host, [name for name, value in sign_in_methods.items() if value])
    has_proxy = others["trusted_proxy"] or others["uds"]
    _check_proxy(others["auth_header"], others["trusted_proxy"], tables.users, has_proxy=bool(has_proxy))
    if (others["ssl_certfile"] is None) != (others["ssl_keyfile"] is None):
        raise click.UsageError("--ssl-certfile and --ssl-keyfile need each other")
    needs_token = not (no_auth or any(sign_in_methods.values()))
    return Settings(
        paths=paths,
        host=host,
        token=secrets.token_urlsafe(16) if needs_token else chosen,
        secret=_secret(chosen) if chosen else secrets.token_urlsafe(32),
        no_auth=no_auth,
        open_browser=not others["uds"] and (_has_desktop() if open_browser is None else open_browser),
        root_path=_prefix(root_path),
        tables=tables,
        warnings=tuple(warnings),
        **others,
    )


def agent_settings(paths: tuple[str, ...], **options: Any) -> Settings:  # noqa: ANN401 (typed by the table)
    """Return the settings of an agent, which listens nowhere: its hub limits and authorizes the clients."""
    return Settings(
        paths=paths,
        host="",
        port=0,
        uds=None,
        token=None,
        secret="",
        no_auth=True,
        max_streams=_MOST_CALLS,
        max_connections=_MOST_CALLS,
        workers=1,
        open_browser=False,
        **options,
    )


def _token(token: str | None, file: Path | None, warnings: list[str]) -> str | None:
    """Return the token of the option, the file, or a credential of systemd, in this order; None without any of them."""
    if token is not None and file is not None:
        raise click.UsageError("--token and --token-file cannot be used together")
    if token is not None:
        if click.get_current_context().get_parameter_source("token") is ParameterSource.COMMANDLINE:
            warnings.append("the list of processes shows the token of --token to all users; use --token-file")
        return token
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", ""), _CREDENTIAL)
    if file is None and credential.is_absolute() and credential.exists():
        file = credential
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as opened:
            token = opened.read(_MOST_TOKEN_CHARACTERS + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRunError(f"cannot read the token file {file}: {error}") from error
    if len(token) > _MOST_TOKEN_CHARACTERS:
        raise CannotRunError(f"the token file {file} has more than {_MOST_TOKEN_CHARACTERS:,} characters")
    if is_readable_by_all(file):
        warnings.append(f"all users can read the token in {file}; run: chmod 600 {shlex.quote(str(file))}")
    return token


def _checked(token: str | None) -> str | None:
    if token is not None and not re.fullmatch(r"[!-~]([ -~]*[!-~])?", token):
        raise click.UsageError("the token must be printable ASCII text, not empty and without spaces at its ends")
    return token


def _secret(token: str) -> str:
    # Slow on purpose: with a cookie, an attacker can try short tokens offline until one makes the same signature.
    return hashlib.scrypt(token.encode(), salt=b"logviewer session", n=2**14, r=8, p=1).hex()


def _check_no_auth(host: str, sign_in_methods: Sequence[str]) -> None:
    """Raise click.UsageError if --no-auth conflicts with the host or with a sign-in method."""
    if not _is_loopback(host):
        raise click.UsageError(
            f"--no-auth would show the logs to any client that reaches {host}; use it with a loopback --host"
        )
    if sign_in_methods:
        raise click.UsageError(f"--no-auth cannot be used with {sign_in_methods[0]}")


def _check_proxy(
    auth_header: str | None, trusted_proxy: Sequence[str], users: Sequence[User], *, has_proxy: bool
) -> None:
    """Raise click.UsageError for a proxy or a user that would let in all clients or none."""
    for address in trusted_proxy:
        try:
            ipaddress.ip_network(address)
        except ValueError as error:
            raise click.UsageError(
                f"--trusted-proxy: {error}; give an address, or a network such as 10.0.0.0/8"
            ) from error
    if auth_header is not None and not has_proxy:
        message = "--auth-header needs --trusted-proxy or --uds; otherwise any client could send that header"
        raise click.UsageError(message)
    if auth_header is not None and not re.fullmatch(r"[A-Za-z0-9-]+", auth_header):
        raise click.UsageError(f"--auth-header {auth_header!r} is not the name of a header, such as X-Remote-User")
    for each in users:
        if each.password is None and auth_header is None:
            raise click.UsageError(f"user {each.name!r} has no password; print a hash with logviewer hash-password")


def _prefix(root_path: str) -> str:
    prefix = root_path.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", prefix):
        raise click.UsageError(f"--root-path {root_path!r} is not a URL path; use letters, digits and . _ ~ - /")
    return f"/{prefix}" if prefix else ""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _has_desktop() -> bool:
    display = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return display and sys.stdout.isatty()


# Flags, with their help. Each is also the environment variable LOGVIEWER_NAME and a key of the configuration file.
_OPTIONS = (
    click.Option(["--host"], default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.Option(
        ["--port"],
        type=click.IntRange(0, 65535),
        default=8000,
        show_default=True,
        help="Port to listen on; 0 for any free port.",
    ),
    click.Option(
        ["--uds"],
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Unix socket to listen on, for a proxy, in place of host and port.",
    ),
    click.Option(
        ["--open/--no-open", "open_browser"],
        envvar="LOGVIEWER_OPEN",
        default=None,
        help="Open the page in a browser.  [default: on a desktop]",
    ),
    click.Option(["--token"], help="Token that signs clients in.  [default: random at each start]"),
    click.Option(
        ["--token-file"],
        type=FILE,
        help="File with the token.  [default: the credential 'token' of systemd, if there is one]",
    ),
    click.Option(["--no-auth"], is_flag=True, help="Serve without sign-in; needs a loopback --host."),
    CONFIG,
    click.Option(["--follow-symlinks"], is_flag=True, help="Follow symlinks to targets outside PATH."),
    click.Option(["--no-history"], is_flag=True, help="Leave out rotated files that are on disk at the start."),
    click.Option(
        ["--max-history"],
        type=click.IntRange(min=1),
        metavar="N",
        help="Show only the N newest rotated files of each log that are on disk at the start.  [default: all]",
    ),
    click.Option(
        ["--command"],
        multiple=True,
        metavar="NAME=CMD",
        help="A command whose output is followed as the source NAME; repeatable.",
    ),
    click.Option(
        ["--spool-size"],
        type=click.IntRange(min=1),
        default=DEFAULT_MIB,
        show_default=True,
        metavar="MIB",
        help="Limit of the kept output of each command, in MiB.",
    ),
    click.Option(["--no-cache"], is_flag=True, help="Count lines again after a restart, without files on disk."),
    click.Option(
        ["--cache-size"],
        type=click.IntRange(min=1),
        metavar="MIB",
        help="Limit of the decoded text of compressed files, in MiB.  [default: 2048, or a tenth of the free disk]",
    ),
    click.Option(["--root-path"], default="", help="Path prefix behind a proxy, such as /logs."),
    click.Option(
        ["--allow-host"], multiple=True, metavar="NAME", help="Another host name for this server; repeatable."
    ),
    click.Option(
        ["--allow-origin"],
        multiple=True,
        metavar="ORIGIN",
        help="Another origin whose pages may call the API; repeatable.",
    ),
    click.Option(
        ["--auth-header"],
        metavar="NAME",
        help="Header in which a proxy names the user; needs --trusted-proxy or --uds.",
    ),
    click.Option(
        ["--trusted-proxy"],
        multiple=True,
        metavar="ADDRESS",
        help="Address or network of a trusted proxy; repeatable.",
    ),
    click.Option(
        ["--max-streams"],
        type=click.IntRange(min=1),
        default=5000,
        show_default=True,
        help="Limit of open streams; half of it for one address.",
    ),
    click.Option(
        ["--max-connections"],
        type=click.IntRange(min=1),
        default=10_000,
        show_default=True,
        help="Limit of connections; half of it for one address, and half, at most 1,000, without sign-in.",
    ),
    click.Option(
        ["--workers"],
        type=click.IntRange(1, 64),
        default=1,
        show_default=True,
        help="Processes that share one port.",
    ),
    click.Option(["--ssl-certfile"], type=FILE, help="TLS certificate, to serve HTTPS."),
    click.Option(["--ssl-keyfile"], type=FILE, help="Private key of the certificate."),
    click.Option(
        ["--log-format"],
        type=click.Choice(get_args(LogFormat)),
        help="Log each request as one line.  [default: log only warnings]",
    ),
)
