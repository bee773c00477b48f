"""The block map: line numbers and offsets equal a count from the start, for any bytes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from logviewer.cursor import source_key
from logviewer.files.block_map import BLOCK_BYTES, BlockMap
from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import UTF8, UTF16_BE, UTF16_LE, Encoding
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Position

MIB = 1024 * 1024
KEY = source_key("app")
ENCODINGS = [UTF8, UTF16_LE, UTF16_BE]

# Bytes that make newlines, halves of newlines, surrogates without their other half, and holes.
pieces = st.sampled_from([b"\n", b"\0", b"\n\0", b"\0\n", b"a", b"\xd8", b"\xdc\n", b"\n\n", b"abcdefgh", b"\0" * 50])
contents = st.lists(pieces | st.binary(max_size=9), max_size=60).map(b"".join)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


class Uncounted(Generation):
    """A generation that is never counted."""

    def number(self, offset: int) -> int | None:
        return None


def newline_ends(data: bytes, encoding: Encoding) -> list[int]:
    """Return the end of each newline, found unit by unit."""
    width = len(encoding.newline)
    return [at + width for at in range(0, len(data) - width + 1, width) if data[at : at + width] == encoding.newline]


def positions(generation: Generation) -> Iterator[Position]:
    """Yield the position before each whole line and after the last, as a reader counts them."""
    at = generation.first()
    yield at
    while batch := generation.read(at, max_lines=7):
        yield from batch.starts()[1:]
        yield batch.end
        at = batch.end


def counted(path: Path) -> Generation:
    generation = Generation(ByteFile.open(path), KEY, PLAIN)
    while generation.count(MIB):
        pass
    return generation


@given(
    data=contents,
    encoding=st.sampled_from(ENCODINGS),
    block=st.sampled_from([2, 4, 16, 64, BLOCK_BYTES]),
    steps=st.lists(st.integers(1, 99), max_size=9),
)
@example(data=b"\n" + b"\0" * 99 + b"\n", encoding=UTF8, block=16, steps=[])
def test_numbers_and_offsets_are_those_of_counting(
    path: Path, data: bytes, encoding: Encoding, block: int, steps: list[int]
) -> None:
    path.write_bytes(data)
    blocks = BlockMap(ByteFile.open(path), block=block)
    for step in steps:
        blocks.extend(min(len(data), blocks.counted + step), encoding)
    blocks.extend(len(data), encoding)
    ends = newline_ends(data, encoding)
    whole = len(data) - len(data) % len(encoding.newline)
    assert (blocks.counted, blocks.newlines) == (whole, len(ends))
    for offset in range(0, whole + 1, len(encoding.newline)):
        assert blocks.lines_before(offset) == sum(end <= offset for end in ends)
    assert blocks.lines_before(whole + 1) is None
    assert [blocks.offset_of(number) for number in range(len(ends) + 1)] == [0, *ends]
    assert blocks.offset_of(len(ends) + 1) is None


@given(data=contents, encoding=st.sampled_from(ENCODINGS), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_a_growing_file_is_numbered_like_a_whole_one(
    path: Path, data: bytes, encoding: Encoding, cuts: list[int]
) -> None:
    data = encoding.bom + data
    path.write_bytes(b"")
    generation = Generation(ByteFile.open(path), KEY, PLAIN)
    for cut in sorted(cuts):
        path.write_bytes(data[:cut])
        while generation.count(5):
            pass
    path.write_bytes(data)
    whole = len(data) - len(data) % len(generation.encoding.newline)
    assert generation.number(whole) == len(newline_ends(data, generation.encoding))
    for place in positions(generation):
        assert place.line == generation.block_map.lines_before(place.offset)
        assert place.line is not None
        assert generation.block_map.offset_of(place.line) == place.offset


@given(data=contents, begin=st.integers(0, 9), end=st.integers(0, 9))
def test_a_part_of_a_file_has_the_files_numbers(path: Path, data: bytes, begin: int, end: int) -> None:
    path.write_bytes(data)
    ends = [0, *newline_ends(data, UTF8)]
    generation = counted(path)
    assume(generation.encoding is UTF8)
    generation.begin = ends[min(begin, len(ends) - 1)]
    generation.limit = max(generation.begin, ends[max(0, len(ends) - 1 - end)])
    found = list(positions(generation))
    assert [place.line for place in found] == [ends.index(place.offset) for place in found]
    line_count = generation.line_count()
    assert (line_count.before, line_count.lines, line_count.complete) == (found[0].line, len(found) - 1, True)
    assert [generation.at_line(number) for number in range(len(found) + 1)][-1] is None or generation.limit < len(data)
    for number, place in enumerate(found):
        at = generation.at_line(number)
        assert at
        assert (at.offset, at.line) == (place.offset, place.line)


@given(data=contents, encoding=st.sampled_from(ENCODINGS), count=st.integers(0, 30))
def test_the_last_lines_are_the_same_counted_or_not(path: Path, data: bytes, encoding: Encoding, count: int) -> None:
    path.write_bytes(encoding.bom + data)
    size = path.stat().st_size
    fresh = Uncounted(ByteFile.open(path), KEY, PLAIN)
    for end in (size, size // 2):
        assert counted(path).lines_until(end, count, most=size) == fresh.lines_until(end, count, most=size)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", 0),
        (b"one\n", 1),
        (b"one\ntwo", 2),
        (b"one", 1),
        (b"one\n\0\0\0", 1),
        (b"one\n\0\0\0two", 2),
        (b"one\n\0\0two\0", 2),
        (b"\0\n", 1),
        ("\ufeffone\ntwo".encode("utf-16-le"), 2),
        ("\ufeffone\n".encode("utf-16-be"), 1),
        ("\ufeffone\n".encode("utf-16-le") + b"t", 2),
    ],
)
def test_a_line_count_includes_the_rest(data: bytes, lines: int, path: Path) -> None:
    path.write_bytes(data)
    line_count = counted(path).line_count()
    assert (line_count.lines, line_count.counted, line_count.complete) == (lines, len(data), True)


def test_a_line_count_has_its_progress(path: Path) -> None:
    path.write_bytes(b"x" * 1023 + b"\n")
    with path.open("ab") as file:
        file.write(b"y" * (64 * MIB - 1025) + b"\n")
    generation = Generation(ByteFile.open(path), KEY, PLAIN)
    assert (generation.line_count().lines, generation.line_count().counted) == (0, 0)
    assert generation.count(MIB)
    line_count = generation.line_count()
    assert (line_count.lines, line_count.counted, line_count.size, line_count.complete) == (1, MIB, 64 * MIB, False)


def test_a_batch_is_numbered_after_the_count_reached_it(path: Path) -> None:
    path.write_bytes((b"x" * 1023 + b"\n") * 1024)
    generation = Generation(ByteFile.open(path), KEY, PLAIN)
    at = generation.last(5)
    assert at.line is None
    while generation.count(MIB):
        pass
    batch = generation.read(at)
    assert batch
    assert (batch.start.line, batch.end.line) == (1019, 1024)


@pytest.mark.parametrize("size", [10 << 30, 1 << 40])
def test_a_hole_costs_neither_time_nor_memory(size: int, path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"one\n")
        file.seek(size)
        file.write(b"\ntwo\nthree\n")
    generation = counted(path)
    assert (generation.line_count().lines, generation.block_map.newlines) == (4, 4)
    assert [generation.block_map.offset_of(number) for number in range(5)] == [0, 4, size + 1, size + 5, size + 11]
    assert generation.block_map.lines_before(size // 2) == 1
    assert len(generation.block_map._offsets) < 10


def test_deleted_lines_have_no_offset(path: Path) -> None:
    path.write_bytes(b"one\ntwo\nthree\n")
    generation = counted(path)
    os.truncate(path, 5)
    assert generation.block_map.offset_of(3) is None
    assert generation.last_lines(1) == 0


def test_counting_a_closed_file_raises_oserror(path: Path) -> None:
    path.write_bytes(b"one\n")
    generation = Generation(ByteFile.open(path), KEY, PLAIN)
    generation.close("rotated", None)
    with pytest.raises(OSError, match="closed"):
        generation.count(MIB)


def test_newlines_that_another_pass_counted_are_skipped(path: Path) -> None:
    data = b"line\n" * (BLOCK_BYTES // 2)
    path.write_bytes(data)
    counts = [data.count(b"\n", 0, end) for end in range(0, len(data), BLOCK_BYTES)]
    found = BlockMap(ByteFile.open(path))
    found.skip(BLOCK_BYTES, [2 * BLOCK_BYTES], counts[2:3])
    assert (found.counted, found.newlines) == (0, 0)
    found.skip(0, [BLOCK_BYTES, 2 * BLOCK_BYTES], counts[1:3])
    assert (found.counted, found.newlines) == (2 * BLOCK_BYTES, counts[2])
    assert found.lines_before(BLOCK_BYTES + 7) == data.count(b"\n", 0, BLOCK_BYTES + 7)
    found.extend(len(data), UTF8)
    assert found.lines_before(len(data)) == data.count(b"\n")
