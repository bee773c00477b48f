"""A search as it goes on: every match, how far it has come, and its end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from logviewer.files.generations import Batch
from logviewer.search.matches import Matches
from logviewer.search.sieve import Sieve
from logviewer.source import Source
from logviewer.view.views import Views
from logviewer.web.stream import Frames
from logviewer.web.wire import event, match_rows

Order = Literal["newest", "oldest"]

_AT_ONCE = 200
# Looked at here before the pass gets there: the first matches are wanted at once.
_NOW_BYTES = 8 * 1024 * 1024
_PROGRESS_SECONDS = 0.2
_LOOK_SECONDS = 0.02
# Marks of smaller files are finer than cells.
_EXACT_BYTES = 2 * 1024 * 1024


@dataclass(slots=True)
class Search:
    """One search through sources, one after the other; ``marks`` is the number of parts to tell the matches of."""

    frames: Frames
    views: Views
    sources: Sequence[Source]
    sieve: Sieve
    order: Order = "newest"
    limit: int | None = None
    marks: int = 0
    quiet: bool = False
    _told: float = field(default=0.0, init=False)
    _left: float = field(default=0.0, init=False)

    async def events(self) -> AsyncIterator[bytes]:
        """``match``, ``progress`` and ``end`` events. Raises OSError."""
        self._left = float("inf") if self.limit is None else self.limit
        yield await self._progress()
        for source in self.sources if not self.quiet else ():
            files = await self._files(source)
            for matches in reversed(files) if self.order == "newest" else files:
                async for piece in self._matches(source, matches):
                    yield piece
                    if self._is_due():
                        yield await self._progress()
        while self.quiet and not await self._is_complete():
            await asyncio.sleep(_LOOK_SECONDS)
            if self._is_due():
                yield await self._progress()
        yield await self._progress()
        yield event("end", {"complete": self._left > 0}) + b"\n"

    async def _matches(self, source: Source, matches: Matches) -> AsyncIterator[bytes]:
        newest, begin = self.order == "newest", matches.generation.begin
        offset = matches.generation.size() + 1 if newest else begin
        now = _NOW_BYTES
        while self._left > 0 and (offset > begin if newest else offset < matches.high):
            count = int(min(_AT_ONCE, self._left))
            look = matches.until if newest else matches.after
            batches, reached = await self.frames.run(partial(look, offset, count, most=now))
            full = len(batches) == count
            offset = _next(batches, newest=newest) if full else reached
            self._left -= len(batches)
            if batches:
                yield await self.frames.run(partial(self._event, source, batches[::-1] if newest else batches))
            elif newest and reached > begin:
                # The pass has all cores; it will be there soon.
                now = 0
                await self.frames.run(lambda: self.views.matches(source, self.sieve))
                await asyncio.sleep(_LOOK_SECONDS)
                yield b""

    def _event(self, source: Source, batches: Sequence[Batch]) -> bytes:
        return event("match", {"matches": match_rows(source.id, batches, self.sieve)}) + b"\n"

    async def _files(self, source: Source) -> list[Matches]:
        return await self.frames.run(lambda: self.views.matches(source, self.sieve))

    async def _is_complete(self) -> bool:
        return all([all(each.complete for each in await self._files(source)) for source in self.sources])

    def _is_due(self) -> bool:
        return asyncio.get_running_loop().time() - self._told > _PROGRESS_SECONDS

    async def _progress(self) -> bytes:
        self._told = asyncio.get_running_loop().time()
        files = [matches for source in self.sources for matches in await self._files(source)]
        data: dict[str, Any] = {
            "done": sum(each.scanned for each in files),
            "size": sum(each.generation.size() - each.generation.begin for each in files),
            "matches": sum(each.count for each in files),
        }
        if self.marks:
            data["marks"] = await self.frames.run(lambda: _marks(files, self.marks))
        return event("progress", data) + b"\n"


def _next(batches: Sequence[Batch], *, newest: bool) -> int:
    return batches[0].start.offset if newest else batches[-1].end.offset


def _marks(files: Sequence[Matches], parts: int) -> list[int]:
    """How many matches are in each of so many parts of the files' bytes, one file after the other."""
    marks = [0] * parts
    size = sum(_size(each) for each in files)
    passed = 0
    for matches in files:
        for offset, count in matches.counts(exact=_size(matches) <= _EXACT_BYTES):
            marks[min(parts - 1, (passed + offset - matches.generation.begin) * parts // max(1, size))] += count
        passed += _size(matches)
    return marks


def _size(matches: Matches) -> int:
    return matches.generation.size() - matches.generation.begin
