"""A reader follows sources in turn, ends where it was told to, and finds lines by position."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logviewer import cursor
from logviewer.cursor import Mark, nowhere, source_key
from logviewer.files.generations import Batch, Generation
from logviewer.files.lines import LINE_CAP, MAX_LINES
from logviewer.files.read import OpenFile
from logviewer.reader import Gap, Lines, Reader, Turn
from logviewer.sources.local import LocalSource
from logviewer.view import Range, lines_at_number, lines_from, whole_line
from tests.reading import DirectDisk, drain, finish, next_event, open_reader, texts

Event = Lines[Batch] | Gap | Turn
Write = Callable[..., LocalSource]

KEY = source_key("app")
WALK_BYTES = 256 * 1024 * 1024


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Append lines to the log of this name, and let its source look and wake its readers."""
    sources: dict[str, LocalSource] = {}

    def append(name: str, *lines: str, end: str = "\n") -> LocalSource:
        path = tmp_path / name
        with path.open("a") as file:
            file.write("".join(f"{line}{end}" for line in lines))
        source = sources.setdefault(name, LocalSource(name, path, name=name))
        if source.look():
            source.changed.send()
        return source

    return append


def read_together(*sources: LocalSource, marks: tuple[Mark, ...] = (), follow: bool = True) -> Reader[Batch]:
    reader = Reader(DirectDisk(), follow=follow)
    for source in sources:
        finish(reader.add(source, marks, lambda each: each.start()))
    return reader


def numbered(word: str, count: int) -> list[str]:
    return [f"{word} {number}" for number in range(count)]


def names(events: Sequence[Event | None]) -> str:
    """Whose lines came, in order."""
    return "".join(event.source.name for event in events if isinstance(event, Lines))


# Turns


def test_sources_take_turns(write: Write) -> None:
    reader = read_together(*(write(name, *numbered(name, 9)) for name in "abc"))
    assert names(drain(reader)) == "abcabcabc"


def test_a_busy_source_does_not_starve_a_quiet_one(write: Write) -> None:
    busy, quiet = write("b", *numbered("b", 100)), write("q")
    reader = read_together(busy, quiet)
    heard = []
    for number in range(10):
        write("b", *numbered("more", 100))
        write("q", f"quiet {number}")
        heard += [next_event(reader), next_event(reader)]
    assert names(heard).count("q") == 10


def test_each_source_keeps_its_own_order(write: Write) -> None:
    events = drain(read_together(*(write(name, *numbered(name, 50)) for name in "ab")))
    for name in "ab":
        assert texts([event for event in events if event.source.name == name]) == numbered(name, 50)


def test_nothing_comes_where_nothing_is_new(write: Write) -> None:
    reader = open_reader(write("a", "one"))
    assert texts(drain(reader)) == ["one"]
    assert next_event(reader) is None
    write("a", "two")
    assert texts(drain(reader)) == ["two"]
    assert next_event(reader) is None


def test_a_reader_waits_until_there_is_reason_to_look_again(write: Write) -> None:
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


def test_nobody_listens_after_the_last_reader_closed(write: Write) -> None:
    source = write("a", "one")
    readers = [open_reader(source), open_reader(source)]
    readers[0].close()
    assert source.changed.watched
    readers[1].close()
    assert not source.changed.watched


# The present end


def test_a_reader_that_does_not_follow_ends_at_the_present_end(write: Write) -> None:
    reader = open_reader(write("a", *numbered("old", 9)), follow=False)
    heard: list[Event] = []
    while event := next_event(reader):
        heard.append(event)
        write("a", *numbered("new", 9))
        assert len(heard) < 100
    assert reader.complete
    assert texts(heard)[:9] == numbered("old", 9)


def test_a_reader_that_does_not_follow_is_complete_once_all_sources_are(write: Write) -> None:
    reader = read_together(write("a", "one"), write("b", *numbered("b", 9)), follow=False)
    heard = []
    while not reader.complete:
        event = next_event(reader)
        heard += [event] if event else []
    assert sorted(texts(heard)) == sorted(["one", *numbered("b", 9)])


def test_a_reader_that_does_not_follow_has_nothing_where_no_file_is(tmp_path: Path) -> None:
    reader = open_reader(LocalSource("a", tmp_path / "a", name="a"), follow=False)
    assert texts(drain(reader)) == []
    assert reader.complete


def test_a_reader_that_does_not_follow_shows_an_unfinished_line_and_will_read_it_again(write: Write) -> None:
    source = write("a", "one\nhalf", end="")
    reader = open_reader(source, follow=False)
    assert texts(drain(reader)) == ["one", "half"]
    write("a", " and half")
    assert texts(drain(open_reader(source, cursor.decode(reader.cursor())))) == ["half and half"]


def test_a_reader_that_follows_holds_an_unfinished_line(write: Write) -> None:
    reader = open_reader(write("a", "one\nhalf", end=""))
    assert texts(drain(reader)) == ["one"]
    write("a", " and half")
    assert texts(drain(reader)) == ["half and half"]
    assert not reader.complete


def test_a_reader_that_does_not_follow_reads_through_rotations(write: Write, tmp_path: Path) -> None:
    source = write("a", "one")
    reader = open_reader(source)
    place = cursor.decode(reader.cursor())
    (tmp_path / "a").rename(tmp_path / "a.1")
    write("a", "two")
    again = open_reader(source, place, follow=False)
    assert texts(drain(again)) == ["one", "two"]
    assert again.complete


# Cursors


