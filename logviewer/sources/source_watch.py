"""Turns events of files and directories into wake-ups of readers and polls of sources."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from pathlib import Path

from watchfiles import Change

from logviewer.files.allowed_roots import real_path
from logviewer.files.watch import FileWatch, changes
from logviewer.sources.local import LocalSource

_PAUSE_SECONDS = 1.0


class SourceWatch:
    """Wakes the readers of written files, and polls sources whose paths appeared or disappeared.

    ``poll`` is called on the event loop. Events are hints: polling alone finds every change.
    """

    def __init__(self, poll: Callable[[Iterable[LocalSource]], Awaitable[None]]) -> None:
        self._poll = poll
        self._by_path: Mapping[Path, LocalSource] = {}
        self._files = FileWatch(self._handle_writes)
        self._watched_files: Collection[Path] = ()
        self._directories: frozenset[tuple[Path, int]] = frozenset()
        self._restart = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._files.run())
                tasks.create_task(self._run_directories())
        finally:
            self._restart.set()

    def prepare(self, sources: Iterable[LocalSource]) -> frozenset[tuple[Path, int]]:
        """Watch the files of these sources, and return the directories to watch. For the poll thread."""
        self._by_path, directories = _paths_to_watch(sources)
        self._watched_files = self._files.watch(self._by_path)
        return directories

    def watch(self, directories: frozenset[tuple[Path, int]]) -> None:
        """Watch these directories, with their inodes, and no others."""
        if directories != self._directories:
            self._directories = directories
            self._restart.set()

    async def _run_directories(self) -> None:
        while True:
            self._restart.clear()
            if not self._directories:
                await self._restart.wait()
                continue
            directories, slow = [directory for directory, _ in self._directories], self._files.is_running
            async for changed in changes(directories, self._restart, slow=slow):
                await self._handle_changes(changed)
            # A failed watch restarts late: polls do its work meanwhile.
            await asyncio.sleep(0 if self._restart.is_set() else _PAUSE_SECONDS)

    def _handle_writes(self, paths: Iterable[Path]) -> None:
        """Wake the readers of files that were written."""
        by_path = self._by_path
        for source in {by_path[path] for path in paths if path in by_path}:
            source.changed.send()

    async def _handle_changes(self, changed: Iterable[tuple[Change, Path]]) -> None:
        """Wake the readers of modified files; poll sources whose paths appeared or disappeared."""
        by_path = self._by_path
        known = [(change, by_path[path]) for change, path in changed if path in by_path]
        self._handle_writes(
            path for change, path in changed if change is Change.modified and path not in self._watched_files
        )
        await self._poll({source for change, source in known if change is not Change.modified})


def _paths_to_watch(sources: Iterable[LocalSource]) -> tuple[Mapping[Path, LocalSource], frozenset[tuple[Path, int]]]:
    """Return the sources by the paths of their change events, and the directories to watch, with their inodes."""
    by_path: dict[Path, LocalSource] = {}
    directories: set[tuple[Path, int]] = set()
    for source in sources:
        with contextlib.suppress(OSError):
            for path in {source.file_path, real_path(source.file_path)}:
                by_path[path] = source
                directories.add((path.parent, path.parent.stat().st_ino))
    return by_path, frozenset(directories)
