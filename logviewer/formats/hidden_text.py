"""Terminal sequences and invisible characters: the page shows a line without them."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

# As in static/js/text/ansi.js: colours and other control sequences, strings, selections of character sets. No branch
# matches across the next introducer, so matching takes linear time.
_SEQUENCES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[()*+][ -~]"
)
# Every reader takes the same characters for these: colours, usual motions of the cursor, strings.
_CLEAR = (
    r"\x1b\[(?:[0-?]*[mK]|[0-9;]*[HJ]|[0-9;]+[A-GST]|\?[0-9;]*[hl])"
    r"|\x1b[\]PX^_][^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\)|\x1b[()*+][0B]"
)
# What other readers take for a sequence that is cut or broken, or may be a stray character: its introducer alone; its
# introducer with parameters; all that a terminal ignores.
_UNCLEAR = [
    *(r"\x1b", r"\x1b[\[\]PX^_()*+]", r"\x1b\[[ -?]*"),
    r"\x1b\[[\x00-\x17\x19\x1c-?\x7f]*[@-~]",
    *(r"\x1b[\]PX^_][^\x07\x18\x1a\x1b\x80-\x9f]*(?:[\x18\x1a]|\x1b\\|[\x07\x9c])?", r"\x1b[ -/]*[0-Z\\`-~]"),
    "[\x90-\x9f]",
]
# Default_Ignorable_Code_Point of Unicode, and the marks of text direction.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
# Shown as a space, or wide as one.
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
_REPLACEMENT = "\ufffd"
_SEQUENCE = re.compile(_SEQUENCES)
_CLEAR_SEQUENCE = re.compile(_CLEAR)
# Digits may be those of a sequence that is cut, or of the text after it.
_PARAMETERS = re.compile(r"\x1b[\[\]][0-9;:]{0,8}")
_UNCLEAR_SEQUENCES = [_SEQUENCE, *map(re.compile, _UNCLEAR)]
_INTRODUCER = re.compile(r"[\x1b\x90\x98\x9b\x9d-\x9f]")
_HIDDEN = re.compile(f"[{_CONTROLS}{_INVISIBLE}]+")
_SPACE = re.compile(f"[{_SPACES}]")
_BLANK = re.compile(f"[{_SPACES}{_REPLACEMENT}]")
_PART = re.compile(f"[{_CONTROLS}{_INVISIBLE}]+|[{_SPACES}{_REPLACEMENT}]+")
_HIDDEN_OR_BLANK = re.compile(f"[{_CONTROLS}{_INVISIBLE}{_SPACES}{_REPLACEMENT}]+")
# Of two sequences that are cut there are sixteen.
_MOST_READINGS = 17
_MOST_UNCLEAR = 4096
_MOST_COLUMNS = 1024 * 1024
# Of all texts of a line but the first: a part takes up to 3 us.
_MOST_PARTS = 64 * 1024
_MOST_READ_CHARACTERS = 8 * 1024 * 1024
CONTROL_BYTES = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n")
"""The ASCII bytes that may hide text."""

MAY_HIDE = f"[{_CONTROLS}{_INVISIBLE}{_SPACES}{_REPLACEMENT}]".replace(r"\u2028\u2029", "\u2028\u2029")
"""Matches in each line that may have hidden text."""

_MAY_HIDE = re.compile(MAY_HIDE)
# Characters without width, at the start of lines that were copied from elsewhere.
_WIDTHLESS = "\ufeff\0\u200b\u200c\u200d\u200e\u200f\u2060"
_HIDDEN_STARTS = frozenset(f"{_WIDTHLESS}\x1b")

Span = tuple[int, int]


class ShownText(Protocol):
    """A line as a reader sees it: its ``text``, and where each character of it is in the line."""

    @property
    def text(self) -> str:
        """The text."""

    def span(self, start: int, end: int) -> Span:
        """Return the span of the line that shows some characters of ``text``, at least one."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of a line: number n begins at ``starts[n]`` in ``text`` and at ``origins[n]`` in the line."""

    text: str
    starts: "array[int]"
    origins: "array[int]"

    def span(self, start: int, end: int) -> Span:
        """See ``ShownText``."""
        return self._index(start), self._index(end - 1) + 1

    def _index(self, index: int) -> int:
        part = bisect_right(self.starts, index) - 1
        return self.origins[part] + index - self.starts[part]


@dataclass(frozen=True, slots=True)
class _Columns:
    """A line whose characters replace others.

    Each column has characters from ``firsts`` to ``lasts`` of the line, if they were struck over.
    """

    text: str
    firsts: "array[int]"
    lasts: "array[int]"

    def span(self, start: int, end: int) -> Span:
        """See ``ShownText``."""
        return min(self.firsts[start:end]), max(self.lasts[start:end]) + 1


def may_hide(line: str) -> bool:
    """Return whether a line may have hidden text."""
    if line.isascii() and line.isprintable():
        return False
    return _MAY_HIDE.search(line) is not None


def without_sequences(text: str) -> str:
    """Return a text without terminal sequences."""
    return _SEQUENCE.sub("", text)


def without_hidden_start(text: str) -> str:
    """Return a line without the byte order mark, NULs, characters without width and terminal sequences at its start.

    A line that begins with one of them loses all of its sequences: what a colour opens, another one closes later.
    """
    if text[:1] not in _HIDDEN_STARTS:
        return text
    text = text.lstrip(_WIDTHLESS)
    return without_sequences(text).lstrip(_WIDTHLESS) if "\x1b" in text else text


