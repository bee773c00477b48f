"""The command line: turns arguments into Settings, and errors into one line and an exit code."""

import atexit
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import click

from logviewer import given_paths, password_hash, server, temporary
from logviewer.config_file import CONFIG, FILE
from logviewer.errors import CannotRunError
from logviewer.explain import explain
from logviewer.hosts_cli import agent_command, hosts_command, hub_command, invite_command, revoke_command
from logviewer.options import CONTEXT, build_settings, with_directories, with_settings
from logviewer.settings import FoundPath, Tables

OK, CANNOT_RUN, BAD_COMMAND_LINE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 after a signal, 1 if it cannot run, 2 for a bad command line."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if command := _COMMANDS.get(typed[0] if typed else ""):
            command.main(typed[1:], prog_name=f"logviewer {typed[0]}", standalone_mode=False)
        else:
            serve_command.main(typed, prog_name="logviewer", standalone_mode=False)
    except click.Abort:
        _fail(CANNOT_RUN, "aborted")
    except click.ClickException as error:
        _fail(BAD_COMMAND_LINE, f"{error.format_message()} (see logviewer --help)")
    except CannotRunError as error:
        _fail(CANNOT_RUN, str(error))
    sys.exit(OK)


def _fail(code: int, message: str) -> NoReturn:
    print("logviewer: " + " ".join(message.split()), file=sys.stderr)  # noqa: T201 (for the user)
    sys.exit(code)


@with_settings
@click.command(
    context_settings=CONTEXT,
    epilog="\b\nExamples:\n  logviewer /var/log/syslog '/var/log/nginx/*.log'\n  make 2>&1 | logviewer -\n"
    "  logviewer demo          write and serve demo logs (for a file named demo: ./demo)\n",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.version_option(version("logviewer"), message="logviewer %(version)s", allow_from_autoenv=False)
def serve_command(paths: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 (typed by the table of options)
    """Follow log files in a browser.

    PATH is a file, a quoted glob, a directory, - for standard input, journal:UNIT for the journal of systemd, or
    ssh:HOST:PATH for a PATH of another machine with logviewer. A file may be created later; a glob and a directory also
    match files created later. Without PATH, the logs of this machine are followed. Prints the URL to open when the
    server is ready. Press Ctrl-C to stop.

    Every option can also be set by an environment variable, such as LOGVIEWER_PORT, or by a key in the --config file.
    """
    remote, local = given_paths.split(paths)
    found: tuple[FoundPath, ...] = ()
    if local or not remote:
        local, found = given_paths.choose(local, options["command"], options["tables"])
    settings = build_settings(local, found=found, **options)
    server.run(with_directories(settings), given_paths.hub(remote) if remote else None)


@with_settings
@click.command(context_settings=CONTEXT)
@click.argument("directory", required=False, metavar="[DIR]", type=FILE)
@click.option("--rate", type=click.FloatRange(min=0), default=20.0, show_default=True, help="Lines per second.")
@click.option(
    "--seed", default=1, show_default=True, help="Seed of the random story; the same seed writes the same lines."
)
@click.option("--no-serve", is_flag=True, help="Write the logs without a server.")
def demo_command(directory: Path | None, rate: float, seed: int, no_serve: bool, **options: Any) -> None:  # noqa: ANN401, FBT001 (typed by the table of options)
    """Write demo logs into DIR and serve them.

    DIR is a temporary directory by default.
    """
    if no_serve:
        _write_demo(directory, rate=rate, seed=seed)
        return
    logs = directory or temporary.directory("the demo")
    settings = build_settings((str(logs),), **options)
    # A separate process: at a high rate the writer would take the server's time.
    arguments = [sys.executable, "-m", "logviewer", "demo", "--no-serve", f"--rate={rate}", f"--seed={seed}", str(logs)]
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0)
    atexit.register(_stop, process)
    if not process.stdout or not process.stdout.readline():
        # The writer printed the reason.
        sys.exit(CANNOT_RUN)
    server.run(settings)


@click.command(context_settings=CONTEXT)
def hash_command() -> None:
    """Print the hash of a password for the --config file.

    Prompts for the password on a terminal; otherwise reads the first line of standard input.
    """
    if sys.stdin.isatty():
        # An exception lets click restore the terminal's echo; the default handler ends the process at once.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError("the password must not be empty")
    print(password_hash.hash_password(password))  # noqa: T201 (the result)


@click.command(context_settings=CONTEXT, params=[CONFIG])
@click.argument("file", required=False, metavar="[FILE]", type=FILE)
@click.option("--lines", type=click.IntRange(min=1), default=10, show_default=True, help="Lines to explain.")
def explain_command(file: Path | None, lines: int, tables: Tables) -> None:
    """Print the time, level, fields and record of the first lines of FILE, and the rules that found them.

    Without FILE, or with -, reads standard input.
    """
    for line in explain(None if file and str(file) == "-" else file, tables, lines):
        click.echo(line)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait()


def _write_demo(directory: Path | None, *, rate: float, seed: int) -> None:
    # The server has no use for it.
    from logviewer.demo import writer  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        directory = directory or Path(tempfile.mkdtemp(prefix="logviewer-demo-"))
        writer.run(directory, rate=rate, seed=seed, stop=stop, ready=lambda: print(directory, flush=True))  # noqa: T201
    except OSError as error:
        raise CannotRunError(f"cannot write demo logs: {error}; choose another DIR") from error


_COMMANDS = {
    "demo": demo_command,
    "explain": explain_command,
    "hash-password": hash_command,
    "hub": hub_command,
    "invite": invite_command,
    "revoke": revoke_command,
    "hosts": hosts_command,
    "agent": agent_command,
}
