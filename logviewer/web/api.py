"""The API: sources, lines by position, the live stream, and files to keep."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from logviewer import cursor
from logviewer.catalog import Catalog
from logviewer.cursor import Mark
from logviewer.errors import CursorError, TornError
from logviewer.files.generations import Position
from logviewer.reader import Reader
from logviewer.source import Source
from logviewer.view import Range, View, whole_line
from logviewer.web import wire
from logviewer.web.download import download
from logviewer.web.stream import Frames, Streams, event_stream, text_stream
from logviewer.web.wire import Events, Frame, lines_text

MAX_LINES = 5000
_JSON = "application/json"
_NOT_KEPT = {"cache-control": "no-store"}
_COUNTING_SECONDS = 1.0
_LOOKS = 40

T = TypeVar("T")


class _Query(BaseModel):
    # Who misspells a filter must not be given everything.
    model_config = ConfigDict(extra="forbid")


class SourcesQuery(_Query):
    """Nothing."""


class LinesQuery(_Query):
    """``start`` counts from 0, from the end if negative; ``at`` and ``before`` are cursors and go instead of it.

    Lines begin at the one and end at the other. ``places`` adds the files, and which of them each line is in.
    """

    source: str
    start: int | None = None
    count: int = Field(1000, ge=1, le=MAX_LINES)
    at: str | None = None
    before: str | None = None
    places: bool = False


class LineQuery(_Query):
    """``at`` is the cursor of a line, as ``/api/lines`` gives it."""

    source: str
    at: str


class DownloadQuery(_Query):
    """The live file of a source."""

    source: str


class StreamQuery(_Query):
    """``from`` is ``start``, ``end`` or ``-N``; ``cursor`` goes before it, the header ``Last-Event-ID`` before both.

    ``levels``, ``times`` and ``places`` add to what events tell. One who is more than ``lag`` lines behind goes on
    near the end.
    """

    source: list[str] = Field(min_length=1)
    begin: str = Field("end", alias="from", pattern=r"^(start|end|-[0-9]{1,9})$")
    cursor: str | None = None
    follow: bool = True
    format: Literal["sse", "text"] | None = None
    levels: bool = False
    times: bool = False
    places: bool = False
    lag: int | None = Field(None, ge=1)


class Api:
    """The routes below ``/api``, over these sources and streams."""

    def __init__(self, catalog: Catalog, streams: Streams) -> None:
        self._catalog = catalog
        self._streams = streams
        self.router = APIRouter(prefix="/api", default_response_class=Response)
        self.router.get("/sources")(self.sources)
        self.router.get("/lines")(self.lines)
        self.router.get("/line")(self.line)
        self.router.get("/stream")(self.stream)
        self.router.api_route("/download", methods=["GET", "HEAD"])(self.download)

    async def sources(self, _: Annotated[SourcesQuery, Query()]) -> Response:
        """All sources and what there is to say of them."""
        body = await self._streams.frames.run(lambda: wire.source_list(list(self._catalog)))
        return Response(body, media_type=_JSON, headers=_NOT_KEPT)

    async def lines(self, query: Annotated[LinesQuery, Query()]) -> Response:
        """Lines by position, or around a cursor; none if they were not counted to within a second."""
        source = self._find(query.source)
        given = [name for name in ("start", "at", "before") if getattr(query, name) is not None]
        if len(given) > 1:
            raise HTTPException(422, f"{', '.join(given)}: give one of them, not both")
        body = await _when_counted(self._streams.scans, source, query)
        return Response(body, media_type=_JSON, headers=_NOT_KEPT)

    async def line(self, query: Annotated[LineQuery, Query()]) -> Response:
        """One line as its bytes are in the file, however long: the way to the rest of one that was cut."""
        source = self._find(query.source)
        position = await _from_disk(self._streams.frames, lambda: _locate(source, query.at))
        kind = f"text/plain; charset={position.generation.encoding.codec}"
        return StreamingResponse(_line(self._streams.frames, position), headers={"content-type": kind})

    async def download(
        self,
        request: Request,
        query: Annotated[DownloadQuery, Query()],
        span: Annotated[str | None, Header(alias="range")] = None,
        if_range: Annotated[str | None, Header()] = None,
    ) -> Response:
        """The live file, or a range of it."""
        source = self._find(query.source)
        live = source.live
        if live is None:
            raise HTTPException(404, f"source: {source.name} has no file now ({source.state})")
        # Nothing that an If-Range could name is ever given.
        asked, bodiless = None if if_range else span, request.method == "HEAD"
        try:
            return await download(self._streams.frames, live, source.name, asked=asked, bodiless=bodiless)
        except OSError as error:
            raise HTTPException(503, f"source: {source.name} cannot be read: {error}") from error

    async def stream(
        self,
        query: Annotated[StreamQuery, Query()],
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Lines as they come."""
        sources = list(dict.fromkeys(self._find(each) for each in query.source))
        marks = _marks(sources, last_event_id, query.cursor)
        as_text = query.format == "text" or (query.format is None and accept.startswith("text/plain"))
        encode = lines_text if as_text else Events(levels=query.levels, times=query.times, places=query.places)
        reader = Reader(self._streams.frames_of(encode), follow=query.follow, lag=query.lag)
        for source in sources:
            await _add(reader, source, marks, query.begin)
        if as_text:
            return text_stream(self._streams, reader, headings=len(sources) > 1)
        return event_stream(self._streams, reader)

    def _find(self, wanted: str) -> Source:
        if source := self._catalog.find(wanted):
            return source
        raise HTTPException(404, f"source: no id, and no name of a single source, is {wanted!r}; see /api/sources")


