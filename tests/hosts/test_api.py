"""The API in this process gives the answers that a client of the server gets."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import orjson
import pytest

from logviewer.hosts.api import ApiRequest, AsgiApi, BrokenError
from tests.helpers.in_process import api_of

MOST = 1024 * 1024
# The watch of files starts a program to find the C library.
pytestmark = pytest.mark.program


def request(path: str, query: str = "", **headers: str) -> ApiRequest:
    return ApiRequest("GET", path, query, {name.replace("_", "-"): value for name, value in headers.items()})


async def get(api: AsgiApi, path: str, query: str = "") -> tuple[int, Any]:
    async with api.call(request(path, query)) as answer:
        return answer.status, orjson.loads(await answer.read(MOST))


def run(log: Path, test: Callable[[AsgiApi], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with api_of(log) as api:
            await test(api)

    asyncio.run(main())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "app.log"
    log.write_bytes(b"one\ntwo\nthree\n")
    return log


def test_lines_come_as_from_a_server(log: Path) -> None:
    async def check(api: AsgiApi) -> None:
        _, sources = await get(api, "/api/sources")
        status, answer = await get(api, "/api/lines", f"source={sources[0]['id']}&start=-2")
        assert status == 200
        assert [row["text"] for row in answer["lines"]] == ["two", "three"]

    run(log, check)


@pytest.mark.parametrize(("query", "status"), [("source=x", 404), ("source=app.log&count=0", 422), ("source=", 404)])
def test_a_bad_request_gets_its_status_and_its_reason(log: Path, query: str, status: int) -> None:
    async def check(api: AsgiApi) -> None:
        found, answer = await get(api, "/api/lines", query)
        assert (found, list(answer)) == (status, ["detail"])

    run(log, check)


def test_a_stream_follows_until_its_caller_leaves(log: Path) -> None:
    async def check(api: AsgiApi) -> None:
        async with api.call(request("/api/stream", "source=app.log&from=start")) as answer:
            text = b""
            async for piece in answer.body:
                text += piece
                if b"three" in text and b"four" not in text:
                    with log.open("ab") as file:
                        file.write(b"four\n")
                if b"four" in text:
                    break

    run(log, check)


def test_an_answer_over_its_limit_is_broken(log: Path) -> None:
    async def check(api: AsgiApi) -> None:
        async with api.call(request("/api/download", "source=app.log")) as answer:
            with pytest.raises(BrokenError, match="too long"):
                await answer.read(5)

    run(log, check)
