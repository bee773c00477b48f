"""The protocol of views, and the line ranges that they return."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from logviewer.files.encoding import to_text
from logviewer.files.lines import LINE_CAP, find_newline
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, LineCount, Position

_PIECE_BYTES = 64 * 1024
MASKED_BYTES = 4 * 1024 * 1024
"""The bytes of a line with masks that are returned at most."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of each line of a range, and of the line at the cursor of the request, None without a cursor.

    At the end of a source, that is the key of its last line.
    """

    lines: Sequence[int]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class LineRange:
    """Consecutive lines of a view: ``start`` is the number of the first line, from 0, or None while unknown.

    ``line_counts`` has one entry for each log file, oldest first, and counts the lines of the view. ``pending`` is
    true while more lines of the range may be found. Without a ``whole`` view, the total is not known. A range has its
    ``keys`` where a request asks for them.
    """

    start: int | None
    batches: Sequence[Batch] = ()
    pending: bool = False
    line_counts: Sequence[tuple[Generation, LineCount]] = field(default=(), kw_only=True)
    whole: bool = field(default=True, kw_only=True)
    keys: Keys | None = field(default=None, kw_only=True)

    @property
    def total(self) -> int | None:
        """The number of lines in the view, None until all are counted, and while more of the range may be found."""
        complete = self.whole and not self.pending and all(line_count.complete for _, line_count in self.line_counts)
        return sum(line_count.lines for _, line_count in self.line_counts) if complete else None


class View(Protocol):
    """Lines by number, and around a position. All methods raise as ``Generation.read``."""

    @property
    def generations(self) -> Sequence[Generation]:
        """The generations, oldest first, the live one last."""

    def number(self, position: Position) -> int | None:
        """Count the lines of the view before a position; None until they are counted."""

    def by_number(self, start: int, count: int) -> LineRange:
        """Return ``count`` lines from line ``start`` on; from 0, negative from the end."""

    def lines_from(self, position: Position, count: int) -> LineRange:
        """Return up to ``count`` lines after a position; fewer if they are long."""

    def lines_before(self, position: Position, count: int) -> LineRange:
        """Return up to ``count`` lines that end at a position; the last of them if they are long."""


def whole_line(position: Position, *, raw: bool = False) -> Iterator[bytes]:
    """Yield the bytes of the line after a position, without its newline, in pieces of 64 KiB. Raises OSError.

    ``raw`` keeps envelopes. A line format with masks yields one piece, of the first 4 MiB, never with an envelope.
    """
    generation = position.generation
    line_format, encoding = generation.line_format, generation.encoding
    if not line_format.has_masks:
        yield from _raw_pieces(position) if raw and line_format.has_envelope else _pieces(position)
    else:
        # A match may continue after the limit.
        data = b"".join(islice(_pieces(position), (MASKED_BYTES + LINE_CAP) // _PIECE_BYTES))
        limit = len(to_text(data[:MASKED_BYTES], encoding))
        yield line_format.mask(to_text(data, encoding), limit).encode(encoding.codec, "replace")


def _raw_pieces(position: Position) -> Iterator[bytes]:
    offset = position.offset
    end = offset + sum(map(len, _padded_pieces(position)))
    while data := position.generation.file.pread(min(_PIECE_BYTES, end - offset), offset):
        yield data
        offset += len(data)


def _pieces(position: Position) -> Iterator[bytes]:
    has_padding = position.generation.line_format.has_envelope
    for piece in _padded_pieces(position):
        yield piece.translate(None, b"\0") if has_padding else piece


def _padded_pieces(position: Position) -> Iterator[bytes]:
    generation, offset = position.generation, position.offset
    while data := generation.pread(_PIECE_BYTES, offset):
        end = find_newline(data, generation.encoding)
        if end >= 0:
            yield data[:end]
            return
        yield data
        offset += len(data)
