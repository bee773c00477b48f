"""Lines of many programs, each with its level (``-`` for none); its time is ``WHEN`` in UTC, or none.

``test_truth.py`` checks thousands of lines of eight kinds.
"""

from datetime import UTC, datetime

import pytest

from logviewer.formats.level import find_level
from logviewer.formats.timestamp import find_time
from tests.helpers.kinds_of_lines import KINDS

WHEN = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC).timestamp()

CASES = [(kind, row) for kind, rows in KINDS.items() for row in rows.strip().split("\n")]


@pytest.mark.parametrize(("kind", "row"), CASES)
def test_time_and_level_of(kind: str, row: str) -> None:
    named, _, line = row.partition(" ")
    timeless = line.endswith("~")
    line = line.removesuffix("~")
    assert find_level(line) == (None if named == "-" else named)
    found = find_time(line, zone=UTC, now=NOW)
    assert (found is None) if timeless else (found is not None and found // 1000 == WHEN.timestamp())
