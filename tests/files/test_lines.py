"""Bytes become the same lines however they are cut into chunks and batches."""

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.encoding import UTF8, UTF16_BE, UTF16_LE, Encoding, detect, to_text
from logviewer.files.lines import blocks, find_newline, rfind_newline, split

ENCODINGS = (UTF8, UTF16_LE, UTF16_BE)
NO_LIMIT = 1_000_000

encodings = st.sampled_from(ENCODINGS)
# Many newlines, and bytes that look like half of one or a shifted one.
contents = st.lists(
    st.sampled_from([b"\n", b"\n\0", b"\0\n", b"\r\n", b"\n\n", b"a", b"\0"]) | st.binary(max_size=9)
).map(b"".join)
# Characters whose UTF-16 bytes hold 0x0A high, low, twice, and in either half of a surrogate pair.
tricky = st.sampled_from("\n\r\0a\u0a00\u000a\u0a0a\u010a\u0a01\ufeff\U0001000a\U0001280a\U00012a8a\u00e9")
written = st.text(tricky | st.characters(exclude_categories=["Cs"]), max_size=60)


def whole_lines(data: bytes, encoding: Encoding) -> list[bytes]:
    """Split unit by unit."""
    width = len(encoding.newline)
    lines, line = [], b""
    for at in range(0, len(data) - len(data) % width, width):
        unit = data[at : at + width]
        if unit == encoding.newline:
            lines.append(line)
            line = b""
        else:
            line += unit
    return lines


def newlines(data: bytes, encoding: Encoding) -> list[int]:
    width = len(encoding.newline)
    return [at for at in range(0, len(data) - width + 1, width) if data[at : at + width] == encoding.newline]


@given(contents, encodings)
def test_split_finds_every_whole_line(data: bytes, encoding: Encoding) -> None:
    lines, taken = split(data, encoding, NO_LIMIT)
    assert list(lines) == whole_lines(data, encoding)
    assert taken == sum(len(line) + len(encoding.newline) for line in lines)


@given(contents, encodings, st.lists(st.integers(1, 5)))
def test_batches_of_any_limit_give_the_same_lines(data: bytes, encoding: Encoding, limits: list[int]) -> None:
    lines: list[bytes] = []
    at = 0
    for limit in [*limits, NO_LIMIT]:
        batch, taken = split(data[at:], encoding, limit)
        assert len(batch) <= limit
        lines += batch
        at += taken
    assert list(lines) == whole_lines(data, encoding)


@given(
    st.lists(st.integers(0, 150), max_size=60).map(lambda sizes: b"".join(b"a" * size + b"\n" for size in sizes)),
    st.integers(0, 70),
    st.integers(1, 9) | st.just(1000),
    st.integers(1, 400) | st.just(100_000),
)
def test_blocks_are_as_long_as_the_limits_allow(data: bytes, rest: int, max_lines: int, max_bytes: int) -> None:
    expected: list[list[bytes]] = [[]]
    for line in whole_lines(data, UTF8):
        if len(line) + 1 > max_bytes:
            break
        if len(expected[-1]) == max_lines or sum(len(each) + 1 for each in [*expected[-1], line]) > max_bytes:
            expected.append([])
        expected[-1].append(line)
    found = list(blocks(data + b"b" * rest, max_lines, max_bytes))
    assert [list(block) for block in found] == [lines for lines in expected if lines]
    assert [len(block) for block in found] == [len(list(block)) for block in found]


@given(contents, encodings, st.lists(st.integers(0, 200)))
def test_chunks_cut_anywhere_give_the_same_lines(data: bytes, encoding: Encoding, borders: list[int]) -> None:
    lines: list[bytes] = []
    at = 0
    for border in [*sorted(borders), len(data)]:
        batch, taken = split(data[at:border], encoding, NO_LIMIT)
        lines += batch
        at += taken
    assert list(lines) == whole_lines(data, encoding)


@given(contents, encodings, st.integers(0, 100))
def test_the_first_newline_after_an_offset_is_found(data: bytes, encoding: Encoding, unit: int) -> None:
    start = unit * len(encoding.newline)
    found = [at for at in newlines(data, encoding) if at >= start]
    assert find_newline(data, encoding, start) == (found[0] if found else -1)


@given(contents, encodings, st.integers(0, 100))
def test_the_last_newline_before_an_offset_is_found(data: bytes, encoding: Encoding, unit: int) -> None:
    end = unit * len(encoding.newline)
    found = [at for at in newlines(data, encoding) if at < end]
    assert rfind_newline(data, encoding, end) == (found[-1] if found else -1)


@given(written, encodings)
def test_lines_decoded_singly_are_the_text_decoded_whole(text: str, encoding: Encoding) -> None:
    data = f"{text}\n".encode(encoding.codec)
    lines, taken = split(data, encoding, NO_LIMIT)
    assert taken == len(data)
    assert [line.decode(encoding.codec) for line in lines] == text.split("\n")


@given(st.binary())
def test_invalid_bytes_are_replaced_as_in_the_whole_text(data: bytes) -> None:
    lines, _ = split(data + b"\n", UTF8, NO_LIMIT)
    assert [line.decode("utf-8", "replace") for line in lines] == data.decode("utf-8", "replace").split("\n")


@given(written, encodings)
def test_a_line_loses_only_nuls_mark_and_carriage_return(text: str, encoding: Encoding) -> None:
    line = text.replace("\n", "")
    wanted = re.fullmatch(r"\0*\ufeff?(.*?)\r?", line, re.DOTALL)
    assert wanted
    assert to_text(line.encode(encoding.codec), encoding) == wanted[1]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: encoding.codec)
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\rb", "a\rb"),
        ("\ra", "\ra"),
        ("a\r", "a"),
        ("a\r\r", "a\r"),
        ("\r", ""),
        ("", ""),
        ("\0\0\0a", "a"),
        ("a\0b\0", "a\0b\0"),
        ("\0", ""),
        ("\ufeffa", "a"),
        ("a\ufeffb", "a\ufeffb"),
    ],
    ids=[
        "a lone CR stays",
        "a CR at the start stays",
        "CRLF loses its CR",
        "and only one",
        "a line of CRLF is empty",
        "an empty line",
        "the NULs of a hole go",
        "other NULs stay",
        "a hole of NULs alone",
        "the byte order mark goes",
        "U+FEFF inside stays",
    ],
)
def test_a_line_as_text(written: str, shown: str, encoding: Encoding) -> None:
    assert to_text(written.encode(encoding.codec), encoding) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"\xf0\x9f\x98", "\ufffd"),
        (b"\x80\x80", "\ufffd\ufffd"),
        (b"\xe4\xf6\xfc", "\ufffd" * 3),
    ],
    ids=["one wrong byte", "a character cut short", "stray continuations", "Latin-1"],
)
def test_invalid_bytes_are_shown_beside_the_rest(line: bytes, shown: str) -> None:
    assert to_text(line, UTF8) == shown


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (codecs.BOM_UTF16_LE + b"a\0", UTF16_LE),
        (codecs.BOM_UTF16_BE + b"\0a", UTF16_BE),
        (codecs.BOM_UTF8 + b"a", UTF8),
        (b"abcd", UTF8),
        (b"", UTF8),
        (b"\xff", UTF8),
        (b"\0\0\0\0", UTF8),
    ],
    ids=["UTF-16 LE", "UTF-16 BE", "UTF-8 with a mark", "no mark", "nothing", "half a mark", "a hole"],
)
def test_the_first_bytes_name_the_encoding(head: bytes, encoding: Encoding) -> None:
    assert detect(head) is encoding
