"""Several files merged by time: every way through them shows each line once, in the order of a sorted list."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Position
from logviewer.search.query import Query
from logviewer.source import Source
from logviewer.sources.local import LocalSource
from logviewer.views.ranks import NO_KEY
from logviewer.views.view import LineRange, View
from logviewer.views.views import Views
from tests.helpers.server import until
from tests.helpers.time_order import HOUR, keys

BEGIN = 1_795_168_800
# Seconds from one line to the next, None for a line without a time.
STEPS = st.one_of(st.none(), st.integers(0, 3), st.integers(-60, 60))
# Seconds by which a clock is wrong, for one line; or for all lines from then on.
WRONG = st.sampled_from((-800_000_000, -2 * HOUR, 2 * HOUR, 350_000_000))
JUMPS = st.sampled_from((-90 * 60, -30, 600, 5 * HOUR))
# Bytes added to each line: a cell of 64 KiB has all lines, some of them, one of them, or the start of none.
PADDINGS = st.sampled_from((0, 3_000, 25_000, 70_000))


@dataclass
class Line:
    """One line: its time and key in seconds, None for neither."""

    text: str
    time: int | None
    key: float = float("-inf")


@dataclass
class Log:
    """The lines of one log in the order in which they were written; some are in a rotated file."""

    lines: list[Line]
    rotated: int
    is_unterminated: bool
    padding: int

    def text(self, first: int, last: int) -> str:
        return "".join(f"{line.text}{'.' * self.padding}\n" for line in self.lines[first:last])


@st.composite
def logs_of(draw: st.DrawFn, number: int) -> Log:
    steps = draw(st.lists(STEPS, max_size=25))
    wrong = draw(st.dictionaries(st.integers(0, 24), WRONG, max_size=3))
    jumps = draw(st.dictionaries(st.integers(0, 24), JUMPS, max_size=2))
    now, lines = BEGIN, []
    for at, step in enumerate(steps):
        now += (step or 0) + jumps.get(at, 0)
        time = None if step is None else now + wrong.get(at, 0)
        stamp = "  and" if time is None else f"{datetime.fromtimestamp(time, UTC):%FT%TZ}"
        lines.append(Line(f"{stamp} {number}_{at} ", time))
    rotated = draw(st.integers(0, max(0, len(steps) - 1))) if draw(st.booleans()) else 0
    return Log(lines, rotated, draw(st.booleans()), draw(PADDINGS))


CONTENTS = st.integers(1, 3).flatmap(lambda count: st.tuples(*map(logs_of, range(count)))).map(list)


def set_keys(log: Log) -> None:
    # The time of an unterminated line may still change, so it contradicts no other one.
    whole = log.lines[:-1] if log.is_unterminated else log.lines
    for line, key in zip(whole, keys([line.time for line in whole]), strict=True):
        line.key = key
    for last in log.lines[len(whole) :]:
        before = whole[-1].key if whole else float("-inf")
        last.key = before if last.time is None else max(before, last.time)


def merged(contents: list[Log]) -> list[str]:
    keyed = []
    for part, log in enumerate(contents):
        set_keys(log)
        keyed += [(line.key, part, at, line.text) for at, line in enumerate(log.lines)]
    return [text for *_, text in sorted(keyed)]


def write(directory: Path, number: int, log: Log, last: int) -> None:
    """Write the lines before ``last``."""
    path = directory / f"{number}.log"
    rotated = directory / f"{number}.log.1"
    rotated.unlink(missing_ok=True)
    if log.rotated:
        rotated.write_text(log.text(0, log.rotated))
    text = log.text(log.rotated, last)
    path.write_text(text[:-1] if log.is_unterminated and last == len(log.lines) else text)


def poll(source: Source, log: Log) -> None:
    """Poll a source first, and leave out a rotated file that is not part of it: its times are those of a newer file."""
    source.poll()
    if log.rotated and len(source.generations) == 1:
        del log.lines[: log.rotated]
        log.rotated = 0


def opened(directory: Path, contents: list[Log]) -> tuple[list[Source], list[str]]:
    sources: list[Source] = []
    for number, log in enumerate(contents):
        write(directory, number, log, len(log.lines))
        sources.append(LocalSource(str(number), directory / f"{number}.log", name=str(number), line_format=PLAIN))
        poll(sources[-1], log)
    return sources, merged(contents)


def shown(found: LineRange) -> list[str]:
    assert not found.pending
    return [text.rstrip(".") for batch in found.batches for text in batch.texts()]


def end_of(found: LineRange) -> Position:
    return found.batches[-1].end


def places(view: View, count: int) -> list[Position]:
    return [place for batch in view.by_number(0, count).batches for place in batch.starts()]


def untimed(number: int, count: int, *, rotated: int = 0, padding: int = 70_000) -> Log:
    return Log(
        [Line(f"  and {number}_{at} ", None) for at in range(count)],
        rotated=rotated,
        is_unterminated=False,
        padding=padding,
    )


@given(contents=CONTENTS, start=st.integers(-40, 90), count=st.integers(1, 20))
@example(contents=[untimed(0, 19, rotated=2), untimed(1, 11)], start=-30, count=1)
def test_lines_by_number_are_those_of_a_sorted_list(
    tmp_path: Path, contents: list[Log], start: int, count: int
) -> None:
    sources, expected = opened(tmp_path, contents)
    found = Views().of(sources, None).by_number(start, count)
    first = start if start >= 0 else max(0, len(expected) + start)
    assert (found.total, shown(found)) == (len(expected), expected[first : first + count])
    assert found.start == first or start >= 0 or not expected


@given(contents=CONTENTS, count=st.integers(1, 20))
@example(contents=[untimed(0, 60), untimed(1, 50)], count=20)
def test_pages_of_any_size_have_each_line_once(tmp_path: Path, contents: list[Log], count: int) -> None:
    sources, expected = opened(tmp_path, contents)
    view = Views().of(sources, None)
    by_number = [shown(view.by_number(at, count)) for at in range(0, len(expected), count)]
    onwards: list[str] = []
    page = view.by_number(0, count)
    while page.batches:
        onwards += shown(page)
        # A page begins with the line at a cursor.
        page = view.lines_from(end_of(page), count) if len(onwards) < len(expected) else LineRange(None)
    back: list[str] = []
    page = view.by_number(-count, count)
    while page.batches:
        back = shown(page) + back
        page = view.lines_before(page.batches[0].start, count)
    assert [text for lines in by_number for text in lines] == expected
    assert back == expected


@settings(max_examples=60)
@given(contents=CONTENTS, count=st.integers(1, 20))
def test_lines_around_a_position_are_those_of_a_sorted_list(tmp_path: Path, contents: list[Log], count: int) -> None:
    sources, expected = opened(tmp_path, contents)
    view = Views().of(sources, None)
    for number, place in enumerate(places(view, len(expected))):
        after, before = view.lines_from(place, count), view.lines_before(place, count)
        assert (after.start, shown(after)) == (number, expected[number : number + count])
        assert (before.start, shown(before)) == (max(0, number - count), expected[max(0, number - count) : number])


@given(contents=CONTENTS, second=st.integers(-100, 400))
def test_a_time_leads_to_the_first_line_from_then_on(tmp_path: Path, contents: list[Log], second: int) -> None:
    sources, expected = opened(tmp_path, contents)
    found = Views().merged(sources, None).lines_at((BEGIN + second) * 1000, 5)
    earlier = sum(line.key < BEGIN + second for log in contents for line in log.lines)
    assert (found.start, shown(found)) == (earlier, expected[earlier : earlier + 5])


@settings(max_examples=60)
@given(contents=CONTENTS, start=st.integers(-40, 90), count=st.integers(1, 20))
def test_filtered_lines_are_merged_alike(tmp_path: Path, contents: list[Log], start: int, count: int) -> None:
    sources, everything = opened(tmp_path, contents)
    views = Views()
    line_filter = views.line_filter(Query(include=("_1",), exclude=("2_",)), 0)
    assert line_filter
    until(lambda: all(matches.complete for source in sources for matches in views.match_indexes(source, line_filter)))
    view = views.of(sources, line_filter)
    found = view.by_number(start, count)
    expected = [line for line in everything if "_1" in line and "2_" not in line]
    first = start if start >= 0 else max(0, len(expected) + start)
    assert (found.total, shown(found)) == (len(expected), expected[first : first + count])
    for number, place in enumerate(places(view, len(expected))):
        before = view.lines_before(place, count)
        assert (before.start, shown(before)) == (max(0, number - count), expected[max(0, number - count) : number])
    views.close()


@settings(max_examples=60)
@given(contents=CONTENTS, parts=st.integers(2, 4), count=st.integers(1, 9))
def test_growing_files_are_merged_as_if_written_at_once(
    tmp_path: Path, contents: list[Log], parts: int, count: int
) -> None:
    for number, log in enumerate(contents):
        write(tmp_path, number, log, log.rotated)
    views = Views()
    sources: list[Source] = [
        LocalSource(str(number), tmp_path / f"{number}.log", name=str(number), line_format=PLAIN)
        for number in range(len(contents))
    ]
    for source, log in zip(sources, contents, strict=True):
        poll(source, log)
    for part in range(1, parts + 1):
        written = []
        for number, log in enumerate(contents):
            last = log.rotated + (len(log.lines) - log.rotated) * part // parts
            path = tmp_path / f"{number}.log"
            with path.open("a") as file:
                text = log.text(log.rotated, last)
                is_cut = log.is_unterminated and last == len(log.lines)
                file.write((text[:-1] if is_cut else text)[path.stat().st_size :])
            sources[number].poll()
            written.append(Log(log.lines[:last], log.rotated, is_cut, log.padding))
        expected = merged(written)
        view = views.of(sources, None)
        assert shown(view.by_number(0, len(expected) + 1)) == expected
        assert shown(view.by_number(-count, count)) == expected[-count:]
    views.close()


def keys_of(contents: list[Log]) -> list[int]:
    """Return the keys of all lines in order, in milliseconds."""
    for log in contents:
        set_keys(log)
    keys = sorted(line.key for log in contents for line in log.lines)
    return [NO_KEY if key == float("-inf") else round(key * 1000) for key in keys]


@settings(max_examples=60)
@given(contents=CONTENTS, seconds=st.lists(st.integers(-100, 400), max_size=5), count=st.integers(1, 20))
@example(contents=[untimed(0, 19, rotated=2)], seconds=[], count=3)
def test_keys_and_ranks_are_those_of_a_sorted_list(
    tmp_path: Path, contents: list[Log], seconds: list[int], count: int
) -> None:
    sources, expected = opened(tmp_path, contents)
    keys = keys_of(contents)
    views = Views()
    view = views.merged(sources, None)
    timed = [key for key in keys if key != NO_KEY]
    moments = [
        NO_KEY,
        NO_KEY + 1,
        *((BEGIN + second) * 1000 for second in seconds),
        *timed[::7],
        timed[-1] + 1 if timed else 0,
    ]
    ranks = [bisect_left(keys, moment) for moment in moments]
    whole = view.by_number(0, len(expected) + 1)
    assert views.keys(sources, whole.batches, None).lines == keys
    exact = view.ranks(moments, exact=True)
    assert (exact.least, exact.most, exact.total) == (ranks, ranks, len(keys))
    assert (exact.first, exact.last) == ((timed[0], timed[-1]) if timed else (None, None))
    near = view.ranks(moments, exact=False)
    for least, rank, most in zip(near.least, ranks, near.most, strict=True):
        assert least is not None
        assert most is not None
        assert least <= rank <= most
    for moment, rank in zip(moments, ranks, strict=True):
        found = view.lines_until(moment, count)
        assert (found.start, shown(found)) == (max(0, rank - count), expected[max(0, rank - count) : rank])
    for place, key in zip(places(view, len(expected)), keys, strict=True):
        assert views.keys(sources, (), place).cursor == key
    views.close()


def test_bounds_of_ranks_are_as_near_as_the_cells(tmp_path: Path) -> None:
    lines = [Line(f"{datetime.fromtimestamp(BEGIN + at, UTC):%FT%TZ} {at} ", BEGIN + at) for at in range(4_000)]
    sources, _ = opened(tmp_path, [Log(lines, 1_000, is_unterminated=False, padding=500)])
    view = Views().merged(sources, None)
    moments = [(BEGIN + at) * 1000 for at in range(0, 4_000, 50)]
    found = view.ranks(moments, exact=False)
    widths = [most - least for least, most in zip(found.least, found.most, strict=True) if least is not None and most]
    assert max(widths) < 2 * 64 * 1024 // 500
