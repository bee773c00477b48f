"""The characters of a regular expression are all that its hits have."""

import re2
from hypothesis import given
from hypothesis import strategies as st

from logviewer.search.regex_characters import characters

PARTS = [
    "a",
    "K",
    "-",
    " ",
    "[ab-d_]",
    "[a-]",
    "[-a]",
    "[A-Z9]",
    "[^a]",
    "[]a]",
    "[a\\d]",
    "\\d",
    "\\w",
    "\\*",
    "\\[",
    ".",
    "^",
]
PARTS += [
    "(",
    ")",
    "(?:",
    "(?i)",
    "|",
    "*",
    "+",
    "?",
    "{2}",
    "{1,3}",
    "{",
    "[[:alpha:]]",
    "[a-\\d]",
    "\\b",
    "\\x41",
    "\\pL",
    "é",
]


@given(
    parts=st.lists(st.sampled_from(PARTS), max_size=6),
    text=st.text("abcdzAKkZ09-_ *[]{}^\u212a\u017fé", max_size=12),
    flag=st.sampled_from(["", "(?i)"]),
)
def test_hits_have_no_other_characters(parts: list[str], text: str, flag: str) -> None:
    pattern = "".join(parts)
    known = characters(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        hits = re2.compile(f"{flag}(?:{pattern})", options).finditer(text)
    except re2.error:
        return
    if known is not None:
        for hit in hits:
            assert set(hit[0].casefold()) <= known
