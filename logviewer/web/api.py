"""The API: sources, lines by position, and the live stream."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Header, HTTPException, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from logviewer import cursor
from logviewer.catalog import Catalog
from logviewer.cursor import Mark
from logviewer.errors import CursorError, TornError
from logviewer.files.generations import Position
from logviewer.reader import Reader
from logviewer.source import Source
from logviewer.view import Range, lines_by_number, lines_from, whole_line
from logviewer.web import wire
from logviewer.web.stream import Frames, Streams, event_stream, text_stream
from logviewer.web.wire import Frame

MAX_LINES = 5000
_JSON = "application/json"

T = TypeVar("T")


class _Query(BaseModel):
    # Who misspells a filter must not be given everything.
    model_config = ConfigDict(extra="forbid")


class SourcesQuery(_Query):
    """Nothing."""


class LinesQuery(_Query):
    """``start`` counts from 0, from the end if negative; ``at`` is a cursor and goes instead of it."""

    source: str
    start: int | None = None
    count: int = Field(1000, ge=1, le=MAX_LINES)
    at: str | None = None


class LineQuery(_Query):
    """``at`` is the cursor of a line, as ``/api/lines`` gives it."""

    source: str
    at: str


class StreamQuery(_Query):
    """``from`` is ``start``, ``end`` or ``-N``; ``cursor`` goes before it, the header ``Last-Event-ID`` before both."""

    source: list[str] = Field(min_length=1)
    begin: str = Field("end", alias="from", pattern=r"^(start|end|-[0-9]{1,9})$")
    cursor: str | None = None
    follow: bool = True
    format: Literal["sse", "text"] | None = None


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

    async def sources(self, _: Annotated[SourcesQuery, Query()]) -> Response:
        """All sources and what there is to say of them."""
        body = await self._streams.frames.run(lambda: wire.source_list(list(self._catalog)))
        return Response(body, media_type=_JSON, headers={"cache-control": "no-store"})

    async def lines(self, query: Annotated[LinesQuery, Query()]) -> Response:
        """Lines by position, or from a cursor on."""
        source = self._find(query.source)
        if query.start is not None and query.at is not None:
            raise HTTPException(422, "start, at: give one of them, not both")
        found = await _from_disk(self._streams.scans, lambda: _range(source, query))
        if found is None:
            raise HTTPException(422, "start: this line is too far to count to; use a negative start, or at")
        body = wire.line_list(source, total=found.total, start=found.start, batches=found.batches)
        return Response(body, media_type=_JSON, headers={"cache-control": "no-store"})

    async def line(self, query: Annotated[LineQuery, Query()]) -> Response:
        """One line as its bytes are in the file, however long: the way to the rest of one that was cut."""
        source = self._find(query.source)
        position = await _from_disk(self._streams.frames, lambda: _locate(source, query.at))
        kind = f"text/plain; charset={position.generation.encoding.codec}"
        return StreamingResponse(_line(self._streams.frames, position), headers={"content-type": kind})

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
        reader = Reader(self._streams.text_frames if as_text else self._streams.frames, follow=query.follow)
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


def _locate(source: Source, at: str) -> Position:
    """The place of a cursor. Raises HTTPException if it cannot be found any more."""
    marks = [mark for mark in _decode("at", at) if mark.source == source.key]
    positions, reason = source.locate(marks)
    if reason or not positions:
        raise HTTPException(404, f"at: the line is not in {source.name} ({reason or 'lost'})")
    return positions[-1]


def _range(source: Source, query: LinesQuery) -> Range | None:
    if query.at is not None:
        return lines_from(_locate(source, query.at), query.count)
    return lines_by_number(source, query.start or 0, query.count)


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
