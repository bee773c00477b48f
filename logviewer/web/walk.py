"""All lines that pass, of one source or of several by time, as they are found: never more of them than a piece."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

from logviewer.files.generations import Batch
from logviewer.search.sieve import Sieve
from logviewer.source import Source
from logviewer.view.strand import Strand, take
from logviewer.view.views import Views
from logviewer.web.stream import Frames

_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Walk:
    """From one end of the sources to the other, ``count`` lines of each at once; without a sieve, all lines."""

    frames: Frames
    views: Views
    sources: Sequence[Source]
    sieve: Sieve | None
    newest: bool = False
    count: int = 500

    async def pieces(self) -> AsyncIterator[list[Batch]]:
        """Lines in order, each a batch; an empty piece whenever more had to be looked at. Raises OSError."""
        strands = [await self._strand(part) for part in range(len(self.sources))]
        while left := [strand for strand in strands if strand.lines or not strand.is_read]:
            went_on = False
            for strand in [strand for strand in left if not strand.lines and not strand.is_read]:
                went_on = await self.frames.run(partial(strand.look, self.count)) or went_on
            batches = take(strands)
            yield batches
            if not batches and not went_on:
                await asyncio.sleep(_LOOK_SECONDS)
                await self._ask_again(left)

    async def text(self) -> AsyncIterator[bytes]:
        """The same as UTF-8 text, each line with a newline. Raises OSError."""
        async for batches in self.pieces():
            yield "".join([f"{text}\n" for batch in batches for text in batch.texts()]).encode()

    async def _strand(self, part: int) -> Strand:
        files = await self.frames.run(partial(self.views.matches, self.sources[part], self.sieve))
        return Strand(part, files, self.newest, self.views.times if len(self.sources) > 1 else None)

    async def _ask_again(self, strands: Sequence[Strand]) -> None:
        """Passes rest where nobody asks."""
        for strand in strands:
            if not strand.is_read:
                await self.frames.run(partial(self.views.matches, self.sources[strand.part], self.sieve))
