"""The command line: what was typed becomes Settings, and what goes wrong becomes one line and an exit code."""

import atexit
import ipaddress
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

import click

from logviewer import catalog, demo, passwords, serve
from logviewer.config import LogFormat, LogRule, Settings, Tables, User, log_rule, user
from logviewer.errors import CannotRunError, NotAFileError
from logviewer.parsing.dialect import Dialect

T = TypeVar("T")

OK, CANNOT_RUN, BAD_COMMAND_LINE = 0, 1, 2
_CONTEXT = {"auto_envvar_prefix": "LOGVIEWER", "help_option_names": ["-h", "--help"], "max_content_width": 100}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 after a signal, 1 if it cannot run, 2 for a bad command line."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    named = {"demo": demo_command, "hash-password": hash_command}
    try:
        if command := named.get(typed[0] if typed else ""):
            command.main(typed[1:], prog_name=f"logviewer {typed[0]}", standalone_mode=False)
        else:
            serve_command.main(typed, prog_name="logviewer", standalone_mode=False)
    except click.Abort:
        _fail(CANNOT_RUN, "ended before it was done")
    except click.ClickException as error:
        _fail(BAD_COMMAND_LINE, f"{error.format_message()} (see logviewer --help)")
    except CannotRunError as error:
        _fail(CANNOT_RUN, str(error))
    sys.exit(OK)


def _fail(code: int, message: str) -> NoReturn:
    print("logviewer: " + " ".join(message.split()), file=sys.stderr)  # noqa: T201 (to people)
    sys.exit(code)


def _read_config(context: click.Context, _: click.Parameter, file: Path | None) -> Tables:
    """Let the file's keys be defaults, and give its tables. Raises CannotRunError for whatever is wrong with it."""
    if file is None:
        return Tables()
    try:
        keys = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotRunError(f"cannot use the configuration {file}: {error}") from error
    own = _by_key(context.command)
    known = _by_key(serve_command) | _by_key(demo_command)
    context.default_map = {}
    tables = Tables(_log_rules(file, keys.pop("logs", [])), _users(file, keys.pop("users", [])))
    for key, value in keys.items():
        name = key.replace("_", "-")
        if name not in known:
            raise CannotRunError(
                f"{file}: there is no setting {key!r}; there are {', '.join(sorted([*known, 'logs', 'users']))}"
            )
        _check_type(context, f"{file}: {key}", known[name], value)
        if name in own:
            context.default_map[own[name].name or name] = value
    return tables


def _log_rules(file: Path, tables: object) -> tuple[LogRule, ...]:
    def read(table: Mapping[str, Any]) -> LogRule:
        rule = log_rule(table)
        # Made to be checked.
        Dialect([rule])
        return rule

    return _each(file, "logs", tables, read)


def _users(file: Path, tables: object) -> tuple[User, ...]:
    users = _each(file, "users", tables, user)
    names = [each.name for each in users]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CannotRunError(f"{file}: there are two [[users]] of the name {twice[0]}")
    return users


def _each(file: Path, key: str, tables: object, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CannotRunError(f"{file}: {key} must be tables, each under its own [[{key}]]")
    found: list[T] = []
    for number, table in enumerate(tables, 1):
        try:
            found.append(read(table))
        except CannotRunError as error:
            raise CannotRunError(f"{file}: [[{key}]] number {number}: {error}") from error
    return tuple(found)


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


_FILE = click.Path(path_type=Path)

# The one table of settings: flag, environment variable (LOGVIEWER_ and the name), key of the configuration, help.
_TABLE = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8000,
        show_default=True,
        help="Port to listen on; 0 takes any free one.",
    ),
    click.option(
        "--open/--no-open",
        "open_browser",
        envvar="LOGVIEWER_OPEN",
        default=None,
        help="Open a browser.  [default: on a desktop]",
    ),
    click.option("--token", help="What a client must know.  [default: made anew at each start]"),
    click.option("--no-auth", is_flag=True, help="Let everybody in; only for a loopback --host."),
    click.option(
        "--config",
        "tables",
        envvar="LOGVIEWER_CONFIG",
        allow_from_autoenv=False,
        type=_FILE,
        is_eager=True,
        callback=_read_config,
        help="TOML file with any of these settings, and 'paths', 'logs' and 'users'.",
    ),
    click.option("--root-path", default="", help="Path prefix under which a proxy serves this, like /logs."),
    click.option("--allow-host", multiple=True, metavar="NAME", help="Another host name for this server; repeatable."),
    click.option("--allow-origin", multiple=True, metavar="ORIGIN", help="Let pages of this origin read; repeatable."),
    click.option("--auth-header", metavar="NAME", help="Header in which a trusted proxy names the user."),
    click.option(
        "--trusted-proxy",
        multiple=True,
        metavar="ADDRESS",
        help="Address or network of a proxy to believe; repeatable.",
    ),
    click.option(
        "--max-streams",
        type=click.IntRange(min=1),
        default=5000,
        show_default=True,
        help="Streams at once, at most; half of them from one address.",
    ),
    click.option("--ssl-certfile", type=_FILE, help="Certificate, for HTTPS."),
    click.option("--ssl-keyfile", type=_FILE, help="Its key."),
    click.option(
        "--log-format",
        type=click.Choice(get_args(LogFormat)),
        help="Log requests too, a line each, in this form.  [default: only warnings, in words]",
    ),
)


def _settings(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_TABLE):
        command = option(command)
    return command


