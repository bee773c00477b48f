"""Masks in one line."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.formats.hidden_text import MAY_HIDE, shown_texts
from logviewer.formats.redaction import Redaction
from logviewer.settings import RedactRule
from tests.helpers.disguises import BROKEN


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


def shown(line: str) -> str:
    """Return a line as the page shows it."""
    texts = shown_texts(line)
    assert texts
    return next(texts).text


@pytest.mark.parametrize(
    "hidden",
    [
        *("\x1b[36m", "\x1b[38;2;1;2;3m", "\x1b[K", "\x9b1m", "\x1b]0;title\x07", "\x1b]8;;http://a/\x1b\\", "\x1b(B"),
        *(
            "\x1bc",
            "\x1b7",
            "\x1b=",
            "\x1b#8",
            "\x1b",
            "\0",
            "\r",
            "\x7f",
            "\x85",
            "\u00a0",
            "\u3000",
            "\u2028",
            "\x1b[0m\0",
        ),
        *("\u200b", "\u00ad", "\ufe0f", "\u2060\u200d", "\u202e", "\U000e0041"),
    ],
)
def test_hidden_text_inside_a_secret_does_not_hide_it(hidden: str) -> None:
    for at in range(len("password=hunter2") + 1):
        line = f"é {'password=hunter2'[:at]}{hidden}{'password=hunter2'[at:]} b"
        masked = SECRET.text(line)
        assert [each for each in "hunter2" if each in masked.replace(hidden, "")] == []
        if hidden[0] not in "\x1b\u00a0\u3000" or hidden[1:2] in ("[", "]", "("):
            assert shown(masked) == "é *** b"


# All characters that are not shown, but for the ends of a line.
UNSEEN = [chr(code) for code in range(0x110000) if re.fullmatch(MAY_HIDE, chr(code)) and chr(code) not in "\n\t"]
HIDDEN = st.lists(st.sampled_from(UNSEEN), max_size=3).map("".join) | st.sampled_from(["\x1b[36m", "\x1b]0;x\x07"])


@given(st.lists(HIDDEN, min_size=16, max_size=16))
@settings(max_examples=400)
def test_unseen_characters_anywhere_in_a_secret_do_not_hide_it(hidden: list[str]) -> None:
    line = "".join(f"{character}{unseen}" for character, unseen in zip("password=hunter2", hidden, strict=True))
    masked = SECRET.text(f"é {line} b")
    for each in shown_texts(masked) or []:
        assert "hunter2" not in each.text.replace(" ", "")
    assert [each for each in "hunter2" if each in masked] == []


@given(st.dictionaries(st.integers(0, 16), st.sampled_from(BROKEN), max_size=6))
@settings(max_examples=2_000)
def test_broken_sequences_in_a_secret_do_not_hide_it(broken: dict[int, str]) -> None:
    text = "password=hunter2"
    line = "".join(f"{broken.get(at, '')}{text[at : at + 1]}" for at in range(len(text) + 1))
    masked = SECRET.text(f"é {line}")
    # A name of a colour or a title may stay.
    assert [each for each in "unter" if each in masked] == []


@given(st.text("ab \r\b_", max_size=20), st.sampled_from(["bold", "underlined", "twice"]))
def test_a_secret_that_is_struck_over_is_masked(before: str, how: str) -> None:
    struck = {"bold": "{0}\b{0}", "underlined": "_\b{0}", "twice": "{0}\b{0}\b{0}"}[how]
    masked = SECRET.text("\r\n" + before + "".join(struck.format(each) for each in "password=hunter2"))
    assert [each for each in "hunter" if each in masked] == []


@pytest.mark.parametrize(
    "line", ["xxxxword=hunter2\rpass", "password=hunter2\rpassword=hunter2", "password=hunter1\b2"]
)
def test_a_secret_that_a_terminal_shows_is_masked(line: str) -> None:
    assert "hunter" not in SECRET.text(line)


@given(st.lists(st.sampled_from([*BROKEN, "a", "b"]), max_size=12).map("".join))
@settings(max_examples=2_000)
def test_no_reading_of_a_line_has_a_secret(line: str) -> None:
    masked = Redaction([RedactRule("ab")]).text(line)
    for each in shown_texts(masked) or []:
        assert "ab" not in each.text


def test_a_line_with_too_many_readings_is_masked_as_a_whole() -> None:
    redaction = Redaction([RedactRule("password"), RedactRule("x", "#")])
    assert redaction.text("yx" + "\x1b[\x07" * 9) == "***"
    assert redaction.text("x" + "\x1b[1m" * 9) == "#" + "\x1b[1m" * 9


def test_the_list_of_unseen_characters_is_complete() -> None:
    invisible = {
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp") and chr(code) not in " \t\n"
    }
    # These Arabic and Syriac signs, and those of other scripts, have a shape.
    shaped = {
        *map(chr, range(0x600, 0x606)),
        "\u06dd",
        "\u070f",
        "\u0890",
        "\u0891",
        "\u08e2",
        "\U000110bd",
        "\U000110cd",
    }
    assert sorted(invisible - shaped - {*map(chr, range(0x13430, 0x13440))} - set(UNSEEN)) == []


@given(
    st.lists(st.sampled_from(["a", "bb", "é", "\x1b[1m", "\x1b]", "\x9b", "\u200b", "\x07"]), max_size=20).map("".join)
)
def test_the_line_that_is_shown_has_no_secret(line: str) -> None:
    masked = Redaction([RedactRule("[ab]{2,}")]).text(line)
    assert re.search("[ab]{2,}", shown(masked)) is None
