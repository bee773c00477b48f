"""The log of a container: its last screen, searches and the histogram, beside the same text in a plain file."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import corpus
from tests.bench.compressed import screen, search
from tests.bench.figures import MEGABYTE, Beside, Figure, Plan
from tests.bench.process import memory, peak_rss
from tests.bench.search import write_lines
from tests.helpers.containers import FORMS, Form, Written, file_bytes
from tests.helpers.server import Server

_SEARCHES = 3
_LINES = 20_000


def run(plan: Plan) -> Iterator[Figure]:
    """Measure a server for each form of envelopes, none of which has seen its file."""
    with corpus.room(5 * plan.size) as logs:
        raw = logs / "app.log"
        write_lines(raw, plan.size)
        with Server("--no-cache", raw) as plain:
            last, counted = _last_screen(plain, raw), _histogram(plain, raw)
            beside = statistics.median([search(plain, raw) for _ in range(_SEARCHES)])
        for form in FORMS:
            path = logs / f"{form}.log"
            _wrap(raw, path, form)
            with Server("--no-cache", path) as server:
                peer = "the plain file"
                yield Figure(f"{form}: last screen, cold", _last_screen(server, path), "ms", beside=Beside(peer, last))
                yield Figure(f"{form}: histogram", _histogram(server, path), "s", beside=Beside(peer, counted))
                took = statistics.median([search(server, path) for _ in range(_SEARCHES)])
                yield Figure(f"{form}: search", took, "s", beside=Beside(peer, beside))
                peak = peak_rss(server.process.pid) / MEGABYTE
                yield Figure(f"{form}: memory at most", peak, "MB", 120, peak=memory(server.process.pid).rss)
            path.unlink()


def _wrap(raw: Path, path: Path, form: Form) -> None:
    """Write the lines of a plain file as the runtime of a container does."""
    written, number = list[Written](), 0
    with raw.open() as text, path.open("wb") as file:
        for line in text:
            written.append(Written("stderr" if number % 9 == 0 else "stdout", line[:-1]))
            number += 1
            if len(written) == _LINES:
                file.write(file_bytes(form, written, number - _LINES))
                written.clear()
        file.write(file_bytes(form, written, number - len(written)))


def _last_screen(server: Server, path: Path) -> float:
    return 1e3 * screen(server, path, -100)


def _histogram(server: Server, path: Path) -> float:
    begun = time.perf_counter()
    while not server.get("/api/histogram", source=path.name).json()["complete"]:
        time.sleep(0.01)
    return time.perf_counter() - begun
