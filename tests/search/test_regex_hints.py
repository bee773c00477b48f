"""Hints for regular expressions that RE2 reads otherwise than people mean."""

import pytest

from logviewer.errors import QueryError
from logviewer.search.pattern import Pattern
from logviewer.search.query import Query
from logviewer.search.regex_hints import hints_of


def parts(text: str) -> set[str]:
    return {each["part"] for each in hints_of(Query.of(include=[text], regex=True))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\<word\>", {"\\<", "\\>"}),
        (r"\`start", {"\\`"}),
        (r"end\'", {"\\'"}),
        (r"error\|warn", {"\\|"}),
        (r"\(a\|b\)", {"\\(", "\\)", "\\|"}),
        (r"[0-9]\{3\}", {"\\{", "\\}"}),
        (r"[a-z]\+", {"\\+"}),
    ],
)
def test_operators_of_grep_are_characters(text: str, expected: set[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        r"\bword\b",
        r"a \| b",
        r"f\(x",
        r"\(\w+\)",
        r"[\<\>]",
        r"\\<br>",
        "<a>",
        r"1\+1",
        r"\{\"a\": (\d+)",
        r"\.log\?x=",
    ],
)
def test_escaped_characters_need_no_hint(text: str) -> None:
    assert parts(text) == set()


def test_plain_text_needs_no_hint_and_each_part_has_one() -> None:
    assert hints_of(Query.of(include=[r"\<word\>"])) == []
    assert len(hints_of(Query.of(include=[r"\<a\|\<b"], exclude=[r"\<c"], regex=True))) == 3


@pytest.mark.parametrize(
    ("text", "rewrite"),
    [
        (r"\<word\>", r"\bword\b"),
        (r"\`start\'", "^start$"),
        (r"\(error\|warn\) [\<>]", r"(error|warn) [\<>]"),
        (r"\<a\>\\<b", r"\ba\b\\<b"),
        (r"[0-9]\{3\}", "[0-9]{3}"),
    ],
)
def test_a_hint_has_the_text_as_it_was_meant(text: str, rewrite: str) -> None:
    hints = hints_of(Query.of(include=[text], regex=True))
    assert {(each["text"], each["rewrite"]) for each in hints} == {(text, rewrite)}
    assert not hints_of(Query.of(include=[rewrite], regex=True))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (r"(a)\1", "backreferences"),
        ("(?=a)", "lookaround"),
        ("(?<!a)b", "lookaround"),
        ("a++", "possessive"),
        ("(?>a)", "possessive"),
        ("*.log", r"\.\* for any text"),
        (r"a\Z", r"\$ for the end"),
        (r"[[:<:]]a", "edge of a word"),
        (r"\u00e9", "by its number"),
    ],
)
def test_an_error_of_the_engine_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(QueryError, match=hint):
        Pattern("q", text, regex=True, case="smart")
