"""The API: sources, lines by position, the live stream, and files to keep."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi import Query as Parameters
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse
from pydantic import ValidationError

from logviewer import cursor
from logviewer.cursor import Checkpoint
from logviewer.errors import CursorError, FileChangedError, QueryError
from logviewer.formats.human_time import parse_time
from logviewer.rotation.generation import Position
from logviewer.search.line_filter import LineFilter
from logviewer.settings import User
from logviewer.source import Source
from logviewer.sources.catalog import Catalog
from logviewer.tail.reader import Reader
from logviewer.views.view import LineRange, whole_line
from logviewer.views.views import Views
from logviewer.web import encode
from logviewer.web.api.download import download, keep, redacted
from logviewer.web.api.search import SearchRun
from logviewer.web.auth.guard import user_of
from logviewer.web.encode import EncodedChunk, EventEncoder, RowEncoder, TextEncoder
from logviewer.web.loader import ChunkLoader
from logviewer.web.metrics import Metrics
from logviewer.web.parameters import (
    MAX_LINES,
    DownloadQuery,
    Filter,
    HistogramQuery,
    LineQuery,
    LinesQuery,
    SearchQuery,
    SourcesQuery,
    StreamQuery,
)
from logviewer.web.presents import Presents
from logviewer.web.scan_stream import ScanStream
from logviewer.web.streams import Streams, bare_text, event_stream, search_stream, text_stream
from logviewer.web.terminal import visible_line

_JSON = "application/json"
_NOT_KEPT = {"cache-control": "no-store"}
_WAIT_SECONDS = 1.0
_LOOKS = 40
_TRY_AGAIN_SECONDS = (0.05, 0.1)
_REPEATABLE = frozenset({"source", "q", "not", "level"})

T = TypeVar("T")
Who = Annotated[User, Depends(user_of)]


class Api:
    """The routes below ``/api``, over these sources and streams."""

    def __init__(self, catalog: Catalog, streams: Streams, views: Views, metrics: Metrics, presents: Presents) -> None:
        self._catalog = catalog
        self._metrics = metrics
        self._views = views
        self._streams = streams
        self._presents = presents
        self.router = APIRouter(prefix="/api", default_response_class=Response)
        self.router.get("/sources")(self.sources)
        self.router.get("/lines")(self.lines)
        self.router.get("/line")(self.line)
        self.router.get("/stream")(self.stream)
        self.router.get("/search")(self.search)
        self.router.get("/histogram")(self.histogram)
        self.router.api_route("/download", methods=["GET", "HEAD"])(self.download)

    async def sources(self, _: Annotated[SourcesQuery, Parameters()], user: Who) -> Response:
        """All sources and what there is to say of them."""
        body = await self._streams.loader.run(lambda: encode.source_list(self._catalog.seen_by(user)))
        return Response(body, media_type=_JSON, headers=_NOT_KEPT)

    async def lines(self, query: Annotated[LinesQuery, Parameters()], user: Who) -> Response:
        """Lines by position, or around a place; those that are found within a second."""
        sources = self._find_all(query.source, user)
        given = [name for name in ("start", "at", "before", "time") if getattr(query, name) is not None]
        if len(given) > 1:
            raise HTTPException(422, f"{', '.join(given)}: give one of them, not both")
        line_filter = self._line_filter(query)
        rows = RowEncoder(
            {each.key: each.id for each in sources}, places=query.places, line_filter=line_filter, spans=query.spans
        )
        body = await self._when_found(lambda: self._range(sources, line_filter, query), rows)
        return Response(body, media_type=_JSON, headers=_NOT_KEPT)

    async def line(self, query: Annotated[LineQuery, Parameters()], user: Who) -> Response:
        """One line, however long: the way to the rest of one that was cut; ``raw`` is as its bytes are in the file."""
        source = self._find(query.source, user)
        position = await _from_disk(self._streams.loader, lambda: _locate([source], query.at))
        codec, pieces = position.generation.encoding.codec, whole_line(position)
        kind = f"text/plain; charset={codec if query.raw else 'utf-8'}"
        chunks = _in_threads(self._streams.loader, pieces if query.raw else visible_line(pieces, codec))
        return StreamingResponse(chunks, headers={"content-type": kind})

    async def download(
        self,
        request: Request,
        query: Annotated[DownloadQuery, Parameters()],
        user: Who,
        span: Annotated[str | None, Header(alias="range")] = None,
        if_range: Annotated[str | None, Header()] = None,
    ) -> Response:
        """The live file, or a range of it; or the lines that pass, or those of several sources by time."""
        sources, line_filter = self._find_all(query.source, user), self._line_filter(query)
        source = sources[0]
        if line_filter or len(sources) > 1:
            name = source.name if len(sources) == 1 else "merged.log"
            walk = ScanStream(self._streams.loader, self._views, sources, line_filter)
            return keep(name, walk.text())
        live = source.live
        if live is None:
            raise HTTPException(404, f"source: {source.name} has no file now ({source.state})")
        if source.line_format.has_masks:
            # The bytes of a range would be others than those of the file.
            return keep(source.name, redacted(self._streams.loader, live))
        # Nothing that an If-Range could name is ever given.
        asked, bodiless = None if if_range else span, request.method == "HEAD"
        try:
            return await download(self._streams.loader, live, source.name, asked=asked, bodiless=bodiless)
        except OSError as error:
            raise _not_now(f"source: {source.name} cannot be read: {error}") from error

    async def text(self, request: Request) -> Response:
        """What the page shows under the same URL, as text for a terminal: all that passes, or else the last lines.

        Parameters that are only the page's own are passed over.
        """
        given, user = request.query_params, user_of(request)
        known = {field.alias or name for name, field in StreamQuery.model_fields.items()}
        asked: dict[str, Any] = {
            name: given.getlist(name) if name in _REPEATABLE else given[name] for name in known if name in given
        }
        asked.setdefault("source", [source.id for source in self._catalog.seen_by(user) if source.state == "open"][:1])
        try:
            query = StreamQuery.model_validate({"follow": False, **asked, "format": "text"})
        except ValidationError as error:
            raise RequestValidationError(
                [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
            ) from error
        if "from" not in given:
            query.begin = "start" if self._line_filter(query) else f"-{MAX_LINES}"
        return await self.stream(query, user)

    async def search(self, query: Annotated[SearchQuery, Parameters()], user: Who) -> Response:
        """Every match as it is found, and how far the search has come."""
        sources, line_filter = self._find_all(query.source, user), self._line_filter(query)
        if line_filter is None:
            raise HTTPException(422, "q: say what to search for")
        search = SearchRun(
            self._streams.scans,
            self._views,
            sources,
            line_filter,
            order=query.order,
            limit=query.limit,
            marks=query.marks,
            quiet=query.quiet,
        )
        return search_stream(self._metrics.search(search.events()))

    async def histogram(self, query: Annotated[HistogramQuery, Parameters()], user: Who) -> Response:
        """How many lines there are over time, by level, as far as they were looked at."""
        sources, line_filter = self._find_all(query.source, user), self._line_filter(query)
        since = None if query.begin is None else _moment("from", query.begin)
        until = None if query.end is None else _moment("to", query.end)
        if since is not None and until is not None and until <= since:
            raise HTTPException(422, "to: it is not after from")
        for _ in range(_LOOKS // 4):
            found = await _from_disk(
                self._streams.charts,
                lambda: self._views.histogram(sources, line_filter, query.buckets, since=since, until=until),
            )
            if found.complete:
                break
            await asyncio.sleep(_WAIT_SECONDS / _LOOKS)
        return Response(encode.histogram(found), media_type=_JSON, headers=_NOT_KEPT)

    async def stream(
        self,
        query: Annotated[StreamQuery, Parameters()],
        user: Who,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Lines as they come."""
        sources = self._find_all(query.source, user)
        marks = _marks(sources, last_event_id, query.cursor)
        as_text = query.format == "text" or (query.format is None and accept.startswith("text/plain"))
        line_filter = self._line_filter(query)
        is_walk = len(sources) > 1 or (line_filter and line_filter.context)
        if as_text and is_walk and _is_history(query, last_event_id):
            last = None if query.begin == "start" else 0 if query.begin == "end" else -int(query.begin)
            return bare_text(
                ScanStream(self._streams.loader, self._views, sources, line_filter).text(last, raw=query.raw)
            )
        encoder = (
            TextEncoder(line_filter, raw=query.raw)
            if as_text
            else EventEncoder(
                levels=query.levels, times=query.times, places=query.places, line_filter=line_filter, spans=query.spans
            )
        )
        reader = Reader(self._streams.loader_for(encoder), follow=query.follow, lag=query.lag)
        for source in sources:
            await _add(reader, source, marks, lambda each: self._begin(each, line_filter, query.begin))
        if as_text:
            return text_stream(self._streams, reader, headings=len(sources) > 1)
        return event_stream(self._streams, reader)

    def _begin(self, source: Source, line_filter: LineFilter | None, begin: str) -> list[Position]:
        if begin == "start":
            return source.start()
        count = 0 if begin == "end" else -int(begin)
        if not line_filter or not count or source.live is None:
            return source.last(count)
        return self._views.last(source, line_filter, count)

    async def _when_found(self, find: Callable[[], LineRange], rows: RowEncoder) -> bytes:
        """The answer, at the latest after a second with what is found by then."""

        def poll() -> tuple[bool, bytes]:
            found = find()
            return found.pending, rows(found)

        for _ in range(_LOOKS):
            pending, body = await _from_disk(self._streams.scans, poll)
            if not pending:
                break
            # Not in a thread: who waits keeps nobody from lines that are there.
            await asyncio.sleep(_WAIT_SECONDS / _LOOKS)
        return body

    def _range(self, sources: Sequence[Source], line_filter: LineFilter | None, query: LinesQuery) -> LineRange:
        # What is found on disk by a cursor is part of the view then.
        if query.at is not None:
            at = _locate(sources, query.at)
            return self._views.of(sources, line_filter).lines_from(at, query.count)
        if query.before is not None:
            before = _locate(sources, query.before, "before")
            return self._views.of(sources, line_filter).lines_before(before, query.count)
        for source in sources:
            source.poll()
        if query.time is not None:
            return self._views.lines_at(sources, line_filter, _moment("time", query.time), query.count)
        return self._views.of(sources, line_filter).by_number(query.start or 0, query.count)

    def _line_filter(self, query: Filter) -> LineFilter | None:
        try:
            return self._views.line_filter(query.query(self._presents.of(query.since, query.until)), query.context)
        except QueryError as error:
            raise HTTPException(422, str(error)) from error

    def _find_all(self, wanted: Sequence[str], user: User) -> list[Source]:
        return list(dict.fromkeys(self._find(each, user) for each in wanted))

    def _find(self, wanted: str, user: User) -> Source:
        if source := self._catalog.find(wanted, user):
            return source
        raise HTTPException(404, f"source: no id, and no name of a single source, is {wanted!r}; see /api/sources")


