"""The speed of a query beside ripgrep, and the time to its first lines."""

import os
import statistics
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from tests.bench import corpus
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import memory, peak_rss, reset_peak
from tests.helpers.server import EventStream, Server

RIPGREP = Path(sysconfig.get_path("scripts")) / "rg"
_ROUNDS = 50
_FILES = 20
RARE = "needle in it"
# In a twentieth of the lines.
_FREQUENT = "twentieth"


@dataclass(frozen=True, slots=True)
class _Answer:
    """A request for all frequent matches, the name of its row, and the goal beside ripgrep."""

    what: str
    url: str
    ratio: float
    params: Mapping[str, str] = field(default_factory=dict)
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class _Count:
    """A counted search: the name of its row, its parameters, ripgrep's arguments, and the goal beside ripgrep."""

    what: str
    params: Mapping[str, str | Sequence[str]]
    rg: Sequence[str]
    ratio: float | None = None


_REGEX = r"[a-z]+\d{5}x"
_EXCLUDED = ("cart", "replica", "ERROR")
_COUNTS = (
    _Count("rare", {"q": RARE}, ("-F", RARE), 1.5),
    _Count("5 %", {"q": _FREQUENT}, ("-F", _FREQUENT), 4),
    _Count("regex without a literal", {"q": _REGEX, "regex": "true"}, (_REGEX,)),
    _Count("case-insensitive", {"q": RARE, "case": "insensitive"}, ("-F", "-i", RARE)),
    _Count("three excludes", {"q": _FREQUENT, "not": _EXCLUDED}, ("-F", _FREQUENT)),
)
_REDACTED = (
    _Count("text", {"q": RARE}, ("-F", RARE)),
    _Count("regex", {"q": "needle [i]n it", "regex": "true"}, ("needle [i]n it",)),
    _Count("regex with .*", {"q": "needle.*it$", "regex": "true"}, ("needle.*it$",)),
    _Count("regex of classes", {"q": r"\d\s\d$", "regex": "true"}, (r"\d\s\d$",)),
)
_ANSWERS = (
    _Answer("search, newest first", "/api/search", 15),
    _Answer("search, oldest first", "/api/search", 15, {"order": "oldest"}),
    _Answer("search for a regex", "/api/search", 15, {"q": "twen[t]ieth", "regex": "true"}),
    _Answer("download", "/api/download", 8),
    _Answer("page as text", "/", 8, accept="text/plain"),
)


def run(plan: Plan) -> Iterator[Figure]:
    """Measure rare and frequent matches, levels and times in the plan's file, then in one ten times as large."""
    with corpus.room(11 * plan.size) as logs:
        small, large = logs / "small.log", logs / "large.log"
        write_lines(small, plan.size)
        write_lines(large, 10 * plan.size)
        for path in (small, large):
            _read_through(path)
        with Server(small) as server:
            yield from _searches(server, small)
        for answer in _ANSWERS:
            with Server(small) as server:
                yield _delivered(server, small, answer)
        with Server(small) as server:
            yield from _map(server, small)
        config = logs / "logviewer.toml"
        for lines, rule in (("most lines redacted", r"shard \w+"), ("few lines redacted", r"[\w.]+@[\w.]+")):
            config.write_text(f"[[redact]]\npattern = '{rule}'\n")
            for each in _REDACTED:
                with Server("--config", config, small) as server:
                    yield _redacted(server, small, lines, each)
        with Server(large) as server:
            yield from _views(server)
        large.unlink()
        yield _many_files(logs / "many", plan.size)


