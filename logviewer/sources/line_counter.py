"""Counts the lines of all sources in one thread: requested sources first, then small files."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from logviewer.rotation.generation import Generation
from logviewer.source import Source

TICK_SECONDS = 1.0
SLICE_BYTES = 16 * 1024 * 1024
# Larger files are counted on request only: other programs need the disk and the page cache.
UNREQUESTED_BYTES = 256 * 1024 * 1024


class LineCounter:
    """Counts files slice by slice, in turn, and each second the bytes that were added to them.

    ``recall`` adds the line counts of a file that are known without a read of it.
    """

    def __init__(self, sources: Callable[[], Iterable[Source]]) -> None:
        self._sources = sources
        self.recall: Callable[[Generation], None] = lambda _: None
        self._requested: dict[Source, None] = {}
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it has started."""
        if self._thread is None:
            # A daemon: a read from a disk that does not respond cannot be interrupted.
            self._thread = threading.Thread(target=self._run, name="count", daemon=True)
            self._thread.start()

    def request(self, source: Source) -> None:
        """Count all files of a source from now on, before sources without a request."""
        if source not in self._requested:
            self._requested[source] = None
            self._wake.set()

    def close(self) -> None:
        """Stop the thread after the current slice."""
        self._closed = True
        self._wake.set()

    def _run(self) -> None:
        # The first wait leaves CPU and disk to the first screen.
        while not self._closed:
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            while self._count_slices(self._requested_files()) or (
                not self._wake.is_set() and self._count_slices(self._small_files())
            ):
                pass

    def _count_slices(self, sources: Iterable[Sequence[Generation]]) -> bool:
        """Count a slice of each source's generations; return whether one has more slices."""
        left = [self._count(generations) for generations in sources if not self._closed]
        return any(left)

    def _count(self, generations: Sequence[Generation]) -> bool:
        """Count a slice, newest generation first; return whether there are more slices."""
        left = SLICE_BYTES
        for each in reversed(generations):
            before = each.block_map.counted
            if before and each.block_map.is_reserved:
                # A pass that also finds levels and times counts the lines. The first slice is enough for an estimate.
                continue
            with contextlib.suppress(OSError):
                self.recall(each)
                if each.count(left):
                    return True
            left -= max(0, each.block_map.counted - before)
            if left <= 0:
                return True
        return False

    def _requested_files(self) -> list[Sequence[Generation]]:
        return [source.generations for source in self._sources() if source in self._requested]

    def _small_files(self) -> Iterator[Sequence[Generation]]:
        for source in self._sources():
            live = None if source in self._requested else source.live
            if live and not self._wake.is_set() and _size(live) <= UNREQUESTED_BYTES:
                yield [live]


def _size(generation: Generation) -> int:
    with contextlib.suppress(OSError):
        return generation.size()
    return 0
