"""Places on disk for as long as the process lives."""

import atexit
import shutil
import tempfile
from pathlib import Path

from logviewer.errors import CannotRunError


def directory(wanted_by: str) -> Path:
    """A new directory, readable by nobody else. Raises CannotRunError."""
    try:
        made = Path(tempfile.mkdtemp(prefix="logviewer-"))
    except OSError as error:
        raise CannotRunError(f"{wanted_by} needs a directory to write to, which TMPDIR can name: {error}") from error
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
