"""Times and levels by the rules of ``[[logs]]``."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from logviewer.errors import CannotRunError
from logviewer.formats.level import find_level
from logviewer.formats.line_format import PLAIN, LineFormat
from logviewer.formats.line_formats import LineFormats
from logviewer.formats.record import record_at
from logviewer.formats.timestamp import find_time
from logviewer.settings import LogRule, RedactRule

BERLIN = ZoneInfo("Europe/Berlin")
ODD = LogRule(
    ("odd.log",),
    zone="Europe/Berlin",
    pattern=r"^(?P<time>\d\d\.\d\d\.\d{4} \d\d-\d\d-\d\d)\s+(?P<level>\w+)",
    time_format="%d.%m.%Y %H-%M-%S",
    levels={"S1": "fatal", "S2": "error"},
)


def rule(pattern: str | None = None, *, zone: str | None = None, form: str | None = None) -> LogRule:
    return LogRule(("*",), zone=zone, pattern=pattern, time_format=form)


def ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


@pytest.mark.parametrize(
    "line",
    ["2026-11-21 01:02:03 ERROR up", "ERROR: no time", "text", "", '{"time": "2026-11-21T01:02:03", "level": "warn"}'],
)
def test_without_rules_lines_are_read_by_default(line: str) -> None:
    assert (PLAIN.time(line), PLAIN.level(line)) == (find_time(line), find_level(line))


def test_a_zone_applies_to_times_without_one() -> None:
    line_format = LineFormat([rule(zone="Asia/Tokyo")])
    expected = ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=ZoneInfo("Asia/Tokyo")))
    assert line_format.time("2026-11-21 01:02:03 up") == expected
    assert line_format.time("2026-11-21T01:02:03Z up") == ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC))


def test_a_zone_alone_keeps_the_fast_path() -> None:
    line_format = LineFormat([rule(zone="Asia/Tokyo")])
    assert (line_format.has_own_levels, line_format.level) == (False, PLAIN.level)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("S1", "fatal"), ("S2", "error"), ("warn", "warning"), ("I", "info"), ("S3", None), ("s1", None)],
)
def test_a_pattern_locates_time_and_level(word: str, expected: str | None) -> None:
    line_format, line = LineFormat([ODD]), f"07.11.2026 01-02-03  {word} text"
    assert line_format.time(line) == ms(datetime(2026, 11, 7, 1, 2, 3, tzinfo=BERLIN))
    assert line_format.level(line) == expected
    assert line_format.has_own_levels


def test_a_line_without_a_match_is_read_by_default() -> None:
    line_format, line = LineFormat([ODD]), "2026-11-21 01:02:03 ERROR up"
    assert line_format.time(line) == ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=BERLIN))
    assert line_format.level(line) == "error"


def test_an_absent_group_is_read_by_default() -> None:
    line_format = LineFormat([rule(r"^(?:at (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d))?", zone="UTC")])
    assert line_format.time("2026-11-21 01:02:03 ERROR up") == ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC))


def test_a_time_without_a_format_is_read_by_default() -> None:
    line_format = LineFormat([rule(r"at=<(?P<time>[^>]*)>", zone="UTC")])
    line = "2020-01-01 00:00:00 is not when many words of a message were written at=<Nov 21 2026 01:02:03.5>"
    assert line_format.time(line) == ms(datetime(2026, 11, 21, 1, 2, 3, 500_000, tzinfo=UTC))


@pytest.mark.parametrize("line", ["31.02.2026 01-02-03 S1 x", "07.13.2026 01-02-03 S1 x"])
def test_a_time_that_does_not_fit_its_format_is_none(line: str) -> None:
    assert LineFormat([ODD]).time(line) is None


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y%j %H%M", "2026325 0102", datetime(2026, 11, 21, 1, 2, tzinfo=BERLIN)),
        ("%d.%m.%y %H:%M:%S,%f", "21.11.26 01:02:03,456", datetime(2026, 11, 21, 1, 2, 3, 456_000, tzinfo=BERLIN)),
        ("%d/%m/%Y %I.%M %p", "21/11/2026 01.02 PM", datetime(2026, 11, 21, 13, 2, tzinfo=BERLIN)),
        ("%d-%m-%Y %H:%M %z", "21-11-2026 01:02 +0000", datetime(2026, 11, 21, 1, 2, tzinfo=UTC)),
        ("%d.%m.%Y", "21.11.2026", datetime(2026, 11, 21, tzinfo=BERLIN)),
        ("%d.%m.%Y %H:%M", "30.03.2026 03:30", datetime(2026, 3, 30, 3, 30, tzinfo=BERLIN)),
    ],
)
def test_formats_are_those_of_strptime(form: str, text: str, expected: datetime) -> None:
    line_format = LineFormat([rule("^<(?P<time>[^>]*)>", zone="Europe/Berlin", form=form)])
    assert line_format.time(f"<{text}> up") == ms(expected)


@pytest.mark.parametrize("days", [-300, -40, -1, 0])
@pytest.mark.parametrize("form", ["%d.%m. %H~%M", "%a %d %b %H~%M"])
def test_a_date_without_a_year_is_the_last_such_date(days: int, form: str) -> None:
    moment = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=days)
    line_format = LineFormat([rule("^<(?P<time>[^>]*)>", zone="UTC", form=form)])
    assert line_format.time(f"<{moment.strftime(form)}> up") == ms(moment)


def test_a_future_date_without_a_year_is_last_years() -> None:
    moment = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=10)
    line_format = LineFormat([rule("^(?P<time>.*)$", zone="UTC", form="%d.%m. %H~%M")])
    found = line_format.time(f"{moment:%d.%m. %H~%M}")
    assert found
    assert datetime.fromtimestamp(found / 1000, UTC).strftime("%m-%d %H:%M") == f"{moment:%m-%d %H:%M}"
    assert found < ms(datetime.now(UTC))


def test_a_leap_day_without_a_year_is_the_last_one() -> None:
    line_format = LineFormat([rule("^(?P<time>.*)$", zone="UTC", form="%d.%m. %H~%M")])
    found = line_format.time("29.02. 12~00")
    assert found
    assert datetime.fromtimestamp(found / 1000, UTC).strftime("%m-%d") == "02-29"


def test_rules_for_different_parts_all_apply() -> None:
    rules = [rule(r"^(?P<level>\w)!"), rule(r"<(?P<time>.*)>"), rule(zone="Asia/Tokyo"), rule(zone="UTC")]
    line_format = LineFormat(rules)
    assert line_format.level("E! <2026-11-21 01:02:03>") == "error"
    assert line_format.time("E! <2026-11-21 01:02:03>") == ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC))


def test_the_first_pattern_that_reads_a_time_counts_after_any_line() -> None:
    day_first, month_first = (
        rule(r"^(?P<time>\d\d/\d\d/\d{4})", zone="UTC", form=form) for form in ("%d/%m/%Y", "%m/%d/%Y")
    )
    line_format = LineFormat([day_first, month_first])
    moments = [
        line_format.time(f"{text} x") for text in ("01/02/2026", "01/31/2026", "01/02/2026", "31/01/2026", "01/02/2026")
    ]
    expected = [(2, 1), (1, 31), (2, 1), (1, 31), (2, 1)]
    assert moments == [ms(datetime(2026, month, day, tzinfo=UTC)) for month, day in expected]


def test_terminal_colors_do_not_hide_a_match() -> None:
    line_format, line = LineFormat([ODD]), "\x1b[31m07.11.2026 01-02-03\x1b[0m  S2 für \ud83d"
    assert line_format.time(line) == ms(datetime(2026, 11, 7, 1, 2, 3, tzinfo=BERLIN))
    assert line_format.level(line) == "error"


def test_a_pattern_sees_a_bounded_part_of_a_line() -> None:
    line_format = LineFormat([rule(r"(?P<level>ERROR)!")])
    assert line_format.level("x" * 4000 + "ERROR!" + "x" * 1000) == "error"
    assert line_format.level("x" * 4096 + "ERROR!") is None


def test_a_record_begins_where_the_format_finds_a_time() -> None:
    lines = ["07.11.2026 01-02-03 S1 broken", "at some place", "07.11.2026 01-02-04 S3 on"]
    assert [record_at(lines, number, LineFormat([ODD])) for number in range(3)] == [(0, 2), (0, 2), (2, 3)]


@pytest.mark.parametrize(
    ("globs", "path", "matches"),
    [
        (["odd.log"], "/var/log/odd.log", True),
        (["odd*"], "/var/log/odd.log", True),
        (["[ab].log", "odd.log"], "/var/log/odd.log", True),
        (["[a].log"], "/var/log/[a].log", True),
        (["log"], "/var/log/odd.log", False),
        (["ODD.log"], "/var/log/odd.log", False),
        (["/var/log/*.log"], "/var/log/odd.log", True),
        (["/var/log/odd.log"], "/var/log/odd.log", True),
        (["/var/*.log"], "/var/log/odd.log", False),
        (["/var/**/*.log"], "/var/log/a/odd.log", True),
        (["/var/**/*.log"], "/var/odd.log", True),
        (["/var/**"], "/var/log/odd.log", True),
        (["log/*.log"], "/var/log/odd.log", False),
        (["./log/*.log"], str(Path("log/odd.log").absolute()), True),
    ],
)
def test_a_rule_matches_paths_and_names(globs: Sequence[str], path: str, matches: bool) -> None:
    line_formats = LineFormats([LogRule(tuple(globs), zone="UTC")])
    assert (line_formats.of(Path(path), Path(path).name) is not PLAIN) == matches


def test_files_with_equal_rules_share_a_format() -> None:
    rules = [LogRule(("a*",), zone="UTC"), LogRule(("*b",), zone="Asia/Tokyo")]
    line_formats = LineFormats(rules, [RedactRule("x", files=("*b",))])
    one, other, both = (line_formats.of(Path("/", name), name) for name in ("a1", "a2", "ab"))
    assert one is other is not both
    assert [each.mask("x") for each in (one, both)] == ["x", "***"]


def test_a_redaction_rule_without_files_matches_every_file() -> None:
    line_formats = LineFormats([], [RedactRule("x")])
    assert line_formats.of(Path("/any"), "any").mask("xy") == "***y"


@pytest.mark.parametrize(
    ("glob", "path", "is_masked"),
    [
        ("app.log", "/logs/app.log", True),
        ("app.log", "/logs/app.log.1", True),
        ("app.log", "/logs/app.1.log", True),
        ("app.log", "/logs/app.log-20261101", True),
        ("app.log", "/logs/app-2026-11-01.log", True),
        ("app.log", "/logs/app.log.2026-11-01.gz", True),
        ("app.log", "/logs/app.log.bak", True),
        ("app.log", "/logs/app.log.save", True),
        ("app.log", "/logs/app.log.1.tmp", True),
        ("app.log", "/logs/app.log.orig~", True),
        ("app.log", "/logs/app-2026-11-01.log.save", True),
        ("app.log", "/logs/app.log (copy)", True),
        ("app.log", "/logs/app.log_old", True),
        ("app.log", "/logs/.app.log.swp", True),
        # Perhaps a copy: masked rather than shown.
        ("app.log", "/logs/myapp.log", True),
        ("app.log", "/logs/app2.log", True),
        ("app.log", "/logs/other.log", False),
        ("*.log", "/logs/app.log.save", True),
        ("/logs/app.log", "/logs/app.log.1", True),
        ("/logs/*.log", "/logs/app.log.save", True),
        ("/logs/**", "/logs/a/app.log.save", True),
        ("/logs/app.log", "/other/app.log.1", False),
    ],
)
def test_a_redaction_rule_matches_copies_and_rotations(glob: str, path: str, *, is_masked: bool) -> None:
    line_format = LineFormats([], [RedactRule("x", files=(glob,))]).of(Path(path), Path(path).name)
    assert line_format.has_masks is is_masked


def test_redaction_rules_apply_to_copies() -> None:
    line_formats = LineFormats([], [RedactRule("x", files=("app.log",)), RedactRule("y", files=("/elsewhere/**",))])
    assert line_formats.of(Path("/any"), "any").mask("xy") == "xy"
    assert line_formats.of(Path("/any"), "any", copied=line_formats.with_files).mask("xy") == "******"
    assert line_formats.named(Path("/any"), "any") == []
    assert line_formats.named(Path("/any"), "any", file=Path("/any/app.log.1")) == [line_formats.with_files[0]]


def test_keys_of_json_reach_into_objects() -> None:
    keyed = LogRule(files=(), zone="UTC", time_key="at.stamp", level_key="record.grade", levels={"4": "fatal"})
    line = '{"at":{"stamp":"2026-11-21 01:02:03"},"record":{"grade":4},"level":"info","time":"2020-01-01T00:00:00Z"}'
    assert LineFormat([keyed]).time(line) == ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC))
    assert LineFormat([keyed]).level(line) == "fatal"
    assert LineFormat([keyed]).level('{"record.grade":"error"}') == "error"
    assert LineFormat([keyed]).level('{"record":7,"level":"info"}') == "info"
    assert LineFormat([keyed]).level("ERROR no object") == "error"


def test_a_date_and_a_time_may_be_apart() -> None:
    apart = rule(r"at (?P<time>\d\d:\d\d:\d\d) .* on (?P<date>\S+)$", zone="UTC")
    assert LineFormat([apart]).time("at 01:02:03 x on 2026-11-21") == ms(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC))
    with pytest.raises(CannotRunError, match="without a group"):
        LineFormat([rule(r"(?P<date>\d+) (?P<level>\w+)")])


def test_the_order_of_a_date_is_configured() -> None:
    ordered = LineFormat([LogRule(files=(), zone="UTC", date_order="dmy")])
    assert ordered.time("05/11/2026 01:02:03 x") == ms(datetime(2026, 11, 5, 1, 2, 3, tzinfo=UTC))
    with pytest.raises(CannotRunError, match="unknown order"):
        LineFormat([LogRule(files=(), date_order="dym")])
