"""What a view can do, and what it answers with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from logviewer.files.encoding import to_text
from logviewer.files.lines import LINE_CAP, find_newline
from logviewer.rotation.generation import Batch, Generation, LineCount, Position

_REDACTED_PIECES = 16


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines by position: ``start`` counts from 0, None while unknown.

    ``line_counts`` has one entry a log file, oldest first, counting the lines of the view. ``pending`` is true while
    lines of the range may still be found.
    """

    start: int | None
    batches: Sequence[Batch] = ()
    pending: bool = False
    line_counts: Sequence[tuple[Generation, LineCount]] = field(default=(), kw_only=True)

    @property
    def total(self) -> int | None:
        """How many lines there are; None while they are not counted."""
        complete = all(line_count.complete for _, line_count in self.line_counts)
        return sum(line_count.lines for _, line_count in self.line_counts) if complete else None


class View(Protocol):
    """Lines by position, from the end, and around a place. Its methods raise as ``Generation.read``."""

    @property
    def generations(self) -> Sequence[Generation]:
        """The files, the oldest first, the live one last."""

    def number(self, position: Position) -> int | None:
        """How many lines of the view lie before a position; None while they are not counted."""

    def by_number(self, start: int, count: int) -> LineRange:
        """``count`` lines from the line ``start`` on, counted from 0 or, below it, from the end."""

    def lines_from(self, position: Position, count: int) -> LineRange:
        """Up to ``count`` lines from a position on; fewer where they are long."""

    def lines_before(self, position: Position, count: int) -> LineRange:
        """Up to ``count`` lines that end at a position; fewer where they are long, and always the last of them."""


def whole_line(position: Position) -> Iterator[bytes]:
    """The bytes of the line after a position, without its newline, in pieces of 1 MiB. Raises OSError.

    Where something is redacted, they are one piece, of the first 16 MiB.
    """
    generation = position.generation
    line_format, encoding = generation.line_format, generation.encoding
    if not line_format.has_masks:
        yield from _chunks(position)
    else:
        # What is to be masked may go on after the end.
        data = b"".join(islice(_chunks(position), _REDACTED_PIECES + 1))
        limit = len(to_text(data[: _REDACTED_PIECES * LINE_CAP], encoding))
        yield line_format.mask(to_text(data, encoding), limit).encode(encoding.codec)


def _chunks(position: Position) -> Iterator[bytes]:
    generation = position.generation
    at = position.offset
    while data := generation.file.pread(LINE_CAP, at):
        end = find_newline(data, generation.encoding)
        if end >= 0:
            yield data[:end]
            return
        yield data
        at += len(data)
