"""The sources of a server: expands paths, globs and directories, and polls all sources."""

import asyncio
import contextlib
import errno
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from weakref import WeakSet

from logviewer.cursor import source_key
from logviewer.errors import NOT_DECODED, NotAFileError
from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots
from logviewer.files.byte_file import check_regular
from logviewer.files.rotations import forget_names, is_compressed, proposed_logs
from logviewer.formats.line_formats import LineFormats
from logviewer.rotation.classifier import RotationClassifier
from logviewer.rotation.known_files import KnownFiles
from logviewer.rotation.listing import DirectoryListings
from logviewer.rotation.state_directory import StateDirectory
from logviewer.settings import NO_TABLES, Tables, User
from logviewer.showable import one_line
from logviewer.source import Source
from logviewer.sources.awake import AwakeSources, most_awake
from logviewer.sources.command import of_path
from logviewer.sources.containers import linked_directories
from logviewer.sources.expansion import Expansion
from logviewer.sources.file_formats import FileFormats
from logviewer.sources.line_counter import LineCounter
from logviewer.sources.local import LocalSource
from logviewer.sources.naming import plain_name, source_id
from logviewer.sources.source_index import SourceIndex
from logviewer.sources.source_watch import SourceWatch
from logviewer.sources.spool import gap_marks

POLL_SECONDS = 0.25
IDLE_POLL_SECONDS = 1.0
EXPAND_SECONDS = 1.0
_MOST_LOAD = 0.1
# New files are wanted soon, and a directory without any costs nothing.
_MOST_EXPAND_LOAD = 0.25
_NOTED_AT_ONCE = 500
_GONE_KEPT = 1000  # A directory may be away for a while.
STDIN = "-"
# A request waits so long for the text of its file, and so long for that of the whole history.
_MOST_TEXT_SECONDS = 10.0
_MOST_WHOLE_SECONDS = 600.0
_TEXT_POLL_SECONDS = 0.25

_LOG = logging.getLogger("logviewer")
T = TypeVar("T")


