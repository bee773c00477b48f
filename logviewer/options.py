"""The one table of settings: from a flag, the environment or the configuration's file, checked together."""

import hashlib
import ipaddress
import os
import re
import secrets
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from logviewer.errors import CannotRunError
from logviewer.formats.line_format import LineFormat
from logviewer.formats.redaction import Redaction
from logviewer.settings import NO_TABLES, LogFormat, LogRule, RedactRule, Settings, Tables, User
from logviewer.settings import log_rule as read_log_rule
from logviewer.settings import redact_rule as read_redact_rule
from logviewer.settings import user as read_user

T = TypeVar("T")
FILE = click.Path(path_type=Path)
_TABLES = ("logs", "redact", "users")
_COMMANDS: list[click.Command] = []


def with_settings(command: click.Command) -> click.Command:
    """Give a command all the options of the table, and the configuration's file the keys of this command."""
    command.params += _OPTIONS
    _COMMANDS.append(command)
    return command


def checked(  # noqa: PLR0913 (one for each that needs more than to be kept)
    paths: tuple[str, ...],
    *,
    host: str,
    token: str | None,
    no_auth: bool,
    open_browser: bool | None,
    root_path: str,
    tables: Tables,
    **others: Any,  # noqa: ANN401 (as the table says)
) -> Settings:
    """The settings that the options make together. Raises click.UsageError for what does not go together."""
    ways = {"--token": token, "--auth-header": others["auth_header"], "[[users]]": tables.users}
    if no_auth:
        _check_open(host, [name for name, value in ways.items() if value])
    _check_proxy(others["auth_header"], others["trusted_proxy"], tables.users)
    if (others["ssl_certfile"] is None) != (others["ssl_keyfile"] is None):
        raise click.UsageError("--ssl-certfile and --ssl-keyfile go together")
    if token is not None and not re.fullmatch(r"[!-~]([ -~]*[!-~])?", token):
        raise click.UsageError("the token must be of printable ASCII characters, at least one")
    chosen = token
    if not (no_auth or any(ways.values())):
        token = secrets.token_urlsafe(16)
    return Settings(
        paths=paths,
        host=host,
        token=token,
        secret=_secret(chosen) if chosen else secrets.token_urlsafe(32),
        no_auth=no_auth,
        open_browser=_has_desktop() if open_browser is None else open_browser,
        root_path=_prefix(root_path),
        tables=tables,
        **others,
    )


def _secret(token: str) -> str:
    # Slow to make: or else who has a cookie could try all short tokens until one makes the same signature.
    return hashlib.scrypt(token.encode(), salt=b"logviewer session", n=2**14, r=8, p=1).hex()


def _check_open(host: str, ways: Sequence[str]) -> None:
    """Raises click.UsageError for what --no-auth does not go with."""
    if not _is_loopback(host):
        raise click.UsageError(
            f"--no-auth would show the logs to everybody who reaches {host}; it needs a loopback host"
        )
    if ways:
        raise click.UsageError(f"--no-auth and {ways[0]} exclude each other")


def _check_proxy(auth_header: str | None, trusted_proxy: Sequence[str], users: Sequence[User]) -> None:
    """Raises click.UsageError for what would let in nobody, or anybody."""
    for address in trusted_proxy:
        try:
            ipaddress.ip_network(address)
        except ValueError as error:
            raise click.UsageError(
                f"--trusted-proxy: {error}; give an address, or a network like 10.0.0.0/8"
            ) from error
    if auth_header is not None and not trusted_proxy:
        raise click.UsageError("--auth-header needs --trusted-proxy: or else anybody could send that header")
    if auth_header is not None and not re.fullmatch(r"[A-Za-z0-9-]+", auth_header):
        raise click.UsageError(f"--auth-header {auth_header!r} is no header's name, such as X-Remote-User")
    for each in users:
        if each.password is None and auth_header is None:
            raise click.UsageError(f"the user {each.name} has no password: see logviewer hash-password")


def _prefix(root_path: str) -> str:
    prefix = root_path.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", prefix):
        raise click.UsageError(
            f"--root-path {root_path!r} holds what no URL path can; use letters, digits and . _ ~ - /"
        )
    return f"/{prefix}" if prefix else ""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _has_desktop() -> bool:
    display = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return display and sys.stdout.isatty()


def _read_config(context: click.Context, _: click.Parameter, file: Path | None) -> Tables:
    """Let the file's keys be defaults, and give its tables. Raises CannotRunError for whatever is wrong with it."""
    if file is None:
        return NO_TABLES
    try:
        keys = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotRunError(f"cannot use the configuration {file}: {error}") from error
    tables = Tables(
        logs=_each(file, "logs", keys, _log_rule),
        redact=_each(file, "redact", keys, _redact_rule),
        users=_each(file, "users", keys, read_user),
    )
    names = [each.name for each in tables.users]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CannotRunError(f"{file}: there are two [[users]] of the name {twice[0]}")
    _set_defaults(context, file, keys)
    return tables


