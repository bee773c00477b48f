"""Which sources there are: paths, globs and directories expanded, and one task that follows them all."""

import asyncio
import contextlib
import errno
import glob
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from watchfiles import Change

from logviewer.errors import NotAFileError
from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots
from logviewer.files.byte_file import check_regular
from logviewer.files.rotations import is_rotation
from logviewer.files.watch import changes
from logviewer.formats.line_format import LineFormats
from logviewer.globs import matches_glob
from logviewer.rotation.listing import DirectoryListings
from logviewer.settings import NO_TABLES, Tables, User
from logviewer.source import Source
from logviewer.sources.line_counter import LineCounter
from logviewer.sources.local import LocalSource

POLL_SECONDS = 0.25
IDLE_POLL_SECONDS = 1.0
EXPAND_SECONDS = 1.0
STDIN = "-"

T = TypeVar("T")

_NOT_LOGS = re.compile(r"\.(gz|bz2|xz|zst|lz4|zip|journal~?|db|pid|sock|lock)$|~$")


class Catalog:
    """The sources by id, found anew as files appear. Its task and its readers live on one event loop.

    ``tables`` say how the lines of some are read, and what is redacted. Symlinks that lead out of what the paths name
    are not followed unless that is wanted.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        stdin: Path | None = None,
        tables: Tables = NO_TABLES,
        follow_symlinks: bool = False,
    ) -> None:
        self._paths = [path for path in paths if path != STDIN]
        self._roots = (
            EVERYWHERE if follow_symlinks else AllowedRoots.for_paths([*self._paths, *([str(stdin)] if stdin else [])])
        )
        self._line_formats = LineFormats(tables.logs, tables.redact)
        self._by_id: dict[str, LocalSource] = {}
        self._by_path: dict[Path, LocalSource] = {}
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._counting = LineCounter(lambda: self)
        self._by_name: Mapping[Path, LocalSource] = {}
        self._directories: frozenset[tuple[Path, int]] = frozenset()
        self._rearm = asyncio.Event()
        self._attention = asyncio.Event()
        self.stdin = self._open(stdin, "stdin", DirectoryListings()) if stdin else None
        self._renew([self.stdin] if self.stdin else [], set())
        self._renew(*self._expand())

    def __iter__(self) -> Iterator[LocalSource]:
        return iter(list(self._by_id.values()))

    def seen_by(self, user: User) -> list[Source]:
        """The sources that this user may see."""
        return [source for source in self if self._is_seen(source, user)]

    def find(self, wanted: str, user: User) -> Source | None:
        """The source with this id, or the only one with this name, of those that this user may see.

        Its lines are counted from now on.
        """
        by_id = self._by_id.get(wanted)
        named = [source for source in self if source.name == wanted and self._is_seen(source, user)]
        found = by_id if by_id and self._is_seen(by_id, user) else named[0] if len(named) == 1 else None
        if found:
            self._counting.ask(found)
        return found

    def _is_seen(self, source: LocalSource, user: User) -> bool:
        # Where standard input is kept is nobody's matter.
        path = Path(source.name) if source is self.stdin else source.path
        return user.sources is None or any(matches_glob(glob, path, source.name) for glob in user.sources)

    def _expand(self) -> tuple[list[LocalSource], set[LocalSource]]:
        """Sources for the files that the paths name by now and that are not known yet, and those that are gone.

        For any thread.
        """
        listings = DirectoryListings()
        known = self._by_path
        named = dict.fromkeys(expand(self._paths, known=known))
        new = [self._open(path, path.name, listings) for path in named if path not in known]
        # As long as rotated files are left of one, they are shown as its own.
        gone = {each for path, each in known.items() if path not in named and each.is_gone and not each.has_rotations}
        return new, gone

    def _open(self, path: Path, name: str, listings: DirectoryListings) -> LocalSource:
        line_format = self._line_formats.of(path, name)
        source = LocalSource(_source_id(path, name), path, name=name, line_format=line_format, roots=self._roots)
        source.poll(listings)
        return source

    def _renew(self, new: Iterable[LocalSource], gone: set[LocalSource]) -> None:
        """Take up new sources, and forget those that are gone or, waited for as files, have become directories."""
        kept = [
            each
            for each in self._by_path.values()
            if each.changed.watched or not (each in gone or (each.is_directory and not each.generations))
        ]
        for source in new:
            source.changed.on_watched = self._attention.set
            kept.append(source)
        # Replaced, never changed: requests look things up here meanwhile.
        self._by_path = {source.path: source for source in kept}
        self._by_id = {source.id: source for source in kept}

    def unmatched(self) -> list[str]:
        """The paths that name nothing yet."""
        return [path for path in self._paths if not any(expand([path]))]

    def close(self) -> None:
        """End the threads that look and count."""
        self._threads.shutdown(wait=False)
        self._counting.close()

    # Following

    async def follow(self) -> None:
        """Look at every source again and again, and at once where a watch hints at a change. Runs until cancelled.

        Their lines are counted meanwhile.
        """
        self._counting.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._poll_steadily())
                tasks.create_task(self._follow_hints())
        finally:
            self._rearm.set()

    async def _poll_steadily(self) -> None:
        loop = asyncio.get_running_loop()
        expanded = loop.time()
        while True:
            await self._rest(POLL_SECONDS if self._watched() else IDLE_POLL_SECONDS)
            if loop.time() - expanded >= EXPAND_SECONDS:
                expanded = loop.time()
                self._renew(*await self._in_thread(self._expand))
            await self._poll(list(self._by_path.values()))
            self._by_name, directories = await self._in_thread(partial(_names, self._watched()))
            if directories != self._directories:
                self._directories = directories
                self._rearm.set()

    async def _rest(self, seconds: float) -> None:
        """Sleep, unless somebody begins to read a source that nobody read."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._attention.wait(), seconds)
        self._attention.clear()

    async def _poll(self, sources: Iterable[LocalSource]) -> None:
        for source in await self._in_thread(
            lambda: [each for each in sources if each.poll() or each.changed.is_pending]
        ):
            source.changed.send()

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _watched(self) -> list[LocalSource]:
        return [source for source in self._by_path.values() if source.changed.watched]

    async def _follow_hints(self) -> None:
        while True:
            self._rearm.clear()
            if not self._directories:
                await self._rearm.wait()
                continue
            async for changed in changes([directory for directory, _ in self._directories], self._rearm):
                await self._hear(changed)
            # A watch that failed is not armed again at once: the steady look does its work.
            await asyncio.sleep(0 if self._rearm.is_set() else IDLE_POLL_SECONDS)

    async def _hear(self, changed: Iterable[tuple[Change, Path]]) -> None:
        known = [(change, self._by_name[path]) for change, path in changed if path in self._by_name]
        for source in {source for change, source in known if change is Change.modified}:
            source.changed.send()
        await self._poll({source for change, source in known if change is not Change.modified})


