"""A block of lines with its masks: they are there before a query is matched."""

import re
from bisect import bisect_right

from logviewer.errors import QueryError
from logviewer.formats.hidden_text import CONTROL_BYTES, MAY_HIDE
from logviewer.formats.line_format import LineFormat
from logviewer.search.pattern import Pattern, Span
from logviewer.search.selected_lines import lines_of

# With these, a pattern may not match in a block where it matches in a line.
_ONLY_IN_LINES = re.compile(r"\(\?[a-zA-Z]*-|\\[QC]")

# The hits of a part are in memory at once, in each thread: a hundred bytes a hit.
_PART_BYTES = 256 * 1024

_Edit = tuple[int, int, bytes]
"""A span of a block, and what replaces it."""


class Masks:
    """The masks of one line format, for blocks of lines in UTF-8."""

    def __init__(self, line_format: LineFormat) -> None:
        self._format = line_format
        self._masks = [rule.mask.casefold() for rule in line_format.redact_rules]
        self._patterns = [_in_blocks(rule.pattern) for rule in line_format.redact_rules]
        self._may_hide = Pattern("pattern", MAY_HIDE, regex=True, case="sensitive", is_bounded=False)
        self.keeps_lines = not any("\n" in mask for mask in self._masks)
        """Whether a line with masks is still one line."""

    def line(self, data: bytes, start: int, end: int) -> bytes:
        """Return the line ``data[start:end]`` with its masks."""
        return self._format.mask(data[start:end].decode()).encode("utf-8", "replace")

    def block(self, data: bytes) -> bytes:
        """Return a block of lines with their masks, if each of them ``keeps_lines``."""
        parts: list[bytes] = []
        at = 0
        while at < len(data):
            end = data.find(b"\n", at + _PART_BYTES) + 1 or len(data)
            parts.append(self._masked(data[at:end]))
            at = end
        return b"".join(parts)

    def _masked(self, data: bytes) -> bytes:
        alone = self._lines_to_read_alone(data)
        edits = [(start, end, self.line(data, start, end)) for start, end in alone]
        edits += _outside(self._hits(data), alone)
        pieces: list[bytes] = []
        at = 0
        # As in ``Redaction.text``: hits that overlap get one mask.
        for first, after, mask in sorted(edits):
            if first >= at:
                pieces += data[at:first], mask
            at = max(at, after)
        # An empty last line would not be one without its newline.
        return b"".join([*pieces, data[at:] or b"\n"]) if edits else data

    def _lines_to_read_alone(self, data: bytes) -> list[Span]:
        """Return the lines with hidden text, or all if a rule cannot search a block."""
        if None in self._patterns:
            return lines_of(data)
        is_plain = data.isascii() and len(data.translate(None, CONTROL_BYTES)) == len(data)
        return [] if is_plain else self._may_hide.lines(data, 0, len(data))

    def _hits(self, data: bytes) -> list[_Edit]:
        masks = (rule.mask.encode("utf-8", "replace") for rule in self._format.redact_rules)
        pairs = zip(self._patterns, masks, strict=True)
        return [(*hit, mask) for pattern, mask in pairs if pattern for hit in pattern.hits(data)]

    def may_touch(self, pattern: Pattern) -> bool:
        """Return whether a hit in a line with masks may have a character of a mask, or adjoin an empty one.

        Any other hit is also in the line without masks.
        """
        if pattern.literal:
            text = pattern.literal.casefold()
            return any(not mask or text in mask or mask in text or _overlap(text, mask) for mask in self._masks)
        characters = pattern.characters
        return characters is None or any(not mask or not characters.isdisjoint(mask) for mask in self._masks)


def _outside(edits: list[_Edit], lines: list[Span]) -> list[_Edit]:
    """Return the edits outside of some lines, which ascend."""
    if not lines:
        return edits
    starts = [start for start, _ in lines]
    numbers = (bisect_right(starts, edit[0]) - 1 for edit in edits)
    return [edit for edit, number in zip(edits, numbers, strict=True) if number < 0 or edit[0] > lines[number][1]]


def _overlap(text: str, mask: str) -> bool:
    sizes = range(1, min(len(text), len(mask)))
    return any(text.endswith(mask[:size]) or text.startswith(mask[-size:]) for size in sizes)


def _in_blocks(rule: str) -> Pattern | None:
    """Return a pattern whose hits in a block are those of a rule in each line; None if there is none."""
    if _ONLY_IN_LINES.search(rule):
        return None
    try:
        return Pattern("pattern", rule, regex=True, case="sensitive", is_bounded=False)
    except QueryError:
        return None
