"""A time span selects every line within it, in any order of times."""

from bisect import bisect_right
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search.cell_pass import CellPass
from logviewer.search.level_counter import LevelCounter
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.match_lines import MatchLines
from logviewer.search.query import Query

BEGIN = 1_795_168_800
KINDS = ("ordered", "jitter", "jumps", "swapped", "clocks", "untimed")


def times(kind: str, count: int, random: Random) -> list[int | None]:
    """Return the seconds of lines after ``BEGIN``, None for those without a time."""
    ordered: list[int | None] = list(range(count))
    if kind == "jitter":
        return [each + random.randint(-20, 20) for each in range(count)]
    if kind == "jumps":
        jumps = sorted(random.sample(range(count), min(count, 4)))
        return [each + 1000 * (-1) ** bisect_right(jumps, each) for each in range(count)]
    if kind == "swapped":
        first, second = sorted(random.sample(range(count + 1), 2))
        return ordered[second:] + ordered[first:second] + ordered[:first]
    if kind in ("clocks", "untimed"):
        for at in random.sample(range(count), min(count, 3)):
            ordered[at] = None if kind == "untimed" else random.choice((-(10**8), 10**8))
    if kind == "untimed":
        at = random.randrange(count)
        ordered[at : at + 400] = [None] * len(ordered[at : at + 400])
    return ordered


def scanned(index: MatchIndex) -> MatchIndex:
    index.extend()
    while index.scan():
        pass
    return index


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 4000),
    kind=st.sampled_from(KINDS),
    span=st.tuples(st.none() | st.integers(-1100, 5100), st.none() | st.integers(-1100, 5100)),
    json=st.booleans(),
    texts=st.sampled_from(((), ("needle",))),
)
# One line within the span, between probes that are all outside.
@example(seed=1, count=1000, kind="clocks", span=(10**7, None), json=False, texts=())
@example(seed=1, count=1000, kind="clocks", span=(None, -(10**7)), json=True, texts=())
def test_a_time_span_selects_the_lines_of_a_brute_force_search(
    tmp_path: Path,
    seed: int,
    count: int,
    kind: str,
    span: tuple[int | None, int | None],
    *,
    json: bool,
    texts: tuple[str, ...],
) -> None:
    random = Random(seed)
    lines, expected = [], []
    moment = None
    since, until = span
    for time in times(kind, count, random):
        text = f"{random.choice(('needle', 'x'))} {'x' * random.choice((10, 200))}"
        if time is not None:
            text = f'{{"ts": {BEGIN + time}, "message": "{text}"}}' if json else f"{BEGIN + time} {text}"
        lines.append(text)
        moment = moment if time is None else time
        is_inside = moment is not None and (since is None or moment >= since) and (until is None or moment < until)
        # Without a span, lines before the first time match, too.
        is_inside = is_inside or span == (None, None)
        if is_inside and all(each in text for each in texts):
            expected.append(lines[-1])
    path = tmp_path / "log"
    path.write_text("".join(f"{line}\n" for line in lines))
    first, end = (None if each is None else (BEGIN + each) * 1000 for each in span)
    line_filter = LineFilter(Query(include=texts, since=first, until=end))
    generation = Generation(ByteFile.open(path), b"source", PLAIN)
    counter = LevelCounter(generation.encoding, PLAIN)
    cell_pass = CellPass(generation, counter.classifier)
    cell_pass.extend()
    if random.random() < 0.5:
        cell_pass.fill(0, cell_pass.table.high)
    for known in (None, cell_pass):
        index = MatchIndex(generation, line_filter, counter, known)
        index.extend()
        assert found(index) == expected
        assert found(scanned(index)) == expected
        assert index.count == len(expected)
        at = random.randrange(len(expected) + 1)
        some = MatchLines(index).read_at(at, 5, 2**30)
        assert some is not None
        assert [line.decode() for batch in some.batches for line in batch.lines] == expected[at : at + 5]
    generation.file.close()


def found(index: MatchIndex) -> list[str]:
    batches = MatchLines(index).read_from(0, 10**6).batches
    back = MatchLines(index).read_before(index.high, 10**6).batches
    texts = [line.decode() for batch in batches for line in batch.lines]
    assert texts == [line.decode() for batch in back for line in batch.lines]
    return texts


@pytest.mark.parametrize("distance", [100_000, 3_000_000])
def test_a_line_has_the_time_of_a_line_far_before_it(tmp_path: Path, distance: int) -> None:
    path = tmp_path / "log"
    traces = [f"  at {number:096}" for number in range(distance // 100)]
    path.write_text("\n".join(["no time", f"{BEGIN} error", *traces, f"{BEGIN + 100} after", ""]))
    generation = Generation(ByteFile.open(path), b"source", PLAIN)
    counter = LevelCounter(generation.encoding, PLAIN)
    cell_pass = CellPass(generation, counter.classifier)
    cell_pass.extend()
    for query in (Query(until=(BEGIN + 50) * 1000), Query(since=(BEGIN - 50) * 1000, until=(BEGIN + 50) * 1000)):
        for known in (None, cell_pass):
            index = MatchIndex(generation, LineFilter(query), counter, known)
            index.extend()
            assert found(index) == [f"{BEGIN} error", *traces]
            assert scanned(index).count == len(traces) + 1
    generation.file.close()
