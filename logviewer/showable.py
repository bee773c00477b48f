"""Text that is safe to show: escapes control characters, changes of text direction, and bytes that are not UTF-8."""

import re

# Tabs and newlines stay. The last ranges are line separators, the marks, embeddings, overrides and isolates of text
# direction, and the bytes of names that are not UTF-8.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# The characters of ``_UNSAFE`` in UTF-8 JSON, where characters below U+0020 are escaped already.
_UNSAFE_IN_JSON = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]",
)
_UNSAFE_IN_LINE = re.compile("[\t\n]|" + _UNSAFE.pattern)

# Up to here a pattern is as fast as numpy, and does not have to be imported by the first line of a new log.
SHORT = 8192
_COMPACT_BYTES = 64 * 1024


def visible(text: str) -> str:
    r"""Return the text with unsafe characters escaped, such as ``\x1b`` or ``\u202e``."""
    return _UNSAFE.sub(_escape, text)


def one_line(text: object) -> str:
    """Return a text, such as a path, with unsafe characters, tabs and newlines escaped."""
    return _UNSAFE_IN_LINE.sub(_escape, str(text))


def visible_json(data: bytes) -> bytes:
    """Return equivalent JSON of ``orjson`` with unsafe characters escaped."""
    if b"\x7f" not in data and not has_unsafe_characters(data):
        # Bytes of orjson keep the memory for eight times as many.
        return bytes(memoryview(data)) if len(data) > _COMPACT_BYTES else data
    return _UNSAFE_IN_JSON.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), data)


def has_unsafe_characters(text: bytes) -> bool:
    """Return whether UTF-8 text has unsafe characters that are not ASCII: several times as fast as the pattern."""
    if text.isascii():
        return False
    if len(text) <= SHORT:
        return _UNSAFE_IN_JSON.search(text) is not None
    import numpy as np  # noqa: PLC0415 (heavy)

    codes = np.frombuffer(text, np.uint8)
    leads = np.flatnonzero((codes == 0xC2) | (codes == 0xD8) | (codes == 0xE2))
    return any(_UNSAFE_IN_JSON.match(text, at) for at in leads.tolist())


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    # A byte of a name that is not UTF-8.
    code = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
