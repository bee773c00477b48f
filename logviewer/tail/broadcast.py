"""Readers of one source who have all that is there: what comes next is read once and handed to each of them."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from logviewer.errors import FileChangedError
from logviewer.rotation.generation import Position
from logviewer.source import Source
from logviewer.tail.skip import Skip


class Chunk(Protocol):
    """Anything made of lines that ends at a position: a batch, or what a sink made of one."""

    @property
    def end(self) -> Position:
        """The position after the last line."""

    @property
    def unterminated(self) -> bool:
        """Whether the last line has no end in the file yet."""


P = TypeVar("P", bound=Chunk)
P_co = TypeVar("P_co", bound=Chunk, covariant=True)
P_contra = TypeVar("P_contra", bound=Chunk, contravariant=True)


class Read(Protocol[P_co]):
    """Reads what follows a position, as ``Loader.read`` does for one who is alone there."""

    async def __call__(self, source: Source, position: Position, *, lag: int | None) -> P_co | Skip | None:
        """Raises as ``Generation.read``."""


class Listener(Protocol[P_contra]):
    """One who waits in a cohort."""

    def deliver(self, chunk: P_contra, /) -> bool:
        """Take this, which comes next; False from one who cannot, or can take nothing after it."""

    def detach(self) -> None:
        """Look for yourself from now on: you are in the cohort no more."""


class Broadcast(Generic[P]):
    """Members who all wait at one position, from one piece to the next.

    Whatever is not simply more lines dismisses them, and so does a piece that a member is not ready for: then each
    finds out for itself what happened, as if there were no cohort.
    """

    def __init__(
        self,
        read: Read[P],
        source: Source,
        position: Position,
        *,
        lag: int | None,
        on_end: Callable[["Broadcast[P]"], None],
    ) -> None:
        self._read = read
        self._source = source
        self._position = position
        self._lag = lag
        self._on_end = on_end
        self._members: set[Listener[P]] = set()
        self._serving: asyncio.Task[None] | None = None
        source.changed.subscribe(self._wake)

    def add(self, member: Listener[P], position: Position) -> bool:
        """Whether it is one of the members now: only one who is where they are can be."""
        if (position.generation, position.offset, position.line) != self._place or not self._goes_on:
            return False
        self._members.add(member)
        return True

    def leave(self, member: Listener[P]) -> None:
        """Hand it no more."""
        self._members.discard(member)
        if not self._members:
            self.end()

    def end(self) -> None:
        """Dismiss all members."""
        self._on_end(self)
        members, self._members = self._members, set()
        # Before the source has nobody who listens.
        for member in members:
            member.detach()
        self._source.changed.unsubscribe(self._wake)

    @property
    def _place(self) -> tuple[object, int, int | None]:
        return self._position.generation, self._position.offset, self._position.line

    @property
    def _goes_on(self) -> bool:
        """Whether nothing but more lines is to be expected."""
        source, generation = self._source, self._position.generation
        is_live = generation is source.live and generation.ended is None and not generation.lost
        return is_live and source.state == "open" and not source.complete

    def _wake(self) -> None:
        if self._serving is None:
            self._serving = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        """Hand on all that is there now."""
        has_all = False
        try:
            while self._members and self._goes_on and not has_all:
                seen = self._source.changed.sends
                chunk = await self._read(self._source, self._position, lag=self._lag)
                if isinstance(chunk, Skip):
                    return
                if chunk:
                    self._deliver(chunk)
                    # All members who can take their turn before the next piece.
                    await asyncio.sleep(0)
                # A piece that others read before says nothing of what was written since.
                has_all = chunk is None and self._source.changed.sends == seen
        except (FileChangedError, OSError):
            has_all = False
        finally:
            self._serving = None
            if not (has_all and self._members and self._goes_on):
                self.end()

    def _deliver(self, chunk: P) -> None:
        self._position = chunk.end
        late = [member for member in self._members if not member.deliver(chunk)]
        self._members.difference_update(late)
        for member in late:
            member.detach()


class Broadcasts(Generic[P]):
    """The cohorts of those who get the same pieces."""

    def __init__(self) -> None:
        self._broadcasts: dict[Hashable, Broadcast[P]] = {}

    def join(
        self, member: Listener[P], read: Read[P], source: Source, position: Position, *, lag: int | None
    ) -> Broadcast[P] | None:
        """The cohort that it is in now; None if it must go on looking for itself."""
        key = source, lag, position.line is None
        broadcast = self._broadcasts.get(key)
        if broadcast is None:
            broadcast = Broadcast(read, source, position, lag=lag, on_end=lambda ended: self._forget(key, ended))
            self._broadcasts[key] = broadcast
        return broadcast if broadcast.add(member, position) else None

    def _forget(self, key: Hashable, ended: Broadcast[P]) -> None:
        if self._broadcasts.get(key) is ended:
            del self._broadcasts[key]
