"""The column of a file's lines that names their levels."""

import pytest

from logviewer.formats.line_format import PLAIN


def levels(lines: list[str]) -> list[str | None]:
    line_format = PLAIN.of_file(lambda: lines)
    return [line_format.level(line) for line in lines]


@pytest.mark.parametrize(
    "form",
    [
        "2026-11-21 01:02:03 {} started well",
        "2026-11-21 01:02:03 app main {} started well",
        "app1;main;{};started well",
        "2026-11-21 01:02:03|one two|{}|started well",
    ],
)
@pytest.mark.parametrize("words", [("info", "error"), ("i", "e"), ("Info", "Error"), ("INFO", "ERROR")])
def test_a_column_of_names_has_the_levels(form: str, words: tuple[str, str]) -> None:
    lines = [form.format(words[each % 2]) for each in range(8)]
    assert levels(lines) == ["info", "error"] * 4


@pytest.mark.parametrize(
    "lines",
    [
        ["2026-11-21 01:02:03 error of the first kind"] * 8,
        ["2026-11-21 01:02:03 error a", "2026-11-21 01:02:03 status b", *["2026-11-21 01:02:03 info c"] * 3],
        ["a x", "b x", "c x", "d x", "e x", "f x"],
    ],
)
def test_a_column_with_other_words_or_one_word_has_none(lines: list[str]) -> None:
    assert levels(lines) == [None] * len(lines)
