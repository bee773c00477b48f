"""How far behind a place is, and where to go on for one who is too far."""

from collections.abc import Callable
from dataclasses import dataclass

from logviewer.rotation.generation import Position

SCREEN_LINES = 250
_PIECE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Skip:
    """``lines`` whole lines left out, and the position after them."""

    lines: int
    end: Position


def skip_ahead(at: Position, lag: int, *, stopped: Callable[[], bool]) -> Skip | None:
    """Past the lines after a position but for a screenful; None if no more than ``lag`` lines are there.

    ``stopped`` is asked now and then: nobody waits for the answer once it is true, and the answer is None.
    Raises as ``Generation.read``.
    """
    generation = at.generation
    # A line has one byte at least.
    if generation.size() - at.offset <= lag:
        return None
    kept = min(lag, SCREEN_LINES)
    near = generation.last_lines(kept)
    lines = 0
    for begin in range(at.offset, near, _PIECE_BYTES):
        if stopped():
            return None
        lines += generation.count_lines(begin, min(begin + _PIECE_BYTES, near))
    return Skip(lines, generation.pass_over(at, near, lines)) if lines + kept > lag else None
