"""A reader's positions in one source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from logviewer.cursor import Checkpoint, no_file_yet
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Position, Reason
from logviewer.source import Source, State
from logviewer.tail.events import Gap, StateChange


@dataclass(slots=True, eq=False)
class ReadPosition:
    """A reader's position in one generation.

    ``exhausted`` once the generation has no more lines, ``skipped`` right after a skip. With ``has_lines``, lines were
    read since the last gap.
    """

    position: Position
    exhausted: bool = False
    skipped: bool = False
    has_lines: bool = False

    def text(self) -> str:
        """Return the checkpoint's text."""
        return replace(self.position.checkpoint(), exhausted=True).text() if self.exhausted else self.position.text()


@dataclass(slots=True, eq=False)
class SourceCursor:
    """A reader's positions in one source: one, or more while rotated files may still get late lines.

    ``checkpoints`` are those of the client's cursor until the source locates them and, where that leaves a gap, until
    the gap is emitted. ``start`` returns the positions of a reader without checkpoints.
    ``first_generation`` is the oldest generation that appeared while there was no position. ``gap`` is the reason of a
    gap to emit, ``sent_state`` the last state that was sent to the client. ``stop_at`` is the live generation and its
    size in bytes when a non-following reader began. ``done`` once there are no more events.
    """

    source: Source
    checkpoints: Sequence[Checkpoint]
    start: Callable[[Source], list[Position]]
    positions: list[ReadPosition] = field(default_factory=list)
    first_generation: Generation | None = None
    gap: Reason | None = None
    sent_state: State = "open"
    stop_at: tuple[Generation, int] | None = None
    done: bool = False

    def set_positions(self, positions: Sequence[Position]) -> None:
        """Replace all positions."""
        self.positions = [ReadPosition(position) for position in positions]

    def drop(self, read_position: ReadPosition) -> None:
        """Remove a position, unless it is removed already."""
        if read_position in self.positions:
            self.positions.remove(read_position)

    def drop_exhausted(self) -> None:
        """Remove exhausted positions at the front, once lines after them were read."""
        # Before that, only the order of the two distinguishes the generations of a file that regained the path.
        while len(self.positions) > 1 and self.positions[0].exhausted and has_read(self.positions[1].position):
            del self.positions[0]

    def is_in(self, generation: Generation) -> bool:
        """Return whether the reader has a position in a generation."""
        return any(read_position.position.generation is generation for read_position in self.positions)

    def start_in(self, generation: Generation) -> Position:
        """Return where to begin in a generation: its start, or after the lines read if its file had the path before.

        Raises OSError.
        """
        for position in (read_position.position for read_position in self.positions):
            same_file = position.generation.file.identity == generation.file.identity
            if same_file and not position.generation.lost and position.offset > generation.begin:
                return generation.position(position.offset, position.line)
        return generation.first()

    def notice_first_generation(self) -> None:
        """Set ``first_generation`` if the source's first generation appeared."""
        # At the signal, before it is read: if the file is truncated in between, the reader gets a gap.
        if not self.positions and not self.checkpoints and not self.first_generation:
            self.first_generation = next(iter(self.source.generations), None)

    def pop_event(self) -> Gap | StateChange | None:
        """Return the gap or state change to emit before more lines, and forget it."""
        if self.gap:
            gap, self.gap, self.checkpoints = Gap(self.source, self.gap), None, ()
            return gap
        if self.sent_state != self.source.state:
            self.sent_state = self.source.state
            return StateChange(self.source, self.sent_state)
        return None

    def reached_stop(self, read_position: ReadPosition) -> bool:
        """Return whether a non-following reader has the lines that were there when it began."""
        return self.stop_at is not None and (
            read_position.position.generation is self.stop_at[0] and read_position.position.offset >= self.stop_at[1]
        )

    def texts(self) -> list[str]:
        """Return the checkpoints' texts from which a reader continues exactly here."""
        # Until its gap is emitted, a reader that reconnects must find it again.
        texts = [checkpoint.text() for checkpoint in self.checkpoints] or [
            read_position.text() for read_position in self.positions if read_position.position.head_length
        ]
        # An empty file counts as no file: no byte distinguishes it from the next file with its name and inode.
        return texts or [no_file_yet(self.source.key).text()]


def has_read(position: Position) -> bool:
    """Return whether a position is after lines of its generation."""
    return position.offset > position.generation.begin
