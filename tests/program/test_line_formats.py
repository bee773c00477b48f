"""Files with the formats and zones of ``[[logs]]`` rules, on every route."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.helpers.log_file import append
from tests.helpers.server import Server, until
from tests.helpers.view import view_texts

Serve = Callable[..., Server]

BEGIN = datetime(2026, 11, 7, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
LINES = 300
CONFIG = r"""
paths = ["%(logs)s/*.log"]
[[logs]]
files = ["%(logs)s/odd*.log"]
zone = "Europe/Berlin"
[[logs]]
files = "odd.log"
pattern = '^(?P<time>\d\d~\d\d~\d{4} \d\d~\d\d~\d\d)\s+(?P<level>\w+)'
time-format = "%%d~%%m~%%Y %%H~%%M~%%S"
levels = { S1 = "fatal", S2 = "error" }
"""


def odd(number: int) -> str:
    moment = (BEGIN + timedelta(seconds=number)).astimezone(BERLIN)
    return f"{moment:%d~%m~%Y %H~%M~%S}  S{number % 10} ERROR FATAL {number} {'x' * 300}"


def zoned(number: int) -> str:
    moment = (BEGIN + timedelta(seconds=number, milliseconds=500)).astimezone(BERLIN)
    return f"{moment:%Y-%m-%d %H:%M:%S},500 INFO {number}"


def ms(number: int) -> int:
    return int((BEGIN + timedelta(seconds=number)).timestamp()) * 1000


@pytest.fixture
def server(logs: Path, serve: Serve) -> Server:
    """A server in another zone with three files: one with a pattern, one with a zone only, one without a rule."""
    append(logs / "odd.log", *map(odd, range(LINES)))
    append(logs / "odd-zone.log", *map(zoned, range(LINES)))
    append(
        logs / "plain.log", *(f"{BEGIN + timedelta(seconds=each):%Y-%m-%dT%H:%M:%SZ} INFO {each}" for each in range(3))
    )
    config = logs / "logviewer.toml"
    config.write_text(CONFIG % {"logs": logs})
    return serve("--config", config, env={"TZ": "America/New_York"})


def rows(server: Server, **params: Any) -> list[dict[str, Any]]:
    answer = server.get("/api/lines", start=0, count=5000, **params).json()
    return list(answer["lines"])


def test_lines_have_the_times_and_levels_of_their_rule(server: Server) -> None:
    found = rows(server, source="odd.log")
    assert [row["time"] for row in found] == [ms(each) for each in range(LINES)]
    named = {1: "fatal", 2: "error"}
    assert [row["level"] for row in found] == [named.get(each % 10) for each in range(LINES)]


def test_a_zone_applies_to_its_file_only(server: Server) -> None:
    found = rows(server, source="odd-zone.log")
    assert [(row["time"], row["level"]) for row in found] == [(ms(each) + 500, "info") for each in range(LINES)]
    assert rows(server, source="plain.log")[0]["time"] == ms(0)


def test_the_level_filter_uses_mapped_names(server: Server) -> None:
    assert view_texts(server, source="odd.log", level="error") == [odd(each) for each in range(2, LINES, 10)]
    assert view_texts(server, source="odd.log", level="fatal", q=" 3") == [
        odd(each) for each in range(1, LINES, 10) if str(each).startswith("3")
    ]
    assert len(view_texts(server, source="odd.log", level="none")) == LINES * 8 // 10


@pytest.mark.parametrize("source", ["odd.log", "odd-zone.log"])
def test_since_and_until_use_the_rules_times(server: Server, source: str) -> None:
    line = odd if source == "odd.log" else zoned
    found = view_texts(server, source=source, since=ms(100) // 1000, until=ms(110) // 1000)
    assert found == [line(each) for each in range(100, 110)]


@pytest.mark.parametrize("source", ["odd.log", "odd-zone.log"])
def test_a_time_is_found_by_bisection(server: Server, source: str) -> None:
    line = odd if source == "odd.log" else zoned
    answer = server.get("/api/lines", source=source, time=ms(250), count=2).json()
    assert [row["text"] for row in answer["lines"]] == [line(250), line(251)]


def test_the_histogram_uses_the_rules_times_and_levels(server: Server) -> None:
    answer = server.get("/api/histogram", source="odd.log", buckets=3, from_=ms(0) // 1000, to=ms(300) // 1000).json()
    assert (answer["from"], answer["step"]) == (ms(0), 100_000)
    assert {name: counts for name, counts in answer["levels"].items() if any(counts)} == {
        "fatal": [10] * 3,
        "error": [10] * 3,
        "none": [80] * 3,
    }


def test_sources_are_merged_by_the_rules_times(server: Server) -> None:
    answer = server.get("/api/lines", source=["odd.log", "odd-zone.log"], start=0, count=600).json()
    assert [row["text"] for row in answer["lines"]] == [
        text for each in range(LINES) for text in (odd(each), zoned(each))
    ]


def test_a_record_begins_at_a_time_of_the_rule(server: Server, logs: Path) -> None:
    append(logs / "odd.log", odd(300), "at some place", odd(301))
    assert view_texts(server, source="odd.log", q="some place", records="true") == [odd(300), "at some place"]


def test_live_lines_are_read_by_their_rule(server: Server, logs: Path) -> None:
    source = server.source_id("odd.log")
    with server.stream(source=source, from_="end", levels="true", times="true", level="error") as stream:
        append(logs / "odd.log", odd(301), odd(302))
        event = stream.next("lines")
    assert (event.data["lines"], event.data["levels"], event.data["times"]) == ([odd(302)], "E", [ms(302)])


def test_a_file_that_appears_later_is_read_by_its_rule(server: Server, logs: Path) -> None:
    append(logs / "odd-later.log", zoned(1))
    server.source_id("odd-later.log")
    assert rows(server, source="odd-later.log")[0]["time"] == ms(1) + 500


def test_standard_input_is_matched_by_its_name(logs: Path, serve: Serve) -> None:
    config = logs / "logviewer.toml"
    config.write_text("[[logs]]\nfiles = 'stdin'\nzone = 'Europe/Berlin'\n")
    (logs / "input").write_text(f"{zoned(1)}\n")
    with (logs / "input").open() as file:
        server = serve("--config", config, "-", stdin=file.fileno(), env={"TZ": "America/New_York"})
        server.source_id("stdin")
    found = until(lambda: rows(server, source="stdin"), what="a line")
    assert found[0]["time"] == ms(1) + 500
