"""The reads that readers ask for."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from logviewer.rotation.position import Position
from logviewer.source import Source
from logviewer.tail.broadcast import Broadcast, Chunk, Listener
from logviewer.tail.skip import Skip

T = TypeVar("T")
P = TypeVar("P", bound=Chunk)


class Loader(Protocol[P]):
    """Reads files for readers: once for all readers at one position, and never from a disk on the event loop."""

    async def run(self, call: Callable[[], T]) -> T:
        """Call a function in a thread."""

    async def read(
        self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
    ) -> P | Skip | None:
        """Return the next lines after a position; a ``Skip`` if more than ``lag`` lines are there.

        ``alone`` says that the reader's cursor is this position only, ``most`` is ``max_lines`` of
        ``Generation.read``. Raises as ``Generation.read``.
        """

    async def read_unterminated(self, source: Source, position: Position) -> P | None:
        """Return the bytes after the last newline as a line. Raises as ``Generation.read``."""

    def join(
        self, listener: Listener[P], source: Source, position: Position, *, lag: int | None
    ) -> Broadcast[P] | None:
        """Add a listener to the broadcast at a position; None if the reader must read on its own."""
