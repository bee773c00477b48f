"""``/api/stream``: lines as they are written."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer import cursor
from logviewer.cursor import Checkpoint
from logviewer.errors import CursorError, FileChangedError
from logviewer.rotation.position import Position
from logviewer.search.line_filter import LineFilter
from logviewer.source import Source
from logviewer.tail.reader import Reader
from logviewer.views.views import Views
from logviewer.web.api.lookup import CurrentUser, Lookup, decode_cursor, unavailable
from logviewer.web.encode import EncodedChunk, EventEncoder, TextEncoder
from logviewer.web.parameters import StreamQuery
from logviewer.web.scan_stream import ScanStream
from logviewer.web.streams import Streams, bare_text, event_stream, text_stream


class StreamRoutes:
    """Opens a reader for each request and streams its lines, as events or as text."""

    def __init__(self, lookup: Lookup, views: Views, streams: Streams) -> None:
        self._lookup = lookup
        self._views = views
        self._streams = streams
        self.router = APIRouter()
        self.router.get("/stream")(self.stream)

    async def stream(
        self,
        query: Annotated[StreamQuery, Parameters()],
        user: CurrentUser,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Stream lines as they are written, as server-sent events or as text."""
        sources = self._lookup.sources(query.source, user)
        checkpoints = _checkpoints(sources, last_event_id, query.cursor)
        as_text = query.format == "text" or (query.format is None and accept.startswith("text/plain"))
        line_filter = self._lookup.line_filter(query)
        needs_scan = len(sources) > 1 or (line_filter and line_filter.context)
        if as_text and needs_scan and _is_history(query, last_event_id):
            scan = ScanStream(self._streams.loader, self._views, sources, line_filter)
            return bare_text(scan.text(_last_lines(query), raw=query.raw))
        reader = Reader(
            self._streams.loader_for(_encoder(query, line_filter, as_text=as_text)), follow=query.follow, lag=query.lag
        )
        for source in sources:
            await self._add(reader, source, checkpoints, line_filter, query)
        if as_text:
            return text_stream(self._streams, reader, headings=len(sources) > 1)
        return event_stream(self._streams, reader)

    async def _add(
        self,
        reader: Reader[EncodedChunk],
        source: Source,
        checkpoints: Sequence[Checkpoint],
        line_filter: LineFilter | None,
        query: StreamQuery,
    ) -> None:
        try:
            await reader.add(source, checkpoints, lambda each: self._begin(each, line_filter, query))
        except (OSError, FileChangedError) as error:
            reader.close()
            raise unavailable(f"source: {source.name} cannot be read: {error}") from error

    def _begin(self, source: Source, line_filter: LineFilter | None, query: StreamQuery) -> list[Position]:
        count = _last_lines(query)
        if count is None:
            return source.start()
        if not line_filter or not count or source.live is None:
            return source.last(count)
        return self._views.last(source, line_filter, count)


def _encoder(query: StreamQuery, line_filter: LineFilter | None, *, as_text: bool) -> EventEncoder | TextEncoder:
    if as_text:
        return TextEncoder(line_filter, raw=query.raw)
    return EventEncoder(
        levels=query.levels, times=query.times, places=query.places, line_filter=line_filter, spans=query.spans
    )


def _last_lines(query: StreamQuery) -> int | None:
    """Return how many of the last lines ``from`` asks for; None for all lines."""
    return None if query.begin == "start" else 0 if query.begin == "end" else -int(query.begin)


def _is_history(query: StreamQuery, last_event_id: str | None) -> bool:
    """Whether the answer ends, and ``from`` alone says where it begins."""
    return not (query.follow or query.lag or query.cursor or last_event_id)


def _checkpoints(sources: Sequence[Source], last_event_id: str | None, at: str | None) -> tuple[Checkpoint, ...]:
    if last_event_id:
        try:
            checkpoints = cursor.decode(last_event_id)
        except CursorError:
            checkpoints = ()
        # A browser stops reconnecting after an error, so an unknown cursor becomes a `lost` gap.
        return (
            checkpoints
            if _share_source(checkpoints, sources)
            else tuple(cursor.unknown(source.key) for source in sources)
        )
    checkpoints = decode_cursor("cursor", at) if at else ()
    if checkpoints and not _share_source(checkpoints, sources):
        raise HTTPException(422, "cursor: it belongs to other sources")
    return checkpoints


def _share_source(checkpoints: Sequence[Checkpoint], sources: Sequence[Source]) -> bool:
    return bool({checkpoint.source for checkpoint in checkpoints} & {source.key for source in sources})
