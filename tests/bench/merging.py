"""The time to lines and matches of several hosts, beside one server over the same files, all in this process."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from logviewer.hosts.api import Api, ApiAnswer, ApiRequest
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart
from tests.bench import corpus
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan, percentile
from tests.helpers.merged_hosts import BEGIN, Both, both_of, read

_COUNT = 1000
_ROUNDS = 20
_HOSTS = 200
_LINES_AT_ONCE = 20_000

Items = list[tuple[str, str]]


@dataclass
class _Recorded:
    """An API that gives an answer again: the work of its host is not measured."""

    api: Api
    answers: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)
    calls: int = 0

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """See ``Api``."""
        self.calls += 1
        key = request.path, request.query
        if key not in self.answers:
            async with self.api.call(request) as answer:
                self.answers[key] = answer.status, await read(answer)
        status, body = self.answers[key]
        yield ApiAnswer(status, (), _once(body))


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def run(plan: Plan) -> Iterator[Figure]:
    """Measure two hosts that have the plan's large file between them, and then 200 hosts with small files."""
    with corpus.room(plan.size) as logs:
        paths = {f"web-{host}": [_written(logs / f"{host}.log", plan.size // 2, seed=host)] for host in range(2)}
        with asyncio.Runner() as runner:
            yield from runner.run(_two(paths))
            small = {f"web-{host}": [_written(logs / f"s{host}.log", MEGABYTE, seed=host)] for host in range(8)}
            yield from runner.run(_many(small))


def _written(path: Path, size: int, *, seed: int) -> Path:
    """Write about ``size`` bytes of lines whose times ascend."""
    random, moment, number = Random(seed), BEGIN * 1000, 0
    with path.open("w") as file:
        while file.tell() < size:
            lines: list[str] = []
            for _ in range(_LINES_AT_ONCE):
                moment, number = moment + random.randrange(20), number + 1
                stamp = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
                lines.append(
                    f"{stamp} INFO worker-{number % 16} request {number} took {number * 7 % 997} ms {'.' * 20}\n"
                )
            file.writelines(lines)
    return path


async def _two(paths: dict[str, list[Path]]) -> list[Figure]:
    async with both_of(paths) as both:
        total = await both.settle([])
        random = Random(1)
        places: dict[str, Callable[[], Items]] = {
            "the last 1,000": lambda: [("start", str(-_COUNT))],
            "1,000 by number": lambda: [("start", str(random.randrange(total - _COUNT)))],
            "1,000 at a time": lambda: [("time", str(BEGIN * 1000 + random.randrange(5 * total)))],
        }
        figures = [await _lines(both, f"merging: two hosts, {name}, p50", place) for name, place in places.items()]
        search = [("q", "took 333 ms"), ("quiet", "true")]
        one = await _milliseconds(both.of_one("/api/search", search))
        two = await _milliseconds(_read_of(both.merge.search(search)))
        return [*figures, Figure("merging: two hosts, a search", two, "ms", beside=Beside("one server", one))]


async def _lines(both: Both, name: str, place: Callable[[], Items]) -> Figure:
    one, two = [], []
    for _ in range(_ROUNDS):
        items = [*place(), ("count", str(_COUNT))]
        one.append(await _milliseconds(both.of_one("/api/lines", items)))
        two.append(await _milliseconds(_read_of(both.merge.lines(items))))
    return Figure(name, percentile(two, 0.5), "ms", 150, beside=Beside("one server", percentile(one, 0.5)))


async def _many(paths: dict[str, list[Path]]) -> list[Figure]:
    async with both_of(paths) as both:
        await both.settle([])
        apis = [_Recorded(part.api) for part in both.parts]
        parts = [
            HostPart(f"{part.name}-{number}", api, part.sources)
            for number in range(_HOSTS // len(apis))
            for part, api in zip(both.parts, apis, strict=True)
        ]
        figures = []
        for name, place in (("the last", ("start", str(-_COUNT))), ("by number", ("start", "54321"))):
            items = [place, ("count", str(_COUNT)), ("now", str(BEGIN))]
            took, rounds = await _page(parts, apis, items)
            figures.append(Figure(f"merging: {_HOSTS} hosts, {name} 1,000, p50", percentile(took, 0.5), "ms", 300))
            figures.append(Figure(f"merging: {_HOSTS} hosts, {name} 1,000, round trips", rounds, ""))
        return figures


async def _page(parts: Sequence[HostPart], apis: Sequence[_Recorded], items: Items) -> tuple[list[float], float]:
    """Return the milliseconds of each request, and the calls of a host in one."""
    await _read_of(Merge(parts).lines(items))
    for api in apis:
        api.calls = 0
    took = [await _milliseconds(_read_of(Merge(parts).lines(items))) for _ in range(_ROUNDS)]
    return took, sum(api.calls for api in apis) / len(parts) / _ROUNDS


async def _read_of(answering: Awaitable[ApiAnswer]) -> bytes:
    return await read(await answering)


async def _milliseconds(call: Awaitable[object]) -> float:
    start = time.perf_counter()
    await call
    return 1e3 * (time.perf_counter() - start)
