"""Lines with the times by which those of several views are put in order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from logviewer.files.encoding import to_text
from logviewer.rotation.generation import Batch, Generation, Position
from logviewer.search.time_index import TimeIndex

FindTimes = Callable[[Generation], TimeIndex]
"""Where the times are in a file."""

BEFORE = -1
"""Before all times: lines ahead of the first one of their file that has any."""


@dataclass(frozen=True, slots=True)
class TimedLine:
    """A line, and the greatest time up to it in its view: lines never change places within a file."""

    time: int
    part: int
    batch: Batch


def timed(part: int, batches: Sequence[Batch], place: Position, latest: int, times: FindTimes) -> Iterator[TimedLine]:
    """These lines of the view ``part`` with their times; ``latest`` is that of the line before ``place``."""
    for batch in _single(batches):
        generation = batch.start.generation
        found = generation.line_format.time(to_text(batch.lines[0][:512], generation.encoding))
        if found is None and not _is_same(batch.start, place):
            # It belongs to a line that did not pass.
            found = times(generation).time_at(batch.start.offset)
        latest = latest if found is None else max(latest, found)
        place = batch.end
        yield TimedLine(latest, part, batch)


def time_before(place: Position, times: FindTimes) -> int:
    """The time of the line before a place."""
    if place.offset <= place.generation.begin:
        return BEFORE
    moment = times(place.generation).time_at(place.offset - 1)
    return BEFORE if moment is None else moment


def _is_same(one: Position, other: Position) -> bool:
    return one.generation is other.generation and one.offset == other.offset


def _single(batches: Sequence[Batch]) -> Iterator[Batch]:
    """Each line as a batch of its own."""
    for batch in batches:
        places = [*batch.starts(), batch.end]
        for number, line in enumerate(batch.lines):
            last = number == len(batch.lines) - 1
            yield Batch(
                places[number],
                places[number + 1],
                [line],
                cut=batch.cut,
                unterminated=batch.unterminated and last,
                plain=batch.plain,
                places=[places[number]],
                context=batch.context[number : number + 1],
            )
