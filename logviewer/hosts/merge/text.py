"""Text of several hosts: their lines by time, or as they are written."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import ClassVar

from logviewer.hosts.api import AbsentError, ApiAnswer, BrokenError
from logviewer.hosts.merge.answers import Row
from logviewer.hosts.merge.following import Passed
from logviewer.hosts.merge.lines import PLACES
from logviewer.hosts.merge.merging import MOST_ASKED, Merging, at, from_end
from logviewer.hosts.merge.numbers import lines_from, total_of
from logviewer.hosts.merge.parts import HostPart, Hosts, Items, RefusedError, RepeatError, chosen
from logviewer.hosts.merge.question import Question, WrongError
from logviewer.hosts.merge.stream import Stream
from logviewer.showable import visible
from logviewer.tail.events import gap_text, heading

_FROM = re.compile(r"start|end|-[0-9]{1,9}")
_STREAM_ONLY = ("from", "cursor", "follow", "format", "raw", "lag", "levels", "times", "places", "spans")
# Parameters that only ``/api/lines`` has.
_OF_LINES = frozenset({*PLACES, "count", "keys", "places"})
_LINES_AT_ONCE = 2000
_POLL_SECONDS = 0.05
_HEADERS = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
_ATTACHMENT = [
    ("cache-control", "no-store"),
    ("content-disposition", "attachment; filename*=UTF-8''merged.log"),
    ("content-type", "text/plain; charset=utf-8"),
]

Encode = Callable[[Sequence[Row]], bytes]


class TextStream(Stream):
    """The lines of hosts as they are written, as text with a heading wherever the source changes."""

    HEADERS: ClassVar[Sequence[tuple[str, str]]] = _HEADERS
    PING: ClassVar[bytes] = b""

    def __init__(self, parts: Sequence[HostPart], question: Question, last_event_id: str | None = None) -> None:
        super().__init__(parts, question, last_event_id)
        self._names = {each.id: each.name for part in parts for each in part.sources}
        self._is_raw = question.flag("raw")
        self._source: str | None = None

    def _begin_text(self) -> bytes:
        return b""

    def _end_text(self) -> bytes:
        return b""

    def _encode(self, bodies: Sequence[bytes]) -> bytes:
        return b"".join(bodies)

    def _bodies(self, passed: Passed) -> list[bytes]:
        if passed.event is None:
            self._source = None
            return [_absence(passed.follower.part)] if passed.state == "absent" else []
        data = passed.event.data
        if passed.event.name == "gap":
            self._source = None
            return [gap_text(self._names[data["source"]], data["reason"], data["lines"])]
        if passed.event.name != "lines":
            return []
        source, is_new = data["source"], data["source"] != self._source
        self._source = source
        title = heading(self._names[source]) if is_new and len(self._names) > 1 else b""
        return [title, _text(data["lines"], raw=self._is_raw)]


def _absence(part: HostPart) -> bytes:
    return f"==> {visible(str(part.name))}: absent <==\n".encode()


def _text(lines: Sequence[str], *, raw: bool) -> bytes:
    text = "".join([f"{line}\n" for line in lines])
    return (text if raw else visible(text)).encode()


def is_history(question: Question, headers: Mapping[str, str]) -> bool:
    """Return whether a stream of text ends, and ``from`` alone says where it begins."""
    is_placed = question.text("lag") or question.text("cursor") or headers.get("last-event-id")
    return not (question.flag("follow", default=True) or is_placed)


async def history(hosts: Hosts, question: Question) -> ApiAnswer:
    """Return the lines of hosts by time as text. Raises as ``Hosts.ask``, and WrongError."""
    begin = question.text("from") or "end"
    if not _FROM.fullmatch(begin):
        raise WrongError("from: must be start, end or -N")
    items, encode = chosen(question.items, *_STREAM_ONLY), _encoder(question, raw=question.flag("raw"))
    last = None if begin == "start" else 0 if begin == "end" else -int(begin)
    pieces = _pieces(await _opened(hosts, items, question, last), encode)
    notes = b"".join(_absence(part) for part in hosts.lost)
    return ApiAnswer(200, _HEADERS, _after(notes, pieces))


async def download(hosts: Hosts, question: Question) -> ApiAnswer:
    """Return all lines of hosts by time as an attachment. Raises AbsentError if one of them does not answer."""
    merging = await _opened(hosts, chosen(question.items, "spans"), question, None)
    if hosts.absent:
        raise AbsentError(f"{', '.join(hosts.absent)}: no answer")
    return ApiAnswer(200, _ATTACHMENT, _pieces(merging, _encoder(question, raw=True)))


async def _opened(hosts: Hosts, items: Items, question: Question, last: int | None) -> "Merging | list[Row]":
    """Return the lines to encode, the last ones or all; the hosts have answered. Raises as ``Hosts.ask``."""
    if wrong := [name for name, _ in items if name in _OF_LINES]:
        raise WrongError(f"{wrong[0]}: not a parameter of text")
    if question.text("context") not in (None, "0"):
        items = [*items, ("places", "true")]
    while True:
        try:
            if last is not None and last < MOST_ASKED:
                return await _last(hosts, items, last)
            if last is not None:
                return await _from_last(hosts, items, last)
            merging = Merging(hosts, items, {part: at("start", 0) for part in hosts.parts})
            await merging.read_first(_LINES_AT_ONCE)
            return merging
        except RepeatError:
            hosts.begin()


async def _last(hosts: Hosts, items: Items, count: int) -> list[Row]:
    merging = Merging(hosts, items, dict.fromkeys(hosts.parts, from_end), newest=True)
    await merging.read_first(max(1, count))
    rows: list[Row] = []
    while len(rows) < count and (taken := await merging.take_waiting(count - len(rows))):
        rows += [row for _, row in taken]
    return rows[::-1]


async def _from_last(hosts: Hosts, items: Items, count: int) -> Merging:
    while True:
        total = await total_of(hosts, chosen(items, "places"))
        if total is not None and (found := await lines_from(hosts, items, max(0, total - count), _LINES_AT_ONCE)):
            return found
        # Lines are not counted yet.
        await asyncio.sleep(_POLL_SECONDS)


async def _pieces(lines: "Merging | list[Row]", encode: Encode) -> AsyncGenerator[bytes]:
    if isinstance(lines, list):
        if lines:
            yield encode(lines)
        return
    try:
        while taken := await lines.take_waiting(_LINES_AT_ONCE):
            yield encode([row for _, row in taken])
    except (RefusedError, RepeatError) as error:
        raise BrokenError(f"a host does not go on: {error}") from error


async def _after(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    if first:
        yield first
    async for piece in pieces:
        yield piece


def _encoder(question: Question, *, raw: bool) -> Encode:
    """Return a function that encodes the next lines; with context, ``--`` separates groups."""
    if question.text("context") in (None, "0"):
        return lambda rows: _text([row["text"] for row in rows], raw=raw)
    ends: dict[str, int | None] = {}

    def encode(rows: Sequence[Row]) -> bytes:
        lines: list[str] = []
        for row in rows:
            file, number = row.get("file", ""), row["n"]
            if ends and (number is None or ends.get(file) != number):
                lines.append("--")
            ends[file] = None if number is None else number + 1
            lines.append(row["text"])
        return _text(lines, raw=raw)

    return encode