def test_a_cursor_of_several_sources_leads_back_to_each(write: Write) -> None:
    a, b = write("a", *numbered("a", 9)), write("b", *numbered("b", 9))
    reader = read_together(a, b)
    heard = texts([event for _ in range(3) if (event := next_event(reader))])
    rest = drain(read_together(a, b, marks=cursor.decode(reader.cursor())))
    assert sorted(heard + texts(rest)) == sorted(numbered("a", 9) + numbered("b", 9))


def test_a_source_that_the_cursor_does_not_know_begins_as_asked(write: Write) -> None:
    a, b = write("a", "one"), write("b", "two")
    reader = open_reader(a)
    drain(reader)
    assert texts(drain(read_together(a, b, marks=cursor.decode(reader.cursor())))) == ["two"]


def test_marks_of_other_sources_are_passed_over(write: Write) -> None:
    a, b = write("a", "one"), write("b", "two")
    both = read_together(a, b)
    drain(both)
    write("a", "more")
    assert texts(drain(open_reader(a, cursor.decode(both.cursor())))) == ["more"]


def test_a_cursor_that_nobody_can_read_is_told_of(write: Write) -> None:
    source = write("a", "one")
    gap, *rest = drain(open_reader(source, (nowhere(source.key),)))
    assert isinstance(gap, Gap)
    assert (gap.reason, texts(rest)) == ("lost", ["one"])


def test_all_readers_at_one_place_share_its_text(write: Write) -> None:
    source = write("a", "one")
    reader = open_reader(source)
    (event,) = drain(reader)
    assert isinstance(event, Lines)
    assert reader.is_alone
    assert reader.cursor() == cursor.encode([event.piece.end.text()])
    assert not read_together(source, write("b", "two")).is_alone


# Lines by position


def opened(path: Path, data: bytes) -> Generation:
    path.write_bytes(data)
    return Generation(OpenFile.open(path), KEY)


def shown(found: Range | None) -> list[str]:
    assert found
    return [text for batch in found.batches for text in batch.texts()]


contents = st.lists(st.text("abcdefé ", max_size=12), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=contents, rest=st.sampled_from(["", "rest"]), number=st.integers(0, 40), count=st.integers(1, 40))
def test_lines_by_number_are_those_a_list_would_give(
    tmp_path: Path, lines: list[str], rest: str, number: int, count: int
) -> None:
    generation = opened(tmp_path / "a", "".join([*(f"{line}\n" for line in lines), rest]).encode())
    everything = [*lines, rest] if rest else lines
    found = lines_at_number(generation.first(), number, count)
    assert found
    assert shown(found) == (everything[number : number + count] if number <= len(lines) else [])
    assert found.start == min(number, len(lines) + bool(rest))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=contents, rest=st.sampled_from(["", "rest"]), count=st.integers(1, 40))
def test_the_total_is_known_where_the_end_was_reached(tmp_path: Path, lines: list[str], rest: str, count: int) -> None:
    generation = opened(tmp_path / "a", "".join([*(f"{line}\n" for line in lines), rest]).encode())
    total = len(lines) + bool(rest)
    found = lines_from(generation.first(), count)
    assert (found.start, found.total) == (0, total if count >= total else None)


@pytest.mark.parametrize("rest", ["", "rest"], ids=["after the last line", "after the unfinished line"])
def test_the_total_is_told_to_one_who_asks_for_lines_beyond_the_end(tmp_path: Path, rest: str) -> None:
    generation = opened(tmp_path / "a", f"one\ntwo\n{rest}".encode())
    found = lines_at_number(generation.first(), 9, 1)
    assert found
    assert (shown(found), found.total) == ([], 3 if rest else 2)


def test_the_total_is_not_known_where_the_lines_before_are_not(tmp_path: Path) -> None:
    generation = opened(tmp_path / "a", b"one\ntwo\nthree\n")
    found = lines_from(generation.last(2), 9)
    assert (shown(found), found.start, found.total) == (["two", "three"], None, None)


def test_more_lines_than_a_batch_holds_are_given(tmp_path: Path) -> None:
    lines = numbered("line", 3 * MAX_LINES)
    generation = opened(tmp_path / "a", "".join(f"{line}\n" for line in lines).encode())
    assert shown(lines_from(generation.first(), 2 * MAX_LINES + 5)) == lines[: 2 * MAX_LINES + 5]
    assert shown(lines_at_number(generation.first(), MAX_LINES + 1, 5)) == lines[MAX_LINES + 1 : MAX_LINES + 6]


def test_a_line_too_far_to_count_to_is_not_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.write(b"x")
        file.seek(WALK_BYTES)
        file.write(b"\none\ntwo\n")
    first = Generation(OpenFile.open(path), KEY).first()
    assert shown(lines_at_number(first, 1, 1)) == ["one"]
    assert lines_at_number(first, 2, 1) is None


# One line, however long


@pytest.mark.parametrize("length", [0, 1, LINE_CAP - 1, LINE_CAP, LINE_CAP + 1, 3 * LINE_CAP + 5])
@pytest.mark.parametrize("end", [b"\nafter\n", b""], ids=["before others", "unfinished"])
def test_a_whole_line_is_had_in_pieces(length: int, end: bytes, tmp_path: Path) -> None:
    generation = opened(tmp_path / "a", b"before\n" + b"x" * length + end)
    position = generation.position(7, None)
    pieces = list(whole_line(position))
    assert b"".join(pieces) == b"x" * length
    assert max(map(len, pieces), default=0) <= LINE_CAP


def test_a_whole_line_of_utf_16_ends_at_its_newline(tmp_path: Path) -> None:
    line = "\u0a00\u0a0a" * LINE_CAP
    generation = opened(tmp_path / "a", f"\ufeff{line}\nafter\n".encode("utf-16-be"))
    assert b"".join(whole_line(generation.first())).decode("utf-16-be") == f"\ufeff{line}"
