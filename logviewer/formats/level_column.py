"""The column of a file's lines that names their levels, where one line alone does not show it."""

import re
from collections.abc import Sequence

from logviewer.formats.level import find_level
from logviewer.formats.level_words import LETTER_LEVELS, NAMES, SET_APART, level_of
from logviewer.settings import LogRule

_LEAST_LINES = 5
_MOST_LINES = 200
_MOST_COLUMNS = 10
_LETTERS = {letter.lower(): letter for letter in LETTER_LEVELS if letter != "A"}
_WORDS = frozenset(
    [*SET_APART, *(word for word in NAMES if word[-1].isdigit()), "verbose", "severe", "dbg", "inf", "wrn"]
)
# What separates columns, and the pattern of one column with its end.
_SEPARATORS = ((None, r"\S+\s+"), ("|", r"[^|]*\|"), ("\t", r"[^\t]*\t"), (";", r"[^;]*;"), (",", r"[^,]*,"))
_EDGES = " \t\"'[]()<>{}:"


def level_column(lines: Sequence[str]) -> LogRule | None:
    """Return the rule for a column in which nearly all lines have a word or letter for a level; None without one.

    Also None if most lines name other levels elsewhere, or all the same ones.
    """
    rows = [line for line in lines if line[:1] not in {"", " ", "\t", "{", "#"}][:_MOST_LINES]
    found = [find_level(row) for row in rows]
    if len(rows) < _LEAST_LINES or None not in found:
        return None
    may_differ = 2 * found.count(None) >= len(rows)
    for separator, column in _SEPARATORS:
        split = [row.split(separator, _MOST_COLUMNS + 1)[: _MOST_COLUMNS + 1] for row in rows]
        for index in range(min(_MOST_COLUMNS, max(map(len, split)))):
            words = [row[index].strip(_EDGES) if len(row) > index else "" for row in split]
            levels = _levels_of(words, len(rows))
            is_alike = all(level in {None, levels.get(word)} for level, word in zip(found, words, strict=True))
            # A single letter may mean something else.
            if levels and (may_differ or (is_alike and not any(len(word) == 1 for word in words))):
                edges = re.escape(_EDGES)
                pattern = rf"^(?:{column}){{{index}}}[{edges}]*(?P<level>[A-Za-z]+\d?)(?:[{edges},;|]|$)"
                return LogRule(files=(), pattern=pattern, levels=levels)
    return None


def _levels_of(words: Sequence[str], count: int) -> dict[str, str]:
    """Return the levels of the words in a column; an empty dictionary if it has other words too."""
    kinds = {word for word in words if word}
    has_words = kinds and all(kind.lower() in _WORDS for kind in kinds)
    has_letters = len(kinds) > 1 and all(kind.lower() in _LETTERS for kind in kinds)
    if sum(map(bool, words)) * 10 < count * 9 or len(kinds) < 2 or not (has_words or has_letters):
        return {}
    found = {kind: level_of(_LETTERS.get(kind.lower(), kind)) for kind in kinds}
    return {kind: level for kind, level in found.items() if level}
