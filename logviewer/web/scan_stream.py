"""All lines that pass, of one source or of several by time, as they are found: never more of them than a piece."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from logviewer.rotation.generation import Batch, Generation, Position
from logviewer.search.line_filter import LineFilter
from logviewer.source import Source
from logviewer.views.scan import Scan, take
from logviewer.views.views import Views
from logviewer.web.loader import ChunkLoader
from logviewer.web.terminal import visible

_LOOK_SECONDS = 0.02


class ContextGroups:
    """Tells where lines are apart in their files: where they are shown with their context, ``--`` goes between."""

    def __init__(self) -> None:
        self._ends: dict[Generation, int] = {}

    def begins(self, batches: Sequence[Batch]) -> list[bool]:
        """Of each of the next lines, whether it is the first of a group, and not of the very first one."""
        found = []
        for batch in batches:
            generation = batch.start.generation
            found.append(bool(self._ends) and self._ends.get(generation) != batch.start.offset)
            self._ends[generation] = batch.end.offset
        return found


@dataclass(frozen=True, slots=True)
class ScanStream:
    """From one end of the sources to the other, ``count`` lines of each at once; without a sieve, all lines.

    ``begins`` are where it begins in each source (by its key) if that is not at its first line.
    """

    loader: ChunkLoader
    views: Views
    sources: Sequence[Source]
    line_filter: LineFilter | None
    newest: bool = False
    count: int = 500
    begins: Mapping[bytes, Position] | None = None

    async def pieces(self) -> AsyncIterator[list[Batch]]:
        """Lines in order, each a batch; an empty piece whenever more had to be looked at. Raises OSError."""
        parts = [part for part, source in enumerate(self.sources) if self.begins is None or source.key in self.begins]
        scans = [await self._scan(part) for part in parts]
        while left := [scan for scan in scans if scan.lines or not scan.is_read]:
            went_on = False
            for scan in [scan for scan in left if not scan.lines and not scan.is_read]:
                went_on = await self.loader.run(partial(scan.read, self.count)) or went_on
            batches = take(scans)
            yield batches
            if not batches and not went_on:
                await asyncio.sleep(_LOOK_SECONDS)
                await self._ask_again(left)

    async def text(self, last: int | None = None, *, raw: bool = True) -> AsyncIterator[bytes]:
        """The same as UTF-8 text, each line with a newline; just the ``last`` lines if they are given.

        It is for a terminal unless it is ``raw``. What is shown with its context has ``--`` between groups, as with
        grep. Raises OSError.
        """
        walk = self if last is None else replace(self, begins=await self._before_last(last))
        groups = ContextGroups()
        async for batches in walk.pieces():
            apart = groups.begins(batches) if self.line_filter and self.line_filter.context else [False] * len(batches)
            lines = zip(apart, (text for batch in batches for text in batch.texts()), strict=True)
            text = "".join([f"--\n{text}\n" if is_apart else f"{text}\n" for is_apart, text in lines])
            yield (text if raw else visible(text)).encode()

    async def _before_last(self, count: int) -> dict[bytes, Position]:
        """Where each source's own of the last lines begin: there may be more of them than anybody can hold."""
        begins: dict[bytes, Position] = {}
        if count == 0:
            return begins
        async for batches in replace(self, newest=True).pieces():
            begins |= {batch.start.generation.source: batch.start for batch in batches[:count]}
            count -= len(batches)
            if count <= 0:
                break
        return begins

    async def _scan(self, part: int) -> Scan:
        files = await self.loader.run(partial(self.views.match_indexes, self.sources[part], self.line_filter))
        begin = self.begins[self.sources[part].key] if self.begins else None
        return Scan(part, files, self.newest, self.views.time_index if len(self.sources) > 1 else None, begin)

    async def _ask_again(self, scans: Sequence[Scan]) -> None:
        """Passes rest where nobody asks."""
        for scan in scans:
            if not scan.is_read:
                await self.loader.run(partial(self.views.match_indexes, self.sources[scan.part], self.line_filter))
