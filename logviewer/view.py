"""What is shown: lines by position, from the start, from the end, and from a place on."""

from collections.abc import Iterator
from dataclasses import dataclass

from logviewer.files.generations import Batch, Position
from logviewer.files.lines import LINE_CAP, MAX_LINES, find_newline
from logviewer.source import Source

# As much as one answer holds, and as far as a line number is looked for by counting from the start.
_ANSWER_BYTES = 8 * 1024 * 1024
_WALK_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Range:
    """Lines by position: ``start`` counts from 0, None while unknown; ``total`` is None while lines are not counted."""

    start: int | None
    total: int | None
    batches: list[Batch]


def lines_by_number(source: Source, start: int, count: int) -> Range | None:
    """``count`` lines from the line ``start`` on, counted from 0 or, below it, from the end; None if it is too far.

    Raises as ``Generation.read``.
    """
    source.look()
    end = source.last(0)
    if not end:
        return Range(0, 0, [])
    if start < 0:
        unterminated = end[-1].generation.read_rest(end[-1]) is not None
        return lines_from(source.last(-start - unterminated)[-1], count)
    return lines_at_number(source.start()[-1], start, count)


def lines_from(position: Position, count: int) -> Range:
    """Up to ``count`` lines from a position on, to the end of its file; fewer where they are long.

    Raises as ``Generation.read``.
    """
    batch: Batch | None = None
    batches: list[Batch] = []
    at, wanted = position, count
    while (
        wanted
        and at.offset - position.offset < _ANSWER_BYTES
        and (batch := at.generation.read(at, max_lines=min(wanted, MAX_LINES)))
    ):
        batches.append(batch)
        at, wanted = batch.end, wanted - len(batch.lines)
    if wanted and not batch and (rest := at.generation.read_rest(at)):
        batches.append(rest)
        at = rest.end
    at_end = at.offset >= at.generation.size()
    return Range(position.line, at.line if at_end else None, batches)


def lines_at_number(first: Position, number: int, count: int) -> Range | None:
    """``count`` lines from the line ``number`` (from 0) after ``first``; None if that is too far to walk.

    Raises as ``Generation.read``.
    """
    at = first
    while number:
        if at.offset - first.offset > _WALK_BYTES:
            return None
        batch = at.generation.read(at, max_lines=min(number, MAX_LINES))
        if batch is None:
            total = lines_from(at, 1).total
            return Range(total, total, [])
        at, number = batch.end, number - len(batch.lines)
    return lines_from(at, count)


def whole_line(position: Position) -> Iterator[bytes]:
    """The bytes of the line after a position, without its newline, in pieces of 1 MiB. Raises OSError."""
    generation = position.generation
    at = position.offset
    while data := generation.file.pread(LINE_CAP, at):
        end = find_newline(data, generation.encoding)
        if end >= 0:
            yield data[:end]
            return
        yield data
        at += len(data)
