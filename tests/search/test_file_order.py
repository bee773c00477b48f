"""The keys of a file's lines are the same from its cell table and from its cells alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.cursor import source_key
from logviewer.files.byte_file import ByteFile
from logviewer.files.cells import CELL_BYTES, GUESSED, NO_TIME, TIMED
from logviewer.files.encoding import UTF8
from logviewer.formats.line_classifier import LineClasses, LineClassifier
from logviewer.formats.line_format import PLAIN
from logviewer.formats.line_heads import Offsets
from logviewer.rotation.generation import Generation
from logviewer.search.cell_pass import CellPass
from logviewer.search.file_order import NOTHING, FileOrder
from logviewer.search.indexer import Indexer
from tests.helpers.server import until
from tests.helpers.time_order import keys

BEGIN = 1_795_168_800


def order_of(path: Path, *, is_filled: bool) -> FileOrder:
    generation = Generation(ByteFile.open(path), source_key("app"), PLAIN)
    cell_pass = CellPass(generation, LineClassifier(UTF8, PLAIN))
    cell_pass.extend()
    if is_filled:
        cell_pass.fill(0, cell_pass.table.high, least=TIMED)
    order = FileOrder(cell_pass)
    order.catch_up(within=0)
    assert order.is_known == (is_filled or not cell_pass.table.low)
    return order


def milliseconds(key: float) -> int:
    return NO_TIME if key == float("-inf") else int(key) * 1000


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 500),
    wrong=st.dictionaries(st.integers(0, 499), st.sampled_from((-700_000_000, 7200, 350_000_000)), max_size=4),
    longest=st.sampled_from((20, 3_000)),
    is_filled=st.booleans(),
)
def test_a_key_is_the_greatest_time_so_far(
    tmp_path: Path, seed: int, count: int, wrong: dict[int, int], longest: int, *, is_filled: bool
) -> None:
    random = Random(seed)
    times: list[float | None] = []
    lines = []
    for number in range(count):
        time = None if random.random() < 0.1 else BEGIN + number + random.randint(-20, 0) + wrong.get(number, 0)
        stamp = "  and" if time is None else f"{datetime.fromtimestamp(time, UTC):%FT%TZ}"
        times.append(time)
        lines.append(f"{stamp} {'.' * random.randint(0, longest)}\n".encode())
    (tmp_path / "log").write_bytes(b"".join(lines))
    order = order_of(tmp_path / "log", is_filled=is_filled)
    offsets = np.cumsum([0, *map(len, lines)])
    expected = [milliseconds(key) for key in keys(times)]
    assert order.keys_at(offsets[:-1], NOTHING).tolist() == expected
    for at in range(0, count, 7):
        assert order.keys_at(offsets[at : at + 1], NOTHING).tolist() == expected[at : at + 1]
    for key in {*expected[::9], expected[-1], expected[-1] + 1} - {NO_TIME}:
        first = int(np.searchsorted(expected, key))
        assert order.offset_of(key, NOTHING) == offsets[first]
    order.generation.file.close()


@pytest.mark.parametrize("is_filled", [False, True])
def test_a_time_is_found_past_cells_without_times(tmp_path: Path, *, is_filled: bool) -> None:
    path = tmp_path / "log"
    dump = "  dumped\n" * (3 * CELL_BYTES // 9)
    path.write_text(f"{BEGIN} a\n{dump}{BEGIN + 5} b\n{dump}")
    order = order_of(path, is_filled=is_filled)
    at, size = len(f"{BEGIN} a\n{dump}"), path.stat().st_size
    found = [order.offset_of((BEGIN + each) * 1000, NOTHING) for each in (0, 1, 5, 6)]
    assert found == [0, at, at, size]
    offsets = np.array([0, at - 9, at, size - 9])
    expected = [BEGIN * 1000, BEGIN * 1000, (BEGIN + 5) * 1000, (BEGIN + 5) * 1000]
    assert order.keys_at(offsets, NOTHING).tolist() == expected


def test_a_long_part_without_times_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "log"
    dump = "  dumped\n" * (40 * CELL_BYTES // 9)
    path.write_text(f"{BEGIN} a\n{dump}{BEGIN - 9_000} b\n{BEGIN - 9_000} c\n{dump}")
    order = order_of(path, is_filled=True)
    # Times far after it contradict the first one.
    size = path.stat().st_size
    assert order.keys_at(np.array([0, size - 9]), NOTHING).tolist() == [NO_TIME, (BEGIN - 9_000) * 1000]


class CountingClassifier(LineClassifier):
    """Counts the lines that it reads."""

    lines = 0

    def classify(
        self, data: bytes, starts: Offsets, *, base: int = 0, guess: bool, guess_times: bool | None = None
    ) -> LineClasses:
        self.lines += len(starts)
        return super().classify(data, starts, base=base, guess=guess, guess_times=guess_times)


def test_few_cells_are_read_for_a_time_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "log"
    line = b"a long line without any time" * 300 + b"\n"
    with path.open("wb") as file:
        file.writelines(line for _ in range(400 * CELL_BYTES // len(line)))
    generation = Generation(ByteFile.open(path), source_key("app"), PLAIN)
    classifier = CountingClassifier(UTF8, PLAIN)
    order = FileOrder(CellPass(generation, classifier))
    order.catch_up(within=0)
    last = generation.size() // len(line)
    calls: list[Callable[[], object]] = [
        order.first_times,
        partial(order.greatest, NOTHING),
        partial(order.offset_of, BEGIN * 1000, NOTHING),
        partial(order.offset_of, NO_TIME + 1, NOTHING),
        partial(order.keys_at, np.arange(last // 2, last // 2 + 4) * len(line), NOTHING),
    ]
    for call in calls:
        classifier.lines = 0
        call()
        # The cells around the row, those on the way to it, and the first lines of a few others.
        assert classifier.lines * len(line) < 40 * CELL_BYTES


def test_times_that_a_pass_guesses_are_read_again(tmp_path: Path) -> None:
    """Times after a text of any length are not learned; a pass reads only some of them."""
    random = Random(1)
    times: list[float | None] = [BEGIN + number + random.randint(0, 90) for number in range(60_000)]
    lines = [
        f'{{"log":"{"word " * random.randint(10, 20)}","time":"{datetime.fromtimestamp(time or 0, UTC):%FT%TZ}"}}\n'
        for time in times
    ]
    path = tmp_path / "log"
    path.write_text("".join(lines))
    generation = Generation(ByteFile.open(path), source_key("app"), PLAIN)
    indexer = Indexer()
    everything = indexer.everything(generation)
    until(lambda: indexer.everything(generation).complete)
    assert GUESSED in everything.cell_pass.table.rows().states
    until(lambda: indexer.orders([generation])[0].is_known)
    order = indexer.orders([generation])[0]
    offsets = np.cumsum([0, *map(len, lines)])[:-1]
    expected = [milliseconds(key) for key in keys(times)]
    for at in range(0, len(lines), 997):
        assert order.keys_at(offsets[at : at + 1], NOTHING).tolist() == expected[at : at + 1]
        assert order.offset_of(expected[at], NOTHING) == offsets[expected.index(expected[at])]
    indexer.close()
