"""``/api/stream``: lines as they are written."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
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
from logviewer.web.api.lookup import CurrentUser, Lookup, check_connected, decode_cursor, unavailable
from logviewer.web.encode import EncodedChunk, EventEncoder, TextEncoder
from logviewer.web.parameters import StreamParameters
from logviewer.web.scan_stream import ScanStream
from logviewer.web.streams import Streams, bare_text, event_stream, text_stream

_Start = Callable[[Source], list[Position]]


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
        request: Request,
        parameters: Annotated[StreamParameters, Parameters()],
        user: CurrentUser,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Stream lines as they are written, as server-sent events or as text."""
        is_whole = parameters.begin == "start" and not (parameters.cursor or last_event_id)
        sources = await self._lookup.sources(parameters.choice, user, whole=is_whole)
        checkpoints = _checkpoints(sources, last_event_id, parameters.cursor)
        as_text = parameters.format == "text" or (parameters.format is None and accept.startswith("text/plain"))
        line_filter = self._lookup.line_filter(parameters)
        is_history = as_text and _is_history(parameters, last_event_id)
        if is_history and (
            len(sources) > 1 or (line_filter and (line_filter.context or await self._has_all(sources, parameters)))
        ):
            scan = ScanStream(self._streams.bulk, self._views, sources, line_filter)
            return bare_text(scan.text(_last_lines(parameters), raw=parameters.raw))
        reader = Reader(
            self._streams.loader_for(_encoder(parameters, line_filter, as_text=as_text)),
            follow=parameters.follow,
            lag=parameters.lag,
        )
        for source in sources:
            is_known = any(each.source == source.key for each in checkpoints)
            start = self._start(request, source, None if is_known else line_filter, parameters)
            await self._add(reader, source, checkpoints, start)
        if as_text:
            return text_stream(self._streams, reader, headings=len(sources) > 1)
        return event_stream(self._streams, reader)

    async def _has_all(self, sources: Sequence[Source], parameters: StreamParameters) -> bool:
        """Attach the rotated files if all lines are wanted, and return whether a scan reads them without a gap."""
        if parameters.begin != "start":
            return False
        loader = self._streams.loader
        for source in sources:
            try:
                if await loader.run(source.poll):
                    source.changed.send()
                await loader.run(source.start)
            except OSError as error:
                raise unavailable(f"source: {source.name} cannot be read: {error}") from error
        return not any(generation.loss for source in sources for generation in source.generations)

    async def _add(
        self,
        reader: Reader[EncodedChunk],
        source: Source,
        checkpoints: Sequence[Checkpoint],
        start: Awaitable[_Start],
    ) -> None:
        try:
            await reader.add(source, checkpoints, await start)
        except (OSError, FileChangedError) as error:
            reader.close()
            raise unavailable(f"source: {source.name} cannot be read: {error}") from error

    async def _start(
        self, request: Request, source: Source, line_filter: LineFilter | None, parameters: StreamParameters
    ) -> _Start:
        """Return a function that returns where to begin without a cursor."""
        count = _last_lines(parameters)
        if count is None:
            return lambda each: each.start()
        if count and not source.is_whole and not await self._has_lines(source, count):
            await self._lookup.decode(source)
        end = await self._streams.loader.run(lambda: source.last(0)) if line_filter and count else []
        if not end:
            return lambda each: each.last(count)
        # Few lines may match, so that all files are searched.
        starts = {source.key: end[-1]}
        scan = ScanStream(
            self._streams.scans,
            self._views,
            [source],
            line_filter,
            starts=starts,
            check=partial(check_connected, request),
        )
        starts |= await scan.before_last(count)
        return lambda _: [starts[source.key]]

    async def _has_lines(self, source: Source, count: int) -> bool:
        try:
            return await self._streams.loader.run(lambda: source.has_lines(count))
        except OSError as error:
            raise unavailable(f"source: {source.name} cannot be read: {error}") from error


def _encoder(
    parameters: StreamParameters, line_filter: LineFilter | None, *, as_text: bool
) -> EventEncoder | TextEncoder:
    if as_text:
        return TextEncoder(line_filter, raw=parameters.raw)
    return EventEncoder(
        levels=parameters.levels,
        times=parameters.times,
        places=parameters.places,
        line_filter=line_filter,
        spans=parameters.spans,
    )


def _last_lines(parameters: StreamParameters) -> int | None:
    """Return how many of the last lines ``from`` asks for; None for all lines."""
    return None if parameters.begin == "start" else 0 if parameters.begin == "end" else -int(parameters.begin)


def _is_history(parameters: StreamParameters, last_event_id: str | None) -> bool:
    """Whether the answer ends, and ``from`` alone says where it begins."""
    return not (parameters.follow or parameters.lag or parameters.cursor or last_event_id)


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