def _names(sources: Iterable[LocalSource]) -> tuple[Mapping[Path, LocalSource], frozenset[tuple[Path, int]]]:
    """The sources by the paths where changes to them are told, and the directories to watch, with their inodes."""
    by_name: dict[Path, LocalSource] = {}
    directories: set[tuple[Path, int]] = set()
    for source in sources:
        for path in {source.path, Path(os.path.realpath(source.path))}:
            by_name[path] = source
            with contextlib.suppress(OSError):
                directories.add((path.parent, path.parent.stat().st_ino))
    return by_name, frozenset(directories)


def _source_id(path: Path, name: str) -> str:
    """An id that depends on the path alone, so that every server on this machine gives the same."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "log"
    return f"{slug[:40]}-{hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()}"


def check(paths: Iterable[str]) -> None:
    """Refuse what can never be followed.

    Raises:
        NotAFileError: if a path names a device, pipe or socket, or can name nothing.
    """
    for path in paths:
        if path != STDIN and not os.path.isdir(path):
            try:
                check_regular(Path(path))
            except NotAFileError:
                raise
            except OSError as error:
                if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
                    raise NotAFileError(f"{path}: {error.strerror}") from error


def expand(paths: Iterable[str], *, known: Iterable[Path] = ()) -> Iterator[Path]:
    """The files that the paths name now: themselves if there or not, what a glob matches, what lies in a directory.

    Rotations of these files, and of the known ones, are left out of globs and directories.
    """
    known = list(known)
    for path in paths:
        if os.path.isdir(path):
            yield from _logs_among(_files_below(os.path.abspath(path)), known)
        elif glob.has_magic(path) and not os.path.lexists(path):
            yield from _logs_among((Path(os.path.abspath(each)) for each in glob.iglob(path, recursive=True)), known)
        else:
            yield Path(os.path.abspath(path))


def _files_below(directory: str) -> Iterator[Path]:
    for parent, children, names in os.walk(directory):
        children[:] = sorted(child for child in children if not child.startswith("."))
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _logs_among(paths: Iterable[Path], known: Iterable[Path]) -> Iterator[Path]:
    """Leave out what is no file, is compressed, or is a rotation of another one."""
    found = list(paths)
    names: dict[Path, set[str]] = {}
    for path in (*found, *known):
        names.setdefault(path.parent, set()).add(path.name)
    for path in sorted(found):
        rotated = is_rotation(path.name, names[path.parent])
        if not rotated and not _NOT_LOGS.search(path.name) and os.path.isfile(path):
            yield path
