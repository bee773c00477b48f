"""The years of lines without one follow from the order of a file's lines."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logviewer.files.cells import NO_TIME
from logviewer.files.encoding import UTF8
from logviewer.formats.line_classifier import LineClassifier
from logviewer.formats.line_format import FileFormat, LineFormat
from logviewer.formats.years import DatedFile
from logviewer.settings import LogRule

UTC_FORMAT = LineFormat([LogRule(files=(), zone="UTC")])
NOW = datetime.now(UTC).replace(microsecond=0)


def line(moment: datetime) -> str:
    return f"{moment:%b %d %H:%M:%S} Installed: x"


def file_of(moments: Sequence[datetime]) -> tuple[FileFormat, list[int], bytes]:
    """Return the format of a file with a line for each moment, written at the last, the offsets, and its bytes."""
    rows = [f"{line(moment)}\n".encode() for moment in moments]
    offsets = np.cumsum([0, *map(len, rows)])[:-1].tolist()

    def read(at: int) -> list[tuple[int, str]]:
        return [
            (offset, row[:-1].decode()) for offset, row in zip(offsets, rows, strict=True) if at <= offset < at + 4096
        ]

    written = int(max(moments).timestamp() * 1000)
    dated = DatedFile(sum(map(len, rows)), written, read)
    texts = [row[:-1].decode() for row in rows]
    return UTC_FORMAT.of_file(lambda: [*texts[:50], *texts[-50:]], dated=lambda: dated), offsets, b"".join(rows)


def times_of(moments: Sequence[datetime]) -> list[datetime | None]:
    line_format, offsets, data = file_of(moments)
    # A file decides at its first use.
    line_format.time(line(moments[0]))
    found = line_format.times([line(moment) for moment in moments], lambda: offsets)
    classes = LineClassifier(UTF8, line_format).classify(data, np.array(offsets, np.int64), guess=False)
    assert [None if time == NO_TIME else time for time in classes.times.tolist()] == found
    # Of another part of the file.
    assert LineClassifier(UTF8, line_format).times(data[offsets[-1] :], [0], offsets[-1]) == found[-1:]
    return [None if time is None else datetime.fromtimestamp(time / 1000, UTC) for time in found]


def moments_with(steps: Sequence[float], back: Sequence[int], end: datetime) -> list[datetime]:
    """Return moments with so many days between them, up to an end; some are a few days early."""
    moments = [end]
    for step in reversed(steps):
        moments.insert(0, moments[0] - timedelta(days=step))
    return [
        moment - timedelta(days=back[number % len(back)] if 0 < number < len(moments) - 1 else 0)
        for number, moment in enumerate(moments)
    ]


@settings(deadline=None)
@example([0.0], [0], (NOW - datetime(2016, 1, 30, tzinfo=UTC)).days)
@example([0.0], [0], (NOW - datetime(2016, 12, 31, tzinfo=UTC)).days)
@given(
    st.lists(st.floats(0, 290), min_size=1, max_size=40),
    st.lists(st.integers(0, 12), min_size=1, max_size=7),
    st.floats(1, 4000),
)
def test_the_order_of_lines_decides_on_their_years(steps: list[float], back: list[int], age: float) -> None:
    end = (NOW - timedelta(days=age)).replace(microsecond=0)
    moments = [each.replace(microsecond=0) for each in moments_with(steps, back, end)]
    if any((moment.month, moment.day) == (2, 29) for moment in moments):
        # The year of such a day needs no order.
        return
    assert times_of(moments) == moments


def test_a_quiet_part_before_a_busy_one_keeps_its_years() -> None:
    quiet = [NOW - timedelta(days=1500 - 25 * number) for number in range(56)]
    busy = [NOW - timedelta(days=90) + timedelta(seconds=60 * number) for number in range(60_000)]
    moments = [each.replace(microsecond=0) for each in [*quiet, *busy]]
    assert times_of(moments) == moments


def test_a_file_of_one_year_needs_no_parts() -> None:
    moments = [NOW - timedelta(days=200 - number) for number in range(200)]
    line_format, _, _ = file_of(moments)
    assert line_format.reading.times.parts == ()