def _set_defaults(context: click.Context, file: Path, keys: Mapping[str, Any]) -> None:
    own = _by_key(context.command)
    # One file does for all commands.
    known = {key: each for command in _COMMANDS for key, each in _by_key(command).items()}
    context.default_map = {}
    for key, value in keys.items():
        name = key.replace("_", "-")
        if name not in known:
            raise CannotRunError(
                f"{file}: there is no setting {key!r}; there are {', '.join(sorted([*known, *_TABLES]))}"
            )
        _check_type(context, f"{file}: {key}", known[name], value)
        if name in own:
            context.default_map[own[name].name or name] = value


def _each(file: Path, name: str, keys: dict[str, Any], read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    """What all tables of this name say, which are taken out of the keys."""
    tables = keys.pop(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CannotRunError(f"{file}: {name} must be tables, each under its own [[{name}]]")
    found: list[T] = []
    for number, table in enumerate(tables, 1):
        try:
            found.append(read(table))
        except CannotRunError as error:
            raise CannotRunError(f"{file}: [[{name}]] number {number}: {error}") from error
    return tuple(found)


def _log_rule(table: Mapping[str, Any]) -> LogRule:
    rule = read_log_rule(table)
    # Made to be checked.
    LineFormat([rule])
    return rule


def _redact_rule(table: Mapping[str, Any]) -> RedactRule:
    rule = read_redact_rule(table)
    # Made to be checked.
    Redaction([rule])
    return rule


def _by_key(command: click.Command) -> dict[str, click.Parameter]:
    """The settings by the key they have in the configuration: the long option, or the argument's name."""
    settings = [each for each in command.params if each.name not in ("tables", "version", "directory", "no_serve")]
    return {each.opts[-1].lstrip("-"): each for each in settings}


def _check_type(context: click.Context, where: str, setting: click.Parameter, value: object) -> None:
    """TOML has types of its own: text is not taken for a number, nor a number for text."""
    many = setting.multiple or setting.nargs == -1
    wanted = {"boolean": (bool,), "integer range": (int,), "integer": (int,), "float range": (int, float)}
    types = wanted.get(setting.type.name, (str,))
    values = value if many and isinstance(value, list) else [value]
    if (many and not isinstance(value, list)) or any(type(each) not in types for each in values):
        kind = types[-1].__name__.replace("str", "text").replace("bool", "true or false")
        raise CannotRunError(f"{where} must be {'a list of ' if many else ''}{kind}, not {value!r}")
    try:
        setting.type_cast_value(context, value)
    except click.BadParameter as error:
        raise CannotRunError(f"{where}: {error.format_message()}") from error


# Flag, environment variable (LOGVIEWER_ and the name), key of the configuration, help.
_OPTIONS = (
    click.Option(["--host"], default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.Option(
        ["--port"],
        type=click.IntRange(0, 65535),
        default=8000,
        show_default=True,
        help="Port to listen on; 0 takes any free one.",
    ),
    click.Option(
        ["--open/--no-open", "open_browser"],
        envvar="LOGVIEWER_OPEN",
        default=None,
        help="Open a browser.  [default: on a desktop]",
    ),
    click.Option(["--token"], help="What a client must know.  [default: made anew at each start]"),
    click.Option(["--no-auth"], is_flag=True, help="Let everybody in; only for a loopback --host."),
    click.Option(
        ["--config", "tables"],
        envvar="LOGVIEWER_CONFIG",
        allow_from_autoenv=False,
        type=FILE,
        is_eager=True,
        callback=_read_config,
        help="TOML file with any of these settings, and 'paths', 'logs', 'redact' and 'users'.",
    ),
    click.Option(
        ["--follow-symlinks"], is_flag=True, help="Read files also where symlinks lead out of what PATH names."
    ),
    click.Option(["--root-path"], default="", help="Path prefix under which a proxy serves this, like /logs."),
    click.Option(
        ["--allow-host"], multiple=True, metavar="NAME", help="Another host name for this server; repeatable."
    ),
    click.Option(
        ["--allow-origin"], multiple=True, metavar="ORIGIN", help="Let pages of this origin read; repeatable."
    ),
    click.Option(["--auth-header"], metavar="NAME", help="Header in which a trusted proxy names the user."),
    click.Option(
        ["--trusted-proxy"],
        multiple=True,
        metavar="ADDRESS",
        help="Address or network of a proxy to believe; repeatable.",
    ),
    click.Option(
        ["--max-streams"],
        type=click.IntRange(min=1),
        default=5000,
        show_default=True,
        help="Streams at once, at most; half of them from one address.",
    ),
    click.Option(
        ["--workers"],
        type=click.IntRange(1, 64),
        default=1,
        show_default=True,
        help="Processes that serve together, for as many readers as one is too slow for.",
    ),
    click.Option(["--ssl-certfile"], type=FILE, help="Certificate, for HTTPS."),
    click.Option(["--ssl-keyfile"], type=FILE, help="Its key."),
    click.Option(
        ["--log-format"],
        type=click.Choice(get_args(LogFormat)),
        help="Log requests too, a line each, in this form.  [default: only warnings, in words]",
    ),
)
