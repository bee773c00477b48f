"""The characters that a regular expression can match, for the simple ones."""

import re
from string import ascii_letters, digits

_CLASSES = {"\\d": digits, "\\w": ascii_letters + digits + "_"}
# A class of plain characters and ranges of them, or one of the tokens that match a known character, or none at all.
_TOKEN = re.compile(
    r"(?P<class>\[[a-zA-Z0-9 _,:;=<>/@#%&!~\"'](?:[a-zA-Z0-9 _,:;=<>/@#%&!~\"']|-[a-zA-Z0-9]|\\[dw])*\])"
    r"|(?P<escape>\\[dw]|\\[!-/:-@\[-`{-~])"
    r"|(?P<nothing>\(\?:|\((?!\?)|[|)*+?]|\{\d+(?:,\d*)?\})"
    r"|(?P<literal>[a-zA-Z0-9 _,:;=<>/@#%&!~\"'-])"
)
_RANGE = re.compile(r"([a-zA-Z0-9])-([a-zA-Z0-9])")


def characters(pattern: str) -> frozenset[str] | None:
    """Return the casefolded characters of which each hit of a regular expression consists.

    None if they are not known, or if a hit also depends on the text around it.
    """
    found: set[str] = set()
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        at, kind, text = token.end(), token.lastgroup, token[0]
        if kind == "class":
            found.update(_of_class(text[1:-1]))
        elif kind == "escape":
            found.update(_CLASSES.get(text, text[1]))
        elif kind == "literal":
            found.add(text)
    return frozenset("".join(found).casefold())


def _of_class(text: str) -> set[str]:
    """Return the characters of a class, and perhaps some more."""
    found = set(text)
    for name, members in _CLASSES.items():
        if name in text:
            found.update(members)
    for first, last in _RANGE.findall(text):
        found.update(map(chr, range(ord(first), ord(last) + 1)))
    return found
