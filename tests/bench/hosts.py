"""A hub: lines of other hosts beside those of a server on the same machine, and fleets of simulated agents."""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import orjson

from logviewer.cursor import encode, no_file_yet, source_key
from logviewer.hosts.agent import Agent
from logviewer.hosts.api import ApiAnswer, ApiRequest
from logviewer.hosts.authority import Authority
from logviewer.hosts.connection import Connection
from logviewer.hosts.nats import NatsTransport
from logviewer.source import SourceStatus
from logviewer.sources.naming import source_id
from tests.bench import corpus
from tests.bench.children import started
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan, percentile
from tests.bench.process import allow_many_descriptors, memory
from tests.bench.search import RARE, write_lines
from tests.helpers.hub import Hub
from tests.helpers.server import Server, until

_ROUNDS = 15
_LIVE_LINES = 200
_HOSTS, _SOURCES, _SEARCHED = 200, 50, 1000
_COUNT = 1000
_IDLE_SECONDS = 10.0
_JSON = [("content-type", "application/json")]
_SSE = [("content-type", "text/event-stream; charset=utf-8")]


def run(plan: Plan) -> Iterator[Figure]:
    """Measure one host, two hosts, and fleets."""
    size = plan.size // 2
    with corpus.room(2 * size) as logs:
        files = [logs / name / "app.log" for name in ("one", "two")]
        for file in files:
            file.parent.mkdir()
            write_lines(file, size)
        with Server("--no-cache", *files) as local, Hub() as hub:
            for host, file in zip(("web-1", "web-2"), files, strict=True):
                hub.start(host, "--no-cache", file)
            yield from _lines(local, hub, files)
            yield from _search(local, hub)
            yield from _replay(hub, files[0])
            yield from _live(local, hub, files[0])
            yield _unwatched(hub, files[0])
    yield from _fleet()
    yield from _many()


def _lines(local: Server, hub: Hub, files: Sequence[Path]) -> Iterator[Figure]:
    ids = [source_id(file, file.name) for file in files]
    totals = [_counted(local, id_) for id_ in ids]
    for host in ("web-1", "web-2"):
        _counted(hub.server, f"{host}:app.log")
    random = Random(1)
    kinds: Mapping[str, Callable[[int], int]] = {
        "last 1,000 lines": lambda _: -_COUNT,
        "1,000 lines by number": random.randrange,
    }
    for what, start in kinds.items():
        here, there, merged, both = (
            _median(server, sources, start, total)
            for server, sources, total in (
                (local, ids[:1], totals[0]),
                (hub.server, ["web-1:app.log"], totals[0]),
                (local, ids, sum(totals)),
                (hub.server, ["web-1:app.log", "web-2:app.log"], sum(totals)),
            )
        )
        yield Figure(f"one host: {what}", there, "ms", 2 * here, beside=Beside("the server", here))
        yield Figure(f"two hosts: {what}", both, "ms", 150, beside=Beside("the server", merged))


def _counted(server: Server, source: str) -> int:
    return int(until(lambda: server.get("/api/lines", source=source, start=0, count=1).json().get("total")))


def _median(server: Server, sources: Sequence[str], start: Callable[[int], int], total: int) -> float:
    return 1e3 * statistics.median(
        _timed(server, {"source": sources, "start": start(total - _COUNT)}) for _ in range(_ROUNDS)
    )


def _timed(server: Server, params: Mapping[str, Any]) -> float:
    begun = time.perf_counter()
    response = server.get("/api/lines", count=_COUNT, **params)
    took = time.perf_counter() - begun
    assert response.json().get("lines"), response.text[:500]
    assert "absent" not in response.json(), response.text
    return took


