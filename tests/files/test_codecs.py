"""Compressed bytes of every format give their text, and what they hold of it where they are cut or damaged."""

import lzma
import os
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.codecs import MAGIC_BYTES, PIECE_BYTES, TruncatedError, decode, is_compressed
from tests.helpers.compression import COMPRESSORS

ENDINGS = pytest.mark.parametrize("ending", COMPRESSORS)
TEXT = b"".join(b"%d a line of a log, number %d\n" % (number * number, number) for number in range(50_000))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def decoded(data: bytes, size: int = 1 << 20) -> tuple[bytes, bool]:
    """Return the text, and whether it has its end."""
    found: list[bytes] = []
    try:
        for piece in decode(pieces(data, size)):
            assert 0 < len(piece) <= PIECE_BYTES
            found.append(piece)
    except TruncatedError:
        return b"".join(found), False
    return b"".join(found), True


@ENDINGS
@given(texts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), size=st.integers(1, 200))
def test_members_give_one_text_however_they_are_read(ending: str, texts: list[bytes], size: int) -> None:
    data = b"".join(COMPRESSORS[ending](text) for text in texts)
    assert is_compressed(data[:MAGIC_BYTES])
    assert decoded(data, max(size, MAGIC_BYTES)) == (b"".join(texts), True)


@ENDINGS
def test_a_long_text_comes_in_pieces(ending: str) -> None:
    assert decoded(COMPRESSORS[ending](TEXT)) == (TEXT, True)


@ENDINGS
def test_a_bomb_comes_in_pieces(ending: str) -> None:
    data = COMPRESSORS[ending](bytes(20_000_000))
    assert sum(map(len, decode([data]))) == 20_000_000
    assert max(map(len, decode([data]))) <= PIECE_BYTES


@ENDINGS
@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_cut_file_gives_what_it_holds(ending: str, part: float) -> None:
    data = COMPRESSORS[ending](TEXT)
    text, is_whole = decoded(data[: int(len(data) * part)], 1000)
    assert TEXT.startswith(text)
    assert not is_whole
    # The largest block of bzip2 is 900 kB, and that of LZ4 has 4 MiB.
    assert len(text) > len(TEXT) * part / 4 or ending in {".bz2", ".lz4"}


@ENDINGS
def test_a_damaged_file_raises_no_other_error(ending: str) -> None:
    data = bytearray(COMPRESSORS[ending](TEXT))
    data[len(data) // 2 : len(data) // 2 + 64] = os.urandom(64)
    text, _ = decoded(bytes(data))
    assert text[:1000] in (TEXT[:1000], b"")


@ENDINGS
def test_bytes_after_the_end_are_ignored(ending: str) -> None:
    assert decoded(COMPRESSORS[ending](b"text") + bytes(1000)) == (b"text", True)


@pytest.mark.parametrize("data", [b"", b"\x1f", b"\x1f\x8b", b"plain text\n", b"BZh is a word\n", b"PK\x03\x04"])
def test_other_bytes_are_not_compressed(data: bytes) -> None:
    assert not is_compressed(data)
    assert decoded(data) == (b"", True)


@pytest.mark.parametrize("flags", range(32))
def test_a_line_that_begins_like_a_header_of_gzip_is_plain(flags: int) -> None:
    line = b"\x1f\x8b\x08" + bytes([flags]) + b" is the begin of a line\n"
    assert not is_compressed(line[:MAGIC_BYTES])


@ENDINGS
def test_a_file_without_its_end_is_compressed(ending: str) -> None:
    data = COMPRESSORS[ending](b"text")
    assert all(is_compressed(data[:size]) for size in range(6, MAGIC_BYTES + 1))


def test_a_file_cannot_make_its_decoder_large() -> None:
    packed = bytearray(lzma.compress(b"text", preset=0))
    # The block header has the size of the dictionary, and a checksum of itself.
    header = slice(12, 12 + (packed[12] + 1) * 4)
    block = packed[header]
    block[block.index(b"\x21\x01") + 2] = 37
    block[-4:] = zlib.crc32(block[:-4]).to_bytes(4, "little")
    packed[header] = block
    assert lzma.decompress(packed) == b"text"
    assert decoded(bytes(packed)) == (b"", False)


def test_the_largest_preset_is_decoded() -> None:
    assert decoded(lzma.compress(b"text", preset=9 | lzma.PRESET_EXTREME)) == (b"text", True)
