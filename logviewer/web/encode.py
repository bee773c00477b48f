"""Encodes lines, gaps, state changes, sources and histograms as the bytes of answers.

An encoder for each form of lines: ``TextEncoder`` passes the bytes of a block on. ``EventEncoder`` writes columns, and
decodes no single line of a block without levels and times: two fifths of the time of an object for each line.
``RowEncoder`` and ``match_rows`` write such objects, both with ``_rows``, because each line has a place of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from logviewer import cursor
from logviewer.files.encoding import UTF8, is_utf8
from logviewer.formats.level import LETTERS, LEVELS
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, Position
from logviewer.search.line_filter import LineFilter
from logviewer.showable import SHORT, visible, visible_json
from logviewer.source import Source
from logviewer.tail.events import Gap, StateChange
from logviewer.views.histogram import Histogram
from logviewer.views.ranks import NO_KEY, Ranks
from logviewer.views.view import LineRange
from logviewer.web.terminal import has_controls, visible_bytes

# A character that JSON does not escape.
_MARK = b"\x7f"
_NO_LINES = b'"lines":[]'
# Lines that are not ASCII are encoded one by one up to one such byte in so many.
_FEW_FOREIGN = 64
# Masks of a line with broken sequences take up to a millisecond.
_MASKED_LINES = 100


@dataclass(frozen=True, slots=True, eq=False)
class EncodedChunk:
    """Encoded lines, shared by all readers at one position: ``shown`` of the ``count`` lines that were read.

    With ``has_ids``, its events have the ids of a reader with this single position.
    """

    end: Position
    data: bytes
    count: int
    shown: int
    unterminated: bool
    more: bool
    has_ids: bool = False


@dataclass(frozen=True, slots=True)
class EventEncoder:
    """Encodes each batch as a ``lines`` event, with the fields of the flags.

    The line filter drops lines, and finds the matches for ``spans``.
    """

    has_frames: ClassVar[bool] = True

    levels: bool = False
    times: bool = False
    places: bool = False
    line_filter: LineFilter | None = None
    spans: bool = False

    @property
    def is_quick(self) -> bool:
        """Whether a few lines take well under a millisecond."""
        return self.line_filter is None

    def stride(self, most: int) -> int:
        """Return the number of bytes of lines to encode at a time: at most ``most``, and some 50 ms of filtering."""
        return self.line_filter.stride(most) if self.line_filter else most

    def __call__(self, source: Source, batches: Sequence[Batch], *, alone: bool) -> EncodedChunk:
        """Encode consecutive batches.

        With ``alone``, their events get the ids of a reader with this single position, unless the last line is
        unterminated. Otherwise there must be one batch, and its event gets no id.
        """
        last = batches[-1]
        kept = [self.line_filter.filter_batch(batch) if self.line_filter else batch for batch in batches]
        has_ids = alone and not last.unterminated
        parts: list[bytes] = []
        for batch, shown in zip(batches, kept, strict=True):
            parts += self._event(source, shown)
            if has_ids:
                parts.append(with_id(b"", cursor.encode([batch.end.text()])))
        return _chunk(batches, kept, b"".join(parts), has_ids=has_ids)

    def _event(self, source: Source, batch: Batch) -> Sequence[bytes]:
        """Return the parts of an event without its id: bytes of lines are copied once, when all parts are joined."""
        if not batch.lines:
            return ()
        line_format = batch.start.generation.line_format
        data: dict[str, Any] = {"source": source.id, "n": _number(batch.start)}
        block = None if self.levels or self.times or self.spans else _unmasked(batch)
        texts = batch.texts() if block is None else []
        data["lines"] = texts
        if self.line_filter:
            data["ns"] = [None if line is None else line + 1 for line in batch.line_numbers()]
        if self.line_filter and self.spans:
            data["spans"] = self.line_filter.spans(texts, batch.start.generation.encoding)
        if self.places:
            data["file"] = batch.start.generation.id
            data["at"] = cursor.encode([batch.start.text()])
        if self.levels:
            data["levels"] = "".join(LETTERS[line_format.level(text)] for text in texts)
        if self.times:
            data["times"] = line_format.times(texts, batch.line_offsets)
        encoded = event("lines", data | _marks(batch))
        if block is None:
            return (encoded,)
        before, _, after = encoded.partition(_NO_LINES)
        return before, _NO_LINES[:-1], *_json_lines(block, len(batch.lines)), b"]", after


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Encodes lines as UTF-8 text, safe for a terminal unless ``raw``. The line filter drops lines."""

    has_frames: ClassVar[bool] = False

    line_filter: LineFilter | None = None
    raw: bool = False

    @property
    def is_quick(self) -> bool:
        """Whether a few lines take well under a millisecond."""
        return self.line_filter is None

    def stride(self, most: int) -> int:
        """Return the number of bytes of lines to encode at a time: at most ``most``, and some 50 ms of filtering."""
        return self.line_filter.stride(most) if self.line_filter else most

    def __call__(self, source: Source, batches: Sequence[Batch], *, alone: bool) -> EncodedChunk:  # noqa: ARG002 (text has no ids)
        """Encode consecutive batches, each line with a newline."""
        kept = [self.line_filter.filter_batch(batch) if self.line_filter else batch for batch in batches]
        texts = [encode_text(batch, raw=self.raw) for batch in kept]
        return _chunk(batches, kept, texts[0] if len(texts) == 1 else b"".join(texts))


