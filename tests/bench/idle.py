"""The CPU time of an idle server."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench import corpus
from tests.bench.client import open_stream, request
from tests.bench.figures import Figure, Plan
from tests.bench.process import cpu_seconds
from tests.helpers.server import Server

NOBODY_PERCENT, READERS_PERCENT = 0.5, 0.5
_READERS = 10
_FILES = 300
_SETTLE_SECONDS = 3.0
_SECONDS = 20.0


def run(_: Plan) -> Iterator[Figure]:
    """Measure percent of a core without readers, with ten quiet readers, and with many files."""
    with corpus.room() as logs:
        one, many = _files(logs / "one", 1), _files(logs / "many", _FILES)
        for name, paths, nobody, readers in (
            ("1 file", one, NOBODY_PERCENT, READERS_PERCENT),
            (f"{_FILES} files", many, None, None),
        ):
            with Server(*paths) as server:
                yield Figure(f"idle, {name}, nobody reads", _percent(server), "% core", nobody)
                with ExitStack() as stack:
                    for path in _spread(paths):
                        asking = request(server, source=server.source_id(path.name))
                        stack.enter_context(open_stream(server.port, asking))
                    yield Figure(f"idle, {name}, {_READERS} quiet readers", _percent(server), "% core", readers)
                yield Figure(f"idle, {name}, after they left", _percent(server), "% core", nobody)


def _files(directory: Path, count: int) -> list[Path]:
    directory.mkdir()
    paths = [directory / f"app-{number}.log" for number in range(count)]
    for path in paths:
        corpus.write(path, 10_000)
    return paths


def _spread(paths: Sequence[Path]) -> list[Path]:
    """Return a path for each reader."""
    return [paths[number * len(paths) // _READERS] for number in range(_READERS)]


def _percent(server: Server) -> float:
    time.sleep(_SETTLE_SECONDS)
    start, before = time.monotonic(), cpu_seconds(server.process.pid)
    time.sleep(_SECONDS)
    return 100 * (cpu_seconds(server.process.pid) - before) / (time.monotonic() - start)
