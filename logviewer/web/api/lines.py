"""``/api/lines`` and ``/api/line``: lines by position, and one line whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi import Query as Parameters
from fastapi.responses import Response, StreamingResponse

from logviewer.search.line_filter import LineFilter
from logviewer.search.regex_hints import hints_of
from logviewer.source import Source
from logviewer.views.view import LineRange, whole_line
from logviewer.views.views import Views
from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup, epoch_ms, from_disk, locate, while_connected
from logviewer.web.encode import RowEncoder
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import LineParameters, LinesParameters
from logviewer.web.streams import Streams
from logviewer.web.terminal import visible_line

_POLL_SECONDS = 0.025
_MOST_SECONDS = 1.0


class LineRoutes:
    """Reads lines by position with the threads of ``streams``."""

    def __init__(self, lookup: Lookup, views: Views, streams: Streams) -> None:
        self._lookup = lookup
        self._views = views
        self._loader = streams.loader
        self._scans = streams.scans
        self._pages = streams.pages
        self._masking = asyncio.Lock()
        self.router = APIRouter()
        self.router.get("/lines")(self.lines)
        self.router.get("/line")(self.line)

    async def lines(
        self, request: Request, parameters: Annotated[LinesParameters, Parameters()], user: CurrentUser
    ) -> Response:
        """Return lines by number, cursor or time: the lines found within one second."""
        sources = await self._lookup.sources(parameters.choice, user)
        given = [name for name in ("start", "at", "before", "time") if getattr(parameters, name) is not None]
        if len(given) > 1:
            raise HTTPException(422, f"{', '.join(given)}: give only one of them")
        line_filter = self._lookup.line_filter(parameters)
        ids = {source.key: source.id for source in sources}
        hints = hints_of(parameters.query())
        encode = RowEncoder(ids, places=parameters.places, line_filter=line_filter, spans=parameters.spans, hints=hints)
        loader = self._scans if line_filter else self._pages
        find = while_connected(
            request,
            lambda: self._find(sources, line_filter, parameters),
            left=lambda: self._views.abandon(sources, line_filter),
        )
        body = await self._poll(loader, find, encode)
        return Response(body, media_type=JSON, headers=NO_STORE)

    async def line(self, parameters: Annotated[LineParameters, Parameters()], user: CurrentUser) -> Response:
        """Return one line of any length as text. `raw` returns its bytes as they are in the file."""
        source = await self._lookup.source(parameters.source, user)
        position = await from_disk(self._loader, lambda: locate([source], "at", parameters.at))
        codec, pieces = position.generation.encoding.codec, whole_line(position, raw=parameters.raw)
        headers = {"content-type": f"text/plain; charset={codec if parameters.raw else 'utf-8'}"}
        pieces = pieces if parameters.raw else visible_line(pieces, codec)
        if position.generation.line_format.has_masks:
            # Masks take some ten times the memory of the line, and its answer is one piece.
            async with self._masking:
                return Response(await from_disk(self._loader, lambda: b"".join(pieces)), headers=headers)
        return StreamingResponse(_in_threads(self._loader, pieces), headers=headers)

    async def _poll(self, loader: ChunkLoader, find: Callable[[], LineRange], encode: RowEncoder) -> bytes:
        """Return the encoded lines once they are found; after one second, or at shutdown, the lines found so far."""

        def poll() -> tuple[bool, bytes]:
            lines = find()
            return lines.pending, encode(lines)

        ends = time.monotonic() + _MOST_SECONDS
        while True:
            pending, body = await from_disk(loader, poll)
            # A poll with a slow regular expression takes seconds in a long line.
            if not pending or loader.closing or time.monotonic() >= ends:
                return body
            # A request that waits must not occupy a thread.
            await asyncio.sleep(_POLL_SECONDS)

    def _find(
        self, sources: Sequence[Source], line_filter: LineFilter | None, parameters: LinesParameters
    ) -> LineRange:
        found = self._range(sources, line_filter, parameters)
        return replace(found, whole=all(each.is_whole for each in sources))

    def _range(
        self, sources: Sequence[Source], line_filter: LineFilter | None, parameters: LinesParameters
    ) -> LineRange:
        # Locate the cursor first: a file found on disk by it is part of the view from then on.
        if parameters.at is not None:
            at = locate(sources, "at", parameters.at)
            return self._views.of(sources, line_filter).lines_from(at, parameters.count)
        if parameters.before is not None:
            before = locate(sources, "before", parameters.before)
            return self._views.of(sources, line_filter).lines_before(before, parameters.count)
        for source in sources:
            source.poll()
        if parameters.time is not None:
            return self._views.lines_at(
                sources, line_filter, epoch_ms("time", parameters.time, parameters), parameters.count
            )
        return self._views.of(sources, line_filter).by_number(parameters.start or 0, parameters.count)


async def _in_threads(loader: ChunkLoader, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await loader.run(lambda: next(chunks, None))) is not None:
        yield chunk
