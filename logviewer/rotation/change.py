"""What happened to a followed path between two looks: a pure decision, with no file touched."""

from dataclasses import dataclass
from enum import Enum, auto

from logviewer.files.byte_file import Identity


class Change(Enum):
    """What a look means for a source."""

    SAME = auto()
    GREW = auto()
    APPEARED = auto()
    VANISHED = auto()
    REPLACED = auto()
    TRUNCATED = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """The live generation as it is held open: which file, its size in bytes at the last look, its bytes unharmed."""

    identity: Identity
    size: int
    intact: bool


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What the path names now: a regular file with its size in bytes."""

    identity: Identity
    size: int


class Absent(Enum):
    """Why the path names no file that can be followed."""

    MISSING = auto()
    REFUSED = auto()


def decide(held: Held | None, now: OnDisk | Absent) -> Change:
    """Compare what is held with what the path names now.

    What the held file lost is told first, and the next decision tells what else happened. A path that names nothing
    leaves the held file in place: it is read to its end, and only a successor ends it.
    Time stamps play no part, for clocks are wrong and writers set them.
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
