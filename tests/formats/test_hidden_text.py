"""A line without hidden text is what the page shows of it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.formats.hidden_text import shown_texts
from tests.helpers.repository import REPOSITORY

if TYPE_CHECKING:
    from _typeshed import TraceFunction

TABLE = json.loads((REPOSITORY / "tests" / "helpers" / "shown_lines.json").read_text())
PIECES = [
    *("\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x1b(", "\x9b", "\x9c", "\x9d", "\x90", "\x07", "\b", "\r", "\x18"),
    *("31m", "0;", " ", "m", "a", "é", "\0", "\x7f", "\u200b", "\u00a0", "\ufffd", "\u202e", "\U0001f600", "\t"),
]


def shown(line: str) -> str | None:
    texts = shown_texts(line)
    return next(texts).text if texts else None


@pytest.mark.parametrize(("line", "text"), TABLE, ids=[ascii(line) for line, _ in TABLE])
def test_rules_match_what_the_page_shows(line: str, text: str) -> None:
    # As for the page, a carriage return at the end is part of the newline.
    assert shown(line) == text


@pytest.fixture(scope="module")
def page() -> Iterator[Callable[[str], str]]:
    if not (node := shutil.which("node")):
        pytest.skip("node is not here")
    program = [node, str(REPOSITORY / "tests" / "js" / "shown-text.js")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        to_page, from_page = process.stdin, process.stdout
        assert to_page
        assert from_page

        def ask(line: str) -> str:
            print(json.dumps(line), file=to_page, flush=True)
            return str(json.loads(from_page.readline()))

        yield ask
        to_page.close()


@given(st.lists(st.sampled_from(PIECES) | st.characters(exclude_characters="\n"), max_size=12).map("".join))
@settings(max_examples=2_000)
def test_rules_match_what_the_page_shows_of_any_line(page: Callable[[str], str], line: str) -> None:
    assert shown(line) in (None, page(line))


def test_each_reading_has_its_spans() -> None:
    line = "a\x1b[1mb\x1b[\x07c\u200bd"
    for text in shown_texts(line) or []:
        for start in range(len(text.text)):
            first, after = text.span(start, start + 1)
            assert line[first:after] == text.text[start]


def test_a_character_between_sequences_has_its_own_span() -> None:
    texts = shown_texts("\x1b[1ma\x1b[0mbc\u200b")
    assert texts
    (text,) = texts
    assert text.text == "abc"
    assert [text.span(index, index + 1) for index in range(3)] == [(4, 5), (9, 10), (10, 11)]
    assert text.span(0, 3) == (4, 11)


@pytest.mark.parametrize(
    ("line", "text", "span"),
    [
        ("p\bpa\ba", "pa", (0, 6)),
        ("_\bp_\ba", "pa", (0, 6)),
        ("ab\b\bab", "ab", (0, 6)),
        ("xxxxword\rpass", "password", (4, 13)),
        ("x\bpass\r\r", "pass", (0, 6)),
        ("\b\bpass", "pass", (2, 6)),
    ],
)
def test_a_terminal_shows_one_character_in_a_column(line: str, text: str, span: tuple[int, int]) -> None:
    in_terminal = list(shown_texts(line) or [])[1]
    assert in_terminal.text == text
    assert in_terminal.span(0, len(text)) == span


@given(st.text("abc\b\b\r", min_size=1, max_size=14))
@settings(max_examples=1_000)
def test_columns_are_those_of_a_terminal(line: str) -> None:
    cells: list[tuple[str, int, int]] = []
    column, is_over = 0, False
    for at, character in enumerate(line):
        if character in "\b\r":
            is_over = character == "\b"
            column = max(0, column - 1) if is_over else 0
            continue
        first = cells[column][1] if column < len(cells) and is_over else at
        cells[column : column + 1] = [(character, first, at + 1)]
        column += 1
    in_terminal = list(shown_texts(line) or [])[1:]
    for text in in_terminal:
        assert text.text == "".join(character for character, _, _ in cells)
        assert [text.span(at, at + 1) for at in range(len(cells))] == [(first, last) for _, first, last in cells]


@pytest.mark.parametrize("piece", ["\x1b", "\x1b[", "\x1b]", "\x1b[\x07", "\x9b", "\x9ba", "\x1b7", "\x1b[31ma", "a\b"])
def test_a_long_line_has_few_readings(piece: str) -> None:
    line = piece * (100_000 // len(piece))
    readings = list(shown_texts(line) or [])
    assert len(readings) <= 17


@pytest.mark.parametrize("start", ["", "\x1b[31", "\x1b[31" * 2])
@pytest.mark.parametrize(
    "piece",
    ["a\b", "_\bx\ufffd", "ab\b\bab", "a\r", "a\x1b[m\b", "a\0\u3000", "a\0", "\r", "\b", "\u200b\ufffd", "\x1b[m"],
)
@pytest.mark.parametrize("size", [60_000, 300_000])
def test_a_long_line_takes_few_steps(start: str, piece: str, size: int) -> None:
    line = start + piece * (size // len(piece))
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> "TraceFunction":
        nonlocal steps
        steps += event == "line"
        return count

    sys.settrace(count)
    try:
        for _ in shown_texts(line) or []:
            pass
    finally:
        sys.settrace(None)
    # For each text but the first at most so many parts; the first one has any number.
    assert steps < 20 * 65_536 + 8 * len(line)


def test_a_long_line_of_a_progress_bar_is_read() -> None:
    states = [f"{number:5} of 12000 [{'#' * (number // 400):30}]" for number in range(12_000)]
    texts = list(shown_texts("\r".join([*states, "done"])) or [])
    assert [text.text[:9] for text in texts] == ["    0 of ", "done9 of "]
