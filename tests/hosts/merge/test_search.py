"""A search on several hosts finds the matches of one server over the same files, in the same order."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.hosts.api import AbsentError
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart
from tests.helpers.flaky_api import FlakyApi
from tests.helpers.merged_hosts import BEGIN, LOGS, Both, both_of, json_of, read, write

# The watch of files starts a program to find the C library.
pytestmark = pytest.mark.program

Items = list[tuple[str, str]]
Events = list[tuple[str, Any]]
NOW = ("now", str(BEGIN * 1000))
QUERIES = st.sampled_from(
    [
        [("q", "1")],
        [("level", "error")],
        [("q", "3"), ("context", "1")],
        [("q", "no such text")],
        [("level", "error"), ("records", "true")],
    ]
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "order": st.sampled_from(("newest", "oldest")),
        "limit": st.integers(0, 20).map(str),
        "quiet": st.just("true"),
    },
)


def events_of(body: bytes) -> Events:
    found: Events = []
    for block in body.split(b"\n\n"):
        if block and not block.startswith(b":"):
            name, data = block.split(b"\n")
            found.append((name.removeprefix(b"event: ").decode(), orjson.loads(data.removeprefix(b"data: "))))
    return found


def matches_of(events: Events) -> list[Any]:
    return [match for name, data in events if name == "match" for match in data["matches"]]


async def search(merge: Merge, items: Items) -> Events:
    answer = await merge.search(items)
    assert answer.status == 200
    return events_of(await read(answer))


def run(directory: Path, logs: Any, check: Any) -> None:
    async def main() -> None:
        async with both_of(write(directory, logs)) as both:
            await check(both)

    asyncio.run(main())


@settings(max_examples=12)
@given(logs=LOGS, searches=st.lists(st.tuples(QUERIES, OPTIONS), min_size=1, max_size=8))
def test_matches_are_those_of_one_server(tmp_path: Path, logs: Any, searches: Any) -> None:
    async def check(both: Both) -> None:
        for query, options in searches:
            items = [*query, *options.items(), NOW]
            _, body = await both.of_one("/api/search", items)
            expected, found = events_of(body), await search(both.merge, items)
            assert matches_of(found) == matches_of(expected)
            assert found[-1] == expected[-1]
            if found[-1][1]["complete"]:
                assert found[-2] == expected[-2]

    run(tmp_path, logs, check)


def test_marks_are_sums_and_hints_are_passed_on(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        events = await search(both.merge, [("q", r"\<INFO"), ("regex", "true"), ("quiet", "true"), ("marks", "2")])
        assert events[-2][1]["hints"][0]["part"] == r"\<"
        events = await search(both.merge, [("q", "INFO"), ("quiet", "true"), ("marks", "2")])
        assert sum(events[-2][1]["marks"]) == events[-2][1]["matches"] == 20 + 10
        assert matches_of(events) == []

    run(tmp_path, [[[1] * 60], [[1] * 30]], check)


def test_many_matches_come_in_events_of_a_thousand(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        _, body = await both.of_one("/api/search", [("q", "INFO")])
        events = await search(both.merge, [("q", "INFO")])
        assert matches_of(events) == matches_of(events_of(body))
        assert max(len(data["matches"]) for name, data in events if name == "match") <= 1000

    run(tmp_path, [[[1] * 9000], [[2] * 4000, [None] * 900]], check)


@pytest.mark.parametrize("items", [[], [("q", "("), ("regex", "true")], [("q", "x"), ("limit", "x")]], ids=str)
def test_a_wrong_parameter_is_refused(tmp_path: Path, items: Items) -> None:
    async def check(both: Both) -> None:
        status, body = await both.of_one("/api/search", items)
        answer = await both.merge.search(items)
        assert (answer.status, json_of(await read(answer))) == (status, json_of(body))

    run(tmp_path, [[[1]], [[1]]], check)


@pytest.mark.parametrize("breaks_at", [None, 0, 30, 900])
def test_the_rest_is_searched_without_an_absent_host(tmp_path: Path, breaks_at: int | None) -> None:
    async def check(both: Both) -> None:
        api = FlakyApi(both.parts[0].api, lambda _: True, breaks_at)
        merge = Merge([HostPart("web-0", api, both.parts[0].sources), both.parts[1]])
        events = await search(merge, [("q", "INFO")])
        assert events[-1] == ("end", {"complete": True, "absent": ["web-0"]})
        rest = matches_of(await search(Merge(both.parts[1:]), [("q", "INFO")]))
        assert [each for each in matches_of(events) if each["source"] in both.parts[1].ids] == rest

    run(tmp_path, [[[1] * 30], [[1] * 30]], check)


def test_a_search_without_any_host_is_an_error(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        merge = Merge([HostPart(part.name, FlakyApi(part.api, lambda _: True), part.sources) for part in both.parts])
        with pytest.raises(AbsentError):
            await search(merge, [("q", "INFO")])

    run(tmp_path, [[[1]], [[1]]], check)


NONSENSE: dict[str, Callable[[bytes], bytes]] = {
    "no event": lambda _: b"<html>\n\n",
    "an unknown event": lambda body: body.replace(b"event: match", b"event: lines"),
    "another source": lambda body: body.replace(b'"source":"1-0', b'"source":"0-0'),
    "no keys": lambda body: body.replace(b'"keys"', b'"kays"'),
    "a negative number": lambda body: body.replace(b'"done":', b'"done":-'),
    "half": lambda body: body[: len(body) // 2],
    "an endless event": lambda _: b"event: match" + b"x" * (17 << 20),
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_of_a_host_leaves_the_others(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    async def check(both: Both) -> None:
        api = FlakyApi(both.parts[1].api, change=change)
        merge = Merge([both.parts[0], HostPart("web-1", api, both.parts[1].sources)])
        events = await search(merge, [("q", "INFO")])
        assert events[-1] == ("end", {"complete": True, "absent": ["web-1"]})
        own = [each for each in matches_of(events) if each["source"] in both.parts[0].ids]
        assert own == matches_of(await search(Merge(both.parts[:1]), [("q", "INFO")]))

    run(tmp_path, [[[1] * 30], [[1] * 30]], check)


def test_a_client_that_leaves_ends_the_searches(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        apis = [FlakyApi(part.api) for part in both.parts]
        merge = Merge([HostPart(part.name, api, part.sources) for part, api in zip(both.parts, apis, strict=True)])
        answer = await merge.search([("q", "INFO")])
        async with aclosing(answer.body) as body:  # type: ignore[type-var]
            await anext(body)
        assert [api.open_calls for api in apis] == [0, 0]

    run(tmp_path, [[[1] * 9000], [[1] * 9000]], check)
