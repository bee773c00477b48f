"""``/api/lines`` and ``/api/line``: lines by position, and one line whole."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.rotation.position import Position
from logviewer.search.line_filter import LineFilter
from logviewer.search.regex_hints import hints_of
from logviewer.source import Source
from logviewer.views.view import LineRange, whole_line
from logviewer.views.views import Views
from logviewer.web.api.lookup import (
    JSON,
    NO_STORE,
    CurrentUser,
    Lookup,
    check_connected,
    epoch_ms,
    from_disk,
    locate,
    poll,
    while_connected,
)
from logviewer.web.encode import RowEncoder
from logviewer.web.http.streamed import StreamedResponse
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import LineParameters, LinesParameters
from logviewer.web.streams import Streams
from logviewer.web.terminal import visible_line

_PLACES = ("start", "at", "before", "time", "from_ms", "until_ms")


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
        given = [name for name in _PLACES if getattr(parameters, name) is not None]
        if len(given) > 1:
            raise HTTPException(422, f"{', '.join(given)}: give only one of them")
        line_filter = self._lookup.line_filter(parameters)
        ids = {source.key: source.id for source in sources}
        hints = hints_of(parameters.query())
        encode = RowEncoder(
            ids,
            places=parameters.places,
            line_filter=line_filter,
            spans=parameters.spans,
            hints=hints,
            check=lambda: check_connected(request),
        )
        loader = self._scans if line_filter else self._pages
        find = while_connected(
            request,
            lambda: self._find(sources, line_filter, parameters),
            left=lambda: self._views.abandon(sources, line_filter),
        )
        body = await poll(loader, find, lambda lines: lines.pending, encode)
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
        return StreamedResponse(_in_threads(self._loader, pieces), headers=headers)

    def _find(
        self, sources: Sequence[Source], line_filter: LineFilter | None, parameters: LinesParameters
    ) -> LineRange:
        # Locate the cursor first: a file found on disk by it is part of the view from then on.
        cursor = None
        for name, text in (("at", parameters.at), ("before", parameters.before)):
            cursor = cursor if text is None else locate(sources, name, text)
        found = self._range(sources, line_filter, parameters, cursor)
        keys = self._views.keys(sources, found.batches, cursor) if parameters.keys else None
        return replace(found, whole=all(each.is_whole for each in sources), keys=keys)

    def _range(
        self,
        sources: Sequence[Source],
        line_filter: LineFilter | None,
        parameters: LinesParameters,
        cursor: Position | None,
    ) -> LineRange:
        count, views = parameters.count, self._views
        if cursor:
            view = views.of(sources, line_filter)
            return (view.lines_before if parameters.at is None else view.lines_from)(cursor, count)
        for source in sources:
            source.poll()
        if parameters.until_ms is not None:
            return views.merged(sources, line_filter).lines_until(parameters.until_ms, count)
        begin = parameters.from_ms
        if parameters.time is not None:
            begin = epoch_ms("time", parameters.time, parameters)
        if begin is not None:
            return views.merged(sources, line_filter).lines_at(begin, count)
        return views.of(sources, line_filter).by_number(parameters.start or 0, count)


async def _in_threads(loader: ChunkLoader, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await loader.run(lambda: next(chunks, None))) is not None:
        yield chunk
