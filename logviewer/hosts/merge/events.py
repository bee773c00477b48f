"""The server-sent events of one host, checked: the bytes of each event, and the cursor after it."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
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

_ID = re.compile(rb"id: ([!-~]+)")
_NAME, _DATA = b"event: ", b"data: "
_SEARCH_FORMS: dict[bytes, TypeAdapter[Any]] = {
    b"event: match": MATCHES,
    b"event: progress": PROGRESS,
    b"event: end": SEARCH_END,
}
_FORMS: dict[bytes, TypeAdapter[Any]] = {
    b"event: lines": STREAM_LINES,
    b"event: gap": STREAM_GAP,
    b"event: source": STREAM_STATE,
    b"event: end": STREAM_END,
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
        *fields, last = text[:-2].split(b"\n")
        if not (found := _ID.fullmatch(last)):
            raise BrokenError("it sent an event without an id")
        cursor = found[1].decode("ascii")
        if not fields:
            yield HostEvent("", b"", None, cursor)
            continue
        name, data = _parsed(fields, _FORMS)
        if data.get("source", next(iter(ids), None)) not in ids:
            raise BrokenError("it sent an event of another source")
        yield HostEvent(name, visible_json(text[: -len(last) - 2]), data, cursor)


async def search_events(part: HostPart, body: AsyncIterator[bytes]) -> AsyncGenerator[tuple[str, Any]]:
    """Yield the name and the data of each event of a search. Raises HostError."""
    ids = part.ids
    async for text in events_of(body):
        if text.startswith(b":"):
            continue
        name, data = _parsed(text[:-2].split(b"\n"), _SEARCH_FORMS)
        if name == "match":
            check_rows(data["matches"], data["keys"], ids)
        yield name, data


def _parsed(fields: Sequence[bytes], forms: Mapping[bytes, TypeAdapter[Any]]) -> tuple[str, Any]:
    """Return the name and the data of an event with these lines. Raises BrokenError."""
    # A carriage return would end a line, too.
    if len(fields) != 2 or not fields[1].startswith(_DATA) or b"\r" in fields[1]:
        raise BrokenError("it sent an event of a wrong form")
    form = forms.get(fields[0])
    if form is None:
        raise BrokenError("it sent an event of an unknown kind")
    return fields[0].removeprefix(_NAME).decode("ascii"), parse(form, fields[1][len(_DATA) :])
