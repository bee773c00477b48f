"""Text and downloads of several hosts are those of one server over the same files."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.hosts.api import AbsentError, BrokenError
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart
from tests.helpers.flaky_api import FlakyApi
from tests.helpers.merged_hosts import BEGIN, LOGS, Both, both_of, json_of, read, write

# The watch of files starts a program to find the C library.
pytestmark = pytest.mark.program

Items = list[tuple[str, str]]
NOW = ("now", str(BEGIN * 1000))
TEXT = [("format", "text"), ("follow", "false")]
QUERIES = st.sampled_from([[], [("level", "error")], [("q", "1")], [("q", "3"), ("context", "1")]])
PLACES = st.one_of(st.sampled_from(("start", "end")), st.integers(1, 90).map(lambda count: f"-{count}"))
MANY = [[[1] * 9000], [[2] * 6000, [None] * 300]]


def run(directory: Path, logs: Any, check: Any) -> None:
    async def main() -> None:
        async with both_of(write(directory, logs)) as both:
            await check(both)

    asyncio.run(main())


@settings(max_examples=12)
@given(logs=LOGS, questions=st.lists(st.tuples(QUERIES, PLACES), min_size=1, max_size=8))
def test_text_and_downloads_are_those_of_one_server(tmp_path: Path, logs: Any, questions: Any) -> None:
    async def check(both: Both) -> None:
        for query, place in questions:
            items = [*query, NOW, ("from", place), *TEXT]
            _, expected = await both.of_one("/api/stream", items)
            assert await read(await both.merge.text(items, {})) == expected
            _, expected = await both.of_one("/api/download", [*query, NOW])
            assert await read(await both.merge.download([*query, NOW])) == expected

    run(tmp_path, logs, check)


@pytest.mark.parametrize("place", ["start", "-4000", "-5001", "-12000", "-99999"])
def test_many_lines_are_text_in_pages(tmp_path: Path, place: str) -> None:
    async def check(both: Both) -> None:
        items = [("from", place), *TEXT]
        _, expected = await both.of_one("/api/stream", items)
        assert await read(await both.merge.text(items, {})) == expected

    run(tmp_path, MANY, check)


def test_control_characters_are_escaped_unless_raw(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        for raw in ("false", "true"):
            items = [("from", "start"), ("raw", raw), *TEXT]
            _, expected = await both.of_one("/api/stream", items)
            assert await read(await both.merge.text(items, {})) == expected
        _, expected = await both.of_one("/api/download", [])
        assert await read(await both.merge.download([])) == expected

    hosts = write(tmp_path, [[[1]], [[2]]])
    hosts["web-0"][0].write_bytes("\x1b[31mred\x1b[0m \u202ebidi\nb\xe4d\r\n".encode() + b"\xff\n" + b"x" * (2 << 20))

    async def main() -> None:
        async with both_of(hosts) as both:
            await check(both)

    asyncio.run(main())


def test_a_download_is_an_attachment(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        answer = await both.merge.download([])
        assert dict(answer.headers)["content-disposition"] == "attachment; filename*=UTF-8''merged.log"
        await read(answer)

    run(tmp_path, [[[1]], [[2]]], check)


@pytest.mark.parametrize(
    ("method", "items"),
    [
        ("download", [("q", "("), ("regex", "true")]),
        ("download", [("start", "1")]),
        ("text", [("from", "x"), *TEXT]),
        ("text", [("level", "loud"), *TEXT]),
        ("text", [("start", "1"), *TEXT]),
        ("text", [("from", "x"), ("format", "text")]),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused(tmp_path: Path, method: str, items: Items) -> None:
    async def check(both: Both) -> None:
        status, body = await both.of_one({"text": "/api/stream"}.get(method, "/api/download"), items)
        answer = await (both.merge.text(items, {}) if method == "text" else both.merge.download(items))
        assert (answer.status, json_of(await read(answer))) == (status, json_of(body))
        assert status == 422

    run(tmp_path, [[[1]], [[1]]], check)


async def text_until(merge: Merge, items: Items, is_all: Callable[[bytes], bool]) -> bytes:
    answer = await merge.text(items, {})
    text = b""
    async with asyncio.timeout(60), aclosing(answer.body) as body:  # type: ignore[type-var]
        async for piece in body:
            text += piece
            if is_all(text):
                break
    return text


def test_followed_text_has_headings(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        text = await text_until(
            both.merge, [("from", "start"), ("format", "text")], lambda text: text.count(b"\n") >= 8
        )
        parts = {each[: each.index(b" <==")]: each.splitlines()[1:] for each in text.split(b"==> ")[1:]}
        assert {name: len(lines) for name, lines in parts.items()} == {b"0-0.log": 2, b"1-0.log": 3, b"1-1.log": 1}

    run(tmp_path, [[[1] * 2], [[1] * 3, [1]]], check)


def test_followed_text_has_gaps(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        answer = await both.merge.text([("from", "start"), ("format", "text")], {"last-event-id": "unknown"})
        text = b""
        async with asyncio.timeout(60), aclosing(answer.body) as body:  # type: ignore[type-var]
            async for piece in body:
                text += piece
                if text.count(b"(lost)") == 2:
                    break
        assert b"==> 0-0.log: lines lost (lost) <==" in text

    run(tmp_path, [[[1] * 2], [[1] * 3]], check)


def test_an_absent_host_is_named_in_text_and_a_download_needs_every_host(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        api = FlakyApi(both.parts[0].api, lambda _: True)
        merge = Merge([HostPart("web-0", api, both.parts[0].sources), both.parts[1]])
        items = [("from", "start"), *TEXT]
        rest = await read(await Merge(both.parts[1:]).text(items, {}))
        assert await read(await merge.text(items, {})) == b"==> web-0: absent <==\n" + rest
        live = await text_until(merge, items[:1], lambda text: text.count(b"\n") >= 4)
        assert b"==> web-0: absent <==\n" in live
        with pytest.raises(AbsentError, match="web-0"):
            await merge.download([])

    run(tmp_path, [[[1] * 2], [[1] * 3]], check)


def test_a_download_breaks_off_if_a_host_does(tmp_path: Path) -> None:
    async def check(both: Both) -> None:
        api = FlakyApi(both.parts[0].api)
        answer = await Merge([HostPart("web-0", api, both.parts[0].sources), both.parts[1]]).download([])
        api.fails = lambda _: True
        with pytest.raises(BrokenError):
            await read(answer)

    run(tmp_path, MANY, check)
