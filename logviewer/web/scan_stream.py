"""All lines that pass, of one source or of several by time, as they are found: never more of them than a piece."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from logviewer.files.generation import Batch, Generation, Position
from logviewer.search.line_filter import Sieve
from logviewer.source import Source
from logviewer.views.scan import Strand, take
from logviewer.views.views import Views
from logviewer.web.loader import Frames
from logviewer.web.terminal import visible

_LOOK_SECONDS = 0.02


class Groups:
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
class Walk:
    """From one end of the sources to the other, ``count`` lines of each at once; without a sieve, all lines.

    ``begins`` are where it begins in each source (by its key) if that is not at its first line.
    """

    frames: Frames
    views: Views
    sources: Sequence[Source]
    sieve: Sieve | None
    newest: bool = False
    count: int = 500
    begins: Mapping[bytes, Position] | None = None

    async def pieces(self) -> AsyncIterator[list[Batch]]:
        """Lines in order, each a batch; an empty piece whenever more had to be looked at. Raises OSError."""
        parts = [part for part, source in enumerate(self.sources) if self.begins is None or source.key in self.begins]
        strands = [await self._strand(part) for part in parts]
        while left := [strand for strand in strands if strand.lines or not strand.is_read]:
            went_on = False
            for strand in [strand for strand in left if not strand.lines and not strand.is_read]:
                went_on = await self.frames.run(partial(strand.look, self.count)) or went_on
            batches = take(strands)
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
        groups = Groups()
        async for batches in walk.pieces():
            apart = groups.begins(batches) if self.sieve and self.sieve.context else [False] * len(batches)
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

    async def _strand(self, part: int) -> Strand:
        files = await self.frames.run(partial(self.views.matches, self.sources[part], self.sieve))
        begin = self.begins[self.sources[part].key] if self.begins else None
        return Strand(part, files, self.newest, self.views.times if len(self.sources) > 1 else None, begin)

    async def _ask_again(self, strands: Sequence[Strand]) -> None:
        """Passes rest where nobody asks."""
        for strand in strands:
            if not strand.is_read:
                await self.frames.run(partial(self.views.matches, self.sources[strand.part], self.sieve))
