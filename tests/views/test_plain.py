"""Readers of several sources, and lines of a plain view by position."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer import cursor
from logviewer.cursor import Checkpoint, source_key, unknown
from logviewer.files.byte_file import ByteFile
from logviewer.files.lines import LINE_CAP, MAX_LINES
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch
from logviewer.search import match_lines
from logviewer.search.file_lines import all_lines
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.query import Query
from logviewer.sources.local import LocalSource
from logviewer.tail.events import Gap, Lines, StateChange
from logviewer.tail.reader import Reader
from logviewer.views.source_view import SourceView
from logviewer.views.view import LineRange, whole_line
from tests.helpers.reading import DirectLoader, drain, finish, next_event, open_reader, texts

Event = Lines[Batch] | Gap | StateChange
Write = Callable[..., LocalSource]

KEY = source_key("app")
MIB = 1024 * 1024


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that appends lines to a log, polls its source and wakes its readers."""
    sources: dict[str, LocalSource] = {}

    def append(name: str, *lines: str, end: str = "\n") -> LocalSource:
        path = tmp_path / name
        with path.open("a") as file:
            file.write("".join(f"{line}{end}" for line in lines))
        source = sources.setdefault(name, LocalSource(name, path, name=name, line_format=PLAIN))
        if source.poll():
            source.changed.send()
        return source

    return append


def read_together(
    *sources: LocalSource, checkpoints: tuple[Checkpoint, ...] = (), follow: bool = True
) -> Reader[Batch]:
    reader = Reader(DirectLoader(), follow=follow)
    for source in sources:
        finish(reader.add(source, checkpoints, lambda each: each.start()))
    return reader


def numbered(word: str, count: int) -> list[str]:
    return [f"{word} {number}" for number in range(count)]


def names(events: Sequence[Event | None]) -> str:
    """Return the source of each event with lines, in order."""
    return "".join(event.source.name for event in events if isinstance(event, Lines))


# Turns


def test_sources_take_turns(write: Write) -> None:
    reader = read_together(*(write(name, *numbered(name, 9)) for name in "abc"))
    assert names(drain(reader)) == "abcabcabc"


def test_a_busy_source_does_not_starve_a_quiet_one(write: Write) -> None:
    busy, quiet = write("b", *numbered("b", 100)), write("q")
    reader = read_together(busy, quiet)
    events = []
    for number in range(10):
        write("b", *numbered("more", 100))
        write("q", f"quiet {number}")
        events += [next_event(reader), next_event(reader)]
    assert names(events).count("q") == 10


def test_each_source_keeps_its_own_order(write: Write) -> None:
    events = drain(read_together(*(write(name, *numbered(name, 50)) for name in "ab")))
    for name in "ab":
        assert texts([event for event in events if event.source.name == name]) == numbered(name, 50)


def test_without_new_lines_nothing_is_read(write: Write) -> None:
    reader = open_reader(write("a", "one"))
    assert texts(drain(reader)) == ["one"]
    assert next_event(reader) is None
    write("a", "two")
    assert texts(drain(reader)) == ["two"]
    assert next_event(reader) is None


