"""Text that a terminal may show: what would command it, or turn it around, is spelled out."""

import codecs
import re
from collections.abc import Iterator

# Tabs and newlines are text. The last ones are marks, embeddings, overrides and isolates of direction.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# The same in JSON, which has escaped what is below U+0020.
_JSON_COMMANDS = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]",
)


def visible(text: str) -> str:
    r"""The same with control characters and those of direction as ``\x1b`` or ``\u202e``."""
    return _COMMANDS.sub(_escaped, text)


def visible_json(data: bytes) -> bytes:
    """JSON that says the same, with escapes in the place of what would command a terminal."""
    if data.isascii() and b"\x7f" not in data:
        return data
    return _JSON_COMMANDS.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), data)


def visible_line(pieces: Iterator[bytes], codec: str) -> Iterator[bytes]:
    """One line the same way, in UTF-8, from pieces of its bytes."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = ""
    for piece in pieces:
        yield visible(text).encode()
        text = decoder.decode(piece)
    # As everywhere, a carriage return before the newline belongs to that.
    yield visible((text + decoder.decode(b"", final=True)).removesuffix("\r")).encode()


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