def encode_text(batch: Batch, *, raw: bool) -> bytes:
    """Return the lines as UTF-8 text with newlines, safe for a terminal unless ``raw``. Raises OSError."""
    if (block := _unmasked(batch)) is not None and is_utf8(block):
        return block if raw else visible_bytes(block, lines=len(batch.lines))
    text = "".join([f"{text}\n" for text in batch.texts()])
    return (text if raw else visible(text)).encode()


def _marks(batch: Batch) -> dict[str, Any]:
    """Return the fields of lines that are context, cut or unterminated."""
    data: dict[str, Any] = {}
    if any(batch.context):
        data["context"] = list(batch.context)
    if batch.cut is not None:
        data["cut"] = [[0, batch.cut]]
    if batch.unterminated:
        data["unterminated"] = True
    return data


def _unmasked(batch: Batch) -> bytes | None:
    """Return the bytes of a batch, each line with a newline, if they are UTF-8 but for invalid ones; otherwise None."""
    generation = batch.start.generation
    if generation.line_format.has_masks or generation.encoding is not UTF8:
        return None
    return batch.block()


def _json_lines(block: bytes, lines: int) -> Sequence[bytes]:
    """Return so many lines of a block as parts of JSON strings, several times as fast as one string for each."""
    if _MARK in block or (len(block) <= SHORT and not block.isascii()):
        return (visible_json(orjson.dumps(block.decode("utf-8", "replace").split("\n")[:-1]))[1:-1],)
    if block.isascii():
        return (_json_of_ascii(block[:-1]),)
    if (parts := _json_of_mixed(block)) is not None:
        return parts
    if is_utf8(block) and not has_controls(block, lines=lines):
        escaped = block[:-1].replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\t", b"\\t")
        return b'"', visible_json(escaped.replace(b"\n", b'","')), b'"'
    text = orjson.dumps(block[:-1].replace(b"\n", _MARK).decode("utf-8", "replace"))
    return (visible_json(text.replace(_MARK, b'","')),)


def _json_of_ascii(lines: bytes) -> bytes:
    return orjson.dumps(lines.replace(b"\n", _MARK).decode("ascii")).replace(_MARK, b'","')


def _json_of_mixed(block: bytes) -> Sequence[bytes] | None:
    """Return the parts if few lines are not ASCII: these are encoded one by one. None if there are many."""
    import numpy as np  # noqa: PLC0415 (heavy)

    foreign = np.flatnonzero(np.frombuffer(block, np.int8) < 0)
    if len(foreign) > len(block) // _FEW_FOREIGN:
        return None
    parts: list[bytes] = []
    end = 0
    for at in foreign.tolist():
        if at >= end:
            start, stop = block.rfind(b"\n", end, at) + 1 or end, block.index(b"\n", at)
            if start > end:
                parts += _json_of_ascii(block[end : start - 1]), b","
            parts += _json(block[start:stop].decode("utf-8", "replace")), b","
            end = stop + 1
    return [*parts, _json_of_ascii(block[end:-1])] if end < len(block) else parts[:-1]


def _json(text: str) -> bytes:
    return visible_json(orjson.dumps(text))


def _chunk(batches: Sequence[Batch], kept: Sequence[Batch], data: bytes, *, has_ids: bool = False) -> EncodedChunk:
    last = batches[-1]
    count, shown = (sum(len(batch.lines) for batch in each) for each in (batches, kept))
    return EncodedChunk(last.end, data, count, shown, last.unterminated, last.more, has_ids=has_ids)


def _number(position: Position) -> int | None:
    return None if position.line is None else position.line + 1


def event(name: str, data: dict[str, Any]) -> bytes:
    """Return an event without its id."""
    return b"event: " + name.encode("ascii") + b"\ndata: " + visible_json(orjson.dumps(data)) + b"\n"


def with_id(body: bytes, text: str) -> bytes:
    """Return an event, or an empty one, with its id: the cursor after it."""
    return body + b"id: " + text.encode("ascii") + b"\n\n"


def gap_event(gap: Gap) -> bytes:
    """Return a ``gap`` event without its id."""
    return event("gap", {"source": gap.source.id, "reason": gap.reason, "lines": gap.lines})


def state_event(change: StateChange) -> bytes:
    """Return a ``source`` event without its id."""
    return event("source", {"source": change.source.id, "state": change.state})


