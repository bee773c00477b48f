"""Terminal sequences and invisible characters: the page shows a line without them."""

import re
from bisect import bisect_right
from dataclasses import dataclass

# As in static/js/text/ansi.js: colours and other control sequences, strings, selections of character sets. No branch
# matches across the next introducer, so matching takes linear time.
_SEQUENCES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[()*+][ -~]"
)
# Default_Ignorable_Code_Point of Unicode, and the marks of text direction.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"(?:{_SEQUENCES}|[{_INVISIBLE}])+")
_SEQUENCE = re.compile(_SEQUENCES)
MAY_HIDE = f"[\x1b\x90-\x9f{_INVISIBLE}]"
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
    return ("\x1b" in line) if line.isascii() else _MAY_HIDE.search(line) is not None


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


def shown_text(line: str) -> ShownText:
    """Return a line as the page shows it."""
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    at = size = 0
    for start, end in [*(hidden.span() for hidden in _HIDDEN.finditer(line)), (len(line), len(line))]:
        if at < start:
            pieces.append(line[at:start])
            starts.append(size)
            origins.append(at)
            size += start - at
        at = end
    return ShownText("".join(pieces), starts, origins)
