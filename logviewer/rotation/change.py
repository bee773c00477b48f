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
    """The live generation: its file, and its size in bytes at the last poll."""

    identity: Identity
    size: int


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

    A path without a file leaves the generation live: readers read it to its end, and only a successor ends it. Time
    stamps play no part: clocks can be wrong, and writers set them.
    """
    if isinstance(now, Absent):
        return Change.VANISHED
    if held is None:
        return Change.APPEARED
    if held.identity != now.identity:
        return Change.REPLACED
    if now.size < held.size:
        return Change.TRUNCATED
    return Change.GREW if now.size > held.size else Change.SAME
