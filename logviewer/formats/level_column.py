"""The place in a file's lines that names their levels, where one line alone does not show it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from logviewer.formats.hidden_text import without_sequences
from logviewer.formats.level import find_level
from logviewer.formats.level_words import LETTER_LEVELS, NAMES, SET_APART, level_of
from logviewer.settings import LogRule

_LEAST_LINES = 5
_MOST_LINES = 200
_MOST_COLUMNS = 16
_HEAD_CHARS = 120
_LETTERS = {letter.lower(): letter for letter in LETTER_LEVELS if letter != "A"}
_USUAL_LETTERS = frozenset("EIWeiw")
_WORDS = frozenset(
    [
        *SET_APART,
        *(word for word in NAMES if word[-1].isdigit() or len(word) == 3),
        "verbose",
        "severe",
        "alert",
        "emergency",
        "emerg",
        "note",
    ]
) - {"log"}
# What separates columns, and the pattern of one column with its end.
_SEPARATORS = ((None, r"\S+\s+"), ("|", r"[^|]*\|"), ("\t", r"[^\t]*\t"), (";", r"[^;]*;"), (",", r"[^,]*,"))
_EDGES = " \t\"'[]()<>{}:"
# A word with up to two characters on each side that are none of a word, or with the next mark beyond spaces.
_SURROUNDED = re.compile(r"(?:^|(?<=[^A-Za-z\d]))[A-Za-z]{1,11}\d?(?=[^A-Za-z\d]|$)")
_BEFORE = re.compile(r"[^A-Za-z\d]{0,2}$")
_AFTER = re.compile(r"[^A-Za-z\d]{0,2}")
_MARK_BEFORE = re.compile(r"([^A-Za-z\d\s])\s*$|\s$|^$")
_MARK_AFTER = re.compile(r"\s*([^A-Za-z\d\s])")


def level_column(lines: Sequence[str]) -> LogRule | None:
    """Return the rule for a place in which nearly all lines have a word or letter for a level; None without one.

    A place is a column, or the first word in a line between certain characters. Also None if most lines name other
    levels elsewhere, or all the same ones.
    """
    rows = [without_sequences(line) for line in lines if line[:1] not in {"", " ", "\t", "{", "#"}][:_MOST_LINES]
    found = [find_level(row) for row in rows]
    if len(rows) < _LEAST_LINES or None not in found:
        return None
    may_differ = 2 * found.count(None) >= len(rows)
    for pattern, words, levels in _places(rows):
        is_alike = all(level in {None, levels.get(word)} for level, word in zip(found, words, strict=True))
        # A single letter may mean something else.
        if may_differ or (is_alike and not any(len(word) == 1 for word in words)):
            return LogRule(files=(), pattern=pattern, levels=levels)
    return None


def _places(rows: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Mapping[str, str]]]:
    """Yield patterns of places with the word of each row there, "" without one, and the levels of the words."""
    for separator, column in _SEPARATORS:
        split = [row.split(separator, _MOST_COLUMNS + 1)[: _MOST_COLUMNS + 1] for row in rows]
        for index in range(min(_MOST_COLUMNS, max(map(len, split)))):
            words = [row[index].strip(_EDGES) if len(row) > index else "" for row in split]
            if levels := _levels_of(words):
                edges = re.escape(_EDGES)
                yield rf"^(?:{column}){{{index}}}[{edges}]*(?P<level>[A-Za-z]+\d?)(?:[{edges},;|]|$)", words, levels
    for pattern in _patterns(rows):
        matches = [re.search(pattern, row) for row in rows]
        words = [match["level"] if match else "" for match in matches]
        if levels := _levels_of(words, least=0.75):
            yield pattern, words, levels


def _patterns(rows: Sequence[str]) -> list[str]:
    """Return patterns of the characters around words for levels in most rows, the most frequent first."""
    found: Counter[str] = Counter()
    for row in rows:
        head = row[:_HEAD_CHARS]
        words = [each for each in _SURROUNDED.finditer(head) if _is_level(each[0])]
        found.update(
            {pattern for each in words for pattern in (_surroundings(row, each), _marks(row, each)) if pattern}
        )
    return [pattern for pattern, count in found.most_common() if count * 4 >= len(rows) * 3]


def _surroundings(row: str, word: re.Match[str]) -> str | None:
    """Return the pattern of a word by the characters around it; None between spaces, which columns are for."""
    before = _BEFORE.search(row, 0, word.start())
    after = _AFTER.match(row, word.end())
    around = (before[0] if before else "", after[0] if after else "")
    if not "".join(around).strip() or not around[1]:
        return None
    start, end = ("".join(r"\s" if each.isspace() else re.escape(each) for each in text) for text in around)
    return rf"{'' if around[0] and len(around[0]) < word.start() else '^'}{start}(?P<level>[A-Za-z]+\d?){end}"


def _marks(row: str, word: re.Match[str]) -> str | None:
    """Return the pattern of a word by the marks around it, with any spaces between."""
    before = _MARK_BEFORE.search(row, 0, word.start())
    after = _MARK_AFTER.match(row, word.end())
    if not before or not after:
        return None
    start = rf"{re.escape(before[1])}\s*" if before[1] else r"\s" if before[0] else "^"
    return rf"{start}(?P<level>[A-Za-z]+\d?)\s*{re.escape(after[1])}"


def _is_level(word: str) -> bool:
    return word.lower() in _WORDS or word.lower() in _LETTERS


def _levels_of(words: Sequence[str], least: float = 0.9) -> dict[str, str]:
    """Return the levels of the words at a place; an empty dictionary if it mostly has other words, or often none."""
    kinds = {word for word in words if word}
    named = [word for word in words if word.lower() in _WORDS]
    letters = [word for word in words if word.lower() in _LETTERS]
    # Others, as T and F, mostly mean something else.
    has_usual = any(letter in _USUAL_LETTERS for letter in letters)
    if has_usual and len(kinds) > 1 and len(kinds) == len(set(letters)) and len(letters) >= 0.9 * len(words):
        is_lower = any(map(str.islower, letters))
        return {letter if is_lower else letter.upper(): _level(letter) for letter in _LETTERS}
    is_named = len(set(named)) > 1 and len(named) >= least * len(words)
    if not is_named or (least == 0.9 and len(kinds) > len(set(named))):
        return {}
    return {word: _level(word) for word in set(named)}


def _level(word: str) -> str:
    return level_of(_LETTERS.get(word.lower(), word)) or ""
