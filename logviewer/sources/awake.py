"""The sources that are polled: those with readers or recent requests, and some more."""

import resource
import time
from collections.abc import Iterator

from logviewer.rotation.history import HOLD_SECONDS
from logviewer.sources.local import LocalSource

_MOST_AWAKE = 256


def most_awake() -> int:
    """Return how many sources without clients are polled."""
    return min(_MOST_AWAKE, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 8)


class AwakeSources:
    """The polled sources, the least recently used first. Changed by one thread, and iterated by any."""

    def __init__(self) -> None:
        self._used: dict[LocalSource, float] = {}
        self._kept: set[LocalSource] = set()

    def __iter__(self) -> Iterator[LocalSource]:
        return iter(list(self._used))

    def add(self, source: LocalSource) -> None:
        """Add a source that no client has used."""
        self._used.setdefault(source, float("-inf"))

    def keep(self, source: LocalSource) -> None:
        """Add a source that is always polled."""
        self.add(source)
        self._kept.add(source)

    def use(self, source: LocalSource) -> None:
        """Note that a client uses a source now."""
        self._used.pop(source, None)
        self._used[source] = time.monotonic()

    def discard(self, source: LocalSource) -> None:
        """Poll a source no more."""
        self._used.pop(source, None)

    def watched(self) -> list[LocalSource]:
        """Return the sources with readers."""
        return [source for source in self if source.changed.is_watched]

    def pop_unused(self) -> list[LocalSource]:
        """Remove and return the sources without readers and recent requests, as far as there are too many."""
        for source in self.watched():
            self.use(source)
        surplus = max(0, len(self._used) - most_awake())
        now = time.monotonic()
        unused = [
            source for source, used in self._used.items() if used + HOLD_SECONDS < now and source not in self._kept
        ][:surplus]
        for source in unused:
            del self._used[source]
        return unused
