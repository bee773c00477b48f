"""All matching lines of one source, or of several by time, in pieces as they are found."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from logviewer.rotation.position import Batch, Position
from logviewer.search.file_lines import FileLines
from logviewer.search.line_filter import LineFilter
from logviewer.source import Source
from logviewer.views.scan import Scan, take
from logviewer.views.views import Views
from logviewer.web.encode import encode_text
from logviewer.web.loader import ChunkLoader

if TYPE_CHECKING:
    from logviewer.rotation.generation import Generation

_POLL_SECONDS = 0.02
_STEP_SECONDS = 0.05

T = TypeVar("T")


class ContextGroups:
    """Finds where matches with their context do not adjoin in their files: text has ``--`` there."""

    def __init__(self) -> None:
        self._ends: dict[Generation, int] = {}

    def split(self, batches: Sequence[Batch]) -> Iterator[tuple[bool, Batch]]:
        """Yield the next lines in pieces without a gap, each with whether it starts a group, as all but the first do.

        Raises OSError.
        """
        for batch in batches:
            starts, ends = batch.line_offsets(), batch.end_offsets()
            edges = [number for number in range(1, len(starts)) if starts[number] != ends[number - 1]]
            for first, last in pairwise([0, *edges, len(starts)]):
                generation = batch.start.generation
                yield bool(self._ends) and self._ends.get(generation) != starts[first], batch.part(first, last)
                self._ends[generation] = ends[last - 1]


@dataclass(frozen=True, slots=True)
class ScanStream:
    """Scans sources from one end to the other, in steps of up to ``count`` lines; without a line filter, all lines.

    ``starts`` are start positions by source key; sources without one are left out. By default each source starts at
    its first line, or with ``newest`` at its last. With ``counts`` the matches are counted at the same time. ``check``
    is called in each step, and raises if the lines are no longer needed. ``note_bound`` is called after each step with
    the key that the lines after it have at least, or with ``newest`` at most: infinite while it is not known.
    """

    loader: ChunkLoader
    views: Views
    sources: Sequence[Source]
    line_filter: LineFilter | None
    newest: bool = False
    counts: bool = False
    count: int = 10_000
    starts: Mapping[bytes, Position] | None = None
    check: Callable[[], None] = lambda: None
    note_bound: Callable[[float], None] | None = None

    async def pieces(self, encode: Callable[[list[Batch]], T]) -> AsyncIterator[T]:
        """Yield the next batches of selected lines, encoded; after a step without a line, of none. Raises OSError.

        The lines of a batch are in the order of their file. ``encode`` runs in a thread.
        """
        parts = [part for part, source in enumerate(self.sources) if self.starts is None or source.key in self.starts]
        try:
            scans = [await self._scan(part) for part in parts]
            while left := [scan for scan in scans if scan.blocks or not scan.is_read]:
                has_advanced, encoded = await self.loader.run(partial(self._step, left, encode))
                yield encoded
                if not has_advanced:
                    await asyncio.sleep(_POLL_SECONDS)
                    await self._request_again(left)
        finally:
            # Other clients repeat their requests.
            self.views.abandon(self.sources, self.line_filter)

    def _step(self, scans: Sequence[Scan], encode: Callable[[list[Batch]], T]) -> tuple[bool, T]:
        """Return whether the scans have advanced, and the encoded lines. Raises OSError."""
        self.check()
        ends, has_advanced = time.monotonic() + _STEP_SECONDS, False
        for scan in scans:
            # Each of them, even after one has advanced. The rest has its turn in the next step: only between the steps,
            # a client that has left ends the scan.
            if not scan.blocks and not scan.is_read and time.monotonic() < ends:
                has_advanced |= scan.read()
        batches = take(scans, self.count)
        if self.note_bound and (left := [scan.order()[0] for scan in scans if scan.blocks or not scan.is_read]):
            self.note_bound(max(left) if self.newest else min(left))
        return bool(batches) or has_advanced, encode(batches)

    async def text(self, last: int | None = None, *, raw: bool = True) -> AsyncIterator[bytes]:
        """Yield the lines, or only the ``last`` so many, as UTF-8 text with newlines. Raises OSError.

        The text is safe for a terminal unless ``raw``. With context, ``--`` separates groups, as grep does.
        """
        scan = self if last is None else replace(self, starts=await self.before_last(last))
        groups = ContextGroups() if self.line_filter and self.line_filter.context else None

        def encode(batches: list[Batch]) -> bytes:
            pieces = groups.split(batches) if groups else ((False, batch) for batch in batches)
            return b"".join([b"--\n" * is_start + encode_text(batch, raw=raw) for is_start, batch in pieces])

        async for text in scan.pieces(encode):
            yield text

    async def before_last(self, count: int) -> dict[bytes, Position]:
        """Return the position before each source's part of the last lines. The lines may be too many for memory."""
        starts: dict[bytes, Position] = {}
        if count == 0:
            return starts
        scan = replace(self, newest=True, count=min(count, self.count))

        left = count

        def note(batches: list[Batch]) -> bool:
            nonlocal left
            for batch in batches:
                if left > 0:
                    last = batch.part(max(0, len(batch.lines) - left), len(batch.lines))
                    starts[batch.start.generation.source] = last.start
                    left -= len(last.lines)
            return left <= 0

        async for is_all in scan.pieces(note):
            if is_all:
                break
        return starts

    async def _scan(self, part: int) -> Scan:
        files = await self.loader.run(partial(self._files, part))
        start = self.starts[self.sources[part].key] if self.starts else None
        order = None
        if len(self.sources) > 1 or self.note_bound:
            order = await self.loader.run(partial(self.views.order, self.sources[part]))
        return Scan(part, files, self.newest, order, start)

    async def _request_again(self, scans: Sequence[Scan]) -> None:
        """Request the match indexes again: the indexer pauses an index without requests."""
        for scan in scans:
            if not scan.is_read:
                await self.loader.run(partial(self._files, scan.part))

    def _files(self, part: int) -> Sequence[FileLines]:
        return self.views.files(self.sources[part], self.line_filter, fill=self.newest or self.counts)
