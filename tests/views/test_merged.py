"""Several files merged by time: the same order from any start, in both directions."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.cursor import source_key
from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search.match_index import CELL_BYTES
from logviewer.search.query import Query
from logviewer.search.time_index import TimeIndex
from logviewer.source import Source
from logviewer.sources.local import LocalSource
from logviewer.views.view import LineRange
from logviewer.views.views import Views
from tests.helpers.server import until

BEGIN = 1_795_168_800
# Seconds after the start, None for a line without a time; times go back a little now and then.
SECONDS = st.lists(st.one_of(st.none(), st.integers(0, 60)), max_size=30)
FILES = st.lists(st.tuples(SECONDS, st.sampled_from([0, 3000])), min_size=1, max_size=3)

Contents = list[tuple[list[int | None], int]]


def lines_of(number: int, seconds: list[int | None], padding: int) -> list[str]:
    """Return the lines of a file; padded, they fill several cells."""
    return [
        (f"{BEGIN + each} " if each is not None else "  and ") + f"{number}.{at} " + "x" * padding
        for at, each in enumerate(seconds)
    ]


def in_order(seconds: list[int | None]) -> list[int | None]:
    """Return the seconds of a log in order; each may be one less than the one before."""
    known = sorted(each for each in seconds if each is not None)
    return [None if each is None else known.pop(0) for each in seconds]


def merged(everything: list[list[str]]) -> list[str]:
    """Return all lines by the greatest time up to them in their file, equal ones by file."""
    keyed = []
    for part, lines in enumerate(everything):
        latest = -1
        for at, line in enumerate(lines):
            latest = max(latest, int(line.split()[0])) if line[0].isdigit() else latest
            keyed.append((latest, part, at, line))
    return [line for *_, line in sorted(keyed)]


def opened(directory: Path, contents: Contents) -> tuple[list[Source], list[str]]:
    everything = [lines_of(number, in_order(seconds), padding) for number, (seconds, padding) in enumerate(contents)]
    sources: list[Source] = []
    for number, lines in enumerate(everything):
        path = directory / f"{number}.log"
        path.write_text("".join(f"{line}\n" for line in lines))
        sources.append(LocalSource(str(number), path, name=str(number), line_format=PLAIN))
        sources[-1].poll()
    return sources, merged(everything)


def shown(found: LineRange) -> list[str]:
    return [text for batch in found.batches for text in batch.texts()]


@given(contents=FILES, start=st.integers(-40, 90), count=st.integers(1, 20))
def test_lines_by_number_are_those_of_a_sorted_list(tmp_path: Path, contents: Contents, start: int, count: int) -> None:
    sources, expected = opened(tmp_path, contents)
    found = Views().of(sources, None).by_number(start, count)
    first = start if start >= 0 else max(0, len(expected) + start)
    assert (found.total, shown(found)) == (len(expected), expected[first : first + count])


@settings(max_examples=50)
@given(contents=FILES, count=st.integers(1, 20))
def test_lines_around_a_position_are_those_of_a_sorted_list(tmp_path: Path, contents: Contents, count: int) -> None:
    sources, expected = opened(tmp_path, contents)
    view = Views().of(sources, None)
    for number, batch in enumerate(view.by_number(0, len(expected)).batches):
        place = batch.starts()[0]
        after, before = view.lines_from(place, count), view.lines_before(place, count)
        assert (after.start, shown(after)) == (number, expected[number : number + count])
        assert (before.start, shown(before)) == (max(0, number - count), expected[max(0, number - count) : number])


@given(contents=FILES, second=st.integers(-1, 62))
def test_a_time_leads_to_the_first_line_from_then_on(tmp_path: Path, contents: Contents, second: int) -> None:
    sources, expected = opened(tmp_path, contents)
    found = Views().lines_at(sources, None, (BEGIN + second) * 1000, 5)
    late = [at for at, line in enumerate(expected) if line[0].isdigit() and int(line.split()[0]) >= BEGIN + second]
    first = late[0] if late else len(expected)
    assert (found.start, shown(found)) == (first, expected[first : first + 5])


@given(contents=FILES, start=st.integers(-40, 90), count=st.integers(1, 20))
def test_filtered_lines_are_merged_alike(tmp_path: Path, contents: Contents, start: int, count: int) -> None:
    sources, everything = opened(tmp_path, contents)
    views = Views()
    line_filter = views.line_filter(Query(include=("1",), exclude=("2",)), 0)
    until(lambda: all(matches.complete for source in sources for matches in views.match_indexes(source, line_filter)))
    found = views.of(sources, line_filter).by_number(start, count)
    expected = [line for line in everything if "1" in line and "2" not in line]
    first = start if start >= 0 else max(0, len(expected) + start)
    assert (found.total, shown(found)) == (len(expected), expected[first : first + count])
    views.close()


def test_a_time_is_found_past_cells_without_times(tmp_path: Path) -> None:
    path = tmp_path / "log"
    dump = "  dumped\n" * (3 * CELL_BYTES // 9)
    path.write_text(f"{BEGIN} a\n{dump}{BEGIN + 5} b\n{dump}")
    generation = Generation(ByteFile.open(path), source_key("app"), PLAIN)
    times = TimeIndex(generation)
    at = len(f"{BEGIN} a\n{dump}")
    assert [times.offset_of((BEGIN + each) * 1000) for each in (0, 1, 5, 6)] == [0, at, at, generation.size()]
    assert (times.first_time(), times.last_time()) == (BEGIN * 1000, (BEGIN + 5) * 1000)
    assert [times.time_at(offset) for offset in (0, at - 1, at, generation.size() - 1)] == [
        BEGIN * 1000,
        BEGIN * 1000,
        (BEGIN + 5) * 1000,
        (BEGIN + 5) * 1000,
    ]
