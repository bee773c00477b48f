"""Text encodings of log files, and the decoding of one line."""

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Encoding:
    """The codec of a file's text, the bytes of a newline, and the byte order mark that may open the file."""

    codec: str
    newline: bytes
    bom: bytes


UTF8 = Encoding("utf-8", b"\n", codecs.BOM_UTF8)
UTF16_LE = Encoding("utf-16-le", b"\n\0", codecs.BOM_UTF16_LE)
UTF16_BE = Encoding("utf-16-be", b"\0\n", codecs.BOM_UTF16_BE)


def detect(head: bytes) -> Encoding:
    """Return the encoding of the byte order mark in the first bytes of a file; UTF-8 without one."""
    return next((encoding for encoding in (UTF16_LE, UTF16_BE) if head.startswith(encoding.bom)), UTF8)


def to_text(line: bytes, encoding: Encoding) -> str:
    """Return a line as text, without leading NULs (a hole), byte order mark and final CR.

    Invalid bytes become U+FFFD.
    """
    return line.decode(encoding.codec, "replace").lstrip("\0").removeprefix("\ufeff").removesuffix("\r")


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are valid UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