async def _add(reader: Reader[Frame], source: Source, marks: tuple[Mark, ...], begin: str) -> None:
    try:
        await reader.add(source, marks, lambda each: _begin(each, begin))
    except (OSError, TornError) as error:
        reader.close()
        raise HTTPException(503, f"source: {source.name} cannot be read: {error}") from error


def _begin(source: Source, begin: str) -> list[Position]:
    if begin == "start":
        return source.start()
    return source.last(0 if begin == "end" else -int(begin))


def _marks(sources: list[Source], last_event_id: str | None, at: str | None) -> tuple[Mark, ...]:
    if last_event_id:
        try:
            marks = cursor.decode(last_event_id)
        except CursorError:
            marks = ()
        # A browser would take an error for the end of all tries; so it is told of a gap instead.
        return marks if _fit(marks, sources) else tuple(cursor.nowhere(source.key) for source in sources)
    marks = _decode("cursor", at) if at else ()
    if marks and not _fit(marks, sources):
        raise HTTPException(422, "cursor: it is of other sources")
    return marks


def _fit(marks: tuple[Mark, ...], sources: list[Source]) -> bool:
    return bool({mark.source for mark in marks} & {source.key for source in sources})


def _decode(parameter: str, text: str) -> tuple[Mark, ...]:
    try:
        return cursor.decode(text)
    except CursorError as error:
        raise HTTPException(422, f"{parameter}: {error}") from error


def _locate(source: Source, at: str, parameter: str = "at") -> Position:
    """The place of a cursor. Raises HTTPException if it cannot be found any more."""
    marks = [mark for mark in _decode(parameter, at) if mark.source == source.key]
    positions, reason = source.locate(marks)
    if reason or not positions:
        raise HTTPException(404, f"{parameter}: the line is not in {source.name} ({reason or 'lost'})")
    return positions[-1]


async def _when_counted(frames: Frames, source: Source, query: LinesQuery) -> bytes:
    """The answer, at the latest after a second with what is counted by then."""
    for _ in range(_LOOKS):
        pending, body = await _from_disk(frames, lambda: _lines(source, query))
        if not pending:
            break
        # Not in a thread: who waits for counting keeps nobody from lines that are there.
        await asyncio.sleep(_COUNTING_SECONDS / _LOOKS)
    return body


def _lines(source: Source, query: LinesQuery) -> tuple[bool, bytes]:
    found = _range(source, query)
    return found.pending, wire.line_list(source, found, places=query.places)


def _range(source: Source, query: LinesQuery) -> Range:
    if query.at is not None:
        at = _locate(source, query.at)
        return View(source.generations).lines_from(at, query.count)
    if query.before is not None:
        before = _locate(source, query.before, "before")
        return View(source.generations).lines_before(before, query.count)
    source.look()
    return View(source.generations).by_number(query.start or 0, query.count)


async def _from_disk(frames: Frames, call: Callable[[], T]) -> T:
    try:
        return await frames.run(call)
    except TornError as error:
        raise HTTPException(503, "the file changed while it was read; try again") from error
    except OSError as error:
        raise HTTPException(503, f"the file cannot be read: {error}") from error


async def _line(frames: Frames, position: Position) -> AsyncIterator[bytes]:
    chunks = whole_line(position)
    while chunk := await frames.run(lambda: next(chunks, b"")):
        yield chunk