def write_lines(path: Path, size: int) -> None:
    """Write lines with a level and a message, a thousand a second; the rare ones are at the thirds."""
    words = ("order", "cart", "user", "session", "cache", "index", "replica", "queue", "shard")
    random = Random(1)
    tails = [
        f" {random.choices(('INFO', 'DEBUG', 'WARNING', 'ERROR'), (90, 5, 4, 1))[0]} app.{random.choice(words)} "
        f"[{number}] {' '.join(random.choices(words, k=8))}{' twentieth' if number % 20 == 0 else ''}\n"
        for number in range(1000)
    ]
    written, second = 0, 0
    with path.open("wb") as file:
        while written < size:
            head = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1_795_168_800 + second))
            rare = f"{head},000 INFO app.x a {RARE}\n" if second in {size // 330_000, size // 160_000} else ""
            written += file.write((rare + "".join(f"{head},{at:03d}{tail}" for at, tail in enumerate(tails))).encode())
            second += 1


def _read_through(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def _searches(server: Server, path: Path) -> Iterator[Figure]:
    _await_counted(server, path.name)
    idle = memory(server.process.pid).rss
    for each in _COUNTS:
        yield _counted(server, [path], each)
    yield Figure("search, first match", 1e3 * _first_match(server, path.name), "ms", 50)
    yield Figure("search, memory above idle", (memory(server.process.pid).rss - idle) / 1e6, "MB", 100)


def _counted(server: Server, paths: Sequence[Path], count: _Count) -> Figure:
    beside = statistics.median(_seconds(lambda: _count_of_rg(paths, count)) for _ in range(3))
    reset_peak(server.process.pid)
    begun = time.perf_counter()
    found = _quiet(server, [path.name for path in paths], **count.params)
    took = time.perf_counter() - begun
    if found != (expected := _count_of_rg(paths, count)):
        raise RuntimeError(f"{found} matches of {count.what}, not {expected}")
    target = None if count.ratio is None else count.ratio * beside
    peak = peak_rss(server.process.pid)
    return Figure(f"search, {count.what}, all of it", took, "s", target, beside=Beside("rg -c", beside), peak=peak)


def _many_files(directory: Path, size: int) -> Figure:
    """Measure one search of many files that are as large as the plan's together."""
    directory.mkdir(mode=0o755)
    paths = [directory / f"app-{number:02}x.log" for number in range(_FILES)]
    for path in paths:
        write_lines(path, size // _FILES)
    count = _Count(f"{_FILES} files", {"q": _FREQUENT}, ("-F", _FREQUENT))
    with Server(directory) as server:
        for path in paths:
            _await_counted(server, path.name)
        return _counted(server, paths, count)


def _delivered(server: Server, path: Path, answer: _Answer) -> Figure:
    """Measure an answer with all matches, beside ripgrep's into a pipe."""
    _await_counted(server, path.name)
    query = {"source": path.name, "q": _FREQUENT, **answer.params}
    beside = statistics.median(_seconds_of_rg_lines(path, query) for _ in range(3))
    begun = time.perf_counter()
    with server.client.stream(
        "GET", answer.url, params=query, headers={"accept": answer.accept}, timeout=600
    ) as response:
        response.raise_for_status()
        for _ in response.iter_raw():
            pass
    took = time.perf_counter() - begun
    peak = peak_rss(server.process.pid)
    return Figure(
        f"5 % of lines, {answer.what}", took, "s", answer.ratio * beside, beside=Beside("rg", beside), peak=peak
    )


def _seconds_of_rg_lines(path: Path, query: Mapping[str, str]) -> float:
    begun = time.perf_counter()
    how = "-e" if "regex" in query else "-F"
    command: list[str | Path] = [RIPGREP, "--no-config", "-S", "-a", how, query["q"], path]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as found:
        while found.stdout and found.stdout.read(1 << 16):
            pass
    return time.perf_counter() - begun


def _redacted(server: Server, path: Path, lines: str, count: _Count) -> Figure:
    """Measure a search where a rule applies to some lines."""
    _await_counted(server, path.name)
    size = path.stat().st_size / 1e6
    beside = Beside("rg -c", size / _seconds(lambda: _count_of_rg([path], count)))
    begun = time.perf_counter()
    _quiet(server, [path.name], **count.params)
    speed = size / (time.perf_counter() - begun)
    what = f"search for a {count.what}, {lines}"
    return Figure(what, speed, "MB/s", 100, at_least=True, beside=beside, peak=peak_rss(server.process.pid))


def _await_counted(server: Server, name: str) -> None:
    """Wait for the line count, which takes a core of its own."""
    while not server.client.get("/api/lines", params={"source": name, "start": -1, "count": 1}).json()["complete"]:
        time.sleep(0.05)


def _quiet(server: Server, names: Sequence[str], **params: str | Sequence[str]) -> int:
    query = {"source": names, "quiet": "true", **params}
    with server.client.stream("GET", "/api/search", params=query, timeout=600) as response:
        progress = [event.data for event in EventStream(response).events if event.name == "progress"]
    return int(progress[-1]["matches"])


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _count_of_rg(paths: Sequence[Path], count: _Count) -> int:
    """Return the number of matching lines; the lines pass a second ripgrep if the query excludes some."""
    command: list[str | Path] = [RIPGREP, "--no-config", "-S", "-a", "--no-filename", *count.rg, *paths]
    if not (excluded := count.params.get("not")):
        found = subprocess.run([*command, "-c"], capture_output=True, check=False)
        return sum(map(int, found.stdout.split()))
    rest: list[str | Path] = [RIPGREP, "--no-config", "-a", "-c", "-v", "-F", *(f"-e{text}" for text in excluded)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as lines:
        found = subprocess.run(rest, stdin=lines.stdout, capture_output=True, check=False)
    return int(found.stdout or 0)


def _first_match(server: Server, name: str) -> float:
    begun = time.perf_counter()
    with server.client.stream("GET", "/api/search", params={"source": name, "q": "[77] "}) as response:
        EventStream(response).next("match")
        return time.perf_counter() - begun


def _map(server: Server, path: Path) -> Iterator[Figure]:
    begun = time.perf_counter()
    while not _histogram(server, path.name)["complete"]:
        pass
    size = path.stat().st_size
    yield Figure("levels and times of all lines", size / 1e9 / (time.perf_counter() - begun), "GB/s", 1, at_least=True)
    yield from _asked(server, path.name)


def _histogram(server: Server, name: str, **params: Any) -> Any:
    return server.client.get("/api/histogram", params={"source": name, **params}).json()


def _asked(server: Server, name: str) -> Iterator[Figure]:
    random = Random(1)
    whole = _histogram(server, name)
    begin, span = whole["from"], whole["to"] - whole["from"]
    took = {"histogram of a span": [], "jump to a time": []}  # type: dict[str, list[float]]
    for _ in range(_ROUNDS):
        since = begin + random.randrange(span)
        for what, path, params in (
            ("histogram of a span", "/api/histogram", {"from": since, "to": since + span // 3}),
            ("jump to a time", "/api/lines", {"time": since, "count": 100}),
        ):
            start = time.perf_counter()
            server.client.get(path, params={"source": name, **params}).raise_for_status()
            took[what].append(1e3 * (time.perf_counter() - start))
    for what, times in took.items():
        yield Figure(f"{what}, p50", percentile(times, 0.5), "ms", 50)


def _views(server: Server) -> Iterator[Figure]:
    """Measure a filtered view of the large file, after its scan."""
    random = Random(1)
    query: dict[str, Any] = {"source": "large.log", "q": _FREQUENT, "count": 100}
    total = None
    while total is None:
        total = orjson.loads(server.client.get("/api/lines", params={**query, "start": 0}).content)["total"]
        time.sleep(0.05)
    took = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        server.client.get("/api/lines", params={**query, "start": random.randrange(total)}).raise_for_status()
        took.append(1e3 * (time.perf_counter() - start))
    yield Figure("filtered view, 100 lines anywhere, p50", percentile(took, 0.5), "ms", 50)
    yield Figure("filtered view, 100 lines anywhere, p95", percentile(took, 0.95), "ms")
    yield Figure("cores", os.cpu_count() or 0, "")
