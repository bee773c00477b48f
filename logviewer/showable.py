"""Text that is safe to show: escapes control characters, changes of text direction, and bytes that are not UTF-8."""

import re

# Tabs and newlines stay. The last ranges are line separators, the marks, embeddings, overrides and isolates of text
# direction, and the bytes of names that are not UTF-8.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_LINE = re.compile("[\t\n]|" + _UNSAFE.pattern)


def visible(text: str) -> str:
    r"""Return the text with unsafe characters escaped, such as ``\x1b`` or ``\u202e``."""
    return _UNSAFE.sub(_escape, text)


def one_line(text: object) -> str:
    """Return a text, such as a path, with unsafe characters, tabs and newlines escaped."""
    return _UNSAFE_IN_LINE.sub(_escape, str(text))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    # A byte of a name that is not UTF-8.
    code = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
