"""The matcher: it finds the lines that ripgrep finds, and that match line by line."""

import re
import subprocess
import sysconfig
from itertools import pairwise
from pathlib import Path

import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.errors import QueryError
from logviewer.files.encoding import UTF8, UTF16_LE
from logviewer.formats.line_format import PLAIN
from logviewer.search.matcher import Matcher
from logviewer.search.query import Case, Query
from logviewer.search.selected_lines import lines_of

RG = Path(sysconfig.get_path("scripts")) / "rg"
# ripgrep's classes are Unicode's and RE2's are ASCII's; these characters mean the same in both.
TEXT = st.text("abAB01 .é\t", max_size=12)
# These bytes may begin a surrogate or an overlong form, which only RE2 takes for a character.
BYTES = st.binary(max_size=12).map(lambda data: data.translate(None, b"\n\xe0\xed\xf0\xf4").rstrip(b"\r"))
LINE = st.one_of(TEXT.map(str.encode), BYTES)
BLOCK = st.tuples(st.lists(LINE, max_size=12), st.sampled_from([b"", b"\n"])).map(
    lambda block: b"\n".join(block[0]) + block[1]
)
SYNTAX = [
    "\\.",
    "a*",
    "x*",
    "b+",
    "é?",
    "a{2}",
    "[^a]",
    "[a-c]",
    "[A-B]",
    "(a|b)",
    "(?:ab)?",
    "(a+)+",
    "\\A",
    "\\t",
    "(?i)A",
]
ATOM = st.sampled_from([*"abBéÉßſK0.^$|", "(?s).", *SYNTAX])
PATTERN = st.lists(ATOM, min_size=1, max_size=4).map("".join)


def match(
    data: bytes, *include: str, regex: bool = False, case: Case = "smart", exclude: tuple[str, ...] = ()
) -> list[int]:
    """Return the numbers of the matching lines, from 0."""
    query = Query(include=include, exclude=exclude, regex=regex, case=case)
    starts = {start: number for number, (start, _) in enumerate(lines_of(data))}
    return [starts[start] for start, _ in Matcher(query, UTF8, PLAIN).match(data)]


def ripgrep(paths: list[Path], pattern: str, *words: str) -> list[list[int]]:
    """Return the numbers of the matching lines of each file, from 0."""
    command = [str(RG), "--text", "--no-config", "--null", "--with-filename", "--line-number", "--no-heading", *words]
    found = subprocess.run([*command, "--", pattern, *map(str, paths)], capture_output=True, check=False)
    assert found.returncode < 2, found.stderr
    numbers: dict[str, list[int]] = {str(path): [] for path in paths}
    for line in filter(None, found.stdout.split(b"\n")):
        # The name ends at the first NUL; the line may have more.
        name, rest = line.split(b"\0", 1)
        numbers[name.decode()].append(int(rest.split(b":", 1)[0]) - 1)
    return [sorted(numbers[str(path)]) for path in paths]


@given(
    blocks=st.lists(BLOCK, min_size=1, max_size=8),
    pattern=PATTERN,
    case=st.sampled_from(["smart", "sensitive", "insensitive"]),
    regex=st.booleans(),
)
def test_the_same_lines_as_ripgrep(tmp_path: Path, blocks: list[bytes], pattern: str, case: Case, regex: bool) -> None:
    paths = [tmp_path / str(number) for number in range(len(blocks))]
    for path, data in zip(paths, blocks, strict=True):
        path.write_bytes(data)
    flag = {"smart": "--smart-case", "sensitive": "--case-sensitive", "insensitive": "--ignore-case"}[case]
    expected = ripgrep(paths, pattern, flag, *([] if regex else ["--fixed-strings"]))
    assert [match(data, pattern, regex=regex, case=case) for data in blocks] == expected


@given(data=BLOCK, text=st.text("abé\r", min_size=1, max_size=2), regex=st.booleans())
def test_line_endings_do_not_change_matches(data: bytes, text: str, regex: bool) -> None:
    pattern = re2.escape(text) if regex else text
    assert match(data.replace(b"\n", b"\r\n"), pattern, regex=regex) == match(data, pattern, regex=regex)


@given(data=BLOCK, include=st.lists(PATTERN, max_size=2), exclude=st.lists(PATTERN, max_size=2))
@example(data=b"ab\n" * 300 + b"b\n", include=[], exclude=["a"])
@example(data=b"ab\r\nb\r\n\r\nxb\n", include=["b$"], exclude=[])
def test_each_line_is_matched_alone(data: bytes, include: list[str], exclude: list[str]) -> None:
    def holds(pattern: str, line: bytes) -> bool:
        options = re2.Options()
        options.case_sensitive = any(map(str.isupper, re.sub(r"\\.", "", pattern)))
        return re2.compile(f"(?m){pattern}".encode(), options).search(line.removesuffix(b"\r")) is not None

    lines = data.split(b"\n")[: None if not data.endswith(b"\n") and data else -1]
    expected = [
        number
        for number, line in enumerate(lines)
        if all(holds(each, line) for each in include) and not any(holds(each, line) for each in exclude)
    ]
    assert match(data, *include, regex=True, exclude=tuple(exclude)) == expected


