"""The one seam between log files and anything else that can be followed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from logviewer.cursor import Checkpoint
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.generation import Generation, Position, Reason

State = Literal["open", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What ``/api/sources`` tells of the live file: bytes, lines or None until counted, its last change or None.

    That is in epoch milliseconds. ``reason`` says in words why it is unreadable, if it is.
    """

    id: str
    name: str
    path: str
    size: int
    lines: int | None
    modified: int | None
    state: State
    reason: str | None


class ChangeSignal:
    """Tells subscribers that there is reason to look again. Used from one thread, the event loop's.

    ``count`` counts the reasons, so that a reader knows whether one came while it was reading. ``news`` counts what
    any thread found, ``told`` what of it was sent. ``on_watched`` is called when a first subscriber comes.
    """

    def __init__(self) -> None:
        self.count = 0
        self.news = 0
        self.told = 0
        self.on_watched: Callable[[], None] = lambda: None
        self._subscribers: set[Callable[[], None]] = set()

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._subscribers)

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` at each reason to look again."""
        was_watched = self.watched
        self._subscribers.add(wake)
        if not was_watched:
            self.on_watched()

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """Call it no more."""
        self._subscribers.discard(wake)

    def send(self) -> None:
        """There is reason to look again."""
        self.count += 1
        self.told = self.news
        for wake in self._subscribers:
            wake()


class Source(Protocol):
    """Something that can be followed: generations of lines, the newest live."""

    id: str
    name: str
    key: bytes
    line_format: LineFormat
    state: State
    complete: bool
    changed: ChangeSignal

    @property
    def generations(self) -> Sequence[Generation]:
        """The files known, the oldest first, the live one last."""

    @property
    def live(self) -> Generation | None:
        """The newest generation."""

    def after(self, generation: Generation) -> Generation | None:
        """The generation that followed this one."""

    def finished(self, generation: Generation) -> bool:
        """Whether nothing more is expected in it."""

    def facts(self) -> SourceStatus:
        """What there is to say of the source now."""

    def poll(self) -> bool:
        """See what changed; True if readers have reason to look again."""

    def rewritten(self, generation: Generation) -> None:
        """A reader found other bytes than before."""

    def start(self) -> list[Position]:
        """The place before the first line."""

    def last(self, count: int) -> list[Position]:
        """The place before the last ``count`` lines."""

    def locate(
        self, checkpoints: Sequence[Checkpoint], *, since: Generation | None = None
    ) -> tuple[list[Position], Reason | None]:
        """The places that marks tell of, not before ``since``, and the reason if one cannot be found."""


def reopened(source: Source, generation: Generation) -> Generation:
    """One that was let go, found on disk again by the last bytes that were seen of it; itself if it is not there."""
    if not generation.lost:
        return generation
    positions, reason = source.locate([generation.seen()], since=generation.successor)
    return positions[0].generation if positions and not reason else generation


def unread(source: Source, positions: Sequence[Position]) -> int:
    """How many bytes were seen after these positions, in their files and in those that followed the last."""
    total = sum(max(0, each.generation.seen_size - each.offset) for each in positions)
    newer = positions[-1].generation if positions else None
    while newer and (newer := source.after(newer)):
        total += newer.seen_size - newer.begin
    return total
