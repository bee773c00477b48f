"""The PATHs of a command line, or the logs of this machine without one."""

from collections.abc import Sequence

import click

from logviewer.errors import NotAFileError
from logviewer.hosts.hub import HubPlan
from logviewer.hosts.ssh import SCHEME, SshPath, SshTransport, by_host, command
from logviewer.settings import FoundPath, Tables
from logviewer.sources import catalog, machine
from logviewer.sources.command import of_option


def split(paths: tuple[str, ...]) -> tuple[tuple[SshPath, ...], tuple[str, ...]]:
    """Return the PATHs of other machines, and those of this one. Raises click.UsageError."""
    try:
        remote = tuple(SshPath.of(path) for path in paths if path.startswith(SCHEME))
        by_host(remote)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return remote, tuple(path for path in paths if not path.startswith(SCHEME))


def hub(remote: Sequence[SshPath]) -> HubPlan:
    """Return the hub of the machines that these PATHs name."""
    commands = {host: command(paths) for host, paths in by_host(remote).items()}
    return HubPlan("hub", lambda _: SshTransport(commands), lambda: commands)


def check(paths: Sequence[str], commands: Sequence[str]) -> None:
    """Raise click.UsageError for a PATH or a --command that cannot be followed."""
    if any("\0" in path or not path for path in paths):
        raise click.UsageError("a PATH must not be empty or contain a null byte")
    try:
        catalog.check(paths)
        for text in commands:
            of_option(text)
    except NotAFileError as error:
        raise click.UsageError(f"{error}; give a log file, or pipe it: ... | logviewer -") from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def choose(
    paths: tuple[str, ...], commands: Sequence[str], tables: Tables
) -> tuple[tuple[str, ...], tuple[FoundPath, ...]]:
    """Return the checked PATHs, and those of this machine, with their readability, if none was given.

    Raises click.UsageError, also for a machine without logs.
    """
    found = () if paths or commands or tables.sources else _find()
    paths = paths or tuple(each.path for each in found if each.is_readable)
    check(paths, commands)
    return paths, found


def _find() -> tuple[FoundPath, ...]:
    found = tuple(machine.find())
    if not any(each.is_readable for each in found):
        refused = [f"{each.path} cannot be read ({each.limit})" for each in found]
        reason = ", ".join(refused) or f"{', '.join(machine.DIRECTORIES)} and the journal have no logs"
        raise click.UsageError(f"no PATH given, and {reason}; give a log file, a glob, a directory, or - for stdin")
    return found