def test_a_reader_waits_for_a_change(write: Write) -> None:
    async def wait_for_a_line() -> None:
        reader = open_reader(write("a", "one"))
        while await reader.next():
            pass
        await reader.wait()
        assert await reader.next() is None
        waiting = asyncio.create_task(reader.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        write("a", "two")
        await waiting
        assert isinstance(await reader.next(), Lines)
        reader.wake()
        await reader.wait()
        assert await reader.next() is None

    asyncio.run(wait_for_a_line())


def test_a_closed_reader_stops_listening(write: Write) -> None:
    source = write("a", "one")
    readers = [open_reader(source), open_reader(source)]
    readers[0].close()
    assert source.changed.is_watched
    readers[1].close()
    assert not source.changed.is_watched


# The present end


def test_a_non_following_reader_ends_at_the_present_end(write: Write) -> None:
    reader = open_reader(write("a", *numbered("old", 9)), follow=False)
    events: list[Event] = []
    while event := next_event(reader):
        events.append(event)
        write("a", *numbered("new", 9))
        assert len(events) < 100
    assert reader.complete
    assert texts(events)[:9] == numbered("old", 9)


def test_a_non_following_reader_is_complete_after_all_sources(write: Write) -> None:
    reader = read_together(write("a", "one"), write("b", *numbered("b", 9)), follow=False)
    events = []
    while not reader.complete:
        event = next_event(reader)
        events += [event] if event else []
    assert sorted(texts(events)) == sorted(["one", *numbered("b", 9)])


def test_a_non_following_reader_of_no_file_is_complete(tmp_path: Path) -> None:
    reader = open_reader(LocalSource("a", tmp_path / "a", name="a", line_format=PLAIN), follow=False)
    assert texts(drain(reader)) == []
    assert reader.complete


def test_a_non_following_reader_emits_the_partial_line(write: Write) -> None:
    source = write("a", "one\nhalf", end="")
    reader = open_reader(source, follow=False)
    assert texts(drain(reader)) == ["one", "half"]
    write("a", " and half")
    assert texts(drain(open_reader(source, cursor.decode(reader.cursor())))) == ["half and half"]


def test_a_following_reader_holds_the_partial_line(write: Write) -> None:
    reader = open_reader(write("a", "one\nhalf", end=""))
    assert texts(drain(reader)) == ["one"]
    write("a", " and half")
    assert texts(drain(reader)) == ["half and half"]
    assert not reader.complete


def test_a_non_following_reader_reads_through_rotations(write: Write, tmp_path: Path) -> None:
    source = write("a", "one")
    reader = open_reader(source)
    place = cursor.decode(reader.cursor())
    (tmp_path / "a").rename(tmp_path / "a.1")
    write("a", "two")
    again = open_reader(source, place, follow=False)
    assert texts(drain(again)) == ["one", "two"]
    assert again.complete


# Cursors


def test_a_cursor_of_several_sources_resumes_each(write: Write) -> None:
    a, b = write("a", *numbered("a", 9)), write("b", *numbered("b", 9))
    reader = read_together(a, b)
    events = texts([event for _ in range(3) if (event := next_event(reader))])
    rest = drain(read_together(a, b, checkpoints=cursor.decode(reader.cursor())))
    assert sorted(events + texts(rest)) == sorted(numbered("a", 9) + numbered("b", 9))


def test_a_source_absent_from_the_cursor_begins_as_requested(write: Write) -> None:
    a, b = write("a", "one"), write("b", "two")
    reader = open_reader(a)
    drain(reader)
    assert texts(drain(read_together(a, b, checkpoints=cursor.decode(reader.cursor())))) == ["two"]


def test_checkpoints_of_other_sources_are_ignored(write: Write) -> None:
    a, b = write("a", "one"), write("b", "two")
    both = read_together(a, b)
    drain(both)
    write("a", "more")
    assert texts(drain(open_reader(a, cursor.decode(both.cursor())))) == ["more"]


def test_an_unknown_cursor_is_a_gap(write: Write) -> None:
    source = write("a", "one")
    gap, *rest = drain(open_reader(source, (unknown(source.key),)))
    assert isinstance(gap, Gap)
    assert (gap.reason, texts(rest)) == ("lost", ["one"])


def test_a_reader_of_one_source_shares_reads(write: Write) -> None:
    source = write("a", "one")
    reader = open_reader(source)
    (event,) = drain(reader)
    assert isinstance(event, Lines)
    assert reader.is_alone
    assert reader.cursor() == cursor.encode([event.chunk.end.text()])
    assert not read_together(source, write("b", "two")).is_alone


# Lines by position


def opened(path: Path, data: bytes) -> Generation:
    path.write_bytes(data)
    return Generation(ByteFile.open(path), KEY, PLAIN)


def shown(found: LineRange) -> list[str]:
    return [text for batch in found.batches for text in batch.texts()]


contents = st.lists(st.text("abcdefé ", max_size=12), max_size=30)
files = st.lists(st.tuples(contents, st.sampled_from(["", "rest"])), min_size=1, max_size=4)
Contents = list[tuple[list[str], str]]


def written(directory: Path, contents: Contents) -> SourceView:
    generations = [
        opened(directory / str(number), "".join([*(f"{line}\n" for line in lines), rest]).encode())
        for number, (lines, rest) in enumerate(contents)
    ]
    return SourceView(all_lines(generations))


def every_line(contents: Contents) -> list[str]:
    return [line for lines, rest in contents for line in (*lines, *([rest] if rest else []))]


@given(contents=files, start=st.integers(-60, 60), count=st.integers(1, 50))
def test_lines_by_number_are_those_a_list_would_give(
    tmp_path: Path, contents: Contents, start: int, count: int
) -> None:
    everything = every_line(contents)
    found = written(tmp_path, contents).by_number(start, count)
    first = start if start >= 0 else max(0, len(everything) + start)
    assert shown(found) == everything[first : first + count]
    assert found.start == min(first, len(everything)) or not everything
    assert (found.total, found.pending) == (len(everything), False)


@given(contents=files, count=st.integers(1, 50))
def test_lines_around_a_position_are_those_a_list_would_give(tmp_path: Path, contents: Contents, count: int) -> None:
    everything = every_line(contents)
    view = written(tmp_path, contents)
    places = [place for batch in view.by_number(0, 999).batches for place in batch.starts()]
    for number, place in enumerate(places):
        after, before = view.lines_from(place, count), view.lines_before(place, count)
        assert (after.start, shown(after)) == (number, everything[number : number + count])
        assert (before.start, shown(before)) == (max(0, number - count), everything[max(0, number - count) : number])


@given(contents=files, count=st.integers(1, 50))
def test_lines_before_the_end_are_the_last_ones(tmp_path: Path, contents: Contents, count: int) -> None:
    view = written(tmp_path, contents)
    live = view.generations[-1]
    assert shown(view.lines_before(live.position(live.size(), None), count)) == every_line(contents)[-count:]


def test_each_file_numbers_its_own_lines(tmp_path: Path) -> None:
    found = written(tmp_path, [(["one", "two"], ""), (["three"], "four"), ([], ""), (["five"], "")]).by_number(0, 9)
    numbers = [position.line for batch in found.batches for position in batch.starts()]
    assert numbers == [0, 1, 0, 1, 0]
    assert [line_count.lines for _, line_count in found.line_counts] == [2, 2, 0, 1]


def test_a_range_beyond_the_end_has_the_total(tmp_path: Path) -> None:
    found = written(tmp_path, [(["one", "two"], "rest")]).by_number(9, 1)
    assert (shown(found), found.start, found.total) == ([], 3, 3)


def test_a_range_may_exceed_a_batch(tmp_path: Path) -> None:
    lines = numbered("line", 3 * MAX_LINES)
    view = written(tmp_path, [(lines, "")])
    assert shown(view.by_number(0, 2 * MAX_LINES + 5)) == lines[: 2 * MAX_LINES + 5]
    assert shown(view.by_number(MAX_LINES + 1, 5)) == lines[MAX_LINES + 1 : MAX_LINES + 6]
    end = view.generations[0].last(0)
    assert shown(view.lines_before(end, 2 * MAX_LINES + 5)) == lines[-2 * MAX_LINES - 5 :]


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("rest", ["", "x" * 9_000_000], ids=["", "with a long rest"])
def test_a_range_of_long_lines_has_the_nearest_ones(*, counted: bool, rest: str, tmp_path: Path) -> None:
    lines = [f"{number} " + "x" * 1_000_000 for number in range(20)]
    view = written(tmp_path, [(["old"], ""), (lines, rest)])
    live = view.generations[-1]
    if counted:
        live.block_map.extend(live.size(), live.encoding)
    before = shown(view.lines_before(live.last(0), 15))
    assert before == lines[-len(before) :]
    assert 2 <= len(before) <= 4
    (only,) = shown(view.lines_before(live.position(live.size(), None), 15)) if rest else ["x" * LINE_CAP]
    assert only == "x" * LINE_CAP


def test_an_uncounted_line_is_pending_at_first(tmp_path: Path) -> None:
    path = tmp_path / "a"
    line = b"x" * (MIB - 1) + b"\n"
    path.write_bytes(line * 40)
    generation = Generation(ByteFile.open(path), KEY, PLAIN)
    view = SourceView(all_lines([generation]))
    early = view.by_number(30, 1)
    assert (shown(early), early.pending, early.start, early.total) == ([], True, 30, None)
    first, last = view.by_number(0, 1), view.by_number(-1, 1)
    assert [(each.pending, each.total, len(shown(each))) for each in (first, last)] == [(False, None, 1)] * 2
    assert (first.start, last.start) == (0, None)
    while generation.count(MIB):
        pass
    late = view.by_number(30, 1)
    assert (len(shown(late)), late.pending, late.total) == (1, False, 40)
    assert view.by_number(-1, 1).start == 39


def test_a_range_that_takes_too_long_has_no_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = MatchIndex(opened(tmp_path / "a", b"needle 1\nhay\nneedle 2\n"), LineFilter(Query(include=("needle",))))
    index.extend()
    while index.scan():
        pass
    view = SourceView([MatchLines(index)])
    assert view.by_number(0, 2).total == 2
    monkeypatch.setattr(match_lines, "_MOST_SECONDS", -1.0)
    late = view.by_number(0, 2)
    assert (shown(late), late.pending, late.total) == ([], True, None)


def test_a_range_is_pending_while_a_newer_file_is_searched(tmp_path: Path) -> None:
    line_filter = LineFilter(Query(include=("needle",)))
    files = [opened(tmp_path / "older", b"needle 1\n"), opened(tmp_path / "newer", b"x" * 99 + b"\n")]
    with (tmp_path / "newer").open("ab") as file:
        file.write((b"x" * 99 + b"\n") * 2**18 + b"needle 2\n")
    indexes = [MatchIndex(each, line_filter) for each in files]
    for index in indexes:
        index.extend()
    while indexes[0].scan():
        pass
    view = SourceView([MatchLines(each) for each in indexes])
    early = view.by_number(0, 9)
    assert (shown(early), early.pending, early.total) == (["needle 1"], True, None)
    while indexes[1].scan():
        pass
    late = view.by_number(0, 9)
    assert (shown(late), late.pending, late.total) == (["needle 1", "needle 2"], False, 2)


# One line, however long


@pytest.mark.parametrize("length", [0, 1, LINE_CAP - 1, LINE_CAP, LINE_CAP + 1, 3 * LINE_CAP + 5])
@pytest.mark.parametrize("end", [b"\nafter\n", b""], ids=["before others", "unfinished"])
def test_a_whole_line_is_read_in_chunks(length: int, end: bytes, tmp_path: Path) -> None:
    generation = opened(tmp_path / "a", b"before\n" + b"x" * length + end)
    position = generation.position(7, None)
    pieces = list(whole_line(position))
    assert b"".join(pieces) == b"x" * length
    assert max(map(len, pieces), default=0) <= LINE_CAP


def test_a_whole_line_of_utf_16_ends_at_its_newline(tmp_path: Path) -> None:
    line = "\u0a00\u0a0a" * LINE_CAP
    generation = opened(tmp_path / "a", f"\ufeff{line}\nafter\n".encode("utf-16-be"))
    assert b"".join(whole_line(generation.first())).decode("utf-16-be") == f"\ufeff{line}"
