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


@pytest.mark.parametrize(
    "form",
    [
        "[{:8.3f}][{}][core] opened",
        "2026-11-21 01:02:03 sw1 app[{:.0f}]: Event|{}|AMM|started",
        "2026-11-21 01:02:03 <{1}:AAA.pass> x {0}",
        "[00007f{:04.0f}] main input {}: opened",
        "2026-11-21 01:02:03 [main {:.0f}] {}> opened",
        "({1}) part of {0}",
    ],
)
@pytest.mark.parametrize("words", [("Info", "Err"), ("warn", "info")])
def test_a_place_between_the_same_characters_has_the_levels(form: str, words: tuple[str, str]) -> None:
    lines = [form.format(each / 7, words[each % 2]) for each in range(20)]
    wanted = {"Info": "info", "Err": "error", "warn": "warning", "info": "info"}
    assert levels(lines) == [wanted[words[each % 2]] for each in range(20)]


@pytest.mark.parametrize(
    "lines",
    [
        [f"[{each}] connection closed: {('error', 'reset', 'info')[each % 3]} page" for each in range(20)],
        [f"(i) step {each}; (e) part {each % 2}" for each in range(20)],
        [f"list: {'abcdefg'[each % 7]}) item" for each in range(20)],
        [f"user said: {'warning' if each % 2 else 'please wait'}, and left" for each in range(20)],
    ],
)
def test_words_of_messages_are_no_place(lines: list[str]) -> None:
    assert levels(lines) == [None] * len(lines)
