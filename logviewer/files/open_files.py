"""The files that this process holds open: less than half of its descriptors, so that clients can connect."""

import contextlib
import errno
import os
import resource
import threading
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

# So many files rest at once, for one look at all of them.
_RESTED_PART = 8
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_AT_ONCE = 8
# What a server without clients and files holds, with some to spare. Connections get the other half of all descriptors.
_OTHERS = 24
_LEAST = 8


class OpenFile(Protocol):
    """A file with a descriptor. ``last_use`` is higher for a later read."""

    last_use: int

    def rest_if_idle(self, *, even_deleted: bool = False) -> bool:
        """Close the descriptor until the next read, unless the file is in use or has no name; return whether it is.

        With ``even_deleted``, also that of a file without a name, for good.
        """


class OpenFiles:
    """Bounds the number of open files: the least recently read ones rest. For any thread."""

    def __init__(self) -> None:
        self._files: WeakSet[OpenFile] = WeakSet()
        # Reentrant: the garbage collector may run while it is held.
        self._lock = threading.RLock()

    def add(self, file: OpenFile) -> None:
        """Count a file that was opened."""
        with self._lock:
            self._files.add(file)

    def discard(self, file: OpenFile) -> None:
        """Count a file no more."""
        with self._lock:
            self._files.discard(file)

    @property
    def is_scarce(self) -> bool:
        """Whether more than half of the allowed files are open."""
        return len(self._files) > _limit() // 2

    def make_room(self) -> None:
        """Let files rest if one more would be too many. Raises OSError (EMFILE) if all are in use.

        Without another file that can rest, the deleted one that was read longest ago is closed: a storm of rotations
        in one directory must not take the files of all readers.
        """
        most = _limit()
        # Other threads may open files at the same time.
        if len(self._files) < most - min(_AT_ONCE, most // _RESTED_PART):
            return
        with self._lock:
            files = sorted(self._files, key=lambda each: each.last_use)
        wanted = max(1, most // _RESTED_PART)
        for file in files:
            wanted -= file.rest_if_idle()
            if not wanted:
                return
        if len(self._files) >= most and not any(file.rest_if_idle(even_deleted=True) for file in files):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def _limit() -> int:
    return max(_LEAST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - _OTHERS)


OPEN_FILES = OpenFiles()


def descriptor_path(descriptor: int) -> Path | None:
    """Return the present path of an open file or directory, wherever it was moved; None where only Linux knows it."""
    with contextlib.suppress(OSError):
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115 (a moved file may have any name)
    return None
