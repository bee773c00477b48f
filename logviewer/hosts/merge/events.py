"""The server-sent events of one host, checked: the bytes of each event, and the cursor after it."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from logviewer.hosts.api import BrokenError
from logviewer.hosts.merge.answers import (
    MATCHES,
    PROGRESS,
    SEARCH_END,
    STREAM_END,
    STREAM_GAP,
    STREAM_LINES,
    STREAM_STATE,
    check_rows,
    parse,
)
from logviewer.hosts.merge.parts import HostPart
from logviewer.hosts.sharing import events_of
from logviewer.showable import visible_json

_EVENT = re.compile(rb"(?:event: (?P<name>[a-z]+)\ndata: (?P<data>[^\r\n]*)\n)?id: (?P<id>[!-~]+)\n\n")
_PLAIN_EVENT = re.compile(rb"event: (?P<name>[a-z]+)\ndata: (?P<data>[^\r\n]*)\n\n")
_SEARCH_FORMS: dict[bytes, TypeAdapter[Any]] = {b"match": MATCHES, b"progress": PROGRESS, b"end": SEARCH_END}
_FORMS: dict[bytes, TypeAdapter[Any]] = {
    b"lines": STREAM_LINES,
    b"gap": STREAM_GAP,
    b"source": STREAM_STATE,
    b"end": STREAM_END,
}


@dataclass(frozen=True, slots=True)
class HostEvent:
    """An event of a stream: its bytes without the id, none of an id alone; its data, and its cursor."""

    name: str
    body: bytes
    data: Any
    cursor: str


async def stream_events(part: HostPart, body: AsyncIterator[bytes]) -> AsyncGenerator[HostEvent]:
    """Yield the events of a stream, without its pings and its ``retry``. Raises HostError."""
    ids = part.ids
    async for text in events_of(body):
        if text.startswith((b":", b"retry: ")):
            continue
        match = _EVENT.fullmatch(text)
        if not match:
            raise BrokenError("it sent an event of a wrong form")
        cursor = match["id"].decode("ascii")
        if match["name"] is None:
            yield HostEvent("", b"", None, cursor)
            continue
        form = _FORMS.get(match["name"])
        if form is None:
            raise BrokenError("it sent an event of an unknown kind")
        data = parse(form, match["data"])
        if data.get("source", next(iter(ids), None)) not in ids:
            raise BrokenError("it sent an event of another source")
        yield HostEvent(
            match["name"].decode("ascii"), visible_json(text[: match.start("id") - len("id: ")]), data, cursor
        )


async def search_events(part: HostPart, body: AsyncIterator[bytes]) -> AsyncGenerator[tuple[str, Any]]:
    """Yield the name and the data of each event of a search. Raises HostError."""
    ids = part.ids
    async for text in events_of(body):
        if text.startswith(b":"):
            continue
        match = _PLAIN_EVENT.fullmatch(text)
        form = match and _SEARCH_FORMS.get(match["name"])
        if not match or not form:
            raise BrokenError("it sent an event of a wrong form")
        data = parse(form, match["data"])
        if match["name"] == b"match":
            check_rows(data["matches"], data["keys"], ids)
        yield match["name"].decode("ascii"), data
