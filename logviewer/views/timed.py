"""Lines with times, by which the lines of several views are merged."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from logviewer.files.encoding import to_text
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position
from logviewer.search.time_index import TimeIndex

GetTimeIndex = Callable[[Generation], TimeIndex]
"""Returns the time index of a generation."""

BEFORE_ANY_TIME = -1
"""The time of lines before the first time in their file."""


@dataclass(frozen=True, slots=True)
class TimedLine:
    """One line, as a batch, with its time in epoch milliseconds.

    ``time`` is adjusted where times go back, so lines of one view keep their order.
    """

    time: int
    part: int
    batch: Batch


def with_times(
    part: int, batches: Sequence[Batch], position: Position, latest: int, time_index: GetTimeIndex
) -> Iterator[TimedLine]:
    """Yield the lines of the view ``part``, each with its time.

    ``latest`` is the time of the line before ``position``. Raises OSError.
    """
    for batch in _split(batches):
        generation = batch.start.generation
        time = generation.line_format.time(to_text(batch.lines[0], generation.encoding))
        if time is None and not _is_same(batch.start, position):
            # It belongs to a line that the query left out.
            time = time_index(generation).time_at(batch.start.offset)
        latest = latest if time is None else max(latest, time)
        position = batch.end
        yield TimedLine(latest, part, batch)


def time_before(position: Position, time_index: GetTimeIndex) -> int:
    """Return the time of the line before a position, in epoch milliseconds or ``BEFORE_ANY_TIME``. Raises OSError."""
    if position.offset <= position.generation.begin:
        return BEFORE_ANY_TIME
    time = time_index(position.generation).time_at(position.offset - 1)
    return BEFORE_ANY_TIME if time is None else time


def _is_same(one: Position, other: Position) -> bool:
    return one.generation is other.generation and one.offset == other.offset


def _split(batches: Sequence[Batch]) -> Iterator[Batch]:
    """Yield each line as a batch of its own."""
    for batch in batches:
        starts, ends = batch.starts(), batch.ends()
        for number, line in enumerate(batch.lines):
            last = number == len(batch.lines) - 1
            yield Batch(
                starts[number],
                ends[number],
                [line],
                cut=batch.cut,
                unterminated=batch.unterminated and last,
                plain=batch.plain,
                offsets=[starts[number].offset],
                numbers=[starts[number].line],
                context=batch.context[number : number + 1],
            )
