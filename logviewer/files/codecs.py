"""Compressed formats: recognised by their first bytes, decoded as a stream, also where the end is missing."""

import bz2
import lzma
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

MAGIC_BYTES = 10
# Bombs expand a thousandfold: a decoder returns no more than this at once.
PIECE_BYTES = 1024 * 1024
# A file names the memory that its decoder needs, up to 4 GiB; `xz -9` names 65 MiB.
_MOST_XZ_BYTES = 96 * 1024 * 1024


class TruncatedError(Exception):
    """The compressed bytes end before the text does."""


class DamagedError(TruncatedError):
    """The compressed bytes are damaged from here on."""


class _Decoder(Protocol):
    """One member of a compressed file, as ``bz2.BZ2Decompressor``."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """ISA-L has the interface of ``zlib``; it is three times as fast."""

    def __init__(self) -> None:
        from isal import isal_zlib  # noqa: PLC0415 (heavy, and needed by few)

        self._stream = isal_zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return bool(self._stream.eof)

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return bytes(self._stream.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return bytes(self._stream.decompress(data or self._stream.unconsumed_tail, max_length))


def _xz() -> _Decoder:
    return lzma.LZMADecompressor(memlimit=_MOST_XZ_BYTES)


def _zstd() -> _Decoder:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd.ZstdDecompressor()


def _lz4() -> _Decoder:
    from lz4.frame import LZ4FrameDecompressor  # noqa: PLC0415 (as above)

    decoder: _Decoder = LZ4FrameDecompressor()
    return decoder


# As many bytes as any file of the format has: a log must not be taken for one. A header of gzip may last for the whole
# file, but has two bytes that text does not have. A file may still be written.
_MAGIC: Mapping[re.Pattern[bytes], Callable[[], _Decoder]] = MappingProxyType(
    {
        re.compile(rb"\x1f\x8b\x08[\x00-\x1f](?:.{0,4}\Z|.{4}[\x00-\x08](?:\Z|[\x00-\x1f\xff]))", re.DOTALL): _Gzip,
        re.compile(rb"\x28\xb5\x2f\xfd"): _zstd,
        re.compile(rb"\xfd7zXZ\x00"): _xz,
        re.compile(rb"BZh[1-9](?:1A|\x17r)"): bz2.BZ2Decompressor,
        re.compile(rb"\x04\x22\x4d\x18"): _lz4,
    }
)


def is_compressed(head: bytes) -> bool:
    """Return whether a file with these first ten bytes is compressed in a known format."""
    return _codec(head) is not None


def _codec(head: bytes) -> Callable[[], _Decoder] | None:
    return next((codec for magic, codec in _MAGIC.items() if magic.match(head)), None)


def decode(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text of all members of a compressed file, at most a mebibyte at once.

    Bytes after the last member are ignored, as by ``gzip``.

    Raises:
        TruncatedError: after all text that the bytes hold, if they end early or are damaged.
        OSError: if the pieces raise it.
    """
    source = iter(pieces)
    rest = next(source, b"")
    while codec := _codec(rest):
        decoder = codec()
        text = _step(decoder, rest)
        while not decoder.eof:
            # LZ4 may need a whole block of 4 MiB although it has unread input.
            is_starved = decoder.needs_input or not text
            if text:
                yield text
            data = next(source, b"") if is_starved else b""
            if is_starved and not data:
                raise TruncatedError("the compressed file ends early")
            text = _step(decoder, data)
        if text:
            yield text
        rest = decoder.unused_data or b""
        if len(rest) < MAGIC_BYTES:
            rest += next(source, b"")


def _step(decoder: _Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, PIECE_BYTES)
    # Each library has errors of its own.
    except Exception as error:
        raise DamagedError(f"the compressed file is damaged: {error}") from error
