"""Keeps cell tables for the next server, another worker, and the new name of a rotated file."""

import logging
import time
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from logviewer import formats
from logviewer.cursor import HEAD_BYTES
from logviewer.files.own_directory import OwnDirectory
from logviewer.rotation.generation import Generation

if TYPE_CHECKING:
    from logviewer.files.cell_table import CellTable

# Smaller files are read again in some milliseconds.
LEAST_BYTES = 4 * 1024 * 1024
_VERSION = 3
_MOST_BYTES = 256 * 1024 * 1024
_MOST_FILES = 10_000
_UNUSED_DAYS = 30
_DIGEST_BYTES = 16
# Half a year apart: zones have other offsets at some of these times.
_MOMENTS = [1_262_304_000 + number * 15_778_800 for number in range(40)]
_LOG = logging.getLogger("logviewer")


class CellCache:
    """Files with hashes, counts and times, without any text of a log.

    The name of a file is a hash of the first bytes of its log and of everything that decides how lines are read. A file
    is used only if it is whole and the log has the bytes that it names; otherwise it is removed.
    """

    def __init__(self, directory: Path) -> None:
        self._files = OwnDirectory(directory / "cells", ".cells")
        self._has_warned = False

    def has(self, generation: Generation) -> bool:
        """Return whether a table of a file may be here; this does not load numpy. Raises OSError for the log."""
        if not _is_kept(generation):
            return False
        name = self._name(generation)
        try:
            return self._files.has(name)
        except OSError as error:
            self._warn(error)
            return False

    def load(self, generation: Generation) -> "CellTable | None":
        """Return the table of a file that an earlier pass saved; None without one. Raises OSError for the log."""
        from logviewer.search.cell_file import decode  # noqa: PLC0415

        if not _is_kept(generation):
            return None
        name = self._name(generation)
        try:
            data = self._files.read(name, _MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(error)
            return None
        table = decode(data, generation)
        if table is None:
            self._remove(name)
        return table

    def save(self, generation: Generation, table: "CellTable") -> None:
        """Write the table of a file whose cells are all known. Raises OSError for the log."""
        from logviewer.search.cell_file import encode  # noqa: PLC0415

        name = self._name(generation)
        try:
            self._files.write(name, encode(generation, table))
            self._files.remove_unused(days=_UNUSED_DAYS, most_files=_MOST_FILES, most_bytes=_MOST_BYTES)
        except OSError as error:
            self._warn(error)

    @staticmethod
    def _name(generation: Generation) -> str:
        reading = (
            _VERSION,
            version("logviewer"),
            _code(),
            generation.encoding.codec,
            generation.line_format.fingerprint,
            [time.localtime(moment).tm_gmtoff for moment in _MOMENTS],
        )
        head = generation.file.pread(HEAD_BYTES, 0)
        return blake2b(repr(reading).encode() + head, digest_size=_DIGEST_BYTES).hexdigest() + ".cells"

    def _remove(self, name: str) -> None:
        try:
            self._files.remove(name)
        except OSError as error:
            self._warn(error)

    def _warn(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning(
                "cannot keep line counts in %s: %s; they are counted again after a restart (--no-cache turns this off)",
                self._files.path,
                error.strerror or error,
            )


def _is_kept(generation: Generation) -> bool:
    return not generation.begin and generation.size() >= LEAST_BYTES


@lru_cache(1)
def _code() -> str:
    """Return a hash of the modules that decide how lines are read: tables of other rules are of no use."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for path in sorted(Path(formats.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
