"""Files as those of several hosts in this process, beside one server over all of them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from hypothesis import strategies as st

from logviewer.hosts.api import Api, ApiAnswer, ApiRequest
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart
from tests.helpers.in_process import api_of

MOST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Facts:
    """A source, as a hub knows it."""

    id: str
    name: str


BEGIN = 1_795_168_800
"""The time of the first lines, in seconds."""
# Seconds from one line to the next, None for a line without a time; or a clock that is set for all later lines.
_STEPS = st.lists(
    st.one_of(st.none(), st.integers(0, 3), st.integers(-40, 40), st.sampled_from((-7200, 5400))), max_size=30
)
_FILES = st.lists(_STEPS, min_size=1, max_size=2)
LOGS = st.lists(_FILES, min_size=2, max_size=3)
"""The files of two or three hosts, each with the seconds between its lines."""


def write(directory: Path, logs: Sequence[Sequence[Sequence[int | None]]]) -> dict[str, list[Path]]:
    """Write the files of hosts, and return their paths by the names of the hosts."""
    hosts: dict[str, list[Path]] = {}
    for host, files in enumerate(logs):
        for file, steps in enumerate(files):
            path = directory / f"{host}-{file}.log"
            path.write_text("".join(lines_of(f"{host}-{file}", steps)))
            hosts.setdefault(f"web-{host}", []).append(path)
    return hosts


def lines_of(name: str, steps: Sequence[int | None]) -> Iterator[str]:
    """Yield lines of a file."""
    now = BEGIN
    for at, step in enumerate(steps):
        now += step or 0
        stamp = "  and" if step is None else f"{datetime.fromtimestamp(now, UTC):%FT%TZ}"
        yield f"{stamp} {('INFO', 'ERROR', 'WARN')[at % 3]} {name} {at}\n"


async def read(answer: ApiAnswer) -> bytes:
    return await answer.read(MOST)


async def get(api: Api, path: str, items: Sequence[tuple[str, str]], **headers: str) -> tuple[int, bytes]:
    request = ApiRequest(
        "GET", path, urlencode(items), {name.replace("_", "-"): each for name, each in headers.items()}
    )
    async with api.call(request) as answer:
        return answer.status, await read(answer)


async def sources_of(api: Api) -> list[Facts]:
    _, body = await get(api, "/api/sources", ())
    return [Facts(each["id"], each["name"]) for each in orjson.loads(body)]


@dataclass(frozen=True, slots=True)
class Both:
    """A merge over hosts, and one server over the same files."""

    parts: Sequence[HostPart]
    one: Api
    ids: Sequence[str]

    @property
    def merge(self) -> Merge:
        """A merge of all hosts."""
        return Merge(self.parts)

    async def of_one(self, path: str, items: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
        """Return the answer of the one server, about its sources in the order of the hosts."""
        return await get(self.one, path, [*(("source", each) for each in self.ids), *items])

    async def settle(self, items: Sequence[tuple[str, str]]) -> int:
        """Wait until the one server and the hosts have counted the lines of a query, and return their number."""
        asked = [*items, ("count", "1")]
        while True:
            _, body = await self.of_one("/api/lines", asked)
            of_one, of_hosts = json_of(body), json_of(await read(await self.merge.lines(asked)))
            if of_one["complete"] and of_hosts["complete"]:
                return int(of_one["total"])


@asynccontextmanager
async def both_of(hosts: Mapping[str, Sequence[Path]]) -> AsyncIterator[Both]:
    """Follow the files of hosts."""
    async with AsyncExitStack() as stack:
        parts = []
        for name, paths in hosts.items():
            api = await stack.enter_async_context(api_of(*paths))
            found = {each.name: each for each in await sources_of(api)}
            parts.append(HostPart(name, api, [found[path.name] for path in paths]))
        one = await stack.enter_async_context(api_of(*(path for paths in hosts.values() for path in paths)))
        found = {each.name: each for each in await sources_of(one)}
        yield Both(parts, one, [found[path.name].id for paths in hosts.values() for path in paths])


def json_of(body: bytes) -> Any:
    return orjson.loads(body)
