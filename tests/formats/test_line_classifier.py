"""The classifier of many lines finds what the reading of each line finds."""

import re
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.cells import NO_TIME
from logviewer.files.encoding import UTF8, UTF16_LE
from logviewer.files.lines import line_ends
from logviewer.formats.level import LEVELS, Level
from logviewer.formats.line_classifier import LineClassifier
from logviewer.formats.line_format import PLAIN, LineFormat
from logviewer.settings import LogRule
from tests.helpers import lines_of_programs
from tests.helpers.kinds_of_lines import KINDS

PROGRAMS = [
    row.split("\u00a6", 2)[2]
    for row in Path(lines_of_programs.__file__).with_suffix(".txt").read_text().splitlines()
    if not row.startswith("## ")
]
SAMPLES = sorted((Path(__file__).parents[2] / "sample_logs").rglob("*.log"))
LINES = [line.partition(" ")[2] for text in KINDS.values() for line in text.strip().splitlines()]
MORE = [
    "2026-11-21 01:02:03 INFO started",
    "2026-11-21 01:02:03 CEST 2026 at last",
    "2026-11-21 01:02:03 INFO 2019 rows",
    "Nov 21 01:02:03 2026 host app: x",
    "Nov 21 01:02:03 host app[7]: x 2026-01-01 00:00:00 y",
    "2026-11-21 01:02:03 PM long ago it was",
    "2026-11-21 01:02:03 10.0.0.1 GET /",
    "2026-11-21 01:02:03.456789+01:00 WARN zone",
    "2026-11-21T01:02:03-0530 zone and a text",
    "2026-11-21 01:02:60 leap and some more",
    "20261121 010203 148 INFO dfs.Data: x",
    "261121 010203.5 x y z and more text",
    "\tat java.lang.Thread.run(Thread.java:750)",
    "    2026-11-21 01:02:03 indented text",
    '  File "x.py", line 3, in <module>',
    '{"time":"2026-11-21T01:02:03Z","level":"warn"}',
    "1795222923 epoch and a text after it",
    "1795222923.123 epoch 2026-11-21 01:02:03 x",
    "21/11/2026 01:02:03 day first and text",
    "11/21/2026 01:02:03 month first and text",
    "\x1b[32m2026-11-21 01:02:03\x1b[0m INFO in colour",
    "\x1b[31m<11>Nov 21 01:02:03 host app: in colour",
    '\x1b[1m{"level":50,"time":1795222923123}\x1b[0m',
    '\ufeff{"level":50,"time":1795222923123}',
    '\x1b[33m192.0.2.1 - - [21/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 502 12\x1b[0m',
    "x\r",
    "",
]


def variants(line: str, count: int, random: Random) -> list[str]:
    """Return copies of a line with other digits, most of them in the minutes and seconds."""

    def changed(digit: re.Match[str], chance: float) -> str:
        return random.choice("0123456789") if random.random() < chance else digit[0]

    return [line, *(re.sub(r"\d", partial(changed, chance=random.choice((0.02, 0.2))), line) for _ in range(count))]


def check(lines: list[str], line_format: LineFormat = PLAIN, encoding: object = UTF8) -> None:
    newline = "\n"
    codec = "utf-8" if encoding is UTF8 else "utf-16-le"
    parts = [f"{line}{newline}".encode(codec, "surrogateescape") for line in lines]
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    classifier = LineClassifier(encoding, line_format)  # type: ignore[arg-type]
    data = b"".join(parts)
    for _ in range(2):
        found = classifier.classify(data, starts, guess=False)
        texts = [part.decode(codec, "replace")[:-1].lstrip("\0").removesuffix("\r") for part in parts]
        wanted = [line_format.time(text) for text in texts]
        assert not found.guessed.any()
        assert list(
            zip([None if each == NO_TIME else each for each in found.times.tolist()], texts, strict=True)
        ) == list(zip(wanted, texts, strict=True))
        assert [LEVELS[code] for code in found.codes.tolist()] == [line_format.level(text) for text in texts]


@pytest.mark.parametrize("seed", range(6))
def test_every_kind_is_read_as_one_by_one(seed: int) -> None:
    random = Random(seed)
    lines = [variant for line in [*LINES, *MORE] for variant in variants(line, 12, random)]
    random.shuffle(lines)
    check(lines)


