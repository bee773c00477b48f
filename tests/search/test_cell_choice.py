"""A filter by level or time finds the same lines with a cell table, and reads less."""

from pathlib import Path
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.files.byte_file import ByteFile
from logviewer.formats.level import Level
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search.cell_pass import CellPass
from logviewer.search.level_counter import LevelCounter
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.query import Query

BEGIN = 1_795_168_800


def opened(path: Path) -> tuple[Generation, CellPass]:
    generation = Generation(ByteFile.open(path), b"source", PLAIN)
    return generation, CellPass(generation, LevelCounter(generation.encoding, PLAIN).classifier)


def scanned(index: MatchIndex) -> MatchIndex:
    index.extend()
    while index.scan():
        pass
    return index


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 3000),
    levels=st.sampled_from(((), ("error",), ("error", None))),
    span=st.tuples(st.none() | st.integers(0, 3000), st.none() | st.integers(0, 3000)),
    texts=st.sampled_from(((), ("needle",))),
)
# The first line has no time, and few lines are in the span.
@example(seed=5368, count=486, levels=(), span=(None, 3), texts=())
def test_matches_are_the_same_with_a_table(
    tmp_path: Path,
    seed: int,
    count: int,
    levels: tuple[Level | None, ...],
    *,
    span: tuple[int, int],
    texts: tuple[str, ...],
) -> None:
    random = Random(seed)
    kinds = ["INFO", "INFO", "ERROR" if random.random() < 0.5 else "WARN", "needle", "  at trace needle"]
    lines = []
    for number in range(count):
        kind = random.choice(kinds)
        time = "" if kind[0] == " " else f"{BEGIN + number} "
        lines.append(f"{time}{kind} {'x' * random.choice((10, 200, 3000))}")
    (tmp_path / "log").write_text("".join(f"{line}\n" for line in lines))
    since, until = (None if each is None else (BEGIN + each) * 1000 for each in span)
    line_filter = LineFilter(Query(include=texts, levels=frozenset(levels), since=since, until=until))
    generation, cell_pass = opened(tmp_path / "log")
    cell_pass.extend()
    filled = random.randint(0, 3) * 4 * 2**20
    for end in range(cell_pass.table.low, filled, -(2**20)):
        cell_pass.fill(max(0, end - 2**20 - (end - 2**20) % 65536), end)
    counter = LevelCounter(generation.encoding, PLAIN)
    plain = scanned(MatchIndex(generation, line_filter, counter))
    index = scanned(MatchIndex(generation, line_filter, counter, cell_pass))
    assert (index.count, index.lines) == (plain.count, plain.lines)
    assert list(index.match_counts(exact=False)) == list(plain.match_counts(exact=False))
    assert [index.level_counts_in(cell) for cell in range(9)] == [plain.level_counts_in(cell) for cell in range(9)]
    generation.file.close()


def test_cells_outside_a_span_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(
        "".join(
            f"2026-11-21 {each // 3600:02}:{each // 60 % 60:02}:{each % 60:02} INFO {'x' * 900}\n"
            for each in range(20_000)
        )
    )
    generation, cell_pass = opened(path)
    cell_pass.extend()
    cell_pass.fill(0, cell_pass.table.low)
    read = []
    pread = generation.pread
    generation.pread = lambda size, offset: read.append(size) or pread(size, offset)  # type: ignore[method-assign, func-returns-value]
    begin = PLAIN.time("2026-11-21 01:00:00 x")
    assert begin
    span = LineFilter(Query(since=begin, until=begin + 600_000))
    index = scanned(MatchIndex(generation, span, LevelCounter(generation.encoding, PLAIN), cell_pass))
    assert index.count == 600
    assert sum(read) < path.stat().st_size / 10
