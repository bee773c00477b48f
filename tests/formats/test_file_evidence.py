"""Lines of a file decide together how each of them is read."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.byte_file import ByteFile
from logviewer.files.cells import NO_TIME
from logviewer.files.encoding import UTF8
from logviewer.formats.file_evidence import NO_READING, read_file, time_reading
from logviewer.formats.known_formats import KnownFormat, known_formats, known_formats_of
from logviewer.formats.level import LEVELS
from logviewer.formats.line_classifier import LineClassifier
from logviewer.formats.line_format import LineFormat
from logviewer.formats.timestamp import Order
from logviewer.rotation.generation import Generation
from logviewer.settings import LogRule

PLAIN = LineFormat([LogRule(files=(), zone="UTC")])
NOW = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
FORMS: dict[Order, str] = {"ymd": "%y/%m/%d", "mdy": "%m/%d/%y", "dmy": "%d/%m/%y"}


def days_read(lines: list[str]) -> list[str | None]:
    line_format = PLAIN.with_reading(read_file(lines, NOW))
    found = [line_format.time(line) for line in lines]
    return [each if each is None else f"{datetime.fromtimestamp(each / 1000, UTC):%Y-%m-%d}" for each in found]


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        (["02/11/2026", "06/11/2026", "14/11/2026"], ["2026-11-02", "2026-11-06", "2026-11-14"]),
        (["02/11/2026", "03/11/2026"], ["2026-11-02", "2026-11-03"]),
        (["11/02/2026", "11/03/2026"], ["2026-11-02", "2026-11-03"]),
        (["12/11/2026"], ["2026-11-12"]),
        (["02/11/26", "06/11/26", "07/11/26"], ["2026-11-02", "2026-11-06", "2026-11-07"]),
        (["11/02/26", "11/03/26"], ["2026-11-02", "2026-11-03"]),
        (["15/10/17", "15/10/18"], ["2015-10-17", "2015-10-18"]),
        (["02.11.26"], ["2026-11-02"]),
    ],
)
def test_dates_are_read_alike_and_near_each_other(dates: list[str], wanted: list[str]) -> None:
    assert days_read([f"{each} 12:00:00 x" for each in dates]) == wanted


@given(
    st.sampled_from(sorted(FORMS)),
    st.dates(date(2012, 1, 1), date(2026, 10, 1)),
    st.lists(st.integers(1, 3), min_size=15, max_size=30),
)
def test_many_days_settle_the_order(order: Order, begin: date, steps: list[int]) -> None:
    days = [begin + timedelta(days=sum(steps[:number])) for number in range(len(steps))]
    found = time_reading([f"{day:{FORMS[order]}} 12:00:00 x" for day in days], NOW).order
    readable = [each for each in FORMS if _are_near(days, FORMS[order], FORMS[each])]
    assert found == order or len(readable) > 1


def _are_near(days: list[date], written: str, read: str) -> bool:
    """Return whether dates in one form are also near each other in another form."""
    try:
        found = [datetime.strptime(f"{day:{written}}", read).replace(tzinfo=UTC) for day in days]
    except ValueError:
        return False
    return max(found) - min(found) <= timedelta(days=2 * (days[-1] - days[0]).days)


def test_a_number_is_no_time_where_other_lines_have_one_elsewhere() -> None:
    lines = [f"2026-11-2{number} 01:00:00 INFO work" for number in range(5)]
    numbers = ["wrote 2147483647 bytes", "[1234567890] request", "20261121010203 batch", "id 1234567890123456789"]
    line_format = PLAIN.with_reading(read_file([*lines, *numbers], NOW))
    assert [line_format.time(line) for line in numbers] == [None] * 4
    assert all(line_format.time(line) for line in lines)


def test_a_number_in_the_same_place_of_most_lines_is_a_time() -> None:
    lines = [f"17952229{number}3 node-{number} up" for number in range(10)]
    line_format = PLAIN.with_reading(read_file(lines, NOW))
    assert [line_format.time(line) for line in lines] == [int(line[:10]) * 1000 for line in lines]


def test_a_column_of_ascending_epochs_is_the_time() -> None:
    begin = 1_795_222_900
    lines = [f"2 7890 eni-{each} 10.0.0.1 10.0.0.2 443 6 17 {each} 9286 {begin + each} OK" for each in range(9)]
    line_format = PLAIN.with_reading(read_file(lines, NOW))
    assert [line_format.time(line) for line in lines] == [(begin + each) * 1000 for each in range(9)]
    assert time_reading([f"a b c d e f 12345678{each}0 x" for each in (3, 1, 2, 7, 4, 5, 0)], NOW).column is None


@pytest.mark.parametrize("known", known_formats(), ids=lambda each: each.name)
def test_the_samples_of_a_known_format_are_read(known: KnownFormat) -> None:
    lines = [sample.line for sample in known.samples]
    line_format = PLAIN.with_reading(read_file(lines, NOW))
    for sample in known.samples:
        when = datetime.fromisoformat(sample.time).replace(tzinfo=UTC) if sample.time else None
        assert line_format.level(sample.line) == (sample.level or None)
        assert line_format.time(sample.line) == (None if when is None else when.timestamp() * 1000)


def test_other_files_have_no_known_format() -> None:
    lines = ["2026-11-21 01:02:03 INFO x", "9 error code is a sentence", "[01:02:03] x", '{"level":2}']
    assert read_file(lines, NOW).rules == NO_READING.rules


def test_all_readers_of_a_file_use_its_decision(tmp_path: Path) -> None:
    lines = [f"{day:02}/11/2026 12:00:00 INFO x" for day in range(1, 21)]
    data = "".join(f"{line}\n" for line in lines).encode()
    (tmp_path / "log").write_bytes(data)
    generation = Generation(ByteFile.open(tmp_path / "log"), b"source", PLAIN)
    starts = np.arange(0, len(data), len(data) // 20)
    times = LineClassifier(UTF8, generation.line_format).classify(data, starts, guess=False).times.tolist()
    assert NO_TIME not in times
    assert times == [generation.line_format.time(line) for line in lines]
    assert max(times) - min(times) == 19 * 86_400_000


@pytest.mark.parametrize("known", known_formats(), ids=lambda each: each.name)
def test_the_classifier_uses_the_format_of_the_file(known: KnownFormat, tmp_path: Path) -> None:
    lines = [sample.line for sample in known.samples]
    data = "".join(f"{line}\n" for line in lines).encode()
    (tmp_path / "log").write_bytes(data)
    generation = Generation(ByteFile.open(tmp_path / "log"), b"source", PLAIN)
    starts = np.cumsum([0, *(len(line.encode()) + 1 for line in lines)])[:-1]
    classifier = LineClassifier(UTF8, generation.line_format)
    codes = classifier.classify(data, starts, guess=True).codes.tolist()
    assert [LEVELS[code] for code in codes] == [sample.level or None for sample in known.samples]


def test_an_empty_file_decides_later(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"")
    generation = Generation(ByteFile.open(path), b"source", PLAIN)
    assert generation.line_format.time("05/11/2026 12:00:00 x") == PLAIN.time("05/11/2026 12:00:00 x")
    path.write_bytes(b"05/11/2026 12:00:00 x\n13/11/2026 12:00:00 x\n")
    found = generation.line_format.time("05/11/2026 12:00:00 x")
    assert found is not None
    assert datetime.fromtimestamp(found / 1000, UTC).month == 11


@pytest.mark.parametrize(
    "lines",
    [
        ["read 1795222923 rows", "a size of 2147483648 bytes", "the user with id 1795222924 came"],
        ["started", "read 1795222923 rows", "read 1795222930 rows"],
        ["read 1795222923 rows"],
        [
            "SELECT a FROM b WHERE ts=1795222923",
            "DELETE FROM a WHERE b=1 AND time=1795222923",
            "rows with a time=1795222923",
        ],
        ["took time=1795222923 of it", "SELECT time=1795222923"],
        [f"kept {number} bytes" for number in (2147483648, 1610612736, 1073741824, 4294967295)],
        [f"row {number} read" for number in (1795222923, 1200000000, 1700000000, 1100000000)],
    ],
)
def test_numbers_in_several_places_or_no_order_are_not_times(lines: list[str]) -> None:
    assert days_read(lines) == [None] * len(lines)


@pytest.mark.parametrize("lines", [["1795222923 up"], ["1795222925|O|x", "1795222923|I|x", "1795222923|I|x"]])
def test_numbers_that_are_near_each_other_are_times(lines: list[str]) -> None:
    assert days_read(lines) == ["2026-11-21"] * len(lines)


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        (r"^(?P<date>[\d/]+) \w+ (?P<time>[\d:]+)", "{} x {}"),
        (r" at (?P<time>\S+ [\d:]+)$", "a step of the job, which has a long name and many words, ended at {} {}"),
    ],
)
def test_the_fields_of_a_pattern_decide_the_order(pattern: str, form: str) -> None:
    line_format = LineFormat([LogRule(files=(), zone="UTC", pattern=pattern)])
    lines = [form.format(date, "12:00:00") for date in ("05/11/2026", "06/11/2026", "13/11/2026")]
    of_file = line_format.of_file(lambda: lines)
    found = [of_file.time(line) for line in lines]
    assert [each and f"{datetime.fromtimestamp(each / 1000, UTC):%m-%d}" for each in found] == [
        "11-05",
        "11-06",
        "11-13",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-05T08:12:22Z INFO message",
        "2026-11-05T08:12:22.123Z ERROR message of app-1: text",
        "2026-11-05T08:12:22.123456+01:00 WARN app::module: text",
        "2026-11-05 08:12:22,123 INFO [main] com.example.Main: text",
        "[2026-11-05 08:12:22] INFO: text",
        "INFO 2026-11-05 08:12:22 text",
        "Nov  5 08:12:22 host app[1]: text",
        "time=2026-11-05T08:12:22Z level=info msg=text",
        '{"time":"2026-11-05T08:12:22Z","level":"info","msg":"text"}',
    ],
)
def test_a_usual_layout_is_not_the_format_of_one_program(line: str) -> None:
    # Lines of such a format are read one by one.
    assert known_formats_of([line] * 5) == []
