"""Masked lines: a block of them matches as each line alone does, after its masks."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.files.encoding import UTF8, UTF16_LE, Encoding, to_text
from logviewer.formats.line_format import LineFormat
from logviewer.formats.redaction import Redaction
from logviewer.search.masked_block import Masks
from logviewer.search.matcher import Matcher
from logviewer.search.pattern import Pattern
from logviewer.search.query import Case, Query
from logviewer.search.selected_lines import lines_of
from logviewer.settings import RedactRule

LINE = st.one_of(
    st.lists(st.sampled_from([*"abk*<ſé \r\0\ufeff", "\x1b[1m", "\u200b"]), max_size=9).map("".join).map(str.encode),
    st.binary(max_size=6).map(lambda data: data.replace(b"\n", b"")),
)
BLOCK = st.tuples(st.lists(LINE, max_size=9), st.sampled_from([b"", b"\n", b"\r\n"])).map(
    lambda block: b"\n".join(block[0]) + block[1]
)
ATOMS = ["a", "b", "k", "é", ".", "\\s", "[^a]", "^", "$", "\\A", "\\z", "a*", "(?s).", "\\b"]
RULE = st.builds(
    RedactRule,
    st.lists(st.sampled_from([*ATOMS, "(?-m:^)", "\\Q\\A\\E"]), min_size=1, max_size=3).map("".join),
    st.sampled_from(["***", "", "a", "<b>", "x\ny", "K"]),
)
QUERY = st.builds(
    Query,
    include=st.lists(st.text("abks*<é", min_size=1, max_size=3), max_size=2).map(tuple),
    exclude=st.lists(st.text("ab*", min_size=1, max_size=2), max_size=1).map(tuple),
    case=st.sampled_from(["smart", "sensitive", "insensitive"]),
)
KNOWN = ["abb", "ab+", "(?i)", "|", "[ab]", "[a-k]", "\\d", "\\w", "a{1,2}", "(?:a|b)", "(b)?", "\\*", "<"]
REGEX = st.builds(
    Query,
    include=st.lists(st.sampled_from([*ATOMS, *KNOWN]), min_size=1, max_size=3).map(lambda atoms: ("".join(atoms),)),
    regex=st.sampled_from([True]),
)


def alone(data: bytes, encoding: Encoding, line_format: LineFormat, query: Query) -> list[tuple[int, int]]:
    """Return the lines that match with their masks, each alone."""

    def has(line: str, text: str) -> bool:
        return Pattern("q", text, regex=query.regex, case=query.case).is_in(line.encode("utf-8", "replace"))

    lines = []
    for start, end in lines_of(data, encoding):
        line = line_format.mask(to_text(data[start:end], encoding))
        if all(has(line, text) for text in query.include) and not any(has(line, text) for text in query.exclude):
            lines.append((start, end))
    return lines


@given(data=BLOCK, rules=st.lists(RULE, min_size=1, max_size=2), query=st.one_of(QUERY, REGEX))
@example(data=b"ab\nb\n", rules=[RedactRule("a", "")], query=Query(include=("b",)))
@example(data=b"a k\nkk", rules=[RedactRule("a", "***")], query=Query(include=("k",), case="insensitive"))
@example(data=b"a", rules=[RedactRule("a", "")], query=Query(exclude=("b",)))
@example(data=b"a\r\nb", rules=[RedactRule("a$")], query=Query(include=("a",)))
def test_a_block_matches_as_its_lines_do(data: bytes, rules: list[RedactRule], query: Query) -> None:
    line_format = LineFormat([], Redaction(rules))
    assert Matcher(query, UTF8, line_format).match(data) == alone(data, UTF8, line_format, query)


@given(lines=st.lists(st.text("abk* é\r\u200b", max_size=9), max_size=9), rules=st.lists(RULE, max_size=1), query=QUERY)
def test_utf16_matches_as_its_lines_do(lines: list[str], rules: list[RedactRule], query: Query) -> None:
    data = "".join(f"{line}\n" for line in lines).encode("utf-16-le")
    line_format = LineFormat([], Redaction(rules))
    assert Matcher(query, UTF16_LE, line_format).match(data) == alone(data, UTF16_LE, line_format, query)


@pytest.mark.parametrize("case", ["sensitive", "insensitive"])
@pytest.mark.parametrize("text", ["key", "ey-1", "*", "5ec"])
def test_masked_text_is_not_found(text: str, case: Case) -> None:
    line_format = LineFormat([], Redaction([RedactRule("key-[0-9a-z]+", "#")]))
    data = b"one key-15ec two\n" * 9
    assert Matcher(Query(include=(text,), case=case), UTF8, line_format).match(data) == []


def masks(*rules: RedactRule) -> Masks:
    return Masks(LineFormat([], Redaction(rules)))


@pytest.mark.parametrize(
    ("text", "mask", "expected"),
    [
        ("abc", "***", False),
        ("abc", "", True),
        ("abc", "cx", True),
        ("abc", "xA", True),
        ("abc", "b", True),
        ("abc", "xabcx", True),
        ("k", "\u212a", True),
    ],
)
def test_a_text_touches_masks_that_share_its_characters(text: str, mask: str, *, expected: bool) -> None:
    pattern = Pattern("q", text, regex=False, case="insensitive")
    assert masks(RedactRule("x", mask)).may_touch(pattern) is expected


@pytest.mark.parametrize(
    ("regex", "mask", "expected"),
    [
        ("ab+[c-e]", "***", False),
        ("ab+[c-e]", "", True),
        ("ab+[c-e]", "d", True),
        ("a.", "***", True),
        ("a$", "***", True),
        ("\\ba", "***", True),
        ("(?s:a)", "***", True),
        ("[^a]", "***", True),
        ("K", "\u212a", True),
    ],
)
def test_a_regex_touches_masks_with_characters_that_it_matches(regex: str, mask: str, *, expected: bool) -> None:
    pattern = Pattern("q", regex, regex=True, case="insensitive")
    assert masks(RedactRule("x", mask)).may_touch(pattern) is expected


@given(
    data=BLOCK.filter(lambda data: data.isascii() and b"\r" not in data), rules=st.lists(RULE, min_size=1, max_size=2)
)
def test_a_masked_block_has_each_line_with_its_masks(data: bytes, rules: Sequence[RedactRule]) -> None:
    line_format = LineFormat([], Redaction(rules))
    if not Masks(line_format).keeps_lines:
        return
    block = Masks(line_format).block(data)
    texts = [line_format.mask(data[start:end].decode()) for start, end in lines_of(data)]
    assert [block[start:end].decode() for start, end in lines_of(block)] == texts


def test_a_large_block_has_each_line_with_its_masks() -> None:
    data = b"".join(b"line %d of key-%d\n" % (number, number % 7) for number in range(40_000))
    block = masks(RedactRule("key-[0-9]", "#")).block(data)
    assert block == b"".join(b"line %d of #\n" % number for number in range(40_000))
