"""``/api/download``: a file to keep, or the matching lines as text."""

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.errors import FileChangedError
from logviewer.rotation.generation import Generation
from logviewer.views.views import Views
from logviewer.web.api.lookup import CurrentUser, Lookup, unavailable
from logviewer.web.http.streamed import StreamedResponse
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import DownloadParameters
from logviewer.web.scan_stream import ScanStream
from logviewer.web.streams import Streams

_CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class DownloadRoutes:
    """Answers with attachments."""

    def __init__(self, lookup: Lookup, views: Views, streams: Streams) -> None:
        self._lookup = lookup
        self._views = views
        self._loader = streams.loader
        self._bulk = streams.bulk
        self.router = APIRouter()
        self.router.get("/download")(self.download)
        # FastAPI warns of two operations with one id in the OpenAPI document.
        self.router.head("/download", include_in_schema=False)(self.download)

    async def download(
        self,
        request: Request,
        parameters: Annotated[DownloadParameters, Parameters()],
        user: CurrentUser,
        span: Annotated[str | None, Header(alias="range")] = None,
        if_range: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Download the live file or a range of it; with a query or several sources, the matching lines by time."""
        line_filter = self._lookup.line_filter(parameters)
        sources = await self._lookup.sources(parameters.choice, user, whole=line_filter is not None)
        source = sources[0]
        if line_filter or len(sources) > 1:
            name = source.name if len(sources) == 1 else "merged.log"
            return _attachment(name, ScanStream(self._bulk, self._views, sources, line_filter).text())
        live = source.live
        if live is None:
            raise HTTPException(404, f"source: {source.name} has no file now ({source.state})")
        # The server never sends a validator, so none that If-Range could name is right.
        wanted, is_head = None if if_range else span, request.method == "HEAD"
        try:
            if live.line_format.has_masks:
                # Redacted text has other offsets than the file, so a range would be wrong.
                starts = {source.key: await self._loader.run(live.first)}
                scan = ScanStream(self._bulk, self._views, sources, None, starts=starts)
                return _attachment(source.name, scan.text())
            return await _file(self._loader, live, source.name, wanted=wanted, is_head=is_head)
        except (OSError, FileChangedError) as error:
            raise unavailable(f"source: {source.name} cannot be read: {error}") from error


async def _file(
    loader: ChunkLoader, generation: Generation, name: str, *, wanted: str | None, is_head: bool
) -> Response:
    """Return the bytes of a file, up to its present size, as an attachment.

    ``wanted`` is a Range header; one range is honoured. Raises OSError and FileChangedError, also of the first read.
    """
    size = await loader.run(generation.size)
    span = _span(wanted or "", size)
    headers = _headers(name, await loader.run(lambda: generation.encoding.codec)) | {"accept-ranges": "bytes"}
    if span is not None and span.start >= size:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    if span:
        headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    status, span = (206, span) if span else (200, range(size))
    headers["content-length"] = str(len(span))
    if is_head:
        return Response(status_code=status, headers=headers)
    chunks = _chunks(loader, generation, span)
    # A read that fails later can only break the response off.
    first = await anext(chunks, b"")
    return StreamedResponse(_after(first, chunks), status_code=status, headers=headers)


def _attachment(name: str, text: AsyncIterator[bytes]) -> Response:
    """Return UTF-8 text of unknown length as an attachment."""
    return StreamedResponse(text, headers=_headers(name, "utf-8"))


def _headers(name: str, codec: str) -> dict[str, str]:
    return {
        "cache-control": "no-store",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-type": f"text/plain; charset={codec}",
    }


def _span(wanted: str, size: int) -> range | None:
    """Return the byte range of a Range header; None to ignore it. Past the end, it starts at ``size`` or later."""
    match = _RANGE.fullmatch(wanted)
    first, last = match.groups() if match else ("", "")
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)


async def _after(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk


async def _chunks(loader: ChunkLoader, generation: Generation, span: range) -> AsyncIterator[bytes]:
    for start in span[::_CHUNK_BYTES]:
        size = min(_CHUNK_BYTES, span.stop - start)
        chunk = await loader.run(partial(generation.file.pread, size, start))
        if len(chunk) < size:
            raise FileChangedError
        yield chunk
