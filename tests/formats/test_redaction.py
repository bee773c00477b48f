"""Masks in one line."""

from hypothesis import given
from hypothesis import strategies as st

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
