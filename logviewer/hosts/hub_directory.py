"""The directory of a hub: its keys, its hosts, and the locks of its processes."""

import fcntl
import os
from pathlib import Path

from logviewer.files.own_directory import OwnDirectory


class HubDirectory(OwnDirectory):
    """Files that only the owner of the hub can read.

    Root may use the directory of another user, such as that of a service: its files stay that user's.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, ".json", _owner(path))

    def create(self) -> None:
        """Make the directory if it is missing. Raises OSError."""
        for each in (*reversed(self.path.parents), self.path):
            if not each.exists():
                each.mkdir(mode=0o700, exist_ok=True)
                descriptor = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                self.give(descriptor)
                os.close(descriptor)

    def lock(self, name: str, *, wait: bool) -> int:
        """Lock a file, and return its descriptor, which holds the lock. Raises OSError.

        Raises BlockingIOError if another process holds it, unless it should ``wait``.
        """
        descriptor = self._open(name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _open(self, name: str) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.path / name, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(self.path / name, flags)
        # Only a new file: root must not give away another one that the owner has linked here.
        self.give(descriptor)
        return descriptor


def _owner(path: Path) -> int:
    """Return the user whose files these are: for root, the owner of the first directory above that exists."""
    if os.geteuid() != 0:
        return os.geteuid()
    return next(each for each in (path, *path.absolute().parents) if each.exists()).stat().st_uid
