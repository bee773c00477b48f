"""Watches over directories and single files. Their events are hints: polls find every change without them."""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from pathlib import Path

from watchfiles import Change, awatch

if sys.platform == "linux":
    from inotify_simple import INotify, flags

# A change of a directory is noticed one or two steps after it. Each step wakes a thread: a thousand of them in a second
# take 2 % of a core. Where ``FileWatch`` reports writes, only rotations wait for them.
_STEP_MS = 1
_SLOW_STEP_MS = 50
_DEBOUNCE_MS = 5
# Files that are written without a pause wake their readers this often.
_PAUSE_SECONDS = 0.002


class FileWatch:
    """The kernel's own events of single files: a write wakes its readers at once.

    Only on Linux. Elsewhere, and where the kernel gives no descriptor or no watch, polls and directory watches do its
    work. ``on_write`` is called on the event loop with the paths that were written.
    """

    def __init__(self, on_write: Callable[[Collection[Path]], None]) -> None:
        self._on_write = on_write
        self._inotify: INotify | None = None
        self._paths: Mapping[int, list[Path]] = {}
        self._lock = threading.Lock()
        self._is_over = False

    @property
    def is_running(self) -> bool:
        """Whether writes are reported."""
        return self._inotify is not None

    def watch(self, paths: Iterable[Path]) -> Collection[Path]:
        """Watch the files that these paths name now, and no others; return the watched paths. For one thread."""
        inotify = self._inotify
        if inotify is None:
            return ()
        watched: dict[int, list[Path]] = {}
        for path in paths:
            with contextlib.suppress(OSError, ValueError):
                watched.setdefault(inotify.add_watch(path, flags.MODIFY), []).append(path)
        for number in self._paths.keys() - watched.keys():
            # The kernel has ended the watch of a deleted file.
            with contextlib.suppress(OSError, ValueError):
                inotify.rm_watch(number)
        self._paths = watched
        return {path for each in watched.values() for path in each}

    async def run(self) -> None:
        """Call ``on_write`` until cancelled."""
        if sys.platform != "linux":
            return
        self._is_over = False
        try:
            # The library starts a program to find the C library.
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._open)
            if self._inotify:
                self._resume()
                await asyncio.Event().wait()
        finally:
            self._pause()
            self._close()

    def _open(self) -> None:
        inotify = INotify(nonblocking=True)
        with self._lock:
            if not self._is_over:
                self._inotify = inotify
                return
        # Cancelled meanwhile.
        inotify.close()

    def _close(self) -> None:
        with self._lock:
            self._is_over = True
            inotify, self._inotify = self._inotify, None
        if inotify:
            inotify.close()

    def _resume(self) -> None:
        if self._inotify:
            asyncio.get_running_loop().add_reader(self._inotify.fileno(), self._read)

    def _pause(self) -> None:
        if self._inotify:
            asyncio.get_running_loop().remove_reader(self._inotify.fileno())

    def _read(self) -> None:
        if self._inotify is None:
            return
        paths = self._paths
        numbers = {event.wd for event in self._inotify.read(timeout=0)}
        self._on_write({path for number in numbers for path in paths.get(number, ())})
        self._pause()
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._resume)


async def changes(
    directories: Iterable[Path], stop: asyncio.Event, *, slow: bool
) -> AsyncIterator[set[tuple[Change, Path]]]:
    """Yield changes of the entries of these directories, without subdirectories, until ``stop`` is set.

    A change is yielded within 2 ms, or 100 ms if ``slow``. If the watch fails, log a warning and end.
    """
    try:
        watch = awatch(
            *directories,
            watch_filter=None,
            debounce=_DEBOUNCE_MS,
            step=_SLOW_STEP_MS if slow else _STEP_MS,
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
