"""Text encodings of log files, and the decoding of one line."""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Encoding:
    """The codec of a file's text, the bytes of a newline, and the byte order mark that may open the file."""

    codec: str
    newline: bytes
    bom: bytes


UTF8 = Encoding("utf-8", b"\n", codecs.BOM_UTF8)
UTF16_LE = Encoding("utf-16-le", b"\n\0", codecs.BOM_UTF16_LE)
UTF16_BE = Encoding("utf-16-be", b"\0\n", codecs.BOM_UTF16_BE)


DETECTED_BYTES = 4
# Text in UTF-16 that begins with two ASCII characters.
_ASCII = r"[\t\r\n -~]"
_UNMARKED = (
    (re.compile(rf"{_ASCII}\0{_ASCII}\0".encode()), UTF16_LE),
    (re.compile(rf"\0{_ASCII}\0{_ASCII}".encode()), UTF16_BE),
)


def detect(head: bytes) -> Encoding:
    """Return the encoding of the byte order mark in the first four bytes of a file, or of the text there.

    UTF-8 without a mark, unless these are two ASCII characters in UTF-16.
    """
    for encoding in (UTF16_LE, UTF16_BE):
        if head.startswith(encoding.bom):
            return encoding
    return next((encoding for pattern, encoding in _UNMARKED if pattern.match(head)), UTF8)


@lru_cache(256)
def encoding_named(name: str) -> Encoding:
    """Return the encoding with a name that Python knows, such as ``latin-1``, ``cp1252``, ``shift_jis`` or ``gbk``.

    Raises ValueError for other names, and for encodings without the newline of ASCII.
    """
    known = {each.codec: each for each in (UTF8, UTF16_LE, UTF16_BE)}
    try:
        codec = codecs.lookup(name).name
        if codec in known:
            return known[codec]
        is_alike = "\n0a".encode(codec) == b"\n0a"
    except (LookupError, UnicodeError, TypeError) as error:
        raise ValueError(name) from error
    if not is_alike:
        raise ValueError(name)
    return Encoding(codec, b"\n", b"")


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
