"""All matching lines of one source, or of several by time, in pieces as they are found."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from logviewer.rotation.position import Batch, Position
from logviewer.search.line_filter import LineFilter
from logviewer.source import Source
from logviewer.views.scan import Scan, take
from logviewer.views.views import Views
from logviewer.web.loader import ChunkLoader
from logviewer.web.terminal import visible

if TYPE_CHECKING:
    from logviewer.rotation.generation import Generation

_POLL_SECONDS = 0.02


class ContextGroups:
    """Finds where matches with their context do not adjoin in their files: text has ``--`` there."""

    def __init__(self) -> None:
        self._ends: dict[Generation, int] = {}

    def starts(self, batches: Sequence[Batch]) -> list[bool]:
        """Return for each of the next lines whether it starts a group; the first group does not count."""
        found = []
        for batch in batches:
            generation = batch.start.generation
            found.append(bool(self._ends) and self._ends.get(generation) != batch.start.offset)
            self._ends[generation] = batch.end.offset
        return found


@dataclass(frozen=True, slots=True)
class ScanStream:
    """Scans sources from one end to the other, in steps of ``count`` lines of each; without a line filter, all lines.

    ``starts`` are start positions by source key; sources without one are left out. By default each source starts at
    its first line, or with ``newest`` at its last.
    """

    loader: ChunkLoader
    views: Views
    sources: Sequence[Source]
    line_filter: LineFilter | None
    newest: bool = False
    count: int = 500
    starts: Mapping[bytes, Position] | None = None

    async def pieces(self) -> AsyncIterator[list[Batch]]:
        """Yield lists of batches of one line, in order; an empty list after a step without a line. Raises OSError."""
        parts = [part for part, source in enumerate(self.sources) if self.starts is None or source.key in self.starts]
        scans = [await self._scan(part) for part in parts]
        while left := [scan for scan in scans if scan.lines or not scan.is_read]:
            has_advanced = False
            for scan in [scan for scan in left if not scan.lines and not scan.is_read]:
                has_advanced = await self.loader.run(partial(scan.read, self.count)) or has_advanced
            batches = take(scans)
            yield batches
            if not batches and not has_advanced:
                await asyncio.sleep(_POLL_SECONDS)
                await self._request_again(left)

    async def text(self, last: int | None = None, *, raw: bool = True) -> AsyncIterator[bytes]:
        """Yield the lines, or only the ``last`` so many, as UTF-8 text with newlines. Raises OSError.

        The text is safe for a terminal unless ``raw``. With context, ``--`` separates groups, as grep does.
        """
        scan = self if last is None else replace(self, starts=await self._before_last(last))
        groups = ContextGroups()
        async for batches in scan.pieces():
            group_starts = (
                groups.starts(batches) if self.line_filter and self.line_filter.context else [False] * len(batches)
            )
            lines = zip(group_starts, (text for batch in batches for text in batch.texts()), strict=True)
            text = "".join([f"--\n{text}\n" if is_start else f"{text}\n" for is_start, text in lines])
            yield (text if raw else visible(text)).encode()

    async def _before_last(self, count: int) -> dict[bytes, Position]:
        """Return the position before each source's part of the last lines. The lines may be too many for memory."""
        starts: dict[bytes, Position] = {}
        if count == 0:
            return starts
        async for batches in replace(self, newest=True).pieces():
            starts |= {batch.start.generation.source: batch.start for batch in batches[:count]}
            count -= len(batches)
            if count <= 0:
                break
        return starts

    async def _scan(self, part: int) -> Scan:
        files = await self.loader.run(partial(self.views.match_indexes, self.sources[part], self.line_filter))
        start = self.starts[self.sources[part].key] if self.starts else None
        return Scan(part, files, self.newest, self.views.time_index if len(self.sources) > 1 else None, start)

    async def _request_again(self, scans: Sequence[Scan]) -> None:
        """Request the match indexes again: the indexer pauses an index without requests."""
        for scan in scans:
            if not scan.is_read:
                await self.loader.run(partial(self.views.match_indexes, self.sources[scan.part], self.line_filter))
