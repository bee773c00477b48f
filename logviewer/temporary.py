"""Temporary directories, removed when the process ends, or by the next one after it was killed."""

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from logviewer.errors import CannotRunError

_PREFIX = "logviewer-"
_LOCK = ".lock"


def directory(purpose: str) -> Path:
    """Create a directory that only this user can read. Raises CannotRunError, which names the purpose."""
    try:
        _remove_abandoned(Path(tempfile.gettempdir()))
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # Held until the process ends, however it ends.
        _lock(path / _LOCK, os.O_CREAT)
    except OSError as error:
        raise CannotRunError(f"{purpose} needs a temporary directory: {error}; set TMPDIR to a writable one") from error
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def _remove_abandoned(parent: Path) -> None:
    """Remove the directories of processes that were killed: they may hold lines of logs."""
    for path in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if path.lstat().st_uid == os.geteuid() and path.is_dir() and not path.is_symlink():
                lock = _lock(path / _LOCK)
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _lock(path: Path, flags: int = 0) -> int:
    """Lock a file, and return its descriptor. Raises OSError if it is missing, or another process holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
