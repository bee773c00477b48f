"""The events that a reader emits."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from logviewer.rotation.position import Reason
from logviewer.showable import visible
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


def heading(name: str) -> bytes:
    """Return the text line before the lines of a source."""
    return f"==> {visible(name)} <==\n".encode()


def gap_text(name: str, reason: Reason, lines: int | None) -> bytes:
    """Return the text line for a gap."""
    if reason == "skipped":
        return f"==> {visible(name)}: {lines} lines skipped <==\n".encode()
    number = "lines" if lines is None else f"{lines} lines"
    return f"==> {visible(name)}: {number} lost ({reason}) <==\n".encode()
