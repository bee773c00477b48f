"""The protocol between sources, which can be followed, and the rooms that read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from logviewer.cursor import Checkpoint
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Position, Reason

State = Literal["open", "missing", "unreadable", "absent"]
"""``absent`` is the state of all sources of a host that does not answer its hub."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The fields of a source in ``/api/sources``; the numbers are those of its live file.

    ``size`` is in bytes. ``lines`` is None until all lines are counted. ``modified`` is in epoch milliseconds, None
    without a file. ``reason`` says why a source is unreadable, or names a fault of an open file.
    ``encoding`` is that of its live file, ``unknown`` if lines are not in it, None before lines were read.
    ``host`` is the name of its host at a hub, None for a file of the server itself. ``log`` is the path that globs
    match: without the dates of its files; the name of standard input or of a command.
    """

    id: str
    name: str
    path: str
    size: int
    lines: int | None
    modified: int | None
    state: State
    reason: str | None
    encoding: str | None
    host: str | None
    log: str

    @property
    def plain_name(self) -> str:
        """The name without the host."""
        return self.name.removeprefix(f"{self.host}:") if self.host else self.name


class ChangeSignal:
    """Wakes the readers of a source after a poll found a change.

    Subscribe, unsubscribe and send on one thread, the event loop's. ``sends`` counts the signals: a reader that
    compares it before and after a read knows whether a signal came meanwhile.

    ``version`` counts the changes that polls found, in any thread; polls of one source exclude each other.
    ``sent_version`` is the version at the last signal. ``on_watched`` is called when the first subscriber comes.
    """

    def __init__(self) -> None:
        self.sends = 0
        self.version = 0
        self.sent_version = 0
        self.on_watched: Callable[[], None] = lambda: None
        self._subscribers: set[Callable[[], None]] = set()

    @property
    def is_watched(self) -> bool:
        """Whether there are subscribers."""
        return bool(self._subscribers)

    @property
    def is_pending(self) -> bool:
        """Whether a poll found a change after the last signal. For any thread."""
        return self.version != self.sent_version

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` at each signal."""
        was_watched = self.is_watched
        self._subscribers.add(wake)
        if not was_watched:
            self.on_watched()

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """Stop calling ``wake``."""
        self._subscribers.discard(wake)

    def send(self) -> None:
        """Wake all subscribers."""
        self.sends += 1
        self.sent_version = self.version
        for wake in self._subscribers:
            wake()


class Source(Protocol):
    """Something that can be followed: generations of lines, the newest live.

    ``key`` is the name of the source inside cursors. A ``complete`` source gets no more lines. Globs match its
    ``host``, ``plain_name`` and ``log``: see ``SourceStatus``.
    """

    id: str
    name: str
    host: str | None
    plain_name: str
    log: Path
    key: bytes
    line_format: LineFormat
    state: State
    complete: bool
    changed: ChangeSignal

    @property
    def generations(self) -> Sequence[Generation]:
        """The known generations, oldest first, the live one last."""

    @property
    def live(self) -> Generation | None:
        """The newest generation, None before the first one."""

    @property
    def is_whole(self) -> bool:
        """Whether all files of the history are generations: false while compressed ones are decoded."""

    def after(self, generation: Generation) -> Generation | None:
        """Return the generation that follows this one, None after the newest."""

    def finished(self, generation: Generation) -> bool:
        """Return whether no more lines are expected in a generation."""

    def status(self) -> SourceStatus:
        """Return the fields for ``/api/sources``."""

    def poll(self) -> bool:
        """Compare path and open files with the last poll; return whether readers have reason to read again."""

    def has_lines(self, count: int) -> bool:
        """Return whether the generations have at least so many whole lines. Raises OSError."""

    def report_rewrite(self, generation: Generation) -> None:
        """Handle a generation in which a reader found other bytes than before. Raises OSError."""

    def start(self) -> list[Position]:
        """Return the position before the first line of the oldest generation. Raises OSError.

        Empty if a reader begins with the source's first generation, whenever there is one.
        """

    def start_live(self) -> list[Position]:
        """Return the positions before the first line of the live generation. Raises OSError."""

    def last(self, count: int) -> list[Position]:
        """Return the positions before the last ``count`` lines of the live generation. Raises OSError."""

    def locate(
        self, checkpoints: Sequence[Checkpoint], *, since: Generation | None = None
    ) -> tuple[list[Position], Reason | None]:
        """Find the positions of a cursor's checkpoints in the generations from ``since`` on.

        The second value is the reason of the gap if a checkpoint was not found. Raises OSError.
        """


def reopen(source: Source, generation: Generation) -> Generation:
    """Find a closed generation again on disk, by the last bytes seen of it.

    Returns the generation itself if it is open or not found. Raises OSError.
    """
    if not generation.lost:
        return generation
    positions, reason = source.locate([generation.seen()], since=generation.successor)
    return positions[0].generation if positions and not reason else generation


def unread_bytes(source: Source, positions: Sequence[Position]) -> int:
    """Count the bytes after a reader's positions, in their generations and in those after the last, as far as seen."""
    total = sum(max(0, position.generation.seen_size - position.offset) for position in positions)
    newer = positions[-1].generation if positions else None
    while newer and (newer := source.after(newer)):
        total += newer.seen_size - newer.begin
    return total
