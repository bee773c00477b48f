"""Skips lines for a reader that is too far behind."""

from collections.abc import Callable
from dataclasses import dataclass

from logviewer.rotation.position import Position

SCREEN_LINES = 250
_COUNT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Skip:
    """``lines`` skipped whole lines, and the position after them."""

    lines: int
    end: Position


def skip_ahead(position: Position, lag: int, *, stopped: Callable[[], bool]) -> Skip | None:
    """Skip the lines after a position except for the last screenful; None if at most ``lag`` lines are there.

    Counting asks ``stopped`` every 64 MiB, and returns None once it is true. Raises as ``Generation.read``.
    """
    generation = position.generation
    # A line has at least one byte.
    if generation.size() - position.offset <= lag:
        return None
    kept = min(lag, SCREEN_LINES)
    end = generation.last_lines(kept)
    lines = 0
    for offset in range(position.offset, end, _COUNT_BYTES):
        if stopped():
            return None
        lines += generation.count_lines(offset, min(offset + _COUNT_BYTES, end))
    return Skip(lines, generation.skip_to(position, end, lines)) if lines + kept > lag else None
