"""Times as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from logviewer.formats.human_time import parse_time

ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=ZONE)


def ms(month: int, day: int, *, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    return int(datetime(2026, month, day, hour, minute, second, tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T12:00:00Z", ms(11, 20, hour=13)),
        ("2026-11-20T12:00:00+02:00", ms(11, 20, hour=11)),
        ("2026-11-20T12:00Z", ms(11, 20, hour=13)),
        ("2026-11-20 12:00+02:00", ms(11, 20, hour=11)),
        ("2026-11-20 09:05", ms(11, 20, hour=9, minute=5)),
        ("2026-11-20 09:05:07.250", ms(11, 20, hour=9, minute=5, second=7) + 250),
        ("2026-11-19", ms(11, 19)),
        ("20/Nov/2026:09:05:07 +0100", ms(11, 20, hour=9, minute=5, second=7)),
        ("Nov 20 09:05:07", ms(11, 20, hour=9, minute=5, second=7)),
        ("1795168800", 1_795_168_800_000),
        ("1795168800.5", 1_795_168_800_500),
        ("1795168800123", 1_795_168_800_123),
        ("now", ms(11, 20, hour=12, minute=30)),
        ("today", ms(11, 20)),
        ("today 09:00", ms(11, 20, hour=9)),
        ("Yesterday  23:59:58", ms(11, 19, hour=23, minute=59, second=58)),
        ("09:00", ms(11, 20, hour=9)),
        ("15 min ago", ms(11, 20, hour=12, minute=15)),
        ("2h ago", ms(11, 20, hour=10, minute=30)),
        ("-90s", ms(11, 20, hour=12, minute=28, second=30)),
        ("1.5 hours ago", ms(11, 20, hour=11)),
        ("3 days ago", ms(11, 17, hour=12, minute=30)),
        ("2 weeks", ms(11, 6, hour=12, minute=30)),
        ("2 months ago", ms(9, 20, hour=12, minute=30)),
        ("12:30Z", ms(11, 20, hour=13, minute=30)),
        ("12:30+02:00", ms(11, 20, hour=11, minute=30)),
        ("12:30 -0100", ms(11, 20, hour=14, minute=30)),
        ("9am", ms(11, 20, hour=9)),
        ("12am", ms(11, 20)),
        ("12 PM", ms(11, 20, hour=12)),
        ("9:30 pm", ms(11, 20, hour=21, minute=30)),
        ("9:5", ms(11, 20, hour=9, minute=5)),
        ("yesterday 9:00", ms(11, 19, hour=9)),
        ("yesterday 9pm", ms(11, 19, hour=21)),
        ("tomorrow", ms(11, 21)),
        ("2026-11-21 24:00", ms(11, 22)),
        ("2026-11-20 24:00:00", ms(11, 21)),
    ],
)
def test_times_are_understood_as_people_write_them(text: str, expected: int) -> None:
    assert parse_time(text, now=NOW.timestamp(), zone=ZONE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "25:00",
        "2026-13-45",
        "",
        "today noon",
        "12",
        "\0",
        "é" * 500,
        "2026-11-2012:00",
        "0",
        "13pm",
        "24:01",
        "9:60",
        "12:30+99:00",
        "9999 years ago",
    ],
)
def test_an_invalid_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="15 min ago"):
        parse_time(text, now=NOW.timestamp(), zone=UTC)


def test_a_month_ago_is_a_valid_day() -> None:
    late = datetime(2026, 3, 31, 12, tzinfo=ZONE).timestamp()
    assert parse_time("1 month ago", now=late, zone=ZONE) == ms(2, 28, hour=12)
    assert parse_time("1 year ago", now=late, zone=UTC) == (int(late) - 365 * 86400) * 1000


@pytest.mark.parametrize("text", ["2 moths ago", "10 ms ago", "1 decade ago", "5 sausages"])
def test_a_unit_is_known_by_its_whole_name(text: str) -> None:
    with pytest.raises(ValueError, match="15 min ago"):
        parse_time(text, now=NOW.timestamp(), zone=UTC)


@pytest.mark.parametrize("text", ["1967-11-01T09:07:43.783Z", "9999-01-01T00:00:00.001Z", "2026-11-20T12:00:00.999Z"])
def test_a_millisecond_is_exact(text: str) -> None:
    expected = (datetime.fromisoformat(text) - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    assert parse_time(text) == expected
