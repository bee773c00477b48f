"""Lines that programs write, each program's read as one file, with their times and levels."""

from datetime import UTC, datetime

import pytest

from logviewer.formats.line_format import LineFormat
from logviewer.settings import LogRule
from tests.helpers.lines_of_programs import programs

TIMES = {
    "s": "2026-11-05T08:12:27",
    ".": "2026-11-05T08:12:27.123",
    "y": "--11-05T08:12:27",
    "ym": "--11-05T08:12:27.123",
}
UTC_FORMAT = LineFormat([LogRule(files=(), zone="UTC")])


def shown(time: int | None, like: str) -> str:
    """Return a time in the notation of another one."""
    if time is None:
        return "-"
    text = datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds" if "." in like else "seconds")[
        :-6
    ]
    return f"-{text[4:]}" if like.startswith("--") else text


PROGRAMS = programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_times_and_levels_of(name: str) -> None:
    rows = PROGRAMS[name]
    line_format = UTC_FORMAT.of_file(lambda: [text for _, _, text in rows])
    for when, level, text in rows:
        times = [TIMES.get(each, each) for each in when.removeprefix("+").split("|")]
        found = line_format.time(text)
        if when != "?" and not (when[0] == "+" and found is None):
            assert any(shown(found, each) == each for each in times), (text, shown(found, times[0]))
        if level != "?":
            assert (line_format.level(text) or "-") in level.split("|"), text