def _search(local: Server, hub: Hub) -> Iterator[Figure]:
    def took(server: Server, sources: Sequence[str]) -> float:
        begun = time.perf_counter()
        # A text of its own each time: the matches of the last search are known.
        text = f"{RARE}{time.time_ns()}"
        answer = server.client.get("/api/search", params={"source": list(sources), "q": text, "quiet": "true"}).text
        assert "event: end" in answer
        return time.perf_counter() - begun

    names = ["web-1:app.log", "web-2:app.log"]
    alone = max(statistics.median(took(hub.server, [name]) for _ in range(3)) for name in names)
    both = statistics.median(took(hub.server, names) for _ in range(3))
    yield Figure("two hosts: search", both, "s", beside=Beside("the slower host alone", alone))


def _replay(hub: Hub, file: Path) -> Iterator[Figure]:
    for what, path, params in (
        ("replay", "/api/stream", {"from": "start", "follow": "false"}),
        ("download", "/api/download", {}),
    ):
        begun = time.perf_counter()
        with hub.server.client.stream("GET", path, params={"source": "web-1:app.log", **params}) as response:
            received = sum(map(len, response.iter_raw()))
        took = time.perf_counter() - begun
        assert received >= file.stat().st_size
        target = 150 if what == "replay" else None
        yield Figure(f"one host: {what}", file.stat().st_size / took / MEGABYTE, "MB/s", target, at_least=True)


def _live(local: Server, hub: Hub, file: Path) -> Iterator[Figure]:
    here = _delays(local, source_id(file, file.name), file)
    there = _delays(hub.server, "web-1:app.log", file)
    for share in (0.5, 0.95):
        value, beside = percentile(there, share), percentile(here, share)
        yield Figure(f"live line p{share:.0%}", value, "ms", beside + 2, beside=Beside("the server", beside))


def _delays(server: Server, source: str, file: Path) -> list[float]:
    found = []
    with server.stream(source=source) as stream, file.open("ab", buffering=0) as log:
        stream.next()
        for number in range(_LIVE_LINES):
            time.sleep(0.01)
            begun = time.perf_counter()
            log.write(b"2026-11-27T10:00:00Z INFO live %d\n" % number)
            stream.next("lines")
            found.append(1e3 * (time.perf_counter() - begun))
    return found


def _unwatched(hub: Hub, file: Path) -> Figure:
    """Measure the bytes on the network while a log without readers grows."""
    network = hub.networks["web-1"]
    before, ends = network.bytes, time.monotonic() + _IDLE_SECONDS
    with file.open("ab", buffering=0) as log:
        while time.monotonic() < ends:
            log.write(b"2026-11-27T10:00:00Z INFO a line without a reader\n" * 100)
            time.sleep(0.01)
    return Figure("unread log: bytes/s on the network", (network.bytes - before) / _IDLE_SECONDS, "B/s", 1000)


# Fleets of agents, all in one child process


@dataclass
class Simulated:
    """The API of a host with 50 logs of a few lines."""

    host: str

    def __post_init__(self) -> None:
        paths = [Path(f"/var/log/service-{number}.log") for number in range(_SOURCES)]
        now = int(time.time() * 1000)
        self._facts = [
            SourceStatus(
                source_id(path, path.name, self.host),
                f"{self.host}:{path.name}",
                str(path),
                10_000,
                100,
                now,
                "open",
                None,
                "utf-8",
                self.host,
                str(path),
            )
            for path in paths
        ]

    def ids(self) -> list[str]:
        """Return the ids of the logs."""
        return [each.id for each in self._facts]

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        """See ``Api``."""
        match request.path:
            case "/api/sources":
                yield ApiAnswer(200, _JSON, _body(orjson.dumps([asdict(each) for each in self._facts])))
            case "/api/search":
                scanned = b'{"done":10000,"size":10000,"matches":0,"bound":null,"all":true}'
                end = b'event: end\ndata: {"complete":true}\n\n'
                progress = b"event: progress\ndata: " + scanned + b"\n\n" + end
                yield ApiAnswer(200, _SSE, _body(progress))
            case _:
                yield ApiAnswer(200, _JSON, _body(self._lines(dict(parse_qsl(request.query)))))

    def _lines(self, asked: Mapping[str, str]) -> bytes:
        count = min(int(asked.get("count", "16")), 100)
        now = 1_795_000_000_000
        keys = [now + 1000 * number for number in range(count)]
        source = self._facts[0].id
        at = encode([no_file_yet(source_key(source)).text()])
        rows = [
            {"source": source, "n": n + 1, "text": f"line {n} of {self.host}", "at": at, "level": None, "time": key}
            for n, key in enumerate(keys)
        ]
        return orjson.dumps(
            {
                "total": 100,
                "complete": True,
                "start": 100 - count,
                "lines": rows,
                "keys": keys,
                "key": None,
                "pending": False,
            }
        )


