"""The threads that fill match indexes. Equal requests share an index; a scan stops when its requests stop."""

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary, WeakSet

from logviewer.rotation.generation import Generation
from logviewer.search.cell_cache import CellCache
from logviewer.search.level_counter import LevelCounter
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.query import Query

if TYPE_CHECKING:
    from logviewer.formats.line_format import LineFormat
    from logviewer.search.cell_pass import CellPass
    from logviewer.search.file_order import FileOrder
    from logviewer.search.level_index import LevelIndex

# An idle index takes a few bytes for each 64 KiB of its file. Of a very large file, a few are kept.
_KEPT = 64
_KEPT_BYTES = 8 * 1024 * 1024
_KEPT_OF_ANY_SIZE = 4
# Clients that still need the index repeat their request within this time.
_WANTED_SECONDS = 4.0
_NICE = 5
_HEAD_START_SECONDS = 0.03
# Read for the order of a source's lines while the client waits: some milliseconds.
_CATCH_UP_BYTES = 4 * 1024 * 1024
_FILES_AT_ONCE = 4

Key = tuple[Generation, LineFilter]


class Indexer:
    """Makes match indexes and fills the last requested ones first, with a thread for each core.

    ``cache`` is a directory for cell tables that survives the server.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = CellCache(cache) if cache else None
        self._recalling = threading.Lock()
        self._recalled: WeakSet[Generation] = WeakSet()
        self._indexes: OrderedDict[Key, MatchIndex] = OrderedDict()
        self._requested: dict[Key, float] = {}
        self._levels: dict[Generation, LevelCounter] = {}
        self._passes: dict[Generation, CellPass] = {}
        self._orders: dict[Generation, FileOrder] = {}
        self._formats: WeakKeyDictionary[Generation, LineFormat] = WeakKeyDictionary()
        self._everything = LineFilter(Query())
        self._timed = LineFilter(Query())
        self._wake = threading.Condition()
        self._closed = False
        self._threads: list[threading.Thread] = []

    def index(self, generation: Generation, line_filter: LineFilter, *, fill: bool = True) -> MatchIndex:
        """Return the match index of a file, extended to its present end, and begin to ``fill`` it. Raises OSError."""
        key = generation, line_filter
        self._renew(generation)
        with self._wake:
            index = self._indexes.get(key)
        if line_filter.is_by_level and not generation.begin and not (index and index.complete):
            # The pass counts the lines too.
            generation.block_map.reserve(_WANTED_SECONDS)
        if index is None:
            # Made without the lock, because it reads the file's size. Of two made at once, one is dropped.
            made = self._make(generation, line_filter)
            with self._wake:
                index = self._indexes.setdefault(key, made)
        index.extend()
        with self._wake:
            self._indexes.move_to_end(key)
            if fill:
                self._requested[key] = time.monotonic()
            self._drop()
            if fill and not index.complete:
                self._start()
                self._wake.notify_all()
        return index

    def _renew(self, generation: Generation) -> None:
        """Drop the tables and indexes of a file whose lines are read in another way now."""
        if self._formats.setdefault(generation, generation.line_format) is generation.line_format:
            return
        with self._wake:
            self._formats[generation] = generation.line_format
            for key in [key for key in self._indexes if key[0] is generation]:
                del self._indexes[key]
                self._requested.pop(key, None)
            self._levels.pop(generation, None)
            self._passes.pop(generation, None)
            self._orders.pop(generation, None)

    def abandon(self, line_filter: LineFilter, generations: Sequence[Generation]) -> None:
        """Stop filling the indexes of some files until a client requests them again."""
        with self._wake:
            for generation in generations:
                self._requested.pop((generation, line_filter), None)

    def _make(self, generation: Generation, line_filter: LineFilter) -> MatchIndex:
        # numpy takes a quarter of the server's start-up time, so it is loaded at its first use.
        from logviewer.files.cells import GUESSED, TIMED  # noqa: PLC0415
        from logviewer.search.level_index import LevelIndex  # noqa: PLC0415

        with self._wake:
            levels = self._levels.setdefault(generation, LevelCounter(generation.encoding, generation.line_format))
        if not line_filter.is_by_level:
            # A filter by level or time and text needs the table, but does not wait for it.
            cell_pass = self.cell_pass(generation) if line_filter.is_by_cell else None
            return MatchIndex(generation, line_filter, levels, cell_pass)
        least = TIMED if line_filter is self._timed else GUESSED
        return LevelIndex(line_filter, levels, self.cell_pass(generation), least=least)

    def everything(self, generation: Generation) -> "LevelIndex":
        """Return the index of all lines of a file, as ``index`` does; its pass fills the cell table. Raises OSError."""
        return cast("LevelIndex", self.index(generation, self._everything))

    def orders(self, generations: Sequence[Generation]) -> "list[FileOrder]":
        """Return the order of each file's lines by time, oldest first, and let some cell tables be filled.

        Raises OSError.
        """
        for each in generations:
            self._renew(each)
        orders = [self._order(each) for each in generations]
        left, files = _CATCH_UP_BYTES, _FILES_AT_ONCE
        for order in reversed(orders):
            files -= not order.is_known
            if files < 0:
                break
            left -= order.catch_up(within=left)
            if not order.is_known:
                self.index(order.generation, self._timed)
        return orders

    def _order(self, generation: Generation) -> "FileOrder":
        from logviewer.search.file_order import FileOrder  # noqa: PLC0415

        with self._wake:
            found = self._orders.get(generation)
        if found is None:
            made = FileOrder(self.cell_pass(generation))
            with self._wake:
                found = self._orders.setdefault(generation, made)
        return found

    def cell_pass(self, generation: Generation) -> "CellPass":
        """Return the pass that fills the cell table of a file. Raises OSError."""
        from logviewer.search.cell_pass import CellPass  # noqa: PLC0415

        with self._wake:
            found, levels = self._passes.get(generation), self._levels.get(generation)
        if found is None:
            levels = levels or LevelCounter(generation.encoding, generation.line_format)
            made = CellPass(generation, levels.classifier, self._cache)
            with self._wake:
                found = self._passes.setdefault(generation, made)
        return found

    def recall(self, generation: Generation) -> None:
        """Take the line numbers of a file from its cell table in the cache, if it is there. Raises OSError."""
        # Another thread waits, because it would read the file.
        with self._recalling:
            if self._cache and generation not in self._recalled:
                self._recalled.add(generation)
                if self._cache.has(generation):
                    self.cell_pass(generation)

    def close(self) -> None:
        """Stop each thread after its present slice."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()

    def _drop(self) -> None:
        since = time.monotonic() - _WANTED_SECONDS
        # A query needs one index for each log file of a source, however many there are.
        size = sum(index.nbytes for index in self._indexes.values())
        while self._is_too_much(size) and self._requested.get(next(iter(self._indexes)), since) <= since:
            key, index = self._indexes.popitem(last=False)
            size -= index.nbytes
            self._requested.pop(key, None)
        for key in [key for key in self._indexes if key[0].lost]:
            del self._indexes[key]
            self._requested.pop(key, None)
        for kept in (self._levels, self._passes, self._orders):
            for generation in [each for each in kept if each.lost]:
                del kept[generation]

    def _is_too_much(self, size: int) -> bool:
        count = len(self._indexes)
        return count > _KEPT or (size > _KEPT_BYTES and count > _KEPT_OF_ANY_SIZE)

    def _start(self) -> None:
        while not self._closed and len(self._threads) < (os.cpu_count() or 1):
            # Daemons: a read of a disk that does not answer cannot be interrupted.
            self._threads.append(threading.Thread(target=self._run, name="scan", daemon=True))
            self._threads[-1].start()

    def _run(self) -> None:
        _lower_priority()
        while True:
            with self._wake:
                wanted = self._wanted()
                was_idle = not wanted
                while not wanted and not self._closed:
                    self._wake.wait()
                    wanted = self._wanted()
                if self._closed:
                    return
            if was_idle:
                # The request that woke this thread first searches the end of the file, and needs the cores for it.
                time.sleep(_HEAD_START_SECONDS)
            for index in wanted:
                try:
                    if index.scan():
                        break
                except OSError:
                    # The next request for this index retries.
                    with self._wake:
                        self._requested.pop((index.generation, index.line_filter), None)

    def _wanted(self) -> list[MatchIndex]:
        """Return the incomplete indexes requested lately, last requested first."""
        since = time.monotonic() - _WANTED_SECONDS
        return [
            self._indexes[key]
            for key, requested in sorted(self._requested.items(), key=lambda item: -item[1])
            if requested >= since and self._indexes[key].unscanned and not self._indexes[key].is_reserved
        ]


def _lower_priority() -> None:
    """Run this thread after the threads that answer requests, on systems with priorities for threads."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
