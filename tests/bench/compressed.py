"""A log behind gzip: its last screen, any screen, and searches, beside the same text raw and beside ripgrep."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import orjson
from isal import isal_zlib

from tests.bench import corpus
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan
from tests.bench.process import memory, peak_rss
from tests.bench.search import RARE, RIPGREP, write_lines
from tests.helpers.server import Server

_ROUNDS = 50
_SEARCHES = 3
_READ_BYTES = 64 * 1024
_TEXT_BYTES = 256 * 1024


def run(plan: Plan) -> Iterator[Figure]:
    """Measure one server that has not seen the file, once with and once without the text in its cache."""
    with corpus.room(2 * plan.size) as logs:
        raw = logs / "app.log"
        write_lines(raw, plan.size)
        packed = logs / "packed" / "app.log.gz"
        packed.parent.mkdir()
        with packed.open("wb") as file:
            subprocess.run(["gzip", "-c", str(raw)], stdout=file, check=True)
        environment = {"CACHE_DIRECTORY": str(logs / "cache")}
        with Server(packed, env=environment) as server:
            # The end of a gzip file is known only after all of it.
            limit = Beside("the decoder alone", 1e3 * _decode(packed))
            yield Figure("compressed: last screen, cold", 1e3 * screen(server, packed, -100), "ms", 300, beside=limit)
        with Server(packed, env=environment) as server, Server("--no-cache", raw) as plain:
            yield Figure("compressed: last screen, after a restart", 1e3 * screen(server, packed, -100), "ms", 300)
            yield _random_screens(server, packed)
            beside = [search(plain, raw) for _ in range(_SEARCHES)]
            took = [search(server, packed) for _ in range(_SEARCHES)]
            yield _searched("compressed: search", took, "the raw file", beside, 2.5)
            yield _searched("compressed: search", took, "rg -z", [_ripgrep(packed) for _ in range(_SEARCHES)], 1)
            peak = peak_rss(server.process.pid) / MEGABYTE
            yield Figure("compressed: memory at most", peak, "MB", 120, peak=memory(server.process.pid).rss)


def _decode(path: Path) -> float:
    begun = time.perf_counter()
    decoder = isal_zlib.decompressobj(wbits=31)
    with path.open("rb", buffering=0) as file:
        while data := file.read(_READ_BYTES):
            while data:
                decoder.decompress(data, _TEXT_BYTES)
                data = decoder.unconsumed_tail
    return time.perf_counter() - begun


def screen(server: Server, path: Path, start: int) -> float:
    """Return the seconds until a screen of lines is there."""
    begun = time.perf_counter()
    answer = server.get("/api/lines", source=path.name, start=start, count=100).json()
    took = time.perf_counter() - begun
    if len(answer["lines"]) != 100:
        raise RuntimeError(f"{len(answer['lines'])} lines of 100")
    return took


def _random_screens(server: Server, path: Path) -> Figure:
    while (total := server.get("/api/lines", source=path.name, count=1).json()["total"]) is None:
        time.sleep(0.1)
    random = Random(1)
    taken = [screen(server, path, random.randrange(total - 100)) for _ in range(_ROUNDS)]
    return Figure("compressed: any screen, median", 1e3 * statistics.median(taken), "ms", 20)


def search(server: Server, path: Path) -> float:
    """Return the seconds of a search for the rare lines."""
    begun = time.perf_counter()
    # Another query each time: the matches of the last one are known.
    query = {"q": RARE, "not": f"absent {begun}", "quiet": "true"}
    text = server.get("/api/search", source=path.name, **query).text
    took = time.perf_counter() - begun
    progress = [line for line in text.splitlines() if line.startswith("data: ") and "matches" in line]
    if orjson.loads(progress[-1][6:])["matches"] == 0:
        raise RuntimeError("the search found nothing")
    return took


def _ripgrep(path: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([RIPGREP, "-z", "-c", "-F", RARE, str(path)], check=True, capture_output=True)
    return time.perf_counter() - begun


def _searched(name: str, took: list[float], peer: str, beside: list[float], ratio: float) -> Figure:
    limit = statistics.median(beside)
    return Figure(f"{name}, beside {peer}", statistics.median(took), "s", ratio * limit, beside=Beside(peer, limit))