async def _add(
    reader: Reader[EncodedChunk],
    source: Source,
    marks: tuple[Checkpoint, ...],
    begin: Callable[[Source], list[Position]],
) -> None:
    try:
        await reader.add(source, marks, begin)
    except (OSError, FileChangedError) as error:
        reader.close()
        raise _not_now(f"source: {source.name} cannot be read: {error}") from error


def _is_history(query: StreamQuery, last_event_id: str | None) -> bool:
    """Whether it asks for lines that are there, from a place that is the same in all sources."""
    return not (query.follow or query.lag or query.cursor or last_event_id)


def _marks(sources: list[Source], last_event_id: str | None, at: str | None) -> tuple[Checkpoint, ...]:
    if last_event_id:
        try:
            marks = cursor.decode(last_event_id)
        except CursorError:
            marks = ()
        # A browser would take an error for the end of all tries; so it is told of a gap instead.
        return marks if _fit(marks, sources) else tuple(cursor.unknown(source.key) for source in sources)
    marks = _decode("cursor", at) if at else ()
    if marks and not _fit(marks, sources):
        raise HTTPException(422, "cursor: it is of other sources")
    return marks


def _fit(marks: tuple[Checkpoint, ...], sources: list[Source]) -> bool:
    return bool({mark.source for mark in marks} & {source.key for source in sources})


