"""The order in which files are counted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.sources import line_counter
from logviewer.sources.line_counter import SLICE_BYTES, UNREQUESTED_BYTES, LineCounter
from logviewer.sources.local import LocalSource
from tests.helpers.server import until

Make = Callable[[str, int], LocalSource]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes a source with a sparse file of one line of this size."""

    def source(name: str, size: int) -> LocalSource:
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(b"x")
            file.seek(size - 1)
            file.write(b"\n")
        found = LocalSource(name, path, name=name, line_format=PLAIN)
        found.poll()
        return found

    return source


@pytest.fixture
def sources() -> list[LocalSource]:
    return []


@pytest.fixture
def count(sources: list[LocalSource], monkeypatch: pytest.MonkeyPatch) -> Iterator[LineCounter]:
    monkeypatch.setattr(line_counter, "TICK_SECONDS", 0.05)
    running = LineCounter(lambda: sources)
    yield running
    running.close()


def lines(source: LocalSource) -> int | None:
    return source.status().lines


def test_only_small_files_are_counted_unasked(make: Make, sources: list[LocalSource], count: LineCounter) -> None:
    small, large = make("small", UNREQUESTED_BYTES), make("large", UNREQUESTED_BYTES + 1)
    sources += [large, small]
    count.start()
    until(lambda: lines(small) == 1)
    assert lines(large) is None
    count.request(large)
    until(lambda: lines(large) == 1)


def test_requested_files_are_counted_first_in_turns(
    make: Make, sources: list[LocalSource], count: LineCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[Generation | None, str] = {}
    order: list[str] = []
    count_slice = Generation.count

    def counted_in_order(generation: Generation, most: int) -> bool:
        order.append(names[generation])
        return count_slice(generation, most)

    monkeypatch.setattr(Generation, "count", counted_in_order)
    for name in ("other", "a", "b"):
        source = make(name, 100)
        source.path.write_bytes((b"x" * 1023 + b"\n") * (2 * SLICE_BYTES // 1024 + 1))
        source.poll()
        sources.append(source)
        names[source.live] = name
    for source in sources[1:]:
        count.request(source)
    count.start()
    until(lambda: lines(sources[0]))
    assert "".join(order)[:6] == "ababab"
    assert "other" not in order[:6]


def test_appended_lines_are_counted(make: Make, sources: list[LocalSource], count: LineCounter) -> None:
    source = make("a", 100)
    sources.append(source)
    count.start()
    until(lambda: lines(source) == 1)
    with source.path.open("ab") as file:
        file.write(b"x\n" * SLICE_BYTES)
    until(lambda: lines(source) == 1 + SLICE_BYTES)


def test_an_unreadable_file_does_not_stop_the_counter(
    make: Make, sources: list[LocalSource], count: LineCounter
) -> None:
    broken, sound = make("broken", 9_000_000), make("sound", 9_000_000)
    sources += [broken, sound]
    assert broken.live
    broken.live.close("rotated", None)
    for source in sources:
        count.request(source)
    count.start()
    until(lambda: lines(sound) == 1)
    assert lines(broken) is None


def test_another_pass_over_a_file_gets_all_but_the_first_slice(
    tmp_path: Path, make: Make, sources: list[LocalSource], count: LineCounter
) -> None:
    large, small = make("large", 1), make("small", 2)
    (tmp_path / "large").write_bytes(b"x" * 99 + b"\n" * (2 * SLICE_BYTES))
    sources += [large, small]
    assert large.live
    large.live.block_map.reserve(1e6)
    count.start()
    for source in sources:
        count.request(source)
    assert small.live
    until(lambda: large.live and large.live.block_map.counted == SLICE_BYTES)
    with (tmp_path / "small").open("a") as file:
        file.write("x\n")
    until(lambda: small.live and small.live.block_map.newlines == 2)
    assert large.live.block_map.counted == SLICE_BYTES
    large.live.block_map.reserve(0)
    until(lambda: lines(large) == 2 * SLICE_BYTES)
