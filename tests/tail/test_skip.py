"""A reader farther behind than its lag skips to the last screenful, and the skipped lines are counted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.cursor import source_key
from logviewer.errors import FileChangedError
from logviewer.files.byte_file import ByteFile
from logviewer.files.lines import LINE_CAP
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.tail.skip import SCREEN_LINES, Skip, skip_ahead

Open = Callable[[bytes], Generation]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def write(data: bytes) -> Generation:
        (tmp_path / "a.log").write_bytes(data)
        return Generation(ByteFile.open(tmp_path / "a.log"), source_key("a"), PLAIN)

    return write


def skip(generation: Generation, lag: int, *, after: int = 0) -> Skip | None:
    position = generation.first()
    while after and (batch := generation.read(position, max_lines=after)):
        position, after = batch.end, after - len(batch.lines)
    return skip_ahead(position, lag, stopped=lambda: False)


def rest(generation: Generation, found: Skip) -> list[str]:
    texts: list[str] = []
    position = found.end
    while batch := generation.read(position):
        texts += batch.texts()
        position = batch.end
    return texts


def numbered(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def joined(lines: list[str], rest: str = "") -> bytes:
    return ("".join(f"{line}\n" for line in lines) + rest).encode()


@given(
    lines=st.lists(st.text("aé\u0a00ਊ\0\r", max_size=9), max_size=30),
    lag=st.integers(1, 12),
    after=st.integers(0, 30),
    codec=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
def test_skipped_and_remaining_lines_are_all_lines(
    opened: Open, lines: list[str], lag: int, after: int, codec: str
) -> None:
    text = "\ufeff" + "".join(f"{line}\n" for line in lines) + "rest" * (lag % 2)
    generation = opened(text.encode(codec))
    behind = len(lines) - min(after, len(lines))
    found = skip(generation, lag, after=after)
    assert (found is not None) == (behind > lag)
    if found:
        assert found.lines == behind - lag
        assert len(rest(generation, found)) == lag
        assert found.end.line == len(lines) - lag


@pytest.mark.parametrize("lag", [SCREEN_LINES, SCREEN_LINES + 1, 4000])
def test_at_most_a_screenful_remains(lag: int, opened: Open) -> None:
    lines = numbered(5000)
    generation = opened(joined(lines))
    found = skip(generation, lag)
    assert found
    assert (found.lines, found.end.line) == (5000 - SCREEN_LINES, 5000 - SCREEN_LINES)
    assert rest(generation, found) == lines[-SCREEN_LINES:]


@pytest.mark.parametrize(("count", "lag"), [(5000, 5000), (5000, 10**12), (0, 1), (1, 1)])
def test_a_reader_within_its_lag_skips_nothing(count: int, lag: int, opened: Open) -> None:
    assert skip(opened(joined(numbered(count), "rest")), lag) is None


def test_skipped_lines_are_counted_across_chunks_and_holes(opened: Open, tmp_path: Path) -> None:
    generation = opened(b"x" * (3 * LINE_CAP) + b"\n" + joined(numbered(300_000)))
    with (tmp_path / "a.log").open("r+b") as file:
        file.seek(1 << 36)
        file.write(joined(["after a hole", "last"]))
    found = skip(generation, 1)
    assert found
    assert (found.lines, rest(generation, found)) == (300_002, ["last"])


def test_the_position_after_a_skip_holds(opened: Open, tmp_path: Path) -> None:
    generation = opened(joined(numbered(99)))
    found = skip(generation, 2)
    assert found
    assert generation.holds(found.end.checkpoint())
    (tmp_path / "a.log").write_bytes(joined(["other"] * 99))
    assert not generation.holds(found.end.checkpoint())


def test_lines_of_a_rewritten_file_are_not_counted(opened: Open, tmp_path: Path) -> None:
    generation = opened(joined(numbered(99)))
    batch = generation.read(generation.first(), max_lines=9)
    assert batch
    (tmp_path / "a.log").write_bytes(joined(["other"] * 99))
    with pytest.raises(FileChangedError):
        skip_ahead(batch.end, 2, stopped=lambda: False)


def test_a_truncated_file_raises(opened: Open) -> None:
    with pytest.raises(FileChangedError):
        opened(b"one\n").count_lines(0, 9)


def test_counting_stops_on_request(opened: Open) -> None:
    assert skip_ahead(opened(joined(numbered(99))).first(), 2, stopped=lambda: True) is None
