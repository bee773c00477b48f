"""Keeps cell tables for the next server, another worker, and the new name of a rotated file."""

import logging
import time
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from logviewer import formats
from logviewer.cursor import HEAD_BYTES, Checkpoint
from logviewer.files.cells import EXACT, GUESSED, Cells, CellTable
from logviewer.files.own_directory import OwnDirectory
from logviewer.rotation.generation import Generation

# Smaller files are read again in some milliseconds.
LEAST_BYTES = 4 * 1024 * 1024
_VERSION = 2
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

    def load(self, generation: Generation) -> CellTable | None:
        """Return the table of a file that an earlier pass saved; None without one. Raises OSError for the log."""
        if generation.begin or generation.size() < LEAST_BYTES:
            return None
        name = self._name(generation)
        try:
            data = self._files.read(name, _MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(error)
            return None
        table = _decode(data, generation)
        if table is None:
            self._remove(name)
        return table

    def save(self, generation: Generation, table: CellTable) -> None:
        """Write the table of a file whose cells are all known. Raises OSError for the log."""
        name = self._name(generation)
        try:
            # The lock keeps the rows as they are: a copy would take as much memory again.
            with table.lock:
                header = _header(generation, table.high, len(table.cells))
                columns = [each.data.cast("B") for each in _columns(table.cells)]
                digest = blake2b(header, digest_size=_DIGEST_BYTES)
                for column in columns:
                    digest.update(column)
                self._files.write(name, [digest.digest(), header, *columns])
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


@lru_cache(1)
def _code() -> str:
    """Return a hash of the modules that decide how lines are read: tables of other rules are of no use."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for path in sorted(Path(formats.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _columns(cells: Cells) -> list[npt.NDArray[Any]]:
    return [getattr(cells, each.name) for each in fields(cells)]


def _header(generation: Generation, high: int, rows: int) -> bytes:
    """Return one line: the place up to which lines are in the table, with its proof, and the number of rows."""
    proof = generation.position(high, None).checkpoint()
    values = {
        "high": high,
        "head_length": proof.head_length,
        "head_hash": proof.head_hash.hex(),
        "tail_hash": proof.tail_hash.hex(),
        "rows": rows,
    }
    return orjson.dumps(values) + b"\n"


def _decode(data: bytes, generation: Generation) -> CellTable | None:
    """Return the table in a file, which is not trusted; None if it is damaged or of another log. Raises OSError."""
    content = memoryview(data)[_DIGEST_BYTES:]
    if not data or blake2b(content, digest_size=_DIGEST_BYTES).digest() != data[:_DIGEST_BYTES]:
        return None
    body = data.find(b"\n", _DIGEST_BYTES) + 1
    try:
        header = orjson.loads(data[_DIGEST_BYTES:body])
        high, rows, head_length = (int(header[name]) for name in ("high", "rows", "head_length"))
        head_hash, tail_hash = (bytes.fromhex(header[name]) for name in ("head_hash", "tail_hash"))
    except (KeyError, TypeError, ValueError):
        return None
    proof = Checkpoint(generation.source, generation.key, high, None, head_length, head_hash, tail_hash)
    if high > generation.size() or not generation.holds(proof):
        return None
    return _table(data, body, rows, high)


def _table(data: bytes, at: int, rows: int, high: int) -> CellTable | None:
    """Return the table whose columns begin at an offset of ``data``; None if they are not whole."""
    cells = Cells.empty(np.zeros(0, np.int64))
    row_bytes = sum(column.dtype.itemsize * int(np.prod(column.shape[1:])) for column in _columns(cells))
    if rows < 1 or rows * row_bytes != len(data) - at:
        return None
    cells = Cells.empty(np.zeros(rows, np.int64))
    for column in _columns(cells):
        column[...] = np.frombuffer(data, column.dtype, column.size, at).reshape(column.shape)
        at += column.nbytes
    is_whole = bool(((cells.states >= GUESSED) & (cells.states <= EXACT)).all())
    return CellTable.of(cells, high) if is_whole else None
