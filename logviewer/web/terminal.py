"""Text that is safe for a terminal: escapes control characters and changes of text direction."""

import codecs
import re
from collections.abc import Iterator

from logviewer.showable import SHORT, has_unsafe_characters, visible

_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_FIRST_PRINTABLE = 0x20


def visible_bytes(text: bytes, *, lines: int) -> bytes:
    """Return so many lines of valid UTF-8 with unsafe characters escaped, such as ``visible``."""
    is_unsafe = has_controls(text, lines=lines) or has_unsafe_characters(text)
    return visible(text.decode()).encode() if is_unsafe else text


def has_controls(text: bytes, *, lines: int) -> bool:
    """Return whether so many lines of UTF-8 have ASCII control characters besides newlines and tabs."""
    if len(text) <= SHORT:
        return _CONTROLS.search(text) is not None
    import numpy as np  # noqa: PLC0415 (heavy)

    controls = np.count_nonzero(np.frombuffer(text, np.uint8) < _FIRST_PRINTABLE)
    has_others = controls != lines and controls != lines + text.count(b"\t")
    return bool(has_others) or b"\x7f" in text


def visible_line(pieces: Iterator[bytes], codec: str) -> Iterator[bytes]:
    """Yield one line as escaped UTF-8, from pieces of its bytes in the encoding ``codec``."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = ""
    for piece in pieces:
        # A piece without a character keeps a carriage return before it the last one.
        if more := decoder.decode(piece):
            yield visible(text).encode()
            text = more
    # As everywhere, a carriage return before the newline is part of the newline.
    yield visible((text + decoder.decode(b"", final=True)).removesuffix("\r")).encode()
