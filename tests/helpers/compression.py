"""Compressed files, as the usual programs write them."""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from lz4 import frame as lz4

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zstd.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".lz4": lz4.compress,
}


def compress(path: Path, ending: str = ".gz", *, to: Path | None = None) -> Path:
    """Replace a file by a compressed one, as gzip does: the name gets an ending, and the file another inode."""
    compressed = to or path.with_name(path.name + ending)
    compressed.write_bytes(COMPRESSORS[ending](path.read_bytes()))
    path.unlink()
    return compressed


def bomb(path: Path) -> Path:
    """Write a file of 200 KB whose text takes minutes to decode."""
    path.write_bytes(bz2.compress(b"\0" * 9_000_000) * 4000)
    return path
