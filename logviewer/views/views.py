"""Makes views of sources and queries, and keeps what they have in common."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from logviewer.rotation.generation import Generation, Position
from logviewer.search.indexer import Indexer
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.query import Query
from logviewer.search.time_index import TimeIndex
from logviewer.source import Source
from logviewer.views.filtered import FilteredView
from logviewer.views.histogram import Histogram, histogram
from logviewer.views.merged import MergedView
from logviewer.views.plain import PlainView
from logviewer.views.view import LineRange, View

_FILTERS_KEPT = 256


class Views:
    """Views share their passes over files, and the times that were found in them."""

    def __init__(self) -> None:
        self._scans = Indexer()
        self._times: WeakKeyDictionary[Generation, TimeIndex] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._everything = LineFilter(Query())
        self.line_filter = lru_cache(_FILTERS_KEPT)(_line_filter)

    def of(self, sources: Sequence[Source], line_filter: LineFilter | None) -> View:
        """The lines of sources that pass, all without a sieve; those of several by time."""
        parts = [self._of_one(source, line_filter) for source in sources]
        return parts[0] if len(parts) == 1 else MergedView(parts, self.times)

    def _of_one(self, source: Source, line_filter: LineFilter | None) -> View:
        return (
            FilteredView(source.generations, line_filter, self._scans) if line_filter else PlainView(source.generations)
        )

    def matches(self, source: Source, line_filter: LineFilter | None) -> list[MatchIndex]:
        """The matches in each file of a source, and the pass over it under way. Raises OSError."""
        return [self._scans.index(each, line_filter or self._everything) for each in source.generations]

    def times(self, generation: Generation) -> TimeIndex:
        """Where times are in a file."""
        with self._lock:
            return self._times.setdefault(generation, TimeIndex(generation))

    def lines_at(self, sources: Sequence[Source], line_filter: LineFilter | None, moment: int, count: int) -> LineRange:
        """Up to ``count`` lines from the first one on that is of this time (epoch ms) or later. Raises OSError."""
        parts = [self._of_one(source, line_filter) for source in sources]
        return MergedView(parts, self.times).lines_at(moment, count)

    def last(self, source: Source, line_filter: LineFilter, count: int) -> list[Position]:
        """The place before the last ``count`` lines that pass, wherever they are. Raises OSError."""
        found: list[Position] = []
        for matches in reversed(self.matches(source, line_filter)):
            batches, _ = matches.read_before(matches.generation.size(), count - len(found))
            found = [batch.start for batch in batches] + found
            if len(found) >= count:
                break
        return found[:1] or source.last(0)

    def histogram(
        self,
        sources: Sequence[Source],
        line_filter: LineFilter | None,
        buckets: int,
        *,
        since: int | None,
        until: int | None,
    ) -> Histogram:
        """How many lines pass over time, by level. Raises OSError."""
        parts = [
            (matches, self.times(matches.generation))
            for source in sources
            for matches in self.matches(source, line_filter)
        ]
        return histogram(parts, buckets, since=since, until=until)

    def close(self) -> None:
        """End the passes."""
        self._scans.close()


def _line_filter(query: Query, context: int) -> LineFilter | None:
    """The sieve of a query, None if all lines pass. Raises QueryError."""
    return LineFilter(query, context=context) if query else None
