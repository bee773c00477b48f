"""Temporary directories, removed when the process ends."""

import atexit
import shutil
import tempfile
from pathlib import Path

from logviewer.errors import CannotRunError


def directory(purpose: str) -> Path:
    """Create a directory that only this user can read. Raises CannotRunError, which names the purpose."""
    try:
        path = Path(tempfile.mkdtemp(prefix="logviewer-"))
    except OSError as error:
        raise CannotRunError(f"{purpose} needs a temporary directory: {error}; set TMPDIR to a writable one") from error
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
