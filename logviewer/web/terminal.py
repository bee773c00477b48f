"""Text that is safe for a terminal: escapes control characters and changes of text direction."""

import codecs
import re
from collections.abc import Iterator

from logviewer.showable import visible

# The characters of ``visible`` in UTF-8 JSON, where characters below U+0020 are escaped already.
_UNSAFE_IN_JSON = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]",
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_FIRST_PRINTABLE = 0x20
# Up to here a pattern is as fast as numpy, and does not have to be imported by the first line of a new log.
SHORT = 8192
_COMPACT_BYTES = 64 * 1024


def visible_bytes(text: bytes, *, lines: int) -> bytes:
    """Return so many lines of valid UTF-8 with unsafe characters escaped, such as ``visible``."""
    is_unsafe = has_controls(text, lines=lines) or _has_unsafe_characters(text)
    return visible(text.decode()).encode() if is_unsafe else text


def has_controls(text: bytes, *, lines: int) -> bool:
    """Return whether so many lines of UTF-8 have ASCII control characters besides newlines and tabs."""
    if len(text) <= SHORT:
        return _CONTROLS.search(text) is not None
    import numpy as np  # noqa: PLC0415 (heavy)

    controls = np.count_nonzero(np.frombuffer(text, np.uint8) < _FIRST_PRINTABLE)
    has_others = controls != lines and controls != lines + text.count(b"\t")
    return bool(has_others) or b"\x7f" in text


def _has_unsafe_characters(text: bytes) -> bool:
    """Whether UTF-8 text has unsafe characters that are not ASCII: several times as fast as the pattern."""
    if text.isascii():
        return False
    if len(text) <= SHORT:
        return _UNSAFE_IN_JSON.search(text) is not None
    import numpy as np  # noqa: PLC0415 (heavy)

    codes = np.frombuffer(text, np.uint8)
    leads = np.flatnonzero((codes == 0xC2) | (codes == 0xD8) | (codes == 0xE2))
    return any(_UNSAFE_IN_JSON.match(text, at) for at in leads.tolist())


def visible_json(data: bytes) -> bytes:
    """Return equivalent JSON of ``orjson`` with unsafe characters escaped."""
    if b"\x7f" not in data and not _has_unsafe_characters(data):
        # Bytes of orjson keep the memory for eight times as many.
        return bytes(memoryview(data)) if len(data) > _COMPACT_BYTES else data
    return _UNSAFE_IN_JSON.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), data)


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
