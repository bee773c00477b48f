"""A cell table as the bytes of a file, which is not trusted when it is read."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson

from logviewer.cursor import Checkpoint
from logviewer.files.cell_table import PAGE_ROWS, CellTable
from logviewer.files.cells import EXACT, GUESSED
from logviewer.files.packed_cells import COLUMNS, Column, PackedCells
from logviewer.rotation.generation import Generation

_DIGEST_BYTES = 16


def encode(generation: Generation, table: CellTable) -> Sequence[bytes | memoryview]:
    """Return the pieces of the file: a digest of the others, the proof of the log, the columns. Raises OSError."""
    with table.lock:
        high, pages = table.high, table.pages()
    packed = [page if isinstance(page, PackedCells) else PackedCells.of(page) for page in pages]
    header = _header(generation, high, packed)
    columns = [column.offsets.data.cast("B") for page in packed for column in page.columns]
    digest = blake2b(header, digest_size=_DIGEST_BYTES)
    for column in columns:
        digest.update(column)
    return [digest.digest(), header, *columns]


def decode(data: bytes, generation: Generation) -> CellTable | None:
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