@click.command(
    context_settings=_CONTEXT,
    epilog="\b\nExamples:\n  logviewer /var/log/syslog '/var/log/nginx/*.log'\n  make 2>&1 | logviewer -\n"
    "  logviewer demo          demo logs, written and served (a file of that name: ./demo)\n",
)
@click.argument("paths", nargs=-1, metavar="PATH...")
@_settings
@click.version_option(version("logviewer"), message="logviewer %(version)s", allow_from_autoenv=False)
def serve_command(paths: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 (as the table says)
    """See log files in a browser, live.

    PATH is a file (also one that does not exist yet), a glob in quotes (files that match later are found), a
    directory, or - for standard input. The URL to open is printed when the server is ready. Ctrl-C ends it.

    Every option can also be set as LOGVIEWER_NAME in the environment or as a key in the --config file.
    """
    if not paths:
        raise click.UsageError("no PATH given: name a log file, a glob, a directory, or - for standard input")
    if any("\0" in path or not path for path in paths):
        raise click.UsageError("a PATH must not be empty, nor hold a null byte")
    try:
        catalog.check(paths)
    except NotAFileError as error:
        raise click.UsageError(f"{error}; name a log file, or pipe it: ... | logviewer -") from error
    serve.run(_checked(paths, **options))


@click.command(context_settings=_CONTEXT)
@click.argument("directory", required=False, metavar="[DIR]", type=_FILE)
@click.option("--rate", type=click.FloatRange(min=0), default=20.0, show_default=True, help="Lines per second.")
@click.option("--seed", default=1, show_default=True, help="The same seed tells the same story.")
@click.option("--no-serve", is_flag=True, help="Only write.")
@_settings
def demo_command(directory: Path | None, rate: float, seed: int, no_serve: bool, **options: Any) -> None:  # noqa: ANN401, FBT001 (as the table says)
    """Write demo logs into DIR (by default a temporary one) and serve them."""
    if no_serve:
        _write_demo(directory or Path(tempfile.mkdtemp(prefix="logviewer-demo-")), rate=rate, seed=seed)
        return
    with tempfile.TemporaryDirectory(prefix="logviewer-demo-") as temporary:
        logs = directory or Path(temporary)
        settings = _checked((str(logs),), **options)
        # A process of its own: at a high rate the writer would take the server's time.
        words = [sys.executable, "-m", "logviewer", "demo", "--no-serve", f"--rate={rate}", f"--seed={seed}", str(logs)]
        writer = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0)
        atexit.register(_stop, writer)
        if not writer.stdout or not writer.stdout.readline():
            # It has said why.
            sys.exit(CANNOT_RUN)
        serve.run(settings)


@click.command(context_settings=_CONTEXT)
def hash_command() -> None:
    """Print what the configuration holds in place of a password.

    The password is asked for on a terminal, or else read from standard input, up to the end of its first line.
    """
    if sys.stdin.isatty():
        # Or else the terminal would go on to hide what is typed.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError("the password must not be empty")
    print(passwords.hashed(password))  # noqa: T201 (what it is for)


def _stop(writer: "subprocess.Popen[bytes]") -> None:
    writer.terminate()
    writer.wait()


def _write_demo(directory: Path, *, rate: float, seed: int) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        demo.run(directory, rate=rate, seed=seed, stop=stop, ready=lambda: print(directory, flush=True))  # noqa: T201
    except OSError as error:
        raise CannotRunError(f"cannot write demo logs: {error}") from error


def _checked(  # noqa: PLR0913 (one for each line of the table)
    paths: tuple[str, ...],
    *,
    host: str,
    port: int,
    open_browser: bool | None,
    token: str | None,
    no_auth: bool,
    root_path: str,
    allow_host: tuple[str, ...],
    allow_origin: tuple[str, ...],
    ssl_certfile: Path | None,
    ssl_keyfile: Path | None,
    log_format: LogFormat | None,
    auth_header: str | None,
    trusted_proxy: tuple[str, ...],
    max_streams: int,
    tables: Tables,
) -> Settings:
    """Raises click.UsageError for what does not go together."""
    ways = {"--token": token, "--auth-header": auth_header, "[[users]]": tables.users}
    if no_auth:
        _check_open(host, [name for name, value in ways.items() if value])
    _check_proxy(auth_header, trusted_proxy, tables.users)
    if (ssl_certfile is None) != (ssl_keyfile is None):
        raise click.UsageError("--ssl-certfile and --ssl-keyfile go together")
    if token is not None and not re.fullmatch(r"[!-~]([ -~]*[!-~])?", token):
        raise click.UsageError("the token must be of printable ASCII characters, at least one")
    if not (no_auth or any(ways.values())):
        token = secrets.token_urlsafe(16)
    return Settings(
        paths=paths,
        host=host,
        port=port,
        token=token,
        secret=token or secrets.token_urlsafe(32),
        no_auth=no_auth,
        open_browser=_has_desktop() if open_browser is None else open_browser,
        root_path=_prefix(root_path),
        allow_host=allow_host,
        allow_origin=allow_origin,
        ssl_certfile=ssl_certfile,
        ssl_keyfile=ssl_keyfile,
        log_format=log_format,
        logs=tables.logs,
        users=tables.users,
        auth_header=auth_header,
        trusted_proxy=trusted_proxy,
        max_streams=max_streams,
    )


def _check_open(host: str, ways: Sequence[str]) -> None:
    """Raises click.UsageError for what --no-auth does not go with."""
    if not _is_loopback(host):
        raise click.UsageError(
            f"--no-auth would show the logs to everybody who reaches {host}; it needs a loopback host"
        )
    if ways:
        raise click.UsageError(f"--no-auth and {ways[0]} exclude each other")


def _prefix(root_path: str) -> str:
    prefix = root_path.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", prefix):
        raise click.UsageError(
            f"--root-path {root_path!r} holds what no URL path can; use letters, digits and . _ ~ - /"
        )
    return f"/{prefix}" if prefix else ""


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


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _has_desktop() -> bool:
    display = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return display and sys.stdout.isatty()
