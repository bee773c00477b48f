"""Text encodings of log files, and decoding of single lines."""

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's bytes are text: the codec, the bytes of a newline, and the mark that may open the file."""

    codec: str
    newline: bytes
    bom: bytes


UTF8 = Encoding("utf-8", b"\n", codecs.BOM_UTF8)
UTF16_LE = Encoding("utf-16-le", b"\n\0", codecs.BOM_UTF16_LE)
UTF16_BE = Encoding("utf-16-be", b"\0\n", codecs.BOM_UTF16_BE)


def detect(head: bytes) -> Encoding:
    """The encoding that the first bytes of a file name; UTF-8 where they name none."""
    return next((encoding for encoding in (UTF16_LE, UTF16_BE) if head.startswith(encoding.bom)), UTF8)


def to_text(line: bytes, encoding: Encoding) -> str:
    """A line as text: wrong bytes become U+FFFD; the NULs of a hole before it, a byte order mark and one CR go."""
    return line.decode(encoding.codec, "replace").lstrip("\0").removeprefix("\ufeff").removesuffix("\r")