async def _body(data: bytes) -> AsyncIterator[bytes]:
    yield data


def simulate(pipe: Pipe, directory: str, port: int, first: int, hosts: int) -> None:
    """Run the agents of a fleet until the pipe closes."""
    os.nice(5)
    allow_many_descriptors()
    authority = Authority(Path(directory))

    async def main() -> None:
        agents = []
        for number in range(first, first + hosts):
            name = f"host-{number:04d}"
            jwt, seed = authority.invite(name, seconds=None)
            connection = Connection.of_invitation(_invitation(name, port, jwt, seed))
            api = Simulated(name)
            agents.append(asyncio.create_task(Agent(NatsTransport(connection), name, api, api.ids, {}).run()))
        pipe.send(None)
        await asyncio.gather(*agents)

    asyncio.run(main())


def _invitation(name: str, port: int, jwt: str, seed: str) -> Any:
    from logviewer.hosts.invitations import Invitation  # noqa: PLC0415
    from logviewer.hosts.names import Address  # noqa: PLC0415

    return Invitation(name, (Address("127.0.0.1", port),), jwt, seed)


def _fleet() -> Iterator[Figure]:
    with Hub() as hub:
        alone = memory(hub.server.process.pid).rss / MEGABYTE
        with started(simulate, str(hub.directory), hub.nats_port, 0, _HOSTS) as child:
            child.pipe.recv()
            until(lambda: _here(hub) == _HOSTS, what="all hosts", timeout=300)
            until(lambda: _listed(hub) == _HOSTS * _SOURCES, what="all sources", timeout=300)
            used = memory(hub.server.process.pid).rss / MEGABYTE
            yield Figure(f"hub: {_HOSTS} hosts x {_SOURCES} sources", used, "MB", 100, beside=Beside("none", alone))
            took = statistics.median(
                _timed(hub.server, {"path": "service-0.log", "host": "*", "start": -_COUNT}) for _ in range(_ROUNDS)
            )
            yield Figure(f"merged page of {_HOSTS} hosts", took, "s", 0.3)


def _many() -> Iterator[Figure]:
    with Hub() as hub:
        half = _SEARCHED // 2
        with (
            started(simulate, str(hub.directory), hub.nats_port, 0, half) as one,
            started(simulate, str(hub.directory), hub.nats_port, half, half) as other,
        ):
            for child in (one, other):
                child.pipe.recv()
            until(lambda: _here(hub) == _SEARCHED, what="all hosts", timeout=600)
            until(lambda: _listed(hub) == _SEARCHED * _SOURCES, what="all sources", timeout=600)
            took = []
            for _ in range(5):
                begun = time.perf_counter()
                params = {"host": "*", "path": "service-0.log", "q": "needle"}
                answer = hub.server.get("/api/search", **params).text
                assert "event: end" in answer, answer
                assert "absent" not in answer, answer[:500]
                took.append(time.perf_counter() - begun)
            yield Figure(f"search on {_SEARCHED:,} simulated agents", statistics.median(took), "s", 0.5)
            rss = memory(hub.server.process.pid).rss / MEGABYTE
            yield Figure(f"hub: {_SEARCHED:,} hosts x {_SOURCES} sources", rss, "MB")


def _here(hub: Hub) -> int:
    return sum(each["state"] == "here" for each in hub.server.get("/api/hosts").json())


def _listed(hub: Hub) -> int:
    return sum(each["sources"] for each in hub.server.get("/api/hosts").json())
