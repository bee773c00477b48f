"""A search as it goes on: every match, how far it has come, and its end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from logviewer.rotation.generation import Batch
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.source import Source
from logviewer.views.filtered import line_count_of
from logviewer.views.views import Views
from logviewer.web.encode import event, match_rows, scanned
from logviewer.web.loader import ChunkLoader
from logviewer.web.scan_stream import ScanStream

Order = Literal["newest", "oldest"]

_AT_ONCE = 200
_PROGRESS_SECONDS = 0.2
_LOOK_SECONDS = 0.02
# Marks of smaller files are finer than cells.
_EXACT_BYTES = 2 * 1024 * 1024


@dataclass(slots=True)
class SearchRun:
    """One search through sources; ``marks`` is the number of parts to tell the matches of."""

    loader: ChunkLoader
    views: Views
    sources: Sequence[Source]
    line_filter: LineFilter
    order: Order = "newest"
    limit: int | None = None
    marks: int = 0
    quiet: bool = False
    _told: float = field(default=0.0, init=False)
    _left: float = field(default=0.0, init=False)

    async def events(self) -> AsyncGenerator[bytes]:
        """``match``, ``progress`` and ``end`` events. Raises OSError."""
        self._left = float("inf") if self.limit is None else self.limit
        yield await self._progress()
        if not self.quiet and self._left > 0:
            async for piece in self._matches():
                yield piece
                if self._is_due():
                    yield await self._progress()
        while self.quiet and not await self._is_complete():
            await asyncio.sleep(_LOOK_SECONDS)
            if self._is_due():
                yield await self._progress()
        yield await self._progress()
        yield event("end", {"complete": self._left > 0}) + b"\n"

    async def _matches(self) -> AsyncIterator[bytes]:
        count = _AT_ONCE if self.limit is None or self.line_filter.is_wide else min(_AT_ONCE, self.limit)
        walk = ScanStream(
            self.loader, self.views, self.sources, self.line_filter, newest=self.order == "newest", count=count
        )
        async for batches in walk.pieces():
            told = self._take(batches)
            yield await self.loader.run(partial(self._event, told)) if told else b""
            if self._left <= 0:
                break

    def _take(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """What to tell of them: matches while any is left to tell, and the lines that go on from there."""
        told: list[Batch] = []
        for batch in batches:
            is_match = not any(batch.context)
            if self._left <= 0 and (is_match or not _touch(told[-1], batch)):
                break
            told.append(batch)
            self._left -= is_match
        return told

    def _event(self, batches: Sequence[Batch]) -> bytes:
        ids = {source.key: source.id for source in self.sources}
        return event("match", {"matches": match_rows(ids, batches, self.line_filter)}) + b"\n"

    async def _files(self, source: Source) -> list[MatchIndex]:
        return await self.loader.run(lambda: self.views.matches(source, self.line_filter))

    async def _is_complete(self) -> bool:
        return all([all(each.complete for each in await self._files(source)) for source in self.sources])

    def _is_due(self) -> bool:
        return asyncio.get_running_loop().time() - self._told > _PROGRESS_SECONDS

    async def _progress(self) -> bytes:
        self._told = asyncio.get_running_loop().time()
        files = [matches for source in self.sources for matches in await self._files(source)]
        data = await self.loader.run(lambda: scanned([line_count_of(each) for each in files]))
        if self.marks:
            data["marks"] = await self.loader.run(lambda: _marks(files, self.marks))
        return event("progress", data) + b"\n"


def _touch(one: Batch, other: Batch) -> bool:
    return one.end.generation is other.start.generation and (
        one.end.offset == other.start.offset or other.end.offset == one.start.offset
    )


def _marks(files: Sequence[MatchIndex], parts: int) -> list[int]:
    """How many matches are in each of so many parts of the files' bytes, one file after the other."""
    marks = [0] * parts
    size = sum(_size(each) for each in files)
    passed = 0
    for matches in files:
        for offset, count in matches.counts(exact=_size(matches) <= _EXACT_BYTES):
            marks[min(parts - 1, (passed + offset - matches.generation.begin) * parts // max(1, size))] += count
        passed += _size(matches)
    return marks


def _size(matches: MatchIndex) -> int:
    return matches.generation.size() - matches.generation.begin
