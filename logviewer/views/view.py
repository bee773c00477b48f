"""What a view can do, and what it answers with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from logviewer.files.generation import Batch, Generation, Position, Tally
from logviewer.files.lines import LINE_CAP, find_newline, to_text
from logviewer.formats.redaction import redaction_of

_REDACTED_PIECES = 16


@dataclass(frozen=True, slots=True)
class Range:
    """Lines by position: ``start`` counts from 0, None while unknown.

    ``tallies`` are of all files, the oldest first, and count the lines of the view. ``pending`` says that not all was
    looked at where the lines asked for may be.
    """

    start: int | None
    batches: Sequence[Batch] = ()
    pending: bool = False
    tallies: Sequence[tuple[Generation, Tally]] = field(default=(), kw_only=True)

    @property
    def total(self) -> int | None:
        """How many lines there are; None while they are not counted."""
        complete = all(tally.complete for _, tally in self.tallies)
        return sum(tally.lines for _, tally in self.tallies) if complete else None


class View(Protocol):
    """Lines by position, from the end, and around a place. Its methods raise as ``Generation.read``."""

    @property
    def generations(self) -> Sequence[Generation]:
        """The files, the oldest first, the live one last."""

    def number(self, position: Position) -> int | None:
        """How many lines of the view lie before a position; None while they are not counted."""

    def by_number(self, start: int, count: int) -> Range:
        """``count`` lines from the line ``start`` on, counted from 0 or, below it, from the end."""

    def lines_from(self, position: Position, count: int) -> Range:
        """Up to ``count`` lines from a position on; fewer where they are long."""

    def lines_before(self, position: Position, count: int) -> Range:
        """Up to ``count`` lines that end at a position; fewer where they are long, and always the last of them."""


def whole_line(position: Position) -> Iterator[bytes]:
    """The bytes of the line after a position, without its newline, in pieces of 1 MiB. Raises OSError.

    Where something is redacted, they are one piece, of the first 16 MiB.
    """
    generation = position.generation
    redaction, encoding = redaction_of(generation.source), generation.encoding
    if redaction is None:
        yield from _pieces(position)
    else:
        # What is to be masked may go on after the end.
        data = b"".join(islice(_pieces(position), _REDACTED_PIECES + 1))
        limit = len(to_text(data[: _REDACTED_PIECES * LINE_CAP], encoding))
        yield redaction.text(to_text(data, encoding), limit).encode(encoding.codec)


def _pieces(position: Position) -> Iterator[bytes]:
    generation = position.generation
    at = position.offset
    while data := generation.file.pread(LINE_CAP, at):
        end = find_newline(data, generation.encoding)
        if end >= 0:
            yield data[:end]
            return
        yield data
        at += len(data)
