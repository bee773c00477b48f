"""The events that a reader emits."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from logviewer.rotation.position import Reason
from logviewer.source import Source, State
from logviewer.tail.broadcast import Chunk

P = TypeVar("P", bound=Chunk)


@dataclass(frozen=True, slots=True)
class Lines(Generic[P]):
    """A chunk of lines of one source."""

    source: Source
    chunk: P


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that the reader does not get, with the reason; ``lines`` is their number, None if unknown."""

    source: Source
    reason: Reason
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """The new state of a source; ``rotated`` before the first line of its next generation."""

    source: Source
    state: State | Literal["rotated"]


Event = Lines[P] | Gap | StateChange
