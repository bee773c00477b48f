"""Caught-up readers of a source share each read."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from logviewer.errors import FileChangedError
from logviewer.rotation.position import Position
from logviewer.source import Source
from logviewer.tail.skip import Skip


class Chunk(Protocol):
    """Lines up to a position: a batch, or an encoded chunk."""

    @property
    def end(self) -> Position:
        """The position after the last line."""

    @property
    def unterminated(self) -> bool:
        """Whether the last line has no newline in the file yet."""


P = TypeVar("P", bound=Chunk)
P_co = TypeVar("P_co", bound=Chunk, covariant=True)
P_contra = TypeVar("P_contra", bound=Chunk, contravariant=True)


class Read(Protocol[P_co]):
    """Reads the lines after a position, as ``Loader.read`` does for a reader with this position only."""

    async def __call__(self, source: Source, position: Position, *, lag: int | None) -> P_co | Skip | None:
        """Raises as ``Generation.read``."""


class Listener(Protocol[P_contra]):
    """A reader in a broadcast."""

    def deliver(self, chunk: P_contra, /) -> bool:
        """Take the next chunk; return False if the listener cannot take this one, or the next."""

    def detach(self) -> None:
        """Read on its own again: the broadcast has ended for this listener."""


class Broadcast(Generic[P]):
    """Listeners that wait at one position and get each chunk after it.

    The broadcast ends at anything but more lines, and a listener that is not ready for a chunk leaves it. Each
    detached listener then reads on its own to find the cause.
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
        self._listeners: set[Listener[P]] = set()
        self._serving: asyncio.Task[None] | None = None
        source.changed.subscribe(self._wake)

    def add(self, listener: Listener[P], position: Position) -> bool:
        """Add a listener that waits at the broadcast's position; return False if its position is another one."""
        if (position.generation, position.offset, position.line) != self._location or not self._expects_lines:
            return False
        self._listeners.add(listener)
        return True

    def leave(self, listener: Listener[P]) -> None:
        """Remove a listener without detaching it; end after the last one."""
        self._listeners.discard(listener)
        if not self._listeners:
            self.end()

    def end(self) -> None:
        """Detach all listeners."""
        self._on_end(self)
        listeners, self._listeners = self._listeners, set()
        # They subscribe to the source before the broadcast unsubscribes, so the source is watched all the time.
        for listener in listeners:
            listener.detach()
        self._source.changed.unsubscribe(self._wake)

    @property
    def _location(self) -> tuple[object, int, int | None]:
        return self._position.generation, self._position.offset, self._position.line

    @property
    def _expects_lines(self) -> bool:
        """Whether only more lines can come next."""
        source, generation = self._source, self._position.generation
        is_live = generation is source.live and generation.ended is None and not generation.lost
        return is_live and source.state == "open" and not source.complete

    def _wake(self) -> None:
        if self._serving is None:
            self._serving = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        """Read and deliver chunks up to the present end of the file; end the broadcast if anything else happens."""
        has_all = False
        try:
            while self._listeners and self._expects_lines and not has_all:
                sends = self._source.changed.sends
                chunk = await self._read(self._source, self._position, lag=self._lag)
                if isinstance(chunk, Skip):
                    return
                if chunk:
                    self._deliver(chunk)
                    # Lets the listeners' tasks run, which makes them ready for the next chunk.
                    await asyncio.sleep(0)
                # Only a read without lines proves the end: a shared chunk may be older than the last bytes.
                has_all = chunk is None and self._source.changed.sends == sends
        except (FileChangedError, OSError):
            has_all = False
        finally:
            self._serving = None
            if not (has_all and self._listeners and self._expects_lines):
                self.end()

    def _deliver(self, chunk: P) -> None:
        self._position = chunk.end
        late = [listener for listener in self._listeners if not listener.deliver(chunk)]
        self._listeners.difference_update(late)
        for listener in late:
            listener.detach()


class Broadcasts(Generic[P]):
    """The broadcasts of readers that get the same chunks."""

    def __init__(self) -> None:
        self._broadcasts: dict[Hashable, Broadcast[P]] = {}

    def join(
        self, listener: Listener[P], read: Read[P], source: Source, position: Position, *, lag: int | None
    ) -> Broadcast[P] | None:
        """Add a listener to the broadcast at its position; None if it must read on its own."""
        key = source, lag, position.line is None
        broadcast = self._broadcasts.get(key)
        if broadcast is None:
            broadcast = Broadcast(read, source, position, lag=lag, on_end=lambda ended: self._forget(key, ended))
            self._broadcasts[key] = broadcast
        return broadcast if broadcast.add(listener, position) else None

    def _forget(self, key: Hashable, ended: Broadcast[P]) -> None:
        if self._broadcasts.get(key) is ended:
            del self._broadcasts[key]
