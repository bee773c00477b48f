"""The time of a line is near its start, in any format."""

from datetime import UTC, datetime, timedelta, timezone
from time import thread_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.formats.timestamp import find_time
from tests.helpers.hostile_lines import HOSTILE_PIECES, WORDS

NOW = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
BERLIN = ZoneInfo("Europe/Berlin")


def read(text: str, *, zone: timezone | ZoneInfo = UTC, now: float = NOW) -> str | None:
    """Return the time as ISO 8601 with milliseconds in UTC."""
    found = find_time(text, zone=zone, now=now)
    return None if found is None else datetime.fromtimestamp(found / 1000, UTC).isoformat(timespec="milliseconds")[:-6]


MILLISECONDS = [
    "2026-11-21T01:02:03.123Z INFO up",
    "2026-11-21T02:02:03.123+01:00 up",
    "2026-11-20T20:02:03.123-0500 up",
    "2026-11-21 01:02:03,123 INFO up",
    "2026-11-21 01:02:03.123456789 up",
    "2026-11-21 02:02:03.123 +0100 [INF] up",
    "2026-11-21 01:02:03.123456+00 up",
    "2026-11-21 01:02:03.123 UTC [123] LOG:  up",
    "[2026-11-21T01:02:03,123][INFO ][o.e.n.Node] up",
    "[2026-11-21 01:02:03,123: INFO/MainProcess] up",
    "2026/11/21 01:02:03.123 up",
    "2026.11.21 01:02:03.123 up",
    "INFO  [main] 2026-11-21 01:02:03,123 File.java:12 - up",
    "nova-api.log.1.2017-05-16_13:53:08 2026-11-21 01:02:03.123 25746 INFO up",
    "<134>1 2026-11-21T01:02:03.123Z web-1 app 12 - - up",
    "web_1  | 2026-11-21T01:02:03.123Z up",
    "\x1b[2m2026-11-21 01:02:03.123\x1b[0m up",
    "ts=2026-11-21T01:02:03.123Z level=info msg=up",
    'time="2026-11-21T01:02:03.123Z" level=info',
    '{"ts":"2026-11-21T01:02:03.123Z","msg":"2020-01-01 00:00:00"}',
    '{"level":30,"time":1795222923123}',
    '{"ts":1795222923.1234}',
    '{"ts":1795222923123456}',
    '{"ts":1795222923123456789}',
    '{"t":{"$date":"2026-11-21T01:02:03.123Z"},"s":"I"}',
    '{"timestamp":"1795222923.123"}',
    "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2026-11-21-01.02.03.123872 R02-M1-N0 RAS KERNEL INFO x",
    "[Sat Nov 21 01:02:03.123456 2026] [core:error] [pid 12] x",
    "E1121 01:02:03.123456   12345 reflector.go:138] x",
    "1234:M 21 Nov 2026 01:02:03.123 * Ready",
    "21-Nov-2026 01:02:03.123 INFO [main] x",
    "11-21 01:02:03.123  1702  2395 D WindowManager: x",
    "20261121-01:02:03:123|Step_LSC|30002312|x",
    "20261121T010203.123Z x",
    "1795222923.123    12 192.0.2.1 TCP_MISS/200",
    "1795222923123 up",
    "1795222923123456 up",
    "1795222923123456789 up",
    "type=SYSCALL msg=audit(1795222923.123:24287): arch=c000003e",
    "ts=1795222923.123 level=info",
    "[1795222923.123] up",
    "  2026-11-21 01:02:03.123 indented, with a time of its own",
    "  INFO 2026-11-21 01:02:03.123456 [  main ] a level to the right",
    "node=host type=PATH msg=audit(1795222923.123:45): item=0",
    " 1795222923.123 up",
    " ts=1795222923.123 level=info",
    "[26/11/21@01:02:03.123+0000] P-7 T-7 I x",
    "Nov 21 2026 01:02:03 AM.123456 x",
]


@pytest.mark.parametrize("line", MILLISECONDS)
def test_the_time_of_a_line_with_milliseconds(line: str) -> None:
    assert read(line) == "2026-11-21T01:02:03.123"


@pytest.mark.parametrize("start", ["\ufeff", "\0", "\u200b", "\x1b[31m", "\ufeff\x1b[0;1m\x1b[31m", "\x1b]0;title\x07"])
def test_text_that_is_not_shown_changes_no_time(start: str) -> None:
    assert {line for line in MILLISECONDS if read(f"{start}{line}\x1b[0m") != "2026-11-21T01:02:03.123"} == set()