@pytest.mark.parametrize("pattern", ["b[^x]c", "b\\s+c", "b\\nc", "b\\D+c", "(?s)b.c", "b\\W*c"])
def test_no_match_spans_two_lines(pattern: str) -> None:
    assert match(b"b\nc\n", pattern, regex=True) == []


def test_anchors_match_at_line_ends() -> None:
    assert match(b"ab\nba\n", "\\Ab", regex=True) == [1]
    assert match(b"ab\nba\n", "b\\z", regex=True) == [0]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "a" * 4_000])
def test_a_pattern_takes_linear_time(pattern: str) -> None:
    # A backtracking engine would not end.
    assert match(b"a" * 3_900 + b"!\n", pattern, regex=True) == []
    # RE2 finds the match all the same.
    assert match(b"!\n" + b"a" * 10_000 + b"\n!\n", pattern, regex=True) == [1]


@pytest.mark.parametrize(
    ("pattern", "message"), [("(a", "missing )"), ("[z-a]", "invalid character class range"), ("a{9999}", "repetition")]
)
def test_an_invalid_pattern_is_refused_with_the_engines_message(pattern: str, message: str) -> None:
    with pytest.raises(QueryError, match=f"^not: .*{re2.escape(message)}"):
        Matcher(Query(exclude=(pattern,), regex=True), UTF8, PLAIN)


@pytest.mark.parametrize("data", [b"ab\r", b"ab\r\n", b"x\nab\r", b"x\r\nab\r"])
def test_a_carriage_return_at_the_end_is_ignored(data: bytes) -> None:
    assert match(data, "b$", regex=True) == [data.count(b"x")]
    assert match(data, "\\r", regex=True) == []


def test_levels_and_times_exclude_lines() -> None:
    data = b"".join(b"2026-11-20 10:00:%02d %s x\n" % (each, b"ERROR" if each % 2 else b"INFO") for each in range(10))
    since = 1795168804000 - 0
    lines = lines_of(data)
    found = Matcher(Query(levels=frozenset({"error"})), UTF8, PLAIN).match(data)
    assert found == lines[1::2]
    first = Matcher(Query(since=since), UTF8, PLAIN).in_time(data, lines, 0)
    assert Matcher(Query(until=since), UTF8, PLAIN).in_time(data, lines, 0) + first == lines


@pytest.mark.parametrize("count", [10, 1000])
def test_a_line_without_a_time_inherits_one(count: int) -> None:
    lines = ["no time"] + ["1795168800 a", "  at b"] * count + ["1795168900 c", "  at d"]
    data = "\n".join(lines).encode() + b"\n"
    late = Matcher(Query(since=1795168850000), UTF8, PLAIN).in_time(data, lines_of(data), 0)
    assert [data[slice(*line)] for line in late] == [b"1795168900 c", b"  at d"]
    early = Matcher(Query(until=1795168850000), UTF8, PLAIN).in_time(data, lines_of(data), 0)
    assert len(early) == 2 * count


def test_utf16_lines_are_found() -> None:
    data = "grün\nrot\nblau\r\n".encode("utf-16-le")
    assert Matcher(Query(include=("RÜN",), case="insensitive"), UTF16_LE, PLAIN).match(data) == [(0, 8)]
    assert len(Matcher(Query(include=("u$",), regex=True), UTF16_LE, PLAIN).match(data)) == 1


@given(text=st.text(max_size=30), include=st.lists(st.text("abé. ", min_size=1, max_size=3), min_size=1, max_size=2))
def test_spans_locate_the_matches(text: str, include: list[str]) -> None:
    spans = Matcher(Query(include=tuple(include), case="sensitive"), UTF8, PLAIN).spans(text)
    inside = {at for start, end in spans for at in range(start, end)}
    assert all(end < start for (_, end), (start, _) in pairwise(spans))
    for each in include:
        at = text.find(each)
        assert at < 0 or set(range(at, at + len(each))) <= inside
    assert {text[at] for at in inside} <= set("".join(include))


@pytest.mark.parametrize("hidden", ["\ufeff", "\0\0", "\x1b[31m", "\x1b[0m\x1b[1;31m", "\0\ufeff\x1b[32m"])
@pytest.mark.parametrize("text", ["^ERROR", r"\AERROR", "(^|x)ERR", "^(?:ERROR|WARN) [^^]ne", "^[E]RROR"])
def test_the_begin_of_a_line_is_after_what_the_page_does_not_show(hidden: str, text: str) -> None:
    lines = [f"{hidden}ERROR one", "ERROR one", f"x{hidden}y ERROR one", r"^ERROR \AERROR".replace("ERR", "err")]
    data = "".join(f"{line}\n" for line in lines).encode()
    found = Matcher(Query.of(include=[text], regex=True), UTF8, PLAIN).match(data)
    assert [data[start:end].decode() for start, end in found] == lines[:2]


@pytest.mark.parametrize(("text", "line"), [(r"\^a", "^a"), (r"\Q^a\E$", "^a"), ("[^b]a", "^a"), (r"[\^]a", "^a")])
def test_a_caret_elsewhere_is_no_begin(text: str, line: str) -> None:
    data = f"x {line}\n".encode()
    assert Matcher(Query.of(include=[text], regex=True), UTF8, PLAIN).match(data)
