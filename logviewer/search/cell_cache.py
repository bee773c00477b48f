"""Keeps cell tables for the next server, another worker, and the new name of a rotated file."""

import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from logviewer import formats
from logviewer.cursor import HEAD_BYTES, Checkpoint
from logviewer.files.cell_table import PAGE_ROWS, CellTable
from logviewer.files.cells import EXACT, GUESSED
from logviewer.files.own_directory import OwnDirectory
from logviewer.files.packed_cells import COLUMNS, Column, PackedCells
from logviewer.rotation.generation import Generation

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
            with table.lock:
                high, pages = table.high, table.pages()
            packed = [page if isinstance(page, PackedCells) else PackedCells.of(page) for page in pages]
            header = _header(generation, high, packed)
            columns = [column.offsets.data.cast("B") for page in packed for column in page.columns]
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


def _header(generation: Generation, high: int, pages: Sequence[PackedCells]) -> bytes:
    """Return one line: the place up to which lines are in the table, with its proof, and the columns of each page."""
    proof = generation.position(high, None).checkpoint()
    values = {
        "high": high,
        "head_length": proof.head_length,
        "head_hash": proof.head_hash.hex(),
        "tail_hash": proof.tail_hash.hex(),
        "pages": [
            [len(page), [[each.base, each.offsets.itemsize, len(each.offsets)] for each in page.columns]]
            for page in pages
        ],
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
        high, head_length = (int(header[name]) for name in ("high", "head_length"))
        head_hash, tail_hash = (bytes.fromhex(header[name]) for name in ("head_hash", "tail_hash"))
    except (KeyError, TypeError, ValueError):
        return None
    proof = Checkpoint(generation.source, generation.key, high, None, head_length, head_hash, tail_hash)
    if high > generation.size() or not generation.holds(proof):
        return None
    try:
        pages = _pages(data, body, header["pages"])
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    return CellTable.of(pages, high)


def _pages(data: bytes, at: int, sizes: Any) -> list[PackedCells]:  # noqa: ANN401 (any JSON)
    """Return the pages whose columns begin at an offset of ``data``.

    Raises ValueError, TypeError or OverflowError if they are damaged.
    """
    pages: list[PackedCells] = []
    for count, columns in sizes:
        read: list[Column] = []
        for base, width, length in columns:
            if length not in {1, count}:
                raise ValueError(length)
            read.append(Column(int(np.int64(base)), np.frombuffer(data, f"u{int(width)}", length, at)))
            at += read[-1].offsets.nbytes
        pages.append(PackedCells(int(count), tuple(read)))
        is_known = len(read) == COLUMNS and ((pages[-1].states >= GUESSED) & (pages[-1].states <= EXACT)).all()
        if not is_known:
            raise ValueError("the rows are not known")
    if not pages or at != len(data) or {len(page) for page in pages[:-1]} - {PAGE_ROWS} or len(pages[-1]) > PAGE_ROWS:
        raise ValueError("the table is not whole")
    return pages