class Catalog:
    """The sources by id; new files become sources while the server runs.

    ``tables`` hold line formats and redaction patterns. Unless ``follow_symlinks``, a symlink is followed only to a
    target inside the given paths. ``outputs`` are the files with the output of commands, and the names of their
    sources. ``follow`` and all readers run on one event loop. ``max_history`` limits the rotated files per source that
    are on disk at the start, None for all. ``state`` is a directory for the order of rotated files, None to keep
    nothing. ``host`` is the name under which a hub knows this machine: ids and shown names then have it.
    """

    def __init__(  # noqa: PLR0913 (its settings)
        self,
        paths: Sequence[str],
        *,
        stdin: Path | None = None,
        outputs: Mapping[Path, str] = MappingProxyType({}),
        tables: Tables = NO_TABLES,
        follow_symlinks: bool = False,
        max_history: int | None = None,
        state: Path | None = None,
        host: str | None = None,
    ) -> None:
        self._max_history = max_history
        self._host = host
        self._paths = [path for path in paths if path != STDIN and not of_path(path)]
        outputs = {**outputs, **({stdin: "stdin"} if stdin else {})}
        self._roots = (
            EVERYWHERE
            if follow_symlinks
            else AllowedRoots.for_paths(
                [*self._paths, *map(str, (*outputs, *linked_directories(map(Path, self._paths))))]
            )
        )
        self._formats = FileFormats(LineFormats(tables.logs, tables.redact))
        self._has_redaction = bool(tables.redact)
        self._index = SourceIndex({})
        self._keys: dict[bytes, str] = {}
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="poll")
        self.line_counter = LineCounter(lambda: self._awake)
        self._watch = SourceWatch(self._poll)
        self._poll_now = asyncio.Event()
        self._known_files = KnownFiles(StateDirectory(state) if state else None)
        self._classifier = RotationClassifier(self._known_files)
        self._expansion = Expansion(self._paths, self._classifier, self._roots)
        self._awake = AwakeSources()
        self._unnoted: list[Path] = []
        self._gone: dict[Path, None] = {}
        self._failing: WeakSet[LocalSource] = WeakSet()
        self._texts: dict[tuple[LocalSource, bool], asyncio.Task[None]] = {}
        # By path.
        self.outputs = {path: self._create(path, name, is_output=True) for path, name in outputs.items()}
        self.stdin = self.outputs.get(stdin) if stdin else None
        for source in self.outputs.values():
            source.gaps = partial(gap_marks, source.path)
            source.poll()
            # Its file may have no name to open it again.
            self._awake.keep(source)
        self._replace(self.outputs.values(), set())
        self._replace(*self._expand())

    def __iter__(self) -> Iterator[LocalSource]:
        return iter(self._index.by_path.values())

    def visible_to(self, user: User) -> list[Source]:
        """Return the sources that a user may see."""
        return [*self._index.visible_to(user)]

    def find(self, wanted: str, user: User) -> Source | None:
        """Return the source with an id, or the only one with a name, if the user may see it; otherwise None.

        Its lines are counted from now on. Its files may be read after ``wake``.
        """
        found = self._index.find(wanted, user)
        if found:
            self.line_counter.request(found)
            self._awake.use(found)
            found.is_used = True
        return found

    async def wake(self, sources: Collection[Source], *, whole: bool = False) -> None:
        """Poll the sources that are asleep. Their files may be read for the next minutes.

        Without ``whole``, compressed files may follow later.
        """
        asleep = [each for each in sources if isinstance(each, LocalSource) and each.is_asleep]
        if asleep:
            await asyncio.to_thread(self._poll_first, asleep)
        undecoded = [each for each in sources if isinstance(each, LocalSource) and each.needs_text(whole=whole)]
        if undecoded:
            waits = [self._awaited_text(each, whole=whole) for each in undecoded]
            await asyncio.wait(waits, timeout=_MOST_WHOLE_SECONDS if whole else _MOST_TEXT_SECONDS)

    def _awaited_text(self, source: LocalSource, *, whole: bool) -> "asyncio.Task[None]":
        """Return the task that waits for the text of a source: one for all its clients."""
        key = source, whole
        task = self._texts.get(key)
        if task is None:
            task = self._texts[key] = asyncio.create_task(_await_text(source, whole=whole))
            task.add_done_callback(lambda _: self._texts.pop(key, None))
        return task

    def _expand(self) -> tuple[list[LocalSource], set[LocalSource]]:
        """Return new sources, for files that the paths name now, and the sources whose files are gone.

        For any thread, but one at a time.
        """
        known = self._index.by_path
        self._formats.look()
        if not self._expansion.update(known):
            return [], set()
        named = self._expansion.logs
        new = [self._create(path, plain_name(path, self._classifier)) for path in named if path not in known]
        if len(new) > most_awake():
            new.sort(key=_last_write, reverse=True)
        # The text of a compressed file is decoded when a client asks for it.
        self._poll_first(each for each in new[: most_awake()] if not is_compressed(each.path.name))
        self._note(each for each in new if each.is_asleep)
        self._note(each for path, each in known.items() if each.is_asleep and each.noted != named.get(path))
        _separate(new, known)
        listings = DirectoryListings(self._classifier, self._roots)
        gone = {
            each
            for path, each in known.items()
            # A missing source with rotated files stays: they are its history.
            if (path not in named and each.is_gone and not each.has_rotations(listings))
            or (each.state != "open" and not each.generations and each.is_directory)
        }
        return new, gone

    def _poll_first(self, sources: Iterable[LocalSource]) -> None:
        listings = DirectoryListings(self._classifier, self._roots)
        for source in sources:
            source.poll(listings)

    def _note(self, sources: Iterable[LocalSource]) -> None:
        """Note the states of sources that are asleep."""
        listings, allows = DirectoryListings(self._classifier, self._roots), cache(self._roots.allows)
        for source in sources:
            source.note(listings, allows)

    def _note_some(self) -> None:
        """Note the states of some sources that are asleep, of all in turn."""
        self._unnoted = self._unnoted or [each.path for each in self if each.is_asleep]
        some, self._unnoted = self._unnoted[:_NOTED_AT_ONCE], self._unnoted[_NOTED_AT_ONCE:]
        self._note(each for each in map(self._index.by_path.get, some) if each)

    def _create(self, path: Path, name: str, *, is_output: bool = False) -> LocalSource:
        own_id = source_id(path, name, self._host)
        return LocalSource(
            own_id,
            path,
            name=name,
            host=self._host,
            is_output=is_output,
            line_format=self._formats.of_source(path, name),
            file_format=partial(self._formats.of_file, path, name),
            roots=self._roots,
            classifier=self._classifier,
            max_history=self._max_history,
            key=self._key(own_id),
        )

    def _key(self, source_id: str) -> bytes:
        """Return the name of a source in cursors: another one than usual if that is taken by chance."""
        candidates = (source_key(f"{source_id} {number}" if number else source_id) for number in count())
        return next(key for key in candidates if self._keys.setdefault(key, source_id) == source_id)

    def _replace(self, new: Iterable[LocalSource], gone: Collection[LocalSource]) -> None:
        """Add new sources; remove unwatched ones that are gone, or whose path became a directory before a file."""
        new, gone = list(new), [each for each in gone if not each.changed.is_watched]
        if not new and not gone:
            return
        for source in new:
            source.changed.on_watched = self._poll_now.set
            if not source.is_asleep:
                self._awake.add(source)
        for source in gone:
            self._awake.discard(source)
            self._formats.forget(source.path, source.plain_name)
            self._keys.pop(source.key, None)
            self._gone[source.path] = None
        # A path may have a new source and one that is gone.
        for source in new:
            self._keys[source.key] = source.id
            self._gone.pop(source.path, None)
        self._index = self._index.replaced(new, gone)

    def unmatched(self) -> list[str]:
        """Return the paths that match no file yet."""
        return self._expansion.unmatched

    def unmasked(self) -> list[str]:
        """Return the names of the sources that no redaction rule matches; none of them if there is no rule."""
        if not self._has_redaction:
            return []
        return [each.name for each in self if not (each.live or each).line_format.has_masks]

    def close(self) -> None:
        """Stop polling and counting."""
        self._threads.shutdown(wait=False)
        self.line_counter.close()

    # Following

    async def follow(self) -> None:
        """Poll every source at intervals, and at once when a watch reports a change. Runs until cancelled.

        Also starts to count lines, in a thread.
        """
        self.line_counter.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._poll_at_intervals())
            tasks.create_task(self._watch.run())

    async def _poll_at_intervals(self) -> None:
        now = asyncio.get_running_loop().time
        next_expand, next_poll = now() + EXPAND_SECONDS, now()
        while True:
            await self._sleep(POLL_SECONDS if self._awake.watched() else IDLE_POLL_SECONDS)
            if (began := now()) >= next_expand:
                self._replace(*await self._in_thread(self._expand))
                await self._in_thread(partial(self._rest, self._awake.pop_unused()))
                next_expand = _next(began, now(), EXPAND_SECONDS, most_load=_MOST_EXPAND_LOAD)
            if (began := now()) >= next_poll:
                await self._poll_and_watch(self._awake)
                next_poll = _next(began, now(), POLL_SECONDS, most_load=_MOST_LOAD)
            else:
                await self._poll_and_watch(self._awake.watched())

    async def _poll_and_watch(self, sources: Iterable[LocalSource]) -> None:
        # In one step: idle, to change threads takes longer than the work.
        changed, directories = await self._in_thread(
            lambda: (self._poll_changed(sources), self._watch.prepare(self._awake.watched()))
        )
        for source in changed:
            source.changed.send()
        self._watch.watch(directories)

    def _rest(self, unused: Iterable[LocalSource]) -> None:
        for source in unused:
            source.sleep()
        self._note_some()
        if len(self._gone) > 2 * _GONE_KEPT:
            for path in list(self._gone)[:-_GONE_KEPT]:
                del self._gone[path]
                self._classifier.forget(path)
            forget_names()

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until a source gets its first reader."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._poll_now.wait(), seconds)
        self._poll_now.clear()

    async def _poll(self, sources: Iterable[LocalSource]) -> None:
        for source in await self._in_thread(partial(self._poll_changed, sources)):
            source.changed.send()

    def _poll_changed(self, sources: Iterable[LocalSource]) -> list[LocalSource]:
        """Poll sources and return those whose readers should read again. For the poll thread."""
        changed = [each for each in sources if self._poll_one(each) or each.changed.is_pending]
        # Before readers are woken: the next server must know the order of the files that they read.
        self._known_files.save()
        return changed

    def _poll_one(self, source: LocalSource) -> bool:
        try:
            return source.poll_unless_busy()
        except Exception:  # noqa: BLE001 (one bad file must not end the polls of all others)
            if source not in self._failing:
                self._failing.add(source)
                _LOG.exception("%s cannot be polled; trying again", source.path)
            return False

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


