"""One watch over many directories, told as sets of changed paths. Only a hint: looks must be right without it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from watchfiles import Change, awatch

# A reader sees a line one or two steps after it was written; each step costs a thread's waking.
STEP_MS = 1
DEBOUNCE_MS = 5


async def changes(directories: Iterable[Path], stop: asyncio.Event) -> AsyncIterator[set[tuple[Change, Path]]]:
    """Tell of changes directly in these directories until ``stop`` is set or the watch fails."""
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
    except Exception as error:  # noqa: BLE001 (the library wraps what it meets in groups of many kinds)
        # A directory that went away, a full inotify table, a name that is not UTF-8: the steady look goes on alone.
        logging.getLogger("logviewer").warning("no hints of changes, looking each quarter of a second: %r", error)