@dataclass(frozen=True, slots=True)
class RowEncoder:
    """Encodes the body of ``/api/lines``. ``ids`` are the ids of the sources by key.

    ``places`` adds the files, and the file of each line. With a line filter the body has ``scanned``; ``spans`` adds
    the filter's matches within each line. ``hints`` are those for the query. ``check`` is called before each hundred
    masked lines, and raises if they are no longer needed.
    """

    ids: Mapping[bytes, str]
    places: bool = False
    line_filter: LineFilter | None = None
    spans: bool = False
    hints: Sequence[Mapping[str, str]] = ()
    check: Callable[[], None] = lambda: None

    def __call__(self, lines: LineRange) -> bytes:
        """Return the body with these lines."""
        answer: dict[str, Any] = {"total": lines.total, "complete": lines.total is not None, "start": lines.start}
        if self.line_filter:
            answer["scanned"] = scanned([line_count for _, line_count in lines.line_counts])
        if self.hints:
            answer["hints"] = self.hints
        if self.places:
            answer["files"] = [_file(generation, line_count) for generation, line_count in lines.line_counts]
        if lines.keys:
            answer["pending"] = lines.pending
            answer["key"], answer["keys"] = shown_key(lines.keys.cursor), [shown_key(each) for each in lines.keys.lines]
        answer["lines"] = [row for batch in lines.batches for part in self._parts(batch) for row in self._rows_of(part)]
        return visible_json(orjson.dumps(answer))

    def _parts(self, batch: Batch) -> Iterator[Batch]:
        if not batch.start.generation.line_format.has_masks:
            yield batch
            return
        for first in range(0, len(batch.lines), _MASKED_LINES):
            self.check()
            yield batch.part(first, min(first + _MASKED_LINES, len(batch.lines)))

    def _rows_of(self, batch: Batch) -> list[dict[str, Any]]:
        generation = batch.start.generation
        line_format = generation.line_format
        rows = _rows(self.ids[generation.source], batch, self.line_filter if self.spans else None)
        times = line_format.times([row["text"] for row in rows], batch.line_offsets)
        for row, time in zip(rows, times, strict=True):
            row["level"] = line_format.level(row["text"])
            row["time"] = time
        for row, stamp in zip(rows, line_format.stamps(batch.line_offsets), strict=False):
            if stamp:
                row["stream"] = stamp.stream
        if self.places:
            for row in rows:
                row["file"] = generation.id
        if batch.cut is not None:
            rows[0]["cut"] = batch.cut
        if batch.unterminated:
            rows[-1]["unterminated"] = True
        return rows


def shown_key(key: int | None) -> int | None:
    """Return a key as JSON has it: None without a time."""
    return None if key == NO_KEY else key


def encode_ranks(ranks: Ranks) -> bytes:
    """Return the body of ``/api/ranks``."""
    return orjson.dumps(ranks)


def scanned(line_counts: Sequence[LineCount]) -> dict[str, Any]:
    """Return the bytes scanned so far, the bytes in all, and the matches found so far."""
    return {
        "done": sum(each.counted for each in line_counts),
        "size": sum(each.size for each in line_counts),
        "matches": sum(each.lines - each.context for each in line_counts),
    }


def match_rows(ids: Mapping[bytes, str], batch: Batch, line_filter: LineFilter) -> list[dict[str, Any]]:
    """Return the rows of a ``match`` event; ``ids`` are the ids of the sources by key. Raises OSError."""
    return _rows(ids[batch.start.generation.source], batch, line_filter)


def _rows(source_id: str, batch: Batch, line_filter: LineFilter | None) -> list[dict[str, Any]]:
    """Return a row for each line, with the spans of the line filter's matches if there is one."""
    numbers, cursors = batch.places() if batch.lines else ((), ())
    texts = batch.texts()
    rows: list[dict[str, Any]] = [
        {"source": source_id, "n": None if line is None else line + 1, "text": text, "at": at}
        for text, line, at in zip(texts, numbers, cursors, strict=True)
    ]
    if line_filter:
        for row, spans in zip(rows, line_filter.spans(texts, batch.start.generation.encoding), strict=True):
            row["spans"] = spans
    for number, is_context in enumerate(batch.context):
        if is_context:
            rows[number]["context"] = True
    return rows


def encode_histogram(histogram: Histogram, spread: Sequence[tuple[int, float]] | None) -> bytes:
    """Return the body of ``/api/histogram``."""
    names = [name or "none" for name in LEVELS]
    return orjson.dumps(
        {
            "from": histogram.begin,
            "to": histogram.end,
            "step": histogram.step,
            "levels": dict(zip(names, histogram.counts, strict=True)),
            "before": dict(zip(names, histogram.before, strict=True)),
            "after": dict(zip(names, histogram.after, strict=True)),
            "untimed": dict(zip(names, histogram.untimed, strict=True)),
            "complete": histogram.complete,
        }
        | ({} if spread is None else {"spread": spread})
    )


def _file(generation: Generation, line_count: LineCount) -> dict[str, Any]:
    return {
        "file": generation.id,
        "first": line_count.before + 1,
        "lines": line_count.lines,
        "counted": line_count.counted,
        "size": line_count.size,
        "loss": generation.loss,
    }