async def _await_text(source: LocalSource, *, whole: bool) -> None:
    """Wait for the text of compressed files, without a thread: a decoding may take minutes."""
    ends = asyncio.get_running_loop().time() + _MOST_WHOLE_SECONDS
    while source.needs_text(whole=whole) and (left := ends - asyncio.get_running_loop().time()) > 0:
        decodings = await asyncio.to_thread(source.decodings, whole=whole)
        if decodings:
            # A decoding goes on without its clients.
            await asyncio.wait([asyncio.wrap_future(each) for each in decodings], timeout=left)
        else:
            # Decoded, still written by a program, or in vain.
            await asyncio.sleep(_TEXT_POLL_SECONDS)
        await asyncio.to_thread(source.poll)
        if source.state == "unreadable" and source.reason != NOT_DECODED:
            return


def _last_write(source: LocalSource) -> int:
    with contextlib.suppress(OSError):
        return source.path.stat().st_mtime_ns
    return 0


def _next(began: float, ended: float, seconds: float, *, most_load: float) -> float:
    """Return when to do again what took a while: thousands of files must not keep a processor busy."""
    return max(began + seconds, ended + (ended - began) / most_load)


def _separate(new: Iterable[LocalSource], known: Mapping[Path, LocalSource]) -> None:
    """Remove the files of new sources from the histories of the logs that their names propose."""
    names: dict[Path, set[str]] = {}
    for path in known:
        names.setdefault(path.parent, set()).add(path.name)
    for source in new:
        for base in proposed_logs(source.path.name, names.get(source.path.parent, ())):
            if source.live:
                known[source.path.with_name(base)].drop_file(source.live.file.identity)


def check(paths: Iterable[str]) -> None:
    """Check that each path can be followed, now or once it exists.

    Raises:
        NotAFileError: if a path names a device, pipe or socket, is too long, or is a loop of symlinks.
    """
    for path in paths:
        if path != STDIN and not of_path(path) and not os.path.isdir(path):
            try:
                check_regular(Path(path))
            except NotAFileError:
                raise
            except OSError as error:
                if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
                    raise NotAFileError(f"{one_line(path)}: {error.strerror}") from error
