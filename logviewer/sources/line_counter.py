"""One thread that counts the lines of the sources' files: what somebody reads first, then the small ones."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator

from logviewer.rotation.generation import Generation
from logviewer.source import Source

TICK_SECONDS = 1.0
SLICE_BYTES = 16 * 1024 * 1024
# Nobody asked, and a machine at work has other uses for its disk and its page cache.
UNASKED_BYTES = 256 * 1024 * 1024


class LineCounter:
    """Counts slice by slice, the files in turns; and each second what they have grown by."""

    def __init__(self, sources: Callable[[], Iterable[Source]]) -> None:
        self._sources = sources
        self._asked: dict[Source, None] = {}
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._thread is None:
            # A daemon: nobody can end a read of a disk that does not answer.
            self._thread = threading.Thread(target=self._run, name="count", daemon=True)
            self._thread.start()

    def ask(self, source: Source) -> None:
        """Count all files of this source, before those that nobody asked for, from now on."""
        if source not in self._asked:
            self._asked[source] = None
            self._wake.set()

    def close(self) -> None:
        """End after the slice that is being counted."""
        self._closed = True
        self._wake.set()

    def _run(self) -> None:
        # The first wait leaves the machine to the first screen.
        while not self._closed:
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            while self._turn(self._wanted()) or (not self._wake.is_set() and self._turn(self._small())):
                pass

    def _turn(self, generations: Iterable[Generation]) -> bool:
        """Count a slice of each; whether more is to be counted."""
        left = [self._count(each) for each in generations if not self._closed]
        return any(left)

    def _count(self, generation: Generation) -> bool:
        with contextlib.suppress(OSError):
            return generation.count(SLICE_BYTES)
        return False

    def _wanted(self) -> list[Generation]:
        return [each for source in self._sources() if source in self._asked for each in reversed(source.generations)]

    def _small(self) -> Iterator[Generation]:
        for source in self._sources():
            live = None if source in self._asked else source.live
            if live and not self._wake.is_set() and _size(live) <= UNASKED_BYTES:
                yield live


def _size(generation: Generation) -> int:
    with contextlib.suppress(OSError):
        return generation.size()
    return 0
