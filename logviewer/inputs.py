"""Standard input and the output of commands, which become files that the catalog follows."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from logviewer.errors import CannotRunError
from logviewer.settings import Settings
from logviewer.sources.catalog import STDIN, Catalog
from logviewer.sources.command import Command, CommandOutput, of_option, of_path
from logviewer.sources.stdin import Spool


@dataclass(frozen=True, slots=True)
class Inputs:
    """Standard input and the output of commands, which this process writes to files that the server follows."""

    spool: Spool | None
    outputs: Sequence[CommandOutput]

    @classmethod
    def of(cls, settings: Settings) -> "Inputs":
        """Create the files. Raises CannotRunError."""
        if STDIN in settings.paths and sys.stdin is None:
            raise CannotRunError("standard input is closed; pipe lines into it, or give a log file")
        commands = [
            *(command for path in settings.paths if (command := of_path(path))),
            *map(of_option, settings.command),
            *(Command(each.name, each.words) for each in settings.tables.sources),
        ]
        names = [each.name for each in commands]
        if repeated := [name for name in names if names.count(name) > 1]:
            raise CannotRunError(f"two commands have the name {repeated[0]!r}; names must differ")
        outputs = [CommandOutput(each, settings.state, settings.spool_size) for each in commands]
        return cls(Spool(sys.stdin.buffer) if STDIN in settings.paths else None, outputs)

    def start(self, at_end: Callable[[], None], report: Callable[[Path, str | None], None]) -> None:
        """Begin to write.

        Calls both functions in threads: ``report`` with a file and the reason why it gets no lines, or None.
        """
        if self.spool:
            self.spool.start(at_end, partial(report, self.spool.path))
        for each in self.outputs:
            each.start(partial(report, each.path))

    def stop(self) -> None:
        """End the commands."""
        for each in self.outputs:
            each.end()
        for each in self.outputs:
            each.stop()

    def catalog(self, settings: Settings, host: str | None = None) -> Catalog:
        """Return the catalog of these files and of the paths of the settings."""
        return Catalog(
            settings.paths,
            stdin=self.spool.path if self.spool else None,
            outputs={each.path: each.command.name for each in self.outputs},
            tables=settings.tables,
            follow_symlinks=settings.follow_symlinks,
            max_history=0 if settings.no_history else settings.max_history,
            state=settings.state,
            host=host,
        )


def input_ender(catalog: Catalog) -> Callable[[], None]:
    """Return a function to call, in any thread, after the last line of standard input is in its spool."""
    loop = asyncio.get_running_loop()

    def at_end() -> None:
        if stdin := catalog.stdin:
            stdin.poll()
            stdin.finish()
            loop.call_soon_threadsafe(stdin.changed.send)

    return at_end


def error_reporter(catalog: Catalog) -> Callable[[Path, str | None], None]:
    """Return a function to call, in any thread, with the error that keeps lines out of a file, or None."""

    def report_error(path: Path, reason: str | None) -> None:
        catalog.outputs[path].input_error = reason

    return report_error
