"""The rules of a line's time and level name the text that was read, and its place."""

import pytest

from logviewer.formats.explanation import explanation_of
from logviewer.formats.line_format import LineFormat
from logviewer.settings import LogRule
from tests.helpers.lines_of_programs import programs

UTC = LineFormat([LogRule(files=(), zone="UTC")])


@pytest.mark.parametrize(
    ("line", "time_rule", "level_rule"),
    [
        (
            "2026-11-05 08:12:27,123 - a.b - ERROR - no",
            "the text '2026-11-05 08:12:27,123'",
            "the word 'ERROR' after the time",
        ),
        (
            "[11/05/2026 08:12:27 PM EST] [thread/WARN] x",
            "the text '11/05/2026 08:12:27 PM EST'",
            "the word 'WARN' in brackets after the time",
        ),
        ("ERROR 2026-11-05 08:12:27 x", "the text '2026-11-05 08:12:27'", "the word 'ERROR' before the time"),
        ("E1105 08:12:27.123456 12 a.go:1] x", "the text 'E1105 08:12:27.123456'", "the letter 'E' before the time"),
        ("1795222923.123 up", "the number '1795222923.123'", ""),
        ("error: no", "", "the word 'error' before a colon at the start"),
        ("\u26a0 old", "", "the symbol '\u26a0' at the start"),
        ('ts=1795222923.123 lvl=warn msg="x"', 'the field "ts"', 'the field "lvl"'),
        ('date=2026-11-05 time=08:12:27 level="info"', "the text 'date=2026-11-05 time=08:12:27'", 'the field "level"'),
        ("<134>Nov  5 08:12:27 host a[1]: x", "the text 'Nov  5 08:12:27'", "the priority <134> of syslog"),
        (
            '192.0.2.1 - - [05/Nov/2026:08:12:27 +0000] "GET / HTTP/1.1" 404 12',
            "the text '05/Nov/2026:08:12:27 +0000'",
            "the status 404 of a request after the time",
        ),
        ("%ASA-3-106100: x", "", "the number '3' of '%ASA-3-106100:'"),
        ("thread 'main' panicked at a.rs:1:2:", "", "the begin of a report"),
        ('{"ts":"2026-11-21T01:02:03Z","level":"error","msg":"x"}', 'the field "ts"', 'the field "level"'),
        (
            '{"time":1795222923,"ts":1795222923,"severity":"INFO","level":30}',
            'the field "time"',
            'the field "severity"',
        ),
        (
            '{"record":{"time":{"timestamp":1795222923.5},"level":{"name":"INFO"}},"text":"x"}',
            'the field "record.time.timestamp"',
            'the field "record.level.name"',
        ),
        ("nothing", "", ""),
    ],
)
def test_the_rules_name_the_field_or_the_place(line: str, time_rule: str, level_rule: str) -> None:
    found = explanation_of(line, UTC)
    assert (found.time_rule, found.level_rule) == (time_rule, level_rule)


def test_the_rule_of_a_file_or_a_pattern_is_named() -> None:
    lines = [f"2026-11-05 08:12:27 [b] {('fatal', 'debug')[each % 2]} x" for each in range(8)]
    assert explanation_of(lines[0], UTC.of_file(lambda: lines)).level_rule.endswith(
        "where most lines of the file have it"
    )
    lines = ["0 verbose cli node", "9 error code E404", "3 warn old"]
    assert (
        explanation_of(lines[1], UTC.of_file(lambda: lines)).level_rule
        == "the word 'error', by the format npm debug log"
    )
    own = LineFormat([LogRule(files=(), pattern=r"^(?P<level>\w\d) ", levels={"S1": "fatal"})])
    assert explanation_of("S1 x", own).level_rule == "the word 'S1' at the start, by a pattern of [[logs]]"


def test_every_level_and_time_of_the_lines_of_programs_has_a_rule() -> None:
    for line in (text for rows in programs().values() for _, _, text in rows):
        found = explanation_of(line, UTC)
        assert bool(found.time_rule) == (found.time is not None), line
        assert bool(found.level_rule) == (found.level is not None), line


@pytest.mark.parametrize(
    "line", ["2026-11-05 08:12:27 INFO " + "1 word " * 100_000, '{"level":"info"' + ',"a":1' * 100_000 + "}"]
)
def test_a_long_line_is_read_in_parts(line: str) -> None:
    read = 0

    def counted(text: str) -> str:
        nonlocal read
        read += len(text)
        return text

    class Counting(LineFormat):
        def __init__(self) -> None:
            super().__init__()
            time, level = self.time, self.level
            self.time = lambda text: time(counted(text))
            self.level = lambda text: level(counted(text))

    assert explanation_of(line, Counting()).level == "info"
    assert read < 2 * len(line) + 4 * 2**20