def shown_texts(line: str) -> Iterator[ShownText] | None:
    """Return a line as readers may see it, first as the page shows it; None if it has too many readings or parts.

    No text has terminal sequences or invisible characters. Unusual spaces are usual ones, or left out; so are
    characters in place of bytes that are not text. Backspaces and carriage returns are invisible, or moves to columns
    that the text after them replaces.
    """
    has_moves, has_blanks = _has_moves(line), _BLANK.search(line) is not None
    if len(line) > _MOST_COLUMNS and has_moves:
        return None
    readings = _readings(line)
    if readings is None or _has_many_parts(line, readings, (1 + has_moves) * (1 + has_blanks)):
        return None
    return (text for each in readings for text in _shown(line, each, has_moves=has_moves, has_blanks=has_blanks))


def _has_moves(line: str) -> bool:
    # A carriage return at the end is part of the newline.
    return "\b" in line or "\r" in line.rstrip("\r")


def _has_many_parts(line: str, readings: list[list[Span]], texts: int) -> bool:
    """Return whether the texts of a line have too many parts: so many texts for each reading, without the first one."""
    if (others := len(readings) * texts - 1) == 0:
        return False
    most = max(0, _MOST_PARTS // others - max(map(len, readings)))
    return next(islice(_PART.finditer(line), most, None), None) is not None


def _readings(line: str) -> list[list[Span]] | None:
    """Return lists of the sequences of a line, one list for each reading: readers differ in the ends of sequences."""
    most = min(_MOST_READINGS, max(4, _MOST_READ_CHARACTERS // (len(line) + 1)))
    # The last one is continued first.
    begun: list[tuple[int, list[Span]]] = [(0, [])]
    readings: list[list[Span]] = []
    unclear = count = 0
    while begun:
        at, found = begun.pop()
        while introducer := _INTRODUCER.search(line, at):
            start = introducer.start()
            if clear := _CLEAR_SEQUENCE.match(line, start):
                at = clear.end()
            else:
                at, *more = _ends(line, start)
                begun += [(end, [*found, (start, end)]) for end in more]
                unclear += 1
            found.append((start, at))
            count += 1
            others = len(readings) + len(begun)
            if others >= most or unclear > _MOST_UNCLEAR or (others and count > _MOST_PARTS):
                return None
        readings.append(found)
    return readings


def _ends(line: str, start: int) -> Sequence[int]:
    """Return the ends that readers may see for an unclear sequence; that of the page first."""
    # The page shows other introducers by name.
    first = [start + 1] if _SEQUENCE.match(line, start) is None else []
    found = (pattern.match(line, start) for pattern in _UNCLEAR_SEQUENCES)
    cut = _PARAMETERS.match(line, start)
    others = range(start + 2, cut.end() + 1) if cut else ()
    return list(dict.fromkeys([*first, *(each.end() for each in found if each), *others]))


def _shown(line: str, sequences: list[Span], *, has_moves: bool, has_blanks: bool) -> Iterator[ShownText]:
    for hidden in (_HIDDEN, _HIDDEN_OR_BLANK) if has_blanks else (_HIDDEN,):
        parts = _without(line, sequences, hidden)
        yield _Parts(_SPACE.sub(" ", parts.text), parts.starts, parts.origins) if has_blanks else parts
        if has_moves:
            columns = _in_columns(line, sequences, hidden)
            yield _Columns(_SPACE.sub(" ", columns.text), columns.firsts, columns.lasts)


def _visible(line: str, sequences: list[Span], hidden: re.Pattern[str]) -> Iterator[Span]:
    """Yield the spans outside of terminal sequences and hidden characters, ascending."""
    at = 0
    for start, end in [*sequences, (len(line), len(line))]:
        for each in hidden.finditer(line, at, start):
            if at < each.start():
                yield at, each.start()
            at = each.end()
        if at < start:
            yield at, start
        at = end


def _without(line: str, sequences: list[Span], hidden: re.Pattern[str]) -> _Parts:
    pieces: list[str] = []
    starts, origins = array("I"), array("I")
    size = 0
    for start, end in _visible(line, sequences, hidden):
        pieces.append(line[start:end])
        starts.append(size)
        origins.append(start)
        size += end - start
    return _Parts("".join(pieces), starts, origins)


def _in_columns(line: str, sequences: list[Span], hidden: re.Pattern[str]) -> _Columns:
    """Return a line as a terminal shows it after backspaces and carriage returns."""
    characters: list[str] = []
    firsts, lasts = array("I"), array("I")
    column = before = 0
    is_over = False
    for start, end in [*_visible(line, sequences, hidden), (len(line), len(line))]:
        between = line[before:start]
        if "\r" in between:
            between = between[between.rindex("\r") + 1 :]
            is_over, column = False, 0
        if "\b" in between:
            is_over, column = True, max(0, column - between.count("\b"))
        # Up to the end of the columns, characters replace others.
        middle = min(end, start + len(firsts) - column)
        replaced = slice(column, column + middle - start)
        characters[replaced] = line[start:middle]
        lasts[replaced] = array("I", range(start, middle))
        if not is_over:
            firsts[replaced] = lasts[replaced]
        characters += line[middle:end]
        firsts.extend(range(middle, end))
        lasts.extend(range(middle, end))
        column += end - start
        before = end
    return _Columns("".join(characters), firsts, lasts)
