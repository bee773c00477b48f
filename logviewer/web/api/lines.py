"""``/api/lines`` and ``/api/line``: lines by position, and one line whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi import Query as Parameters
from fastapi.responses import Response, StreamingResponse

from logviewer.search.line_filter import LineFilter
from logviewer.source import Source
from logviewer.views.view import LineRange, whole_line
from logviewer.views.views import Views
from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup, epoch_ms, from_disk, locate
from logviewer.web.encode import RowEncoder
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import LineQuery, LinesQuery
from logviewer.web.terminal import visible_line

_POLL_SECONDS = 0.025
_POLLS = 40


class LineRoutes:
    """Reads lines by position: ``loader`` reads one line, ``scans`` has the threads for counting."""

    def __init__(self, lookup: Lookup, views: Views, loader: ChunkLoader, scans: ChunkLoader) -> None:
        self._lookup = lookup
        self._views = views
        self._loader = loader
        self._scans = scans
        self.router = APIRouter()
        self.router.get("/lines")(self.lines)
        self.router.get("/line")(self.line)

    async def lines(self, query: Annotated[LinesQuery, Parameters()], user: CurrentUser) -> Response:
        """Return lines by position, cursor or time: the lines found within one second."""
        sources = self._lookup.sources(query.source, user)
        given = [name for name in ("start", "at", "before", "time") if getattr(query, name) is not None]
        if len(given) > 1:
            raise HTTPException(422, f"{', '.join(given)}: give only one of them")
        line_filter = self._lookup.line_filter(query)
        ids = {source.key: source.id for source in sources}
        encode = RowEncoder(ids, places=query.places, line_filter=line_filter, spans=query.spans)
        body = await self._poll(lambda: self._range(sources, line_filter, query), encode)
        return Response(body, media_type=JSON, headers=NO_STORE)

    async def line(self, query: Annotated[LineQuery, Parameters()], user: CurrentUser) -> Response:
        """Return one line of any length as text. `raw` returns its bytes as they are in the file."""
        source = self._lookup.source(query.source, user)
        position = await from_disk(self._loader, lambda: locate([source], "at", query.at))
        codec, pieces = position.generation.encoding.codec, whole_line(position)
        media_type = f"text/plain; charset={codec if query.raw else 'utf-8'}"
        chunks = _in_threads(self._loader, pieces if query.raw else visible_line(pieces, codec))
        return StreamingResponse(chunks, headers={"content-type": media_type})

    async def _poll(self, find: Callable[[], LineRange], encode: RowEncoder) -> bytes:
        """Return the encoded lines once they are found; after one second, or at shutdown, the lines found by then."""

        def poll() -> tuple[bool, bytes]:
            lines = find()
            return lines.pending, encode(lines)

        for _ in range(_POLLS):
            pending, body = await from_disk(self._scans, poll)
            if not pending or self._scans.closing:
                break
            # A request that waits must not occupy a thread.
            await asyncio.sleep(_POLL_SECONDS)
        return body

    def _range(self, sources: Sequence[Source], line_filter: LineFilter | None, query: LinesQuery) -> LineRange:
        # Locate the cursor first: a file found on disk by it is part of the view from then on.
        if query.at is not None:
            at = locate(sources, "at", query.at)
            return self._views.of(sources, line_filter).lines_from(at, query.count)
        if query.before is not None:
            before = locate(sources, "before", query.before)
            return self._views.of(sources, line_filter).lines_before(before, query.count)
        for source in sources:
            source.poll()
        if query.time is not None:
            return self._views.lines_at(sources, line_filter, epoch_ms("time", query.time, query), query.count)
        return self._views.of(sources, line_filter).by_number(query.start or 0, query.count)


async def _in_threads(loader: ChunkLoader, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await loader.run(lambda: next(chunks, None))) is not None:
        yield chunk
