"""A block of lines with its masks: they are there before a query is matched."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from logviewer.errors import QueryError
from logviewer.formats.hidden_text import MAY_HIDE
from logviewer.formats.line_format import LineFormat
from logviewer.search.pattern import Pattern, Span
from logviewer.search.selected_lines import lines_of

# With these, a pattern may not match in a block where it matches in a line.
_ONLY_IN_LINES = re.compile(r"\(\?[a-zA-Z]*-|\\Q")


@dataclass(frozen=True, slots=True)
class MaskedBlock:
    """Lines with their masks. ``edited`` are spans of ``data``, and ``own`` those of the same lines without masks."""

    data: bytes
    edited: list[Span]
    own: list[Span]

    def unmasked(self, lines: Sequence[Span]) -> list[Span]:
        """Return the spans of some lines of ``data`` in the block without masks."""
        if not self.edited:
            return list(lines)
        starts = [start for start, _ in self.edited]
        found = []
        for start, end in lines:
            number = bisect_right(starts, start) - 1
            if number >= 0 and self.edited[number][0] == start:
                found.append(self.own[number])
            else:
                shift = self.own[number][1] - self.edited[number][1] if number >= 0 else 0
                found.append((start + shift, end + shift))
        return found


class Masks:
    """The masks of one line format, for blocks of lines in UTF-8."""

    def __init__(self, line_format: LineFormat) -> None:
        self._format = line_format
        self._masks = [rule.mask.casefold() for rule in line_format.redact_rules]
        self._patterns = [_in_blocks(rule.pattern) for rule in line_format.redact_rules]
        self._may_hide = Pattern("pattern", MAY_HIDE, regex=True, case="sensitive")
        self.keeps_lines = not any("\n" in mask for mask in self._masks)
        """Whether a line with masks is still one line."""

    def line(self, data: bytes, start: int, end: int) -> bytes:
        """Return the line ``data[start:end]`` with its masks."""
        return self._format.mask(data[start:end].decode()).encode("utf-8", "replace")

    def block(self, data: bytes) -> MaskedBlock:
        """Return a block with the masks of all lines, if each of them ``keeps_lines``."""
        pieces: list[bytes] = []
        edited: list[Span] = []
        own = self._lines_with_hits(data)
        at = size = 0
        for start, end in own:
            masked = self.line(data, start, end)
            pieces += data[at:start], masked
            first = size + start - at
            at, size = end, first + len(masked)
            edited.append((first, size))
        # An empty last line would not be one without its newline.
        rest = data[at:] or b"\n"
        return MaskedBlock(b"".join([*pieces, rest]) if own else data, edited, own)

    def _lines_with_hits(self, data: bytes) -> list[Span]:
        lines: set[Span] = set()
        may_hide = [] if data.isascii() and b"\x1b" not in data else [self._may_hide]
        for pattern in (*self._patterns, *may_hide):
            if pattern is None:
                return lines_of(data)
            lines.update(pattern.lines(data, 0, len(data)))
        return sorted(lines)

    def may_touch(self, pattern: Pattern) -> bool:
        """Return whether a hit in a line with masks may have a character of a mask, or adjoin an empty one.

        Any other hit is also in the line without masks.
        """
        if pattern.literal:
            text = pattern.literal.casefold()
            return any(not mask or text in mask or mask in text or _overlap(text, mask) for mask in self._masks)
        characters = pattern.characters
        return characters is None or any(not mask or not characters.isdisjoint(mask) for mask in self._masks)


def _overlap(text: str, mask: str) -> bool:
    sizes = range(1, min(len(text), len(mask)))
    return any(text.endswith(mask[:size]) or text.startswith(mask[-size:]) for size in sizes)


def _in_blocks(rule: str) -> Pattern | None:
    """Return a pattern that matches in each line of a block in which a rule matches; None if there is none."""
    if _ONLY_IN_LINES.search(rule):
        return None
    try:
        return Pattern("pattern", rule, regex=True, case="sensitive")
    except QueryError:
        return None
