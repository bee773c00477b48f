"""What the lines of a file decide together is the same on every route, inherited by the next file, and renewed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.lines_of_programs import programs
from tests.helpers.log_file import append, rotate
from tests.helpers.server import Server, until
from tests.helpers.view import view_texts

Serve = Callable[..., Server]

NOW = datetime.now(UTC).replace(microsecond=0)
DAY_FIRST = [f"{day:02}/11/2025 10:00:00 line of day {day}" for day in (3, 5, 7, 13, 20)]


def ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def quiet_lines(moments: Sequence[datetime]) -> list[str]:
    return [f"{moment:%b %d %H:%M:%S} Installed: package-{number}" for number, moment in enumerate(moments)]


def rows(server: Server, **params: Any) -> list[dict[str, Any]]:
    return list(server.get("/api/lines", start=0, count=5000, **params).json()["lines"])


def times(server: Server, **params: Any) -> list[int]:
    return [row["time"] for row in rows(server, **params)]


@pytest.fixture
def log(logs: Path) -> Path:
    return logs / "app.log"


@pytest.fixture
def moments() -> list[datetime]:
    """Moments of a quiet log of four years, without a 29 February."""
    found = [NOW - timedelta(days=1500 - 20 * number) for number in range(75)]
    return [moment for moment in found if (moment.month, moment.day) != (2, 29)]


def test_a_quiet_log_of_years_is_in_order_on_every_route(logs: Path, serve: Serve, moments: list[datetime]) -> None:
    append(logs / "yum.log", *quiet_lines(moments))
    append(logs / "other.log", *(f"{moment + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ} x" for moment in moments))
    server = serve(logs / "yum.log", logs / "other.log", env={"TZ": "UTC"})
    expected = [ms(moment) for moment in moments]
    assert until(lambda: len(rows(server, source="yum.log")) == len(expected), what="all lines")
    assert times(server, source="yum.log") == expected
    with server.stream(source="yum.log", times=True, follow=False, **{"from": "start"}) as stream:
        sent = [time for event in stream.events if event.name == "lines" for time in event.data["times"]]
    assert sent == expected
    middle = moments[30]
    since = view_texts(server, source="yum.log", since=middle.isoformat().replace("+00:00", "Z"))
    assert since == quiet_lines(moments)[30:]
    histogram = until(
        lambda: (found := server.get("/api/histogram", source="yum.log").json())["complete"] and found,
        what="the histogram",
    )
    assert histogram["from"] <= expected[0]
    assert histogram["to"] > expected[-1]
    merged = server.get("/api/lines", source=["yum.log", "other.log"], start=0, count=5000).json()["lines"]
    assert [row["time"] for row in merged] == sorted([*expected, *(each + 3_600_000 for each in expected)])
    begin = server.get("/api/lines", source="yum.log", time=str(expected[30]), count=1).json()["lines"]
    assert [row["time"] for row in begin] == expected[30:31]
    append(logs / "yum.log", *quiet_lines([NOW]))
    assert until(lambda: times(server, source="yum.log")[len(expected) :], what="the new line") == [ms(NOW)]


def test_stronger_evidence_changes_the_reading_of_all_lines(log: Path, serve: Serve) -> None:
    """A day after the twelfth, written later, says that the day comes first."""
    append(log, *(line for line in DAY_FIRST[:1] for _ in range(20)))
    server = serve(log, env={"TZ": "UTC"})
    first = until(lambda: set(times(server, source="app.log")), what="the first lines")
    assert first == {ms(datetime(2025, 3, 11, 10, tzinfo=UTC))}
    assert view_texts(server, source="app.log", since="2025-03-01", until="2025-04-01")
    append(log, *(line for line in DAY_FIRST[3:] for _ in range(20)))
    days = [datetime(2025, 11, day, 10, tzinfo=UTC) for day in (3, 13, 20) for _ in range(20)]
    until(lambda: times(server, source="app.log") == list(map(ms, days)), what="the new reading")
    assert view_texts(server, source="app.log", since="2025-03-01", until="2025-04-01") == []
    assert len(view_texts(server, source="app.log", since="2025-11-01", until="2025-11-04")) == 20


def test_the_next_file_inherits_the_reading(log: Path, serve: Serve) -> None:
    append(log, *DAY_FIRST)
    server = serve(log, env={"TZ": "UTC"})
    assert until(lambda: len(times(server, source="app.log")) == len(DAY_FIRST), what="all lines")
    rotate(log)
    append(log, "05/12/2025 10:00:00 of the next file")
    found = until(lambda: times(server, source="app.log")[len(DAY_FIRST) :], what="the line of the next file")
    assert found == [ms(datetime(2025, 12, 5, 10, tzinfo=UTC))]
    # Also after a restart, and in another worker.
    again = serve(log, env={"TZ": "UTC"})
    assert until(lambda: times(again, source="app.log")[len(DAY_FIRST) :], what="the same line") == found


def test_lines_of_all_programs_are_read_alike_after_a_restart(logs: Path, serve: Serve) -> None:
    """A running server, which saw the files grow, decides as a new one does."""
    lines = {f"{name.split()[0]}.log": [text for _, _, text in found] * 10 for name, found in programs().items()}
    for name, texts in lines.items():
        append(logs / name, *texts[: len(texts) // 3])
    server = serve(logs, env={"TZ": "UTC"})
    for name in lines:
        rows(server, source=name)
    for name, texts in lines.items():
        append(logs / name, *texts[len(texts) // 3 :])
    last = list(lines)[-1]
    until(lambda: len(rows(server, source=last)) == len(lines[last]), what="the new lines")
    again = serve(logs, env={"TZ": "UTC"})
    for name, texts in lines.items():
        found, expected = rows(server, source=name), rows(again, source=name)
        assert len(found) == len(texts), name
        assert [(row["time"], row["level"]) for row in found] == [(row["time"], row["level"]) for row in expected], name
