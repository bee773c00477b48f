"""Hints for regular expressions that RE2 reads otherwise than grep, Perl or Python, or does not know."""

import re
from collections.abc import Collection

from logviewer.search.query import Query

_LITERALS = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\(?:([<>])|(['`])|([|+?(){}])|.)|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_WORD_EDGE = r"{} is the character {}; write \b for the edge of a word"
_TEXT_EDGE = r"{} is the character {}; write ^ or $ for the ends of a line"
_EDGES = {"<": r"\b", ">": r"\b", "`": "^", "'": "$"}
_BASIC = "{} is the character {}; grep's operator is {} without a backslash"
_ERRORS = (
    (re.compile(r"escape sequence: \\[1-9k]"), "RE2 has no backreferences"),
    (re.compile(r"\(\?<?[=!]"), "RE2 has no lookaround; exclude lines with a second pattern"),
    (re.compile(r"\(\?>|repetition operator: [*+?}]\+"), "RE2 has no possessive or atomic groups; remove them"),
    (re.compile(r"no argument for repetition operator: [*?]"), "write .* for any text"),
    (re.compile(r"\\[Z]"), "write $ for the end of a line"),
    (re.compile(r"\[:[<>]:\]|\\[ymM]\b"), r"write \b for the edge of a word"),
    (re.compile(r"\\[u]"), r"write \x{e9} for a character by its number"),
    (re.compile(r"\\[hR]"), r"write [ \t] for spaces"),
)


def hints_of(query: Query) -> list[dict[str, str]]:
    """Return a hint for each part of a text that is easily misread.

    A hint has the ``parameter``, the ``text``, the ``part`` and the ``hint`` in words. ``rewrite`` is the text as it
    was probably meant, with all such parts written for RE2.
    """
    if not query.regex:
        return []
    texts = dict.fromkeys([*(("q", text) for text in query.include), *(("not", text) for text in query.exclude)])
    return [
        {"parameter": name, "text": text, "part": part, "hint": hint, "rewrite": _rewritten(text, hints)}
        for name, text in texts
        if (hints := _misread(text))
        for part, hint in hints.items()
    ]


def error_hint(message: str) -> str:
    """Return a hint for an error message of RE2, after a semicolon; an empty text without one."""
    return next((f"; {hint}" for pattern, hint in _ERRORS if pattern.search(message)), "")


def _misread(text: str) -> dict[str, str]:
    hints: dict[str, str] = {}
    basic: set[str] = set()
    for match in _LITERALS.finditer(text):
        part = match[0]
        if match[1]:
            hints[part] = _WORD_EDGE.format(part, match[1])
        elif match[2]:
            hints[part] = _TEXT_EDGE.format(part, match[2])
        elif match[3] and _is_basic(text, match):
            basic.add(match[3])
    # One bracket alone is more likely meant as a character.
    for one, other in ("()", "{}"):
        basic -= set() if {one, other} <= basic else {one, other}
    return hints | {f"\\{each}": _BASIC.format(f"\\{each}", each, each) for each in sorted(basic)}


def _is_basic(text: str, match: re.Match[str]) -> bool:
    """Return whether an escaped operator may be one of grep's: between words, without other signs of RE2's syntax."""
    if re.search(r"(?<!\\)[(){}|+?]", text):
        return False
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    if match[3] == "|":
        return bool(before.strip() and after.strip())
    return match[3] in "(){}" or (match[3] in "+?" and (before == "]" or text[: match.start()].endswith(")")))


def _rewritten(text: str, parts: Collection[str]) -> str:
    return _LITERALS.sub(lambda match: _EDGES.get(match[0][1:], match[0][1:]) if match[0] in parts else match[0], text)
