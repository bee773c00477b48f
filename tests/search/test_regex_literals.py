"""Each hit of a regular expression has its plain texts."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from logviewer.search.regex_literals import literals

PARTS = [
    "ab",
    "a",
    "b",
    "\\*",
    "-",
    "]",
    "[ab]",
    "[^]a]",
    "[[:alpha:]b]",
    "[\\]a]",
    ".",
    "^",
    "$",
    "\\b",
    "\\d",
    "\\x61",
]
PARTS += [
    "(",
    ")",
    "(?:",
    "(?P<n>",
    "(?i:",
    "(?i)",
    "(?s)",
    "(?-i)",
    "|",
    "*",
    "+",
    "?",
    "+?",
    "{2}",
    "{0}",
    "{0,1}",
    "{,1}",
]
PARTS += ["\\pL", "\\Qa\\E", "é"]


@given(parts=st.lists(st.sampled_from(PARTS), max_size=8), text=st.text("abAB*-]{,1}é", max_size=12))
def test_hits_have_the_texts(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    options = re2.Options()
    options.log_errors = False
    try:
        hits = re2.compile(pattern, options).finditer(text)
    except re2.error:
        return
    known = [each.casefold() for each in literals(pattern)]
    for hit in hits:
        assert all(each in hit[0].casefold() for each in known)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("error.*timeout", ["error", "timeout"]),
        (r"^\[err\] .*\bid=\d+$", ["[err] ", "id="]),
        ("(?i)ab+c?d(ef|g)(hi)+(jk)?l", ["ab", "d", "hi", "l"]),
        ("a{2}*", []),
        ("ab|c", []),
        ("[abc", []),
    ],
)
def test_the_texts_of(pattern: str, expected: list[str]) -> None:
    assert literals(pattern) == expected
