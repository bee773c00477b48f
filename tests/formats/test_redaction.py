"""Masks in one line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.formats.hidden_text import shown_text
from logviewer.formats.redaction import Redaction
from logviewer.settings import RedactRule


@given(st.lists(st.sampled_from(["a", "bb", "é", " ", "x" * 9]), max_size=30).map("".join), st.integers(0, 60))
def test_a_limit_never_cuts_a_mask(line: str, limit: int) -> None:
    redaction = Redaction([RedactRule("b+"), RedactRule("ab", "#"), RedactRule("y*", "never")])
    whole, cut = redaction.text(line), redaction.text(line, limit)
    assert "b" not in whole
    assert whole.startswith(cut)
    assert redaction.text(line, len(line)) == whole


def test_overlapping_matches_have_one_mask() -> None:
    redaction = Redaction([RedactRule("abc", "1"), RedactRule("cd", "2"), RedactRule("d", "3")])
    assert redaction.text("xabcdex d") == "x1ex 3"


SECRET = Redaction([RedactRule(r"password=\w+")])


@pytest.mark.parametrize(
    "hidden",
    [
        *("\x1b[36m", "\x1b[38;2;1;2;3m", "\x1b[K", "\x9b1m", "\x1b]0;title\x07", "\x1b]8;;http://a/\x1b\\", "\x1b(B"),
        *("\u200b", "\u00ad", "\ufe0f", "\u2060\u200d", "\u202e", "\U000e0041"),
    ],
)
def test_hidden_text_inside_a_secret_does_not_hide_it(hidden: str) -> None:
    for at in range(len("password=hunter2") + 1):
        line = f"é {'password=hunter2'[:at]}{hidden}{'password=hunter2'[at:]} b"
        masked = SECRET.text(line)
        assert "hunter2"[:3] not in masked
        assert shown_text(masked).text == "é *** b"


@given(
    st.lists(st.sampled_from(["a", "bb", "é", "\x1b[1m", "\x1b]", "\x9b", "\u200b", "\x07"]), max_size=20).map("".join)
)
def test_the_line_that_is_shown_has_no_secret(line: str) -> None:
    shown = shown_text(Redaction([RedactRule("[ab]{2,}")]).text(line)).text
    assert re.search("[ab]{2,}", shown) is None


def test_a_character_between_sequences_has_its_own_span() -> None:
    shown = shown_text("\x1b[1ma\x1b[0mbc\u200b")
    assert shown.text == "abc"
    assert [shown.span(index, index + 1) for index in range(3)] == [(4, 5), (9, 10), (10, 11)]
    assert shown.span(0, 3) == (4, 11)
