"""The shapes of answers: what is sent for lines, gaps, turns and sources, as bytes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from logviewer import cursor
from logviewer.files.generations import Batch, Position
from logviewer.reader import Gap, Turn
from logviewer.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Lines ready to be sent, shared by all readers at one place.

    ``has_ids`` says that the events in it carry the ids of a reader who is nowhere else.
    """

    end: Position
    data: bytes
    unterminated: bool
    more: bool
    has_ids: bool = False


def lines_events(source: Source, batches: Sequence[Batch], *, alone: bool) -> Frame:
    """A ``lines`` event for each batch, with their ids if the reader is ``alone`` there; else one without its id."""
    last = batches[-1]
    events = [_lines_event(source, batch) for batch in batches]
    if alone and not last.unterminated:
        events = [
            with_id(event, cursor.encode([batch.end.text()])) for event, batch in zip(events, batches, strict=True)
        ]
    has_ids = alone and not last.unterminated
    return Frame(last.end, b"".join(events), last.unterminated, last.more, has_ids=has_ids)


def _lines_event(source: Source, batch: Batch) -> bytes:
    data: dict[str, Any] = {"source": source.id, "n": _number(batch.start), "lines": batch.texts()}
    if batch.cut is not None:
        data["cut"] = [[0, batch.cut]]
    if batch.unterminated:
        data["unterminated"] = True
    return b"event: lines\ndata: " + orjson.dumps(data) + b"\n"


def lines_text(_: Source, batches: Sequence[Batch], *, alone: bool) -> Frame:  # noqa: ARG001 (text carries no ids)
    """The bare lines."""
    text = "\n".join([text for batch in batches for text in batch.texts()]) + "\n"
    return Frame(batches[-1].end, text.encode(), batches[-1].unterminated, batches[-1].more)


def _number(position: Position) -> int | None:
    return None if position.line is None else position.line + 1


def event(name: str, data: dict[str, Any]) -> bytes:
    """An event without an id."""
    return b"event: " + name.encode("ascii") + b"\ndata: " + orjson.dumps(data) + b"\n"


def with_id(body: bytes, text: str) -> bytes:
    """An event, or nothing, with the cursor after it."""
    return body + b"id: " + text.encode("ascii") + b"\n\n"


def gap_event(gap: Gap) -> bytes:
    """A ``gap`` event without its id."""
    return event("gap", {"source": gap.source.id, "reason": gap.reason, "lines": gap.lines})


def turn_event(turn: Turn) -> bytes:
    """A ``source`` event without its id."""
    return event("source", {"source": turn.source.id, "state": turn.state})


def gap_text(gap: Gap) -> bytes:
    """A gap as people read it between bare lines."""
    lines = "lines" if gap.lines is None else f"{gap.lines} lines"
    return f"==> {gap.source.name}: {lines} lost ({gap.reason}) <==\n".encode()


def source_list(sources: Sequence[Source]) -> bytes:
    """``/api/sources``."""
    return orjson.dumps([asdict(source.facts()) for source in sources])


def line_list(source: Source, *, total: int | None, start: int | None, batches: Sequence[Batch]) -> bytes:
    """``/api/lines``: ``start`` is None while nobody knows where in the file the lines lie."""
    lines = [row for batch in batches for row in _rows(source, batch)]
    return orjson.dumps({"total": total, "complete": total is not None, "start": start, "lines": lines})


def _rows(source: Source, batch: Batch) -> list[dict[str, Any]]:
    rows = [
        {
            "source": source.id,
            "n": _number(position),
            "text": text,
            "level": None,
            "time": None,
            "at": cursor.encode([position.text()]),
        }
        for text, position in zip(batch.texts(), batch.starts(), strict=True)
    ]
    if batch.cut is not None:
        rows[0]["cut"] = batch.cut
    if batch.unterminated:
        rows[-1]["unterminated"] = True
    return rows
