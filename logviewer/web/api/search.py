"""``/api/search``: every match, the progress and the end of one search."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import isinf
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.rotation.position import Batch, line_count
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.regex_hints import hints_of
from logviewer.source import Source
from logviewer.views.views import Views
from logviewer.web.api.lookup import CurrentUser, Lookup
from logviewer.web.encode import event, match_rows, scanned, shown_key
from logviewer.web.http.fast_sse import plain_event_stream
from logviewer.web.loader import ChunkLoader
from logviewer.web.metrics import Metrics
from logviewer.web.parameters import SearchParameters
from logviewer.web.scan_stream import ScanStream

_MATCHES_PER_EVENT = 1000
_PROGRESS_SECONDS = 0.2
_POLL_SECONDS = 0.02
# Up to this size, one of the ``marks`` covers less than a cell of the match index.
_EXACT_BYTES = 2 * 1024 * 1024


class SearchRoutes:
    """Runs searches, in threads of ``scans``."""

    def __init__(self, lookup: Lookup, views: Views, scans: ChunkLoader, metrics: Metrics) -> None:
        self._lookup = lookup
        self._views = views
        self._scans = scans
        self._metrics = metrics
        self.router = APIRouter()
        self.router.get("/search")(self.search)

    async def search(self, parameters: Annotated[SearchParameters, Parameters()], user: CurrentUser) -> Response:
        """Stream every match and the progress of the search, as server-sent events."""
        line_filter = self._lookup.line_filter(parameters)
        sources = await self._lookup.sources(parameters.choice, user, whole=True)
        if line_filter is None:
            raise HTTPException(422, "q: required, unless another parameter filters")
        run = SearchRun(self._scans, self._views, sources, line_filter, parameters)
        return plain_event_stream(self._metrics.search(run.events()))


@dataclass(slots=True)
class SearchRun:
    """One search through sources. It emits at most ``parameters.limit`` matches."""

    loader: ChunkLoader
    views: Views
    sources: Sequence[Source]
    line_filter: LineFilter
    parameters: SearchParameters
    _progress_time: float = field(default=0.0, init=False)
    _left: float = field(default=0.0, init=False)
    _bound: float = field(default=float("inf"), init=False)
    _has_all: bool = field(default=False, init=False)

    async def events(self) -> AsyncGenerator[bytes]:
        """Yield ``match``, ``progress`` and ``end`` events. Raises OSError."""
        self._left = float("inf") if self.parameters.limit is None else self.parameters.limit
        try:
            async for piece in self._events():
                yield piece
        finally:
            # Other clients repeat their requests.
            self.views.abandon(self.sources, self.line_filter)

    async def _events(self) -> AsyncIterator[bytes]:
        yield await self._progress()
        if not self.parameters.quiet and self._left > 0:
            async for piece in self._matches():
                yield piece
                if self._is_due():
                    yield await self._progress()
        self._has_all = True
        if self.parameters.keys:
            yield await self._progress()
        # The matches may be found ahead of the indexes, which have the total.
        while (self.parameters.quiet or self._left > 0) and not await self._is_complete():
            await asyncio.sleep(_POLL_SECONDS)
            if self._is_due():
                yield await self._progress()
        yield await self._progress()
        yield event("end", {"complete": self._left > 0}) + b"\n"

    async def _matches(self) -> AsyncIterator[bytes]:
        limit, is_newest_first = self.parameters.limit, self.parameters.order == "newest"
        count = _MATCHES_PER_EVENT if limit is None or self.line_filter.is_wide else min(_MATCHES_PER_EVENT, limit)
        scan = ScanStream(
            self.loader,
            self.views,
            self.sources,
            self.line_filter,
            newest=is_newest_first,
            counts=True,
            count=count,
            note_bound=self._note_bound if self.parameters.keys else None,
        )
        async for piece in scan.pieces(self._event):
            yield piece
            if self._left <= 0:
                break

    def _event(self, batches: Sequence[Batch]) -> bytes:
        ids = {source.key: source.id for source in self.sources}
        step = -1 if self.parameters.order == "newest" else 1
        taken = self._take(batches)
        rows = [row for batch in taken for row in match_rows(ids, batch, self.line_filter)[::step]]
        if not rows:
            return b""
        keys = {"keys": self._keys(taken, step)} if self.parameters.keys else {}
        return event("match", {"matches": rows} | keys) + b"\n"

    def _keys(self, batches: Sequence[Batch], step: int) -> list[int | None]:
        keys = iter(self.views.keys(self.sources, batches, None).lines)
        return [shown_key(key) for batch in batches for key in list(islice(keys, len(batch.lines)))[::step]]

    def _note_bound(self, key: float) -> None:
        self._bound = key

    def _take(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """Return matches up to the limit; after the last one, the context lines that adjoin it. Raises OSError."""
        matches = line_count(batches) - sum(sum(batch.context) for batch in batches)
        if matches < self._left:
            self._left -= matches
            return batches
        kept: list[Batch] = []
        for line in self._lines(batches):
            is_match = not any(line.context)
            if self._left <= 0 and (is_match or not _adjoin(kept[-1], line)):
                break
            kept.append(line)
            self._left -= is_match
        return kept

    def _lines(self, batches: Sequence[Batch]) -> Iterator[Batch]:
        """Yield each line as a batch, in the order of the search. Raises OSError."""
        step = -1 if self.parameters.order == "newest" else 1
        for batch in batches:
            numbered = replace(batch, numbers=batch.line_numbers(), offsets=batch.line_offsets())
            for number in range(len(batch.lines))[::step]:
                yield numbered.part(number, number + 1)

    async def _indexes(self, source: Source) -> list[MatchIndex]:
        return await self.loader.run(lambda: self.views.match_indexes(source, self.line_filter))

    async def _is_complete(self) -> bool:
        return all([all(each.complete for each in await self._indexes(source)) for source in self.sources])

    def _is_due(self) -> bool:
        return asyncio.get_running_loop().time() - self._progress_time > _PROGRESS_SECONDS

    async def _progress(self) -> bytes:
        self._progress_time = asyncio.get_running_loop().time()
        indexes = [index for source in self.sources for index in await self._indexes(source)]
        data = await self.loader.run(lambda: scanned([MatchLines(each).line_count() for each in indexes]))
        if self.parameters.marks:
            data["marks"] = await self.loader.run(lambda: _marks(indexes, self.parameters.marks))
        if self.parameters.keys:
            data |= {"bound": None if isinf(self._bound) else int(self._bound), "all": self._has_all}
        if hints := hints_of(self.parameters.query()):
            data["hints"] = hints
        return event("progress", data) + b"\n"


def _adjoin(one: Batch, other: Batch) -> bool:
    return one.end.generation is other.start.generation and (
        one.end.offset == other.start.offset or other.end.offset == one.start.offset
    )


def _marks(indexes: Sequence[MatchIndex], parts: int) -> list[int]:
    """Count the matches in each of ``parts`` equal parts of the files' bytes, one file after the other."""
    marks = [0] * parts
    size = sum(_size(each) for each in indexes)
    passed = 0
    for index in indexes:
        for offset, count in index.match_counts(exact=_size(index) <= index.line_filter.stride(_EXACT_BYTES)):
            marks[min(parts - 1, (passed + offset - index.generation.begin) * parts // max(1, size))] += count
        passed += _size(index)
    return marks


def _size(index: MatchIndex) -> int:
    return index.generation.size() - index.generation.begin
