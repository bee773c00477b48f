"""Lines and counts of several hosts are those of one server over the same files."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.merged_hosts import BEGIN, LOGS, Both, both_of, json_of, read, write

# The watch of files starts a program to find the C library.
pytestmark = pytest.mark.program

Items = list[tuple[str, str]]
NOW = ("now", str(BEGIN * 1000))
QUERIES = st.sampled_from(
    [
        [],
        [("level", "error")],
        [("q", "1")],
        [("q", "1"), ("context", "1")],
        [("not", "2"), ("since", "2026-11-20T10:00:10Z")],
    ]
)
MOMENTS = st.integers(-60, 200).map(lambda second: str((BEGIN + second) * 1000))
PLACES = st.one_of(
    st.tuples(st.just("start"), st.integers(-130, 130)),
    st.tuples(st.sampled_from(("time", "from_ms", "until_ms")), MOMENTS),
    st.tuples(st.sampled_from(("at", "before")), st.integers(0, 200)),
)
QUESTIONS = st.lists(st.tuples(PLACES, st.integers(1, 40)), min_size=1, max_size=20)


async def ask_both(both: Both, path: str, items: Items) -> tuple[Any, Any]:
    status, body = await both.of_one(path, items)
    answer = await getattr(both.merge, path.removeprefix("/api/"))(items)
    assert status == answer.status
    return json_of(body), json_of(await read(answer))


def without_ids(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out the ids of files, which are another in each process."""
    for each in (*answer["lines"], *answer.get("files", ())):
        each.pop("file", None)
    return answer


@settings(max_examples=12)
@given(logs=LOGS, query=QUERIES, questions=QUESTIONS)
def test_lines_are_those_of_one_server(tmp_path: Path, logs: Any, query: Items, questions: Any) -> None:
    async def check(both: Both) -> None:
        await both.settle([*query, NOW])
        _, body = await both.of_one("/api/lines", [("count", "5000")])
        cursors = [line["at"] for line in json_of(body)["lines"]]
        for (name, value), count in questions:
            if name in ("at", "before") and not cursors:
                continue
            place = cursors[value % len(cursors)] if name in ("at", "before") else str(value)
            items = [*query, NOW, (name, place), ("count", str(count)), ("keys", "true"), ("places", "true")]
            expected, found = await ask_both(both, "/api/lines", [*items, ("spans", "true")])
            assert without_ids(found) == without_ids(expected)

    asyncio.run(with_both(tmp_path, logs, check))


@settings(max_examples=8)
@given(
    logs=LOGS,
    query=QUERIES,
    spans=st.lists(
        st.tuples(st.integers(1, 9), st.one_of(st.none(), MOMENTS), st.one_of(st.none(), MOMENTS)), max_size=8
    ),
)
def test_a_histogram_is_that_of_one_server(tmp_path: Path, logs: Any, query: Items, spans: Any) -> None:
    async def check(both: Both) -> None:
        await both.settle([*query, NOW])
        for buckets, begin, end in [(7, None, None), *spans]:
            given_ends = [(name, end) for name, end in (("from", begin), ("to", end)) if end]
            items = [*query, NOW, ("buckets", str(buckets)), *given_ends]
            expected, found = await ask_both(both, "/api/histogram", items)
            # A refusal has no such field.
            while not (expected.get("complete", True) and found.get("complete", True)):
                expected, found = await ask_both(both, "/api/histogram", items)
            assert found == expected

    asyncio.run(with_both(tmp_path, logs, check))


async def with_both(directory: Path, logs: Any, check: Any) -> None:
    async with both_of(write(directory, logs)) as both:
        await check(both)


MANY = [[[1] * 5000, [1] * 3000], [[2] * 2500], [[None] * 700 + [0] * 3000 + [1] * 50]]


def test_a_number_is_found_among_many_lines_and_many_of_one_time(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        total = await both.settle([NOW])
        for start in (0, 1, 699, 700, 701, 2000, 3701, 5000, 9999, total - 1, total, total + 7, -total, 5 - total):
            expected, found = await ask_both(both, "/api/lines", [NOW, ("start", str(start)), ("count", "50")])
            assert found == expected

    asyncio.run(with_both(tmp_path, MANY, check))


@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("/api/lines", [("count", "0")]),
        ("/api/lines", [("count", "x")]),
        ("/api/lines", [("start", "1"), ("time", "now")]),
        ("/api/lines", [("time", "never")]),
        ("/api/lines", [("at", "x")]),
        ("/api/lines", [("q", "("), ("regex", "true")]),
        ("/api/lines", [("unknown", "1")]),
        ("/api/lines", [("since", "now"), ("now", "x")]),
        ("/api/histogram", [("buckets", "0")]),
        ("/api/histogram", [("from", "2026-11-20"), ("to", "2026-11-19")]),
        ("/api/histogram", [("level", "loud")]),
        ("/api/ranks", [("moment", "x")]),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused_as_by_one_server(tmp_path: Path, path: str, items: Items) -> None:
    async def check(both: Both) -> None:
        expected, found = await ask_both(both, path, items)
        assert found == expected
        assert found["detail"]

    asyncio.run(with_both(tmp_path, [[[1]], [[1]]], check))


@pytest.mark.parametrize("text", ["999999999w ago", "9999-12-31", "0001-01-01T00:00:00Z", "9999 years ago"])
def test_times_at_the_ends_of_the_calendar_are_those_of_one_server(tmp_path: Path, text: str) -> None:
    async def check(both: Both) -> None:
        await both.settle([NOW])
        for name in ("time", "since", "until"):
            expected, found = await ask_both(both, "/api/lines", [NOW, (name, text)])
            assert found == expected
        for items in ([("from", text)], [("to", text)]):
            expected, found = await ask_both(both, "/api/histogram", [NOW, ("buckets", "2"), *items])
            assert found.keys() == expected.keys()

    asyncio.run(with_both(tmp_path, [[[1]], [[1]]], check))


def test_a_cursor_of_no_source_is_not_found(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        items = [("at", "1" + "A" * 48)]
        status, _ = await both.of_one("/api/lines", items)
        answer = await both.merge.lines(items)
        assert (answer.status, status) == (404, 404)
        assert "the line is not in 0-0.log, 1-0.log" in json_of(await read(answer))["detail"]

    asyncio.run(with_both(tmp_path, [[[1]], [[1]]], check))
