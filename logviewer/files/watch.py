"""A watch over many directories. Its events are hints: polls find every change without it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from watchfiles import Change, awatch

# A line reaches a reader one or two steps after it was written; each step wakes a thread.
STEP_MS = 1
DEBOUNCE_MS = 5


async def changes(directories: Iterable[Path], stop: asyncio.Event) -> AsyncIterator[set[tuple[Change, Path]]]:
    """Yield changes of the entries of these directories, without subdirectories, until ``stop`` is set.

    If the watch fails, log a warning and end.
    """
    try:
        watch = awatch(
            *directories,
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            stop_event=stop,
            recursive=False,
            force_polling=False,
            ignore_permission_denied=True,
        )
        async for changed in watch:
            yield {(change, Path(path)) for change, path in changed}
    # OSError: a removed directory or a full inotify table. RuntimeError: the library's own errors, such as a changed
    # path that is not UTF-8; its task group wraps them in an ExceptionGroup. UnicodeError: such a directory.
    except* (OSError, RuntimeError, UnicodeError) as group:
        reasons = "; ".join(map(repr, group.exceptions))
        logging.getLogger("logviewer").warning("file change events stopped (%s); polling finds changes", reasons)
