"""The passes of queries over files: shared by all who ask the same, kept while there is room, left when nobody asks."""

import contextlib
import os
import threading
import time
from collections import OrderedDict
from weakref import WeakKeyDictionary

from logviewer.rotation.generation import Generation
from logviewer.search.level_counter import LevelCounter
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex

# An idle one has a few bytes for each 64 KiB of its file.
_KEPT = 64
# Who still wants to know asks again by then.
_WANTED_SECONDS = 10.0
_NICE = 5
_HEAD_START_SECONDS = 0.03

Key = tuple[Generation, LineFilter]


class Indexer:
    """Finds the matches of a sieve in a file, and scans for those last asked for, with a thread for each core."""

    def __init__(self) -> None:
        self._matches: OrderedDict[Key, MatchIndex] = OrderedDict()
        self._asked: dict[Key, float] = {}
        self._levels: WeakKeyDictionary[Generation, LevelCounter] = WeakKeyDictionary()
        self._wake = threading.Condition()
        self._closed = False
        self._threads: list[threading.Thread] = []

    def index(self, generation: Generation, line_filter: LineFilter) -> MatchIndex:
        """The matches, grown to the file's present end, and scanned for from now on. Raises OSError."""
        key = generation, line_filter
        with self._wake:
            found = self._matches.get(key)
            levels = self._levels.get(generation)
        if found is None:
            # Outside of the lock, as it may take its time; of two made at once, one is thrown away.
            levels = levels or LevelCounter(generation.encoding, generation.line_format)
            made = MatchIndex(generation, line_filter, levels)
            with self._wake:
                self._levels[generation] = levels
                found = self._matches.setdefault(key, made)
        found.grow()
        with self._wake:
            self._matches.move_to_end(key)
            self._asked[key] = time.monotonic()
            self._drop()
            if not found.complete:
                self._start()
                self._wake.notify_all()
        return found

    def close(self) -> None:
        """End the threads after the slices that they are at."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()

    def _drop(self) -> None:
        while len(self._matches) > _KEPT:
            key, _ = self._matches.popitem(last=False)
            self._asked.pop(key, None)
        for key in [key for key in self._matches if key[0].lost]:
            del self._matches[key]
            self._asked.pop(key, None)

    def _start(self) -> None:
        while not self._closed and len(self._threads) < (os.cpu_count() or 1):
            # Daemons: nobody can end a read of a disk that does not answer.
            self._threads.append(threading.Thread(target=self._run, name="scan", daemon=True))
            self._threads[-1].start()

    def _run(self) -> None:
        _step_back()
        while True:
            with self._wake:
                wanted = self._wanted()
                rested = not wanted
                while not wanted and not self._closed:
                    self._wake.wait()
                    wanted = self._wanted()
                if self._closed:
                    return
            if rested:
                # Who asked looks at the end of the file first, and needs the cores for it.
                time.sleep(_HEAD_START_SECONDS)
            for matches in wanted:
                try:
                    if matches.scan():
                        break
                except OSError:
                    # Asked for again by whoever asks again.
                    with self._wake:
                        self._asked.pop((matches.generation, matches.line_filter), None)

    def _wanted(self) -> list[MatchIndex]:
        """What is not complete and was asked for of late, the last first."""
        since = time.monotonic() - _WANTED_SECONDS
        return [
            self._matches[key]
            for key, asked in sorted(self._asked.items(), key=lambda item: -item[1])
            if asked >= since and self._matches[key].unscanned
        ]


def _step_back() -> None:
    """Let the threads that answer go first, where the system has priorities for threads."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