@pytest.mark.parametrize("seed", range(4))
def test_lines_of_programs_with_other_ends_are_read_as_one_by_one(seed: int) -> None:
    random = Random(seed)
    lines = [variant for line in PROGRAMS for variant in variants(line, 2, random)]
    for line in PROGRAMS:
        at, other = random.randrange(2, 70), random.choice(PROGRAMS)
        lines += [line[:at] + other[at:], line[:at] + random.choice(["ERROR", " E ", "[", "|", "info: "]) + line[at:]]
    random.shuffle(lines)
    check(lines)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_are_read_as_one_by_one(path: Path) -> None:
    check(path.read_bytes().decode("utf-8", "surrogateescape").split("\n"))


@given(
    st.lists(
        st.tuples(st.sampled_from(MORE), st.from_regex(r"[ -~]{0,12}", fullmatch=True), st.integers(0, 99)), max_size=20
    )
)
def test_other_ends_are_read_as_one_by_one(parts: list[tuple[str, str, int]]) -> None:
    check([line[: max(8, at)] + end for line, end, at in parts] + ["."] * 70)


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("[77] - Worker 7 (PID: 77) booted in 0.0s", "[77] - Worker 7 (PID: 77) booted in 0.0s id=7 pri=error x"),
        ("a.cs(12,13): warning CS0168> and more", "a.cs(12,13): warning CS0168: and more"),
        ("    2026-11-21 01 is a place", "    2026-11-21 01:02:03 [ERROR] boom"),
    ],
)
def test_text_after_the_begin_of_a_learned_line_counts(line: str, other: str) -> None:
    check([line] * 200 + [other] + [line] * 10)


def test_configured_formats_and_wide_characters_are_read_one_by_one() -> None:
    lines = [*LINES[:20], *MORE]
    check(lines, LineFormat([LogRule(files=(), pattern="(?P<level>INFO|WARN)"), LogRule(files=(), zone="Asia/Tokyo")]))
    check(lines, encoding=UTF16_LE)


def test_some_of_many_unlike_lines_are_guessed_and_marked() -> None:
    lines = [f'{{"level":"{"error" if each % 9 else "info"}","time":{1_795_222_923 + each}}}' for each in range(30_000)]
    data = "".join(f"{line}\n" for line in lines).encode()
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1]
    found = LineClassifier(UTF8, PLAIN).classify(data, starts, guess=True)
    exact = ~found.guessed
    assert 20_000 <= exact.sum() < len(lines)
    assert found.times[exact].tolist() == [(1_795_222_923 + each) * 1000 for each in np.flatnonzero(exact).tolist()]


@pytest.mark.parametrize("digits", [0, 3, 6, 9])
def test_few_lines_are_read_one_by_one_however_exact_their_times_are(digits: int) -> None:
    random = Random(digits)
    lines = []
    for number in range(5_000):
        fraction = f".{random.randrange(10**digits):0{digits}}" if digits else ""
        lines.append(f"2026-11-21T01:{number // 60 % 60:02}:{number % 60:02}{fraction}Z INFO request {number} is done")
    data = "".join(f"{line}\n" for line in lines).encode()
    line_format, reads = LineFormat(), Counter[str]()
    read = line_format.time

    def counted(text: str) -> int | None:
        reads["lines"] += 1
        return read(text)

    line_format.time = counted
    starts = np.concatenate([[0], line_ends(data)[:-1]])
    times = LineClassifier(UTF8, line_format).classify(data, starts, guess=False).times
    assert times.tolist() == [PLAIN.time(line) for line in lines]
    assert reads["lines"] < 100


def test_empty_lines_are_not_read_one_by_one() -> None:
    lines = ["2026-11-21T01:02:03Z ERROR text", *[""] * 5_000, "2026-11-21T01:02:04Z INFO text"]
    data = "\n".join(lines).encode()
    line_format, reads = LineFormat(), Counter[str]()
    read = line_format.level

    def counted(text: str) -> Level | None:
        reads["lines"] += 1
        return read(text)

    line_format.level = counted
    found = LineClassifier(UTF8, line_format).classify(data, np.concatenate([[0], line_ends(data)]), guess=False)
    assert found.codes.tolist() == [LEVELS.index(PLAIN.level(line)) for line in lines]
    assert found.times.tolist() == [NO_TIME if (time := PLAIN.time(line)) is None else time for line in lines]
    assert reads["lines"] < 10
