"""The stream of several hosts has each line once and in order, also if calls break."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from logviewer import cursor
from logviewer.hosts.api import AbsentError, ApiRequest
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart
from tests.helpers.flaky_api import FlakyApi
from tests.helpers.merged_hosts import Both, Facts, both_of, get, json_of, read

# The watch of files starts a program to find the C library.
pytestmark = pytest.mark.program

Items = list[tuple[str, str]]
SECONDS = 60


@dataclass
class Client:
    """A client of a stream: the events that it got, and its last cursor."""

    merge: Merge
    items: Items
    last_id: str | None = None
    events: list[tuple[str, Any]] = field(default_factory=list)

    async def read(self, until: Callable[[], bool], *, most: int = 10**9) -> None:
        """Read until a condition holds, or so many events have come; then leave."""
        headers = {} if self.last_id is None else {"last-event-id": self.last_id}
        answer = await self.merge.stream(self.items, headers)
        assert answer.status == 200
        held: list[tuple[str, Any]] = []
        async with asyncio.timeout(SECONDS), aclosing(answer.body) as body:  # type: ignore[type-var]
            async for name, data, last_id in events(body):
                held += [(name, data)] if name else []
                most -= 1
                if last_id:
                    # Only with a cursor after them, events count.
                    self.last_id = last_id
                    self.events += held
                    held.clear()
                if name == "end" or until() or most <= 0:
                    return

    def lines(self, source: str) -> list[str]:
        """Return the lines of a source, and its gaps."""
        found: list[str] = []
        for name, data in self.events:
            if data.get("source") == source and name in ("lines", "gap"):
                found += data["lines"] if name == "lines" else [f"gap {data['reason']}"]
        return found

    def states(self, source: str) -> list[str]:
        return [data["state"] for name, data in self.events if name == "source" and data["source"] == source]


async def events(body: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, Any, str]]:
    async for piece in body:
        for block in piece.split(b"\n\n"):
            fields = dict(line.split(b": ", 1) for line in block.splitlines() if line and not line.startswith(b":"))
            if fields and b"retry" not in fields:
                name, data = fields.get(b"event", b"").decode(), fields.get(b"data")
                yield name, data and orjson.loads(data), fields.get(b"id", b"").decode()


@asynccontextmanager
async def hosts_of(directory: Path, *counts: int) -> AsyncIterator[tuple[Both, list[FlakyApi], list[Path]]]:
    """Follow so many files on each host."""
    paths = [[directory / f"{host}-{file}.log" for file in range(count)] for host, count in enumerate(counts)]
    for each in (path for own in paths for path in own):
        each.write_text("")
    async with both_of({f"web-{host}": own for host, own in enumerate(paths)}) as both:
        apis = [FlakyApi(part.api) for part in both.parts]
        parts = [HostPart(part.name, api, part.sources) for part, api in zip(both.parts, apis, strict=True)]
        yield Both(parts, both.one, both.ids), apis, [path for own in paths for path in own]


def write(path: Path, first: int, last: int) -> None:
    with path.open("a") as file:
        file.writelines(f"{path.stem} {number:06}\n" for number in range(first, last))


def expected(path: Path, last: int, first: int = 0) -> list[str]:
    return [f"{path.stem} {number:06}" for number in range(first, last)]


def run(check: Awaitable[None]) -> None:
    async def main() -> None:
        await check

    asyncio.run(main())


def rotate(path: Path) -> None:
    for number in range(98, 0, -1):
        older = path.with_suffix(f".log.{number}")
        if older.exists():
            older.rename(path.with_suffix(f".log.{number + 1}"))
    path.rename(path.with_suffix(".log.1"))
    path.write_text("")


async def disturb(paths: list[Path], apis: list[FlakyApi], lines: int, chance: random.Random) -> None:
    """Write so many lines into each file, and let calls break after some bytes, or find the host absent."""
    written = 0
    while written < lines:
        more = min(lines - written, chance.randint(1, 200))
        for path in paths:
            write(path, written, written + more)
            if chance.random() < 0.1:
                rotate(path)
        written += more
        for api in apis:
            api.breaks_at = chance.choice([None, 0, 1, 50, 400, 5_000])
            api.fails = chance.choice([lambda _: True, lambda _: False, lambda _: False])
        await asyncio.sleep(chance.choice([0, 0.01, 0.05]))
    for api in apis:
        api.fails = lambda _: False


@pytest.mark.parametrize("counts", [(1,), (1, 1), (2, 1), (10, 9)], ids=str)
def test_each_line_comes_once_and_in_order_also_if_calls_break(tmp_path: Path, counts: Sequence[int]) -> None:
    chance = random.Random(sum(counts))
    lines = 3_000

    async def check() -> None:
        async with hosts_of(tmp_path, *counts) as (both, apis, paths):
            client = Client(both.merge, [("from", "start")])
            working = asyncio.create_task(disturb(paths, apis, lines, chance))

            def is_all() -> bool:
                return all(len(client.lines(each)) >= lines for each in both.ids)

            while not is_all():
                try:
                    await client.read(is_all, most=10**9 if working.done() else chance.randint(1, 400))
                except AbsentError:
                    await asyncio.sleep(0.01)
            await working
            for source, path in zip(both.ids, paths, strict=True):
                assert client.lines(source) == expected(path, lines)

    run(check())


def test_an_absent_host_is_named_once_and_its_lines_come_when_it_is_back(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 2, 1) as (both, apis, paths):
            client = Client(both.merge, [("from", "start")])
            for path in paths:
                write(path, 0, 3)
            await client.read(lambda: all(len(client.lines(each)) == 3 for each in both.ids))
            apis[0].fails = lambda _: True
            write(paths[2], 3, 4)
            await client.read(lambda: len(client.lines(both.ids[2])) == 4 and len(client.states(both.ids[1])) == 1)
            write(paths[0], 3, 5)
            apis[0].fails = lambda _: False
            # The client still has the place in the absent host.
            await client.read(lambda: len(client.lines(both.ids[0])) == 5)
            assert client.lines(both.ids[0]) == expected(paths[0], 5)
            assert client.states(both.ids[0]) == client.states(both.ids[1]) == ["absent"]

    run(check())


def test_a_host_that_is_back_is_open_again(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, apis, paths):
            apis[0].fails = lambda _: True
            client = Client(both.merge, [("from", "start")])
            write(paths[0], 0, 2)

            def is_all() -> bool:
                if client.states(both.ids[0]) == ["absent"]:
                    apis[0].fails = lambda _: False
                return len(client.lines(both.ids[0])) == 2

            await client.read(is_all)
            assert client.states(both.ids[0]) == ["absent", "open"]

    run(check())


def test_no_id_comes_before_each_host_has_its_first_cursor(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, _, paths):
            for path in paths:
                write(path, 0, 9)
            answer = await both.merge.stream([("from", "-3")], {})
            async with aclosing(answer.body) as body:  # type: ignore[type-var]
                ids = [last_id async for _, _, last_id in events(_first(body, 3)) if last_id]
            keys = [{each.source for each in cursor.decode(last_id)} for last_id in ids]
            assert keys
            assert all(each == {cursor.source_key(source) for source in both.ids} for each in keys)

    run(check())


async def _first(body: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    async for piece in body:
        yield piece
        count -= 1
        if not count:
            return


def test_a_stream_that_does_not_follow_ends_once(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 2) as (both, apis, paths):
            for path in paths:
                write(path, 0, 2_500)
            client = Client(both.merge, [("from", "start"), ("follow", "false")])
            await client.read(lambda: False)
            assert Counter(name for name, _ in client.events)["end"] == 1
            assert client.events[-1] == ("end", {"reason": "complete"})
            assert [client.lines(each) for each in both.ids] == [expected(path, 2_500) for path in paths]
            apis[0].fails = lambda _: True
            alone = Client(both.merge, [("from", "start"), ("follow", "false")])
            await alone.read(lambda: False)
            assert alone.lines(both.ids[0]) == []
            assert alone.states(both.ids[0]) == ["absent"]
            assert alone.lines(both.ids[1]) == expected(paths[1], 2_500)

    run(check())


def test_a_cursor_of_one_server_goes_on_at_a_hub(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, _, paths):
            for path in paths:
                write(path, 0, 5)
            _, body = await get(both.one, "/api/lines", [*(("source", each) for each in both.ids), ("count", "9")])
            marks = {line["source"]: line["at"][1:] for line in json_of(body)["lines"]}
            client = Client(both.merge, [("cursor", "1" + "".join(marks.values()))])
            await client.read(lambda: all(client.lines(each) for each in both.ids))
            for source, path in zip(both.ids, paths, strict=True):
                last = next(line["n"] for line in json_of(body)["lines"][::-1] if line["source"] == source)
                assert client.lines(source) == expected(path, 5, last - 1)

    run(check())


def test_a_source_without_an_entry_in_the_cursor_begins_at_from(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, _, paths):
            for path in paths:
                write(path, 0, 5)
            one = Client(Merge(both.parts[:1]), [("from", "start")])
            await one.read(lambda: len(one.lines(both.ids[0])) == 5)
            two = Client(both.merge, [("from", "-2")], last_id=one.last_id)
            await two.read(lambda: len(two.lines(both.ids[1])) == 2)
            assert two.lines(both.ids[0]) == []
            # A cursor of more sources than those of the view.
            three = Client(Merge(both.parts[1:]), [("from", "start")], last_id=two.last_id)
            write(paths[1], 5, 6)
            await three.read(lambda: bool(three.lines(both.ids[1])))
            assert three.lines(both.ids[1]) == expected(paths[1], 6, 5)

    run(check())


@pytest.mark.parametrize("last_id", ["x", "1" + "A" * 48])
def test_an_unknown_last_event_id_is_a_lost_gap_of_each_source(tmp_path: Path, last_id: str) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, _, paths):
            for path in paths:
                write(path, 0, 2)
            client = Client(both.merge, [("from", "start")], last_id=last_id)
            await client.read(lambda: all(len(client.lines(each)) == 3 for each in both.ids))
            assert [client.lines(each)[0] for each in both.ids] == ["gap lost"] * 2

    run(check())


@pytest.mark.parametrize(
    "wrong", [("from", "x"), ("cursor", "x"), ("cursor", "1" + "A" * 48), ("level", "loud")], ids=str
)
def test_a_wrong_parameter_is_refused(tmp_path: Path, wrong: tuple[str, str]) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, _, __):
            status, body = await both.of_one("/api/stream", [wrong])
            answer = await both.merge.stream([wrong], {})
            assert (answer.status, json_of(await read(answer))) == (status, json_of(body))

    run(check())


def test_a_stream_has_at_most_256_sources(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, _, __):
            parts = [HostPart(part.name, part.api, [Facts("x", "x")] * 129) for part in both.parts]
            answer = await Merge(parts).stream([], {})
            assert answer.status == 422
            assert "256" in json_of(await read(answer))["detail"]

    run(check())


NONSENSE: dict[str, Callable[[bytes], bytes]] = {
    "no event": lambda _: b"<html>\n\n",
    "another source": lambda body: body.replace(b'"source":"1-0', b'"source":"0-0'),
    "twice a source": lambda body: body.replace(b'"n":', b'"source":"0-0-log","n":'),
    "an unknown event": lambda body: body.replace(b"event: lines", b"event: script"),
    "no JSON": lambda body: body.replace(b'"lines":[', b'"lines":'),
    "a negative number": lambda body: body.replace(b'"n":', b'"n":-'),
    "no cursor": lambda body: body.replace(b"id: 1", b"id: 2"),
    "two events in one": lambda body: body.replace(b"\nid: ", b"\ndata: {}\nid: "),
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_of_a_host_reaches_no_client(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, apis, paths):
            for path in paths:
                write(path, 0, 5)
            apis[1].change = change
            client = Client(both.merge, [("from", "start"), ("follow", "true")])
            apis[1].api = Ended(apis[1].api)
            await client.read(lambda: len(client.lines(both.ids[0])) == 5)
            write(paths[0], 5, 6)
            await client.read(lambda: len(client.lines(both.ids[0])) == 6)
            assert client.lines(both.ids[0]) == expected(paths[0], 6)
            assert client.lines(both.ids[1]) == []

    run(check())


@dataclass
class Ended:
    """An API whose streams do not follow: their bodies can be read whole."""

    api: Any

    def call(self, request: ApiRequest) -> Any:
        return self.api.call(ApiRequest("GET", request.path, request.query.replace("=true", "=false"), request.headers))


def test_a_host_cannot_move_the_cursor_of_another(tmp_path: Path) -> None:
    async def check() -> None:
        async with hosts_of(tmp_path, 1, 1) as (both, apis, paths):
            for path in paths:
                write(path, 0, 5)
            foreign = cursor.no_file_yet(cursor.source_key(both.ids[0])).text().encode()
            apis[1].api = Ended(apis[1].api)
            apis[1].change = lambda body: body.replace(b"id: 1", b"id: 1" + foreign)
            client = Client(both.merge, [("from", "start"), ("follow", "true")])
            await client.read(lambda: len(client.lines(both.ids[0])) == 5)
            assert client.lines(both.ids[1]) == []
            assert client.last_id
            assert foreign.decode() not in client.last_id

    run(check())
