"""Makes views of sources and queries, which share match indexes and the order of lines."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from logviewer.rotation.position import Batch, Position
from logviewer.search.file_lines import FileLines, all_lines
from logviewer.search.indexer import Indexer
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.query import Query
from logviewer.source import Source
from logviewer.views.histogram import Histogram, histogram
from logviewer.views.source_view import SourceView
from logviewer.views.view import Keys, View

if TYPE_CHECKING:
    from logviewer.rotation.generation import Generation
    from logviewer.views.counting import Part
    from logviewer.views.merged import MergedView
    from logviewer.views.source_order import SourceOrder

_FILTERS_KEPT = 256


class Views:
    """The views of a server, and the match indexes that they share. For any thread.

    ``cache`` is a directory for line counts that survives the server.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._indexer = Indexer(cache)
        self.recall = self._indexer.recall
        self.line_filter = lru_cache(_FILTERS_KEPT)(_line_filter)

    def of(self, sources: Sequence[Source], line_filter: LineFilter | None) -> View:
        """Return the view of sources, by time if there are several; of all lines without a line filter."""
        if len(sources) == 1:
            return self._of_one(sources[0], line_filter)
        return self.merged(sources, line_filter)

    def merged(self, sources: Sequence[Source], line_filter: LineFilter | None) -> "MergedView":
        """Return the view of sources by time, also of a single one."""
        # numpy is loaded at its first use.
        from logviewer.views.merged import MergedView  # noqa: PLC0415

        parts = [self._of_one(source, line_filter) for source in sources]
        return MergedView(parts, [self.order(source) for source in sources])

    def _of_one(self, source: Source, line_filter: LineFilter | None) -> SourceView:
        return SourceView(self.files(source, line_filter))

    def files(self, source: Source, line_filter: LineFilter | None, *, fill: bool = True) -> Sequence[FileLines]:
        """Return the lines of each file of a source, oldest first, and let the match indexes be filled. Raises OSError.

        Without ``fill`` the pass does not begin, unless a level or a time says where lines may be.
        """
        if line_filter is None:
            return all_lines(source.generations, self.recall)
        return [MatchLines(index) for index in self.match_indexes(source, line_filter, fill=fill)]

    def match_indexes(self, source: Source, line_filter: LineFilter, *, fill: bool = True) -> list[MatchIndex]:
        """Return the match index of each file of a source, oldest first; see ``files``. Raises OSError."""
        fill = fill or line_filter.is_by_cell or line_filter.is_by_level
        return [self._indexer.index(each, line_filter, fill=fill) for each in source.generations]

    def abandon(self, sources: Sequence[Source], line_filter: LineFilter | None) -> None:
        """Stop filling the match indexes of a client that has left, until another one requests them."""
        if line_filter:
            self._indexer.abandon(line_filter, [each for source in sources for each in source.generations])

    def order(self, source: Source) -> "SourceOrder":
        """Return the order of a source's lines by time, for one request. Raises OSError."""
        from logviewer.views.source_order import SourceOrder  # noqa: PLC0415

        return SourceOrder(self._indexer.orders(source.generations))

    def keys(self, sources: Sequence[Source], batches: Sequence[Batch], cursor: Position | None) -> Keys:
        """Return the keys of lines of these sources. Raises OSError."""
        starts = [batch.line_offsets() for batch in batches]
        offsets: dict[Generation, list[int]] = {}
        for batch, own in zip(batches, starts, strict=True):
            offsets.setdefault(batch.start.generation, []).extend(own)
        owners = {source.key: source for source in sources}
        wanted = [*offsets, cursor.generation] if cursor else offsets
        orders = {key: self.order(owners[key]) for key in {generation.source for generation in wanted}}
        found = {each: orders[each.source].keys_of(each, sorted(own)) for each, own in offsets.items()}
        by_offset = {each: dict(zip(sorted(own), found[each], strict=True)) for each, own in offsets.items()}
        keys = [
            by_offset[batch.start.generation][start]
            for batch, own in zip(batches, starts, strict=True)
            for start in own
        ]
        if cursor is None:
            return Keys(keys, None)
        order = orders[cursor.generation.source]
        return Keys(keys, order.key_at(order.line_after(cursor)))

    def histogram(
        self,
        sources: Sequence[Source],
        line_filter: LineFilter | None,
        buckets: int,
        *,
        since: int | None,
        until: int | None,
    ) -> Histogram:
        """Count the selected lines over time, by level; see ``histogram``. Raises OSError."""
        # Asked before the files are counted: one that is decoded meanwhile is in the next answer.
        whole = all(each.is_whole for each in sources)
        found = histogram(self._parts(sources, line_filter), buckets, since=since, until=until)
        return replace(found, complete=found.complete and whole)

    def spread(self, sources: Sequence[Source]) -> list[tuple[int, float]]:
        """Return some times of the lines, with the number of lines near to each: a histogram spans them by default.

        Raises OSError.
        """
        from logviewer.views.counting import weighted_times  # noqa: PLC0415
        from logviewer.views.time_span import condensed  # noqa: PLC0415

        times, weights = condensed(*weighted_times(self._parts(sources, None)))
        return list(zip(times.tolist(), weights.tolist(), strict=True))

    def is_counted(self, sources: Sequence[Source], line_filter: LineFilter | None) -> bool:
        """Return whether a histogram would be complete, and let the lines be counted. Raises OSError."""
        whole = all(each.is_whole for each in sources)
        return all(part.complete for part in self._parts(sources, line_filter)) and whole

    def _parts(self, sources: Sequence[Source], line_filter: LineFilter | None) -> "list[Part]":
        found = []
        for source in sources:
            for generation in source.generations:
                index = self._indexer.index(generation, line_filter) if line_filter else None
                # The last: it has all lines that are in the other index.
                everything = self._indexer.everything(generation)
                found.append((index or everything, everything))
        # numpy is loaded at its first use.
        from logviewer.views.counting import Part  # noqa: PLC0415

        return [Part(index, everything) for index, everything in found]

    def close(self) -> None:
        """Stop the indexer."""
        self._indexer.close()


def _line_filter(query: Query, context: int) -> LineFilter | None:
    """Return the line filter of a query, None for a query without conditions. Raises QueryError."""
    return LineFilter(query, context=context) if query else None
