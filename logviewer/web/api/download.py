"""A file to keep: all of it or a range, up to the size that it had when the request came."""

import re
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse

from logviewer.errors import FileChangedError
from logviewer.rotation.generation import Generation, Position
from logviewer.web.loader import ChunkLoader

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def download(
    loader: ChunkLoader, generation: Generation, name: str, *, asked: str | None, bodiless: bool
) -> Response:
    """The bytes as an attachment of this name; ``asked`` is a Range header, of which one span is honoured.

    Raises OSError.
    """
    size = await loader.run(generation.size)
    span = _span(asked or "", size)
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-type": f"text/plain; charset={await loader.run(lambda: generation.encoding.codec)}",
    }
    if span is not None and span.start >= size:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    if span:
        headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    status, span = (206, span) if span else (200, range(size))
    headers["content-length"] = str(len(span))
    if bodiless:
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_chunks(loader, generation, span), status_code=status, headers=headers)


async def redacted(loader: ChunkLoader, generation: Generation) -> AsyncIterator[bytes]:
    """The lines of a file as UTF-8 text with their masks, up to the size that it has now. Raises OSError."""
    end = await loader.run(generation.size)
    at: Position | None = await loader.run(generation.first)
    while at and at.offset < end:
        text, at = await loader.run(partial(_lines_after, at))
        yield text


def _lines_after(at: Position) -> tuple[bytes, Position | None]:
    batch = at.generation.read(at) or at.generation.read_rest(at)
    return ("".join(f"{text}\n" for text in batch.texts()).encode(), batch.end) if batch else (b"", None)


def keep(name: str, lines: AsyncIterator[bytes]) -> Response:
    """Lines as an attachment of this name; nobody knows its length before."""
    headers = {
        "cache-control": "no-store",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-type": "text/plain; charset=utf-8",
    }
    return StreamingResponse(lines, headers=headers)


def _span(asked: str, size: int) -> range | None:
    """The bytes of a Range header; None if it is to be ignored, one that begins at the end if none are there."""
    match = _RANGE.fullmatch(asked)
    first, last = match.groups() if match else ("", "")
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)


async def _chunks(loader: ChunkLoader, generation: Generation, span: range) -> AsyncIterator[bytes]:
    for start in span[::_CHUNK]:
        size = min(_CHUNK, span.stop - start)
        chunk = await loader.run(partial(generation.file.pread, size, start))
        if len(chunk) < size:
            raise FileChangedError
        yield chunk