@pytest.mark.parametrize(
    "line",
    [
        "Nov 21 01:02:03 combo sshd[19939]: at 2020-01-01 00:00:00",
        "<34>Nov 21 01:02:03 mymachine su: failed",
        "Nov 21 2026 01:02:03: %ASA-6-302013: Built",
        "2026 Nov 21 01:02:03 switch",
        "[Sat Nov 21 01:02:03 2026] [error] x",
        "Sat Nov 21 01:02:03 UTC 2026",
        "Sat, 21 Nov 2026 02:02:03 +0100",
        "Nov 21, 2026 1:02:03 AM org.example.App run",
        '192.0.2.1 - bob [21/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 200 12',
        '127.0.0.1 - - [21/Nov/2026 01:02:03] "GET / HTTP/1.1" 200 -',
        "[21-Nov-2026 01:02:03 UTC] PHP Warning:  x",
        "2026/11/21 01:02:03 [error] 31#31: *4 x",
        "2026-11-21 01:02:03, Info                  CBS    x",
        "26/11/21 01:02:03 INFO executor.Backend: x",
        "11/21/2026 01:02:03 AM x",
        "21.11.2026 01:02:03 x",
        "21/11/2026 01:02:03 x",
        "261121 010203 148 INFO dfs.DataNode: x",
        "261121  1:02:03 mysqld started",
        "[11.21 01:02:03] chrome.exe - open",
        "[GIN] 2026/11/21 - 01:02:03 | 200 |",
        "- 1131566461 2005.11.09 dn228 Nov 21 01:02:03 dn228/dn228 crond(pam_unix)[2915]: session closed",
        "134681 node-246 unix.hw state_change.unavailable 1795222923 1 Component State Change",
        '{"eventTime":"2026-11-21T01:02:03Z"}',
    ],
)
def test_the_time_of_a_line_in_seconds(line: str) -> None:
    assert read(line) == "2026-11-21T01:02:03.000"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no time",
        "\tat org.example.App.run(App.java:12)",
        "Caused by: a request that failed at 2026-11-21 01:02:03 and then again",
        "01:02:03.123 [info] a time without a date",
        "2026-13-41 01:02:03 no such day",
        "2026-11-21 25:02:03 no such hour",
        "0000-00-00 00:00:00 nothing",
        "version 1.2.3 of 10.0.0.1",
        "id 1795222923x",
        '{"msg":"2026-11-21 01:02:03"}',
        '{"time":true}',
        '{"time":12}',
        '{"time":"later"}',
    ],
)
def test_a_line_without_a_time(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("2026-07-01 12:00:00 summer", "2026-07-01T10:00:00.000"),
        ("2026-01-01 12:00:00 winter", "2026-01-01T11:00:00.000"),
        ("2026-07-01 12:00:00Z with a zone", "2026-07-01T12:00:00.000"),
    ],
)
def test_a_time_without_a_zone_is_in_the_sources_zone(line: str, shown: str) -> None:
    assert read(line, zone=BERLIN) == shown


def test_the_default_zone_is_the_servers() -> None:
    expected = datetime(2026, 11, 21, 1, 2, 3).astimezone().timestamp() * 1000
    assert find_time("2026-11-21 01:02:03 up") == expected


@pytest.mark.parametrize(
    ("now", "line", "shown"),
    [
        ("2027-01-01T00:30", "Dec 31 23:59:59 x", "2026-12-31T23:59:59.000"),
        ("2026-12-31T23:59", "Jan  1 00:00:01 x", "2027-01-01T00:00:01.000"),
        ("2026-11-21T12:00", "Nov 22 01:00:00 x", "2026-11-22T01:00:00.000"),
        ("2026-11-21T12:00", "Nov 24 01:00:00 x", "2025-11-24T01:00:00.000"),
        ("2026-11-21T12:00", "Feb 29 01:00:00 x", "2024-02-29T01:00:00.000"),
    ],
    ids=["before New Year", "a clock ahead at New Year", "within a day", "in the future", "a leap day"],
)
def test_a_missing_year_is_inferred(now: str, line: str, shown: str) -> None:
    assert read(line, now=datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()) == shown


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 (a zone is added)
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_iso_8601_is_read_like_the_standard_library(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone)
    whole = aware.replace(microsecond=aware.microsecond // 1000 * 1000)
    expected = round((whole - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    assert find_time(f"{aware.isoformat(timespec='microseconds')} x") == expected
    assert find_time(f"{aware:%d/%b/%Y:%H:%M:%S %z} x") == expected - whole.microsecond // 1000


@given(st.one_of(st.text(), st.lists(WORDS, max_size=40).map("".join), st.text("0123456789-/.: TZ+,")))
def test_any_text_is_read(text: str) -> None:
    assert find_time(text) is None or isinstance(find_time(text), int)


@pytest.mark.parametrize("piece", [*HOSTILE_PIECES, "2026-", "1:1:", "Nov 21 ", "1795222923 ", "ts=", "99 "])
@pytest.mark.parametrize("prefix", ["", " ", "{", "x "])
def test_hostile_lines_take_linear_time(piece: str, prefix: str) -> None:
    line = prefix + piece * (400_000 // len(piece))
    begin = thread_time()
    find_time(line)
    assert thread_time() - begin < 1
