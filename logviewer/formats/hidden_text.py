"""Terminal sequences and invisible characters: the page shows a line without them."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

# As in static/js/text/ansi.js: colours and other control sequences, strings, selections of character sets. No branch
# matches across the next introducer, so matching takes linear time.
_SEQUENCES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[()*+][ -~]"
)
_SEVEN_BIT = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)|\x1b[()*+][ -~]"
# Default_Ignorable_Code_Point of Unicode, and the marks of text direction.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
# Shown as a space, or wide as one.
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
_HIDDEN_CHARACTER = f"[{_CONTROLS}{_INVISIBLE}]"
_SEQUENCE = re.compile(_SEQUENCES)
_COLOR = re.compile(r"\x1b\[[0-9;:]*m")
_INTRODUCER = re.compile(r"[\x1b\x90-\x9f]")
# The page shows the escape of a short sequence by name, a terminal nothing of it.
_AS_ON_PAGE = re.compile(f"(?:{_SEQUENCES}|{_HIDDEN_CHARACTER})+")
_AS_IN_TERMINAL = re.compile(f"(?:{_SEQUENCES}|\\x1b[ -/]*[0-~]|{_HIDDEN_CHARACTER})+")
# An introducer of one byte may also be a stray one, or a character of another encoding.
_WITHOUT_C1 = re.compile(f"(?:{_SEVEN_BIT}|{_HIDDEN_CHARACTER})+")
_CHARACTERS = re.compile(rf"(?:\x1b\[[0-9;:]*m|{_HIDDEN_CHARACTER})+")
_SPACE = re.compile(f"[{_SPACES}]")
CONTROL_BYTES = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n")
"""The ASCII bytes that may hide text."""

MAY_HIDE = f"[{_CONTROLS}{_INVISIBLE}{_SPACES}]".replace(r"\u2028\u2029", "\u2028\u2029")
"""Matches in each line that may have hidden text."""

_MAY_HIDE = re.compile(MAY_HIDE)
_HIDDEN_STARTS = frozenset("\ufeff\0\x1b")


@dataclass(frozen=True, slots=True)
class ShownText:
    """A line without hidden text, and the parts of the line that it consists of.

    Part number n begins at ``starts[n]`` in ``text`` and at ``origins[n]`` in the line.
    """

    text: str
    starts: list[int]
    origins: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the line that shows some characters of ``text``, at least one."""
        return self._index(start), self._index(end - 1) + 1

    def _index(self, index: int) -> int:
        part = bisect_right(self.starts, index) - 1
        return self.origins[part] + index - self.starts[part]


def may_hide(line: str) -> bool:
    """Return whether a line may have hidden text."""
    if line.isascii() and line.isprintable():
        return False
    return _MAY_HIDE.search(line) is not None


def without_sequences(text: str) -> str:
    """Return a text without terminal sequences."""
    return _SEQUENCE.sub("", text)


def without_hidden_start(text: str) -> str:
    """Return a line without the byte order mark, NULs and terminal sequences at its start.

    A line that begins with one of them loses all of its sequences: what a colour opens, another one closes later.
    """
    if text[:1] not in _HIDDEN_STARTS:
        return text
    text = text.lstrip("\ufeff\0")
    return without_sequences(text).lstrip("\ufeff\0") if "\x1b" in text else text


def shown_texts(line: str) -> Iterator[ShownText]:
    """Yield a line as the page and terminals show it, and without any of its invisible characters.

    Unusual spaces are left out, or become usual ones.
    """
    hidden = [_AS_ON_PAGE]
    if _INTRODUCER.search(_COLOR.sub("", line)):
        # Not only colours: what a sequence takes depends on the reader.
        hidden += _AS_IN_TERMINAL, _WITHOUT_C1, _CHARACTERS
    has_spaces = _SPACE.search(line) is not None
    for pattern in hidden:
        text = _without(line, pattern)
        yield replace(text, text=_SPACE.sub(" ", text.text)) if has_spaces else text
        if has_spaces:
            yield _without(line, re.compile(f"(?:{pattern.pattern}|{_SPACE.pattern})+"))


def _without(line: str, hidden: re.Pattern[str]) -> ShownText:
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    at = size = 0
    for start, end in [*(found.span() for found in hidden.finditer(line)), (len(line), len(line))]:
        if at < start:
            pieces.append(line[at:start])
            starts.append(size)
            origins.append(at)
            size += start - at
        at = end
    return ShownText("".join(pieces), starts, origins)
