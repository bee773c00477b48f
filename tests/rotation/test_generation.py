"""One physical file: lines by position, proof of positions, long lines, holes, changed bytes."""

import codecs
import os
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logviewer.cursor import HEAD_BYTES, TAIL_BYTES, file_key, source_key
from logviewer.errors import FileChangedError
from logviewer.files.byte_file import ByteFile
from logviewer.files.lines import LINE_CAP, MAX_BYTES, MAX_LINES
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Batch, Position

KIB = 1024
MIB = 1024 * KIB
KEY = source_key("app")


class CountingFile(ByteFile):
    """Counts the bytes that are read."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self.bytes_read = 0

    def pread(self, size: int, offset: int) -> bytes:
        data = super().pread(size, offset)
        self.bytes_read += len(data)
        return data


def line(seed: int, length: int) -> bytes:
    """Return a line of this length, newline included, that differs from those of other seeds."""
    return (b"%d " % seed + b"abcdefghij" * (length // 10 + 1))[: length - 1] + b"\n"


lines = st.builds(line, st.integers(0, 9999), st.integers(1, 90) | st.integers(1, 3 * KIB))
near_the_borders = st.sampled_from([MAX_BYTES, LINE_CAP]).flatmap(lambda size: st.integers(size - 2, size + 2))
long_lines = st.builds(line, st.integers(0, 9999), near_the_borders)
contents = st.builds(lambda whole, rest: b"".join(whole) + rest[:-1], st.lists(lines, max_size=40), lines)
long_contents = st.builds(
    lambda before, long, after: b"".join([*before, long, *after]),
    st.lists(lines, max_size=3),
    long_lines,
    st.lists(lines | long_lines, max_size=3),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def generation(path: Path) -> Callable[[bytes], Generation]:
    """Return a function that writes a file and opens it."""

    def write(data: bytes) -> Generation:
        path.write_bytes(data)
        return opened(path)

    return write


def opened(path: Path) -> Generation:
    return Generation(ByteFile.open(path), KEY, PLAIN)


def counted(path: Path) -> tuple[Generation, CountingFile]:
    file = CountingFile(os.open(path, os.O_RDONLY))
    return Generation(file, KEY, PLAIN), file


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def batches(generation: Generation, at: Position | None = None, *, max_lines: int = MAX_LINES) -> Iterator[Batch]:
    at = at or generation.first()
    while batch := generation.read(at, max_lines=max_lines):
        yield batch
        at = batch.end


def texts(generation: Generation, at: Position | None = None) -> list[str]:
    return [text for batch in batches(generation, at) for text in batch.texts()]


def whole(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


# Lines by position


@given(data=contents, max_lines=st.integers(1, 9) | st.just(MAX_LINES))
def test_reads_in_sequence_give_the_file(path: Path, data: bytes, max_lines: int) -> None:
    path.write_bytes(data)
    read = list(batches(opened(path), max_lines=max_lines))
    assert [each for batch in read for each in batch.lines] == whole(data)
    assert all(len(batch.lines) <= max_lines for batch in read)


@settings(max_examples=15)
@given(data=long_contents)
def test_long_lines_are_read_whole_up_to_the_cap(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    read = list(batches(opened(path)))
    assert [each for batch in read for each in batch.lines] == [each[:LINE_CAP] for each in whole(data)]
    cut = [batch.cut for batch in read if batch.cut is not None]
    assert cut == [len(each) for each in whole(data) if len(each) > LINE_CAP]
    assert all(len(batch.lines) == 1 for batch in read if batch.cut is not None)


@settings(max_examples=40)
@given(data=contents)
def test_every_position_leads_to_its_line(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    generation = opened(path)
    for batch in batches(generation, max_lines=7):
        for position, expected in zip(batch.starts(), batch.lines, strict=True):
            again = generation.read(position, max_lines=1)
            assert again
            assert list(again.lines) == [expected]


@given(data=contents, max_lines=st.integers(1, 9))
def test_positions_count_the_lines_before_them(path: Path, data: bytes, max_lines: int) -> None:
    path.write_bytes(data)
    for batch in batches(opened(path), max_lines=max_lines):
        for position in (*batch.starts(), batch.end):
            assert position.line == data[: position.offset].count(b"\n")


@given(data=contents)
def test_the_bytes_after_the_last_newline_are_the_rest(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    generation = opened(path)
    rest = generation.read_unterminated(generation.last(0))
    unfinished = data.rpartition(b"\n")[2]
    assert (rest and rest.lines) == ([unfinished] if unfinished else None)
    assert rest is None or (rest.unterminated and rest.end.offset == len(data))


@given(data=contents, count=st.integers(0, 50))
def test_the_last_lines_are_those_a_list_would_give(path: Path, data: bytes, count: int) -> None:
    path.write_bytes(data)
    generation = opened(path)
    last = whole(data)[-count:] if count else []
    assert [each for batch in batches(generation, generation.last(count)) for each in batch.lines] == last


@settings(max_examples=10)
@given(data=long_contents, count=st.integers(0, 8))
def test_long_lines_are_found_from_the_end(path: Path, data: bytes, count: int) -> None:
    path.write_bytes(data)
    taken = sum(len(each) + 1 for each in (whole(data)[-count:] if count else []))
    assert opened(path).last_lines(count) == len(data) - taken


def test_a_batch_has_no_later_lines(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"one\nhalf")
    first = file.read(file.first())
    append(path, b" two\nthree\n")
    assert first
    assert first.texts() == ["one"]
    assert texts(file, first.end) == ["half two", "three"]


def test_an_empty_file_has_nothing(generation: Callable[[bytes], Generation]) -> None:
    empty = generation(b"")
    assert empty.read(empty.first()) is None
    assert empty.read_unterminated(empty.first()) is None
    assert empty.last_lines(0) == empty.last_lines(9) == 0


# Encodings


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@settings(max_examples=50)
@given(
    written=st.lists(
        st.text(st.sampled_from("a\u0a00\u0a0a\u000a\U0001280a") | st.characters(exclude_categories=["Cs"]))
    )
)
@example(written=["\u0a00" * (MAX_BYTES // 2), "\u0a0a" * MAX_BYTES, "\u0a00b"])
def test_utf_16_is_detected_by_its_mark(path: Path, codec: str, written: list[str]) -> None:
    written = [each.replace("\n", "").replace("\r", "").replace("\0", "").replace("\ufeff", "") for each in written]
    path.write_bytes("".join(["\ufeffhead\n", *(f"{each}\n" for each in written), "rest"]).encode(codec))
    generation = opened(path)
    cap = LINE_CAP // 2
    assert texts(generation) == ["head", *(each[:cap] for each in written)]
    rest = generation.read_unterminated(generation.last(0))
    assert rest
    assert rest.texts() == ["rest"]
    assert texts(generation, generation.last(1)) == ["head", *(each[:cap] for each in written)][-1:]


def test_utf_16_written_byte_by_byte_is_detected(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"")
    at, read = file.first(), []
    for byte in "\ufeffone\ntwo\n".encode("utf-16-le"):
        append(path, bytes([byte]))
        for batch in batches(file, at):
            at = batch.end
            read += batch.texts()
    assert read == ["one", "two"]


def test_the_first_line_has_no_utf_8_mark(generation: Callable[[bytes], Generation]) -> None:
    assert texts(generation(codecs.BOM_UTF8 + b"one\ntwo\n")) == ["one", "two"]


# Long lines


@pytest.mark.parametrize(
    "length", [100_000, MAX_BYTES - 2, MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, LINE_CAP - 1, LINE_CAP]
)
def test_a_line_up_to_the_cap_is_whole(length: int, generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"before\n" + b"x" * length + b"\nafter\n")
    read = [batch for batch in batches(file) if any(len(each) > 10 for each in batch.lines)]
    assert max(map(len, read[0].lines)) == length
    assert read[0].cut is None
    assert texts(file)[-1] == "after"


@pytest.mark.parametrize("length", [LINE_CAP + 1, 2 * LINE_CAP, 2 * LINE_CAP + 1])
def test_a_longer_line_is_cut_and_has_its_length(length: int, generation: Callable[[bytes], Generation]) -> None:
    before, long, after = batches(generation(b"before\n" + b"x" * length + b"\nafter\n"))
    assert (before.texts(), after.texts()) == (["before"], ["after"])
    assert (long.lines, long.cut) == ([b"x" * LINE_CAP], length)


def test_a_line_of_100_mb_is_read_in_little_memory(path: Path) -> None:
    length = 100_000_000
    with path.open("wb") as file:
        file.write(b"x")
        file.seek(length)
        file.write(b"\nafter\n")
    generation = opened(path)
    tracemalloc.start()
    try:
        long, after = batches(generation)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (long.cut, len(long.lines[0]), after.texts()) == (length, LINE_CAP, ["after"])
    assert peak < 8 * MIB


def test_a_long_rest_is_cut(generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"one\n" + b"x" * (LINE_CAP + 5))
    rest = file.read_unterminated(file.last(0))
    assert rest
    assert (len(rest.lines[0]), rest.cut, rest.unterminated) == (LINE_CAP, LINE_CAP + 5, True)


def test_a_growing_long_line_is_searched_once(path: Path) -> None:
    path.write_bytes(b"one\n")
    generation, file = counted(path)
    at = generation.last(0)
    for _ in range(20):
        append(path, b"x" * MIB)
        file.bytes_read = 0
        assert generation.read(at) is None
        assert file.bytes_read < 4 * MIB
    append(path, b"\n")
    batch = generation.read(at)
    assert batch
    assert batch.cut == 20 * MIB


# Reads that wait for no disk


class UncachedFile(ByteFile):
    """The kernel has only the first bytes of this file in memory, or none."""

    cached = 0

    def cached_bytes(self, size: int, offset: int) -> int:
        return max(0, min(size, self.cached - offset))


@pytest.mark.parametrize(
    ("cached", "most", "expected"),
    [
        pytest.param(MIB, 8, True, id="all in memory"),
        pytest.param(MIB, 7, False, id="more bytes follow"),
        pytest.param(4007, 8, False, id="the last byte is not in memory"),
        pytest.param(0, 8, False, id="the kernel does not say it"),
    ],
)
def test_few_bytes_in_memory_are_at_hand(cached: int, most: int, expected: bool, path: Path) -> None:
    path.write_bytes(b"old\n" * 1000)
    file = UncachedFile(os.open(path, os.O_RDONLY))
    file.cached = min(cached, 4008)
    generation = Generation(file, KEY, PLAIN)
    at = generation.last(0)
    append(path, b"one\ntwo\n")
    assert generation.is_at_hand(at, most) is expected
    assert not generation.is_at_hand(replace(at, line=None), most)


def test_a_truncated_file_is_not_at_hand(generation: Callable[[bytes], Generation], path: Path) -> None:
    opened = generation(b"one\ntwo\n")
    at = opened.last(0)
    os.truncate(path, 4)
    assert not opened.is_at_hand(at, 4096)


# Holes


def make_hole(path: Path, size: int, after: bytes) -> None:
    """Write at an offset past the end, as a writer does whose file was truncated."""
    with path.open("r+b") as file:
        file.seek(size, os.SEEK_END)
        file.write(after)


def test_a_huge_hole_is_not_read(path: Path) -> None:
    path.write_bytes(b"")
    make_hole(path, 8 << 30, b"one\ntwo\n")
    generation, file = counted(path)
    assert texts(generation) == ["one", "two"]
    assert file.bytes_read < 16 * MIB


def test_the_last_lines_after_a_huge_hole_are_found(path: Path) -> None:
    path.write_bytes(b"")
    make_hole(path, 8 << 30, b"one\ntwo\n")
    generation, file = counted(path)
    assert texts(generation, generation.last(1)) == ["two"]
    assert file.bytes_read < 16 * MIB


@pytest.mark.parametrize("count", [2, 3, 1000], ids=["up to the hole", "beyond the hole", "more than there are"])
def test_the_last_lines_across_a_hole_are_found(path: Path, count: int) -> None:
    path.write_bytes(b"before\n")
    make_hole(path, 256 * MIB, b"one\ntwo\n")
    generation, file = counted(path)
    assert texts(generation, generation.last(count)) == ["before", "one", "two"][-count:]
    assert file.bytes_read < 16 * MIB


@pytest.mark.parametrize("size", [1, 100, MAX_BYTES - 7, MAX_BYTES, LINE_CAP, 3 * MIB + 5])
def test_the_line_after_a_hole_has_no_nuls(size: int, generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"before\n" + b"\0" * size + b"one\ntwo\n")
    assert texts(file) == ["before", "one", "two"]


@pytest.mark.parametrize("size", [100, MAX_BYTES, 3 * MIB + 5])
def test_positions_after_a_hole_lead_to_their_lines(size: int, generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"\0" * size + b"one\ntwo\nthree\n")
    again = [file.read(position, max_lines=1) for batch in batches(file) for position in batch.starts()]
    assert [batch and batch.texts() for batch in again] == [["one"], ["two"], ["three"]]


@pytest.mark.parametrize("size", [100, LINE_CAP, 3 * MIB + 5])
def test_a_rest_after_a_hole_is_emitted(size: int, generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"before\n" + b"\0" * size + b"rest")
    rest = file.read_unterminated(file.last(0))
    assert rest
    assert (rest.texts(), rest.cut) == (["rest"], None)


def test_a_reader_waits_at_a_hole_at_the_end(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"before\n" + b"\0" * 10)
    assert texts(file) == ["before"]
    at = file.last(0)
    assert file.read_unterminated(at) is None
    append(path, b"\0\0one\n")
    assert texts(file, at) == ["one"]


def test_a_growing_hole_is_searched_once(path: Path) -> None:
    path.write_bytes(b"one\n")
    generation, file = counted(path)
    at = generation.last(0)
    for _ in range(20):
        append(path, b"\0" * MIB)
        file.bytes_read = 0
        assert generation.read(at) is None
        assert file.bytes_read < 4 * MIB
    append(path, b"two\n")
    assert texts(generation, at) == ["two"]


def test_a_long_line_after_a_hole_is_cut(generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"\0" * MIB + b"x" * (LINE_CAP + 1) + b"\nafter\n")
    long, after = batches(file)
    assert (long.lines, long.cut, after.texts()) == ([b"x" * LINE_CAP], LINE_CAP + 1, ["after"])


# Changed bytes


def test_a_read_of_a_truncated_file_raises(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"one\ntwo\nthree\n")
    at = file.last(1)
    os.truncate(path, at.offset - 1)
    with pytest.raises(FileChangedError):
        file.read(at)
    with pytest.raises(FileChangedError):
        file.read_unterminated(at)


def test_a_read_of_a_rewritten_file_raises(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"one\ntwo\nthree\n")
    at = file.last(1)
    path.write_bytes(b"uno\nduo\ntres and more\n")
    with pytest.raises(FileChangedError):
        file.read(at)
    with pytest.raises(FileChangedError):
        file.read_unterminated(at)


def test_a_file_rewritten_before_its_first_read_raises(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"one\ntwo\n")
    at = file.first()
    path.write_bytes(b"uno\nduo\ntres\n")
    with pytest.raises(FileChangedError):
        file.read(at)


def test_a_rewrite_with_equal_bytes_before_the_position_raises(
    generation: Callable[[bytes], Generation], path: Path
) -> None:
    ticks = b"tick\n" * 40
    file = generation(b"first start\n" + ticks)
    at = file.last(0)
    path.write_bytes(b"other start\n" + ticks + ticks)
    with pytest.raises(FileChangedError):
        file.read(at)


@given(
    before=st.lists(st.sampled_from([b"a\n", b"b\n", b"tick\n" * 20]), max_size=4).map(b"".join),
    after=st.lists(st.sampled_from([b"a\n", b"b\n", b"tick\n" * 20]), max_size=6).map(b"".join),
    behind=st.integers(0, 3),
)
def test_a_read_continues_or_raises(path: Path, before: bytes, after: bytes, behind: int) -> None:
    path.write_bytes(before)
    generation = opened(path)
    at = generation.last(behind)
    path.write_bytes(after)
    try:
        batch = generation.read(at)
    except FileChangedError:
        assert not after.startswith(before)
        return
    assert after[: at.offset][-TAIL_BYTES:] == before[: at.offset][-TAIL_BYTES:]
    assert list(batch.lines if batch else []) == whole(after[at.offset :])


# Polls


def test_a_file_that_only_grows_is_intact(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"")
    for _ in range(200):
        assert file.intact()
        append(path, b"one more line\n")
    assert file.intact()
    assert file.seen_size == path.stat().st_size


@pytest.mark.parametrize(
    "now",
    [b"", b"one\n", b"one\nTWO\n", b"uno\nduo\ntres\n"],
    ids=["emptied", "shortened", "another line", "grown past the old size"],
)
def test_a_file_changed_since_the_last_poll_is_not_intact(
    now: bytes, generation: Callable[[bytes], Generation], path: Path
) -> None:
    file = generation(b"one\ntwo\n")
    assert file.intact()
    path.write_bytes(now)
    assert not file.intact()


def test_a_rewrite_with_an_equal_end_is_not_intact(generation: Callable[[bytes], Generation], path: Path) -> None:
    ticks = b"tick\n" * 40
    file = generation(b"first start\n" + ticks)
    assert file.intact()
    path.write_bytes(b"other start\n" + ticks + ticks)
    assert not file.intact()


def test_a_rewrite_with_equal_size_and_time_is_not_intact(
    generation: Callable[[bytes], Generation], path: Path
) -> None:
    file = generation(b"one\ntwo\n")
    facts = path.stat()
    assert file.intact()
    path.write_bytes(b"uno\nduo\n")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert not file.intact()


# Proof


@given(before=contents, more=contents)
def test_positions_hold_while_the_file_grows(path: Path, before: bytes, more: bytes) -> None:
    path.write_bytes(before)
    generation = opened(path)
    checkpoints = [
        each.checkpoint() for batch in batches(generation, max_lines=3) for each in (*batch.starts(), batch.end)
    ]
    append(path, more)
    for each in (generation, opened(path)):
        assert all(each.holds(checkpoint) for checkpoint in checkpoints)
        assert all(each.spans(checkpoint) for checkpoint in checkpoints)


@given(data=contents.filter(lambda data: b"\n" in data), other=contents, behind=st.integers(0, 5))
def test_positions_do_not_hold_in_other_files(path: Path, data: bytes, other: bytes, behind: int) -> None:
    path.write_bytes(data)
    checkpoint = opened(path).last(behind).checkpoint()
    path.write_bytes(other)
    same_head = other[:HEAD_BYTES].startswith(data[:HEAD_BYTES])
    start = max(0, checkpoint.offset - TAIL_BYTES)
    same_marker = other[start : checkpoint.offset] == data[start : checkpoint.offset]
    assert opened(path).holds(checkpoint) == (same_head and same_marker)


@given(data=contents.filter(lambda data: b"\n" in data), place=st.integers(0, 10_000), behind=st.integers(0, 5))
def test_one_changed_byte_disproves_a_position(path: Path, data: bytes, place: int, behind: int) -> None:
    path.write_bytes(data)
    checkpoint = opened(path).last(behind).checkpoint()
    place %= len(data)
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    proves = place < HEAD_BYTES or checkpoint.offset - TAIL_BYTES <= place < checkpoint.offset
    assert opened(path).holds(checkpoint) != proves


def test_a_position_beyond_the_end_does_not_hold(generation: Callable[[bytes], Generation], path: Path) -> None:
    file = generation(b"one\ntwo\n")
    checkpoint = file.last(0).checkpoint()
    os.truncate(path, 4)
    assert not file.holds(checkpoint)


def test_a_position_names_its_source_and_its_file(generation: Callable[[bytes], Generation], path: Path) -> None:
    checkpoint = generation(b"one\n").last(0).checkpoint()
    facts = path.stat()
    assert (checkpoint.source, checkpoint.file) == (KEY, file_key(facts.st_dev, facts.st_ino))


def test_an_abandoned_file_has_a_reason(generation: Callable[[bytes], Generation]) -> None:
    file, successor = generation(b"one\n"), generation(b"one\n")
    at = file.first()
    file.close("rotated", successor)
    assert (file.lost, file.successor) == ("rotated", successor)
    assert not file.holds(at.checkpoint())
    with pytest.raises(OSError, match="closed"):
        file.read(at)


# A file that had the log's name twice


@given(data=contents, border=st.integers(0, 40), count=st.integers(0, 50))
def test_two_lives_of_a_file_make_the_whole(path: Path, data: bytes, border: int, count: int) -> None:
    path.write_bytes(data)
    first, second = opened(path), opened(path)
    first.limit = second.begin = sum(len(each) + 1 for each in whole(data)[:border])
    assert [each for batch in batches(first) for each in batch.lines] == whole(data)[:border]
    assert first.read_unterminated(first.last(0)) is None
    assert [each for batch in batches(second) for each in batch.lines] == whole(data)[border:]
    for life, expected in ((first, whole(data)[:border]), (second, whole(data)[border:])):
        last = [each for batch in batches(life, life.last(count)) for each in batch.lines]
        assert last == (expected[-count:] if count else [])


def test_a_second_life_counts_the_lines_of_the_first(generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"one\ntwo\n")
    file.begin = 4
    assert file.first().line == 1
    assert [batch.end.line for batch in batches(file)] == [2]


@pytest.mark.parametrize("size", [MAX_BYTES + 9, LINE_CAP + 9])
def test_a_long_line_ends_with_the_first_life(size: int, generation: Callable[[bytes], Generation]) -> None:
    file = generation(b"x" * size + b"\n" + b"y" * size + b"\n")
    file.limit = size + 1
    assert [len(each) for batch in batches(file) for each in batch.lines] == [min(size, LINE_CAP)]


def test_a_file_read_during_a_poll_is_intact(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"one\n")
    generation = opened(path)
    assert generation.intact()
    first = generation.read(generation.first())
    assert first
    stat = ByteFile.stat

    def stat_and_be_late(file: ByteFile) -> os.stat_result:
        facts = stat(file)
        monkeypatch.setattr(ByteFile, "stat", stat)
        append(path, b"two\n")
        assert generation.read(first.end)
        return facts

    monkeypatch.setattr(ByteFile, "stat", stat_and_be_late)
    assert generation.intact()


@settings(max_examples=50)
@given(
    data=st.lists(
        st.sampled_from([b"\n", b"\r\n", b"a", "é".encode(), b"\xff", b"\0", b"x" * 300_000, b"short\n" * 1200])
    ).map(b"".join),
    size=st.sampled_from([1, 100, 300_000, 1_000_000]),
)
def test_many_lines_at_once_are_those_of_single_reads(path: Path, data: bytes, size: int) -> None:
    path.write_bytes(b"first\n" + data)
    one, many = opened(path), opened(path)
    read = list(batches(one))
    position, found = many.first(), []
    while more := many.read_many(position, size):
        found += more
        position = more[-1].end
    assert [line for batch in found for line in batch.texts()] == [line for batch in read for line in batch.texts()]
    assert position.text() == read[-1].end.text()
    assert all(len(batch.lines) <= MAX_LINES for batch in found)
    for batch in found:
        assert batch.start.text() == many.position(batch.start.offset, batch.start.line).text()
