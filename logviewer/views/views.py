"""Makes views of sources and queries, and keeps what they have in common."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from logviewer.files.generation import Generation, Position
from logviewer.search.indexer import Scans
from logviewer.search.line_filter import Sieve
from logviewer.search.match_index import Matches
from logviewer.search.query import Query
from logviewer.search.time_index import Times
from logviewer.source import Source
from logviewer.views.filtered import Matching
from logviewer.views.histogram import Histogram, histogram
from logviewer.views.merged import Merged
from logviewer.views.plain import Files
from logviewer.views.view import Range, View

_SIEVES_KEPT = 256


class Views:
    """Views share their passes over files, and the times that were found in them."""

    def __init__(self) -> None:
        self._scans = Scans()
        self._times: WeakKeyDictionary[Generation, Times] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._everything = Sieve(Query())
        self.sieve = lru_cache(_SIEVES_KEPT)(_sieve)

    def of(self, sources: Sequence[Source], sieve: Sieve | None) -> View:
        """The lines of sources that pass, all without a sieve; those of several by time."""
        parts = [self._of_one(source, sieve) for source in sources]
        return parts[0] if len(parts) == 1 else Merged(parts, self.times)

    def _of_one(self, source: Source, sieve: Sieve | None) -> View:
        return Matching(source.generations, sieve, self._scans) if sieve else Files(source.generations)

    def matches(self, source: Source, sieve: Sieve | None) -> list[Matches]:
        """The matches in each file of a source, and the pass over it under way. Raises OSError."""
        return [self._scans.find(each, sieve or self._everything) for each in source.generations]

    def times(self, generation: Generation) -> Times:
        """Where times are in a file."""
        with self._lock:
            return self._times.setdefault(generation, Times(generation))

    def lines_at(self, sources: Sequence[Source], sieve: Sieve | None, moment: int, count: int) -> Range:
        """Up to ``count`` lines from the first one on that is of this time (epoch ms) or later. Raises OSError."""
        parts = [self._of_one(source, sieve) for source in sources]
        return Merged(parts, self.times).lines_at(moment, count)

    def last(self, source: Source, sieve: Sieve, count: int) -> list[Position]:
        """The place before the last ``count`` lines that pass, wherever they are. Raises OSError."""
        found: list[Position] = []
        for matches in reversed(self.matches(source, sieve)):
            batches, _ = matches.until(matches.generation.size(), count - len(found))
            found = [batch.start for batch in batches] + found
            if len(found) >= count:
                break
        return found[:1] or source.last(0)

    def histogram(
        self, sources: Sequence[Source], sieve: Sieve | None, buckets: int, *, since: int | None, until: int | None
    ) -> Histogram:
        """How many lines pass over time, by level. Raises OSError."""
        parts = [
            (matches, self.times(matches.generation)) for source in sources for matches in self.matches(source, sieve)
        ]
        return histogram(parts, buckets, since=since, until=until)

    def close(self) -> None:
        """End the passes."""
        self._scans.close()


def _sieve(query: Query, context: int) -> Sieve | None:
    """The sieve of a query, None if all lines pass. Raises QueryError."""
    return Sieve(query, context=context) if query else None
