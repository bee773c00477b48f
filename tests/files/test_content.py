"""The first bytes of a file distinguish text from binary files."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.content import is_binary, read_head
from tests.helpers.compression import COMPRESSORS

BINARY = {
    "utmp": struct.pack("<hi32s4s32s256s", 2, 0, b"~", b"~~", b"reboot", b"6.1.0") + bytes(40),
    "journal": b"LPKSHHRH" + struct.pack("<IIB", 0, 4, 1) + bytes(7),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(9),
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(3) + b"\rIHDR",
    "zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
    "SQLite": b"SQLite format 3\x00\x10\x00\x01\x01\x00@",
}
TEXT = {
    "ascii": b"2026-11-27 INFO started\n",
    "colours": b"\x1b[32mINFO\x1b[0m started\n",
    "tabs": b"one\ttwo\r\n",
    "UTF-8": "gestartet: größe\n".encode(),
    "Latin-1": "gestartet: größe\n".encode("latin-1"),
    "UTF-16": "\ufeffstarted\r\n".encode("utf-16-le"),
    "UTF-16 in another script": "22 начало\r\n".encode("utf-16-le"),
    "UTF-16 without a mark": "started\r\n".encode("utf-16-le"),
    "truncated while it was written": bytes(500) + b"INFO started\n",
    "null bytes after a crash": b"INFO started\n" + bytes(400) + b"INFO started\n",
    "a bell": b"INFO \x07 beep\n",
    "empty": b"",
}


@pytest.mark.parametrize("head", BINARY.values(), ids=BINARY)
def test_binary_files(head: bytes) -> None:
    assert is_binary(head)


@pytest.mark.parametrize("head", TEXT.values(), ids=TEXT)
def test_texts(head: bytes) -> None:
    assert not is_binary(head)


@pytest.mark.parametrize("ending", COMPRESSORS)
def test_compressed_texts(ending: str) -> None:
    assert not is_binary(COMPRESSORS[ending](b"INFO started\n" * 100))


@given(st.text(st.characters(blacklist_categories=["Cc", "Cs"])), st.sampled_from(["utf-8", "latin-1", "utf-16"]))
def test_text_is_never_binary(text: str, encoding: str) -> None:
    head = text.encode(encoding, "replace")
    assert not is_binary(head)


def test_a_file_that_cannot_be_read_has_no_head(tmp_path: Path) -> None:
    assert read_head(tmp_path / "missing.log") == b""
    (tmp_path / "app.log").write_bytes(bytes(3000))
    assert len(read_head(tmp_path / "app.log")) == 1024
