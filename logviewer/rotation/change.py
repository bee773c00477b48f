"""Decides what changed at a path between two polls, without access to any file."""

from dataclasses import dataclass
from enum import Enum, auto

from logviewer.files.byte_file import Identity


class Change(Enum):
    """A change between two polls."""

    SAME = auto()
    GREW = auto()
    APPEARED = auto()
    VANISHED = auto()
    REPLACED = auto()
    TRUNCATED = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """The live generation: its file, its size in bytes at the last poll, and whether its bytes are still the same."""

    identity: Identity
    size: int
    intact: bool


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The regular file at the path now, and its size in bytes."""

    identity: Identity
    size: int


class Absent(Enum):
    """The reason why the path has no file to follow."""

    MISSING = auto()
    REFUSED = auto()


def decide(held: Held | None, now: OnDisk | Absent) -> Change:
    """Compare the live generation with the file at the path.

    Changed bytes count first; the next decision finds further changes. A path without a file leaves the generation
    live: readers read it to its end, and only a successor ends it. Time stamps play no part: clocks can be wrong, and
    writers set them.
    """
    if held and not held.intact:
        return Change.TRUNCATED
    if isinstance(now, Absent):
        return Change.VANISHED
    if held is None:
        return Change.APPEARED
    if held.identity != now.identity:
        return Change.REPLACED
    if now.size < held.size:
        return Change.TRUNCATED
    return Change.GREW if now.size > held.size else Change.SAME