def _decode(parameter: str, text: str) -> tuple[Checkpoint, ...]:
    try:
        return cursor.decode(text)
    except CursorError as error:
        raise HTTPException(422, f"{parameter}: {error}") from error


def _locate(sources: Sequence[Source], at: str, parameter: str = "at") -> Position:
    """The place of a cursor. Raises HTTPException if it cannot be found any more."""
    marks = _decode(parameter, at)
    for source in sources:
        own = [mark for mark in marks if mark.source == source.key]
        positions, reason = source.locate(own) if own else ([], None)
        if positions and not reason:
            return positions[-1]
    names = ", ".join(source.name for source in sources)
    raise HTTPException(404, f"{parameter}: the line is not in {names} ({reason or 'lost'})")


def _moment(parameter: str, text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise HTTPException(422, f"{parameter}: {error}") from error


async def _from_disk(loader: ChunkLoader, call: Callable[[], T]) -> T:
    for seconds in _TRY_AGAIN_SECONDS:
        with suppress(FileChangedError, OSError):
            return await loader.run(call)
        # Soon it is seen what became of a file that changed while it was read.
        await asyncio.sleep(seconds)
    try:
        return await loader.run(call)
    except FileChangedError as error:
        raise _not_now(f"{error}; try again") from error
    except OSError as error:
        raise _not_now(f"the file cannot be read: {error}") from error


def _not_now(detail: str) -> HTTPException:
    """What the disk refuses may be given to who asks again."""
    return HTTPException(503, detail, {"retry-after": "1"})


async def _in_threads(loader: ChunkLoader, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await loader.run(lambda: next(chunks, None))) is not None:
        yield chunk
