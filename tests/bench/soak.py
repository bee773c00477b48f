"""Many lines through many rotations, with readers that come and go: no loss, no repetition, no leak."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import orjson

from tests.bench import corpus
from tests.bench.children import started
from tests.bench.client import Event, connect, events
from tests.bench.figures import Figure, Plan
from tests.bench.process import descriptors, memory
from tests.helpers.server import Server

_MIB = 2**20
_LINE = "{:012d} INFO app.soak a line of the soak, which must come once and in order, whatever happens to its file\n"
_LAST = "the end"
_TICK_SECONDS = 0.01
_MOST_LINES = 5000
_ROTATE_SECONDS = 1.5, 2.5
_KEEP = 6
_VISITORS = 3
# Files and connections come and go; a leak is many times as large.
_MOST_GAINED_MIB = 16
_MOST_GAINED_DESCRIPTORS = 8
_STAY_SECONDS = 0.1, 3.0
_AWAY_SECONDS = 0.0, 1.0


@dataclass(slots=True)
class Checked:
    """The findings of one reader. ``ended`` is the time of its last line in monotonic seconds."""

    received: int = 0
    missing: int = 0
    doubled: int = 0
    gaps: list[str] = field(default_factory=list)
    visits: int = 0
    ended: float = 0.0


def run(plan: Plan) -> Iterator[Figure]:
    """Measure lines, faults, and the server's memory and descriptors at start, in the middle and at the end."""
    with corpus.room(3 * 2**30) as logs, ExitStack() as stack:
        path = logs / "app.log"
        path.touch()
        server = stack.enter_context(Server(path))
        asked = (server.port, server.headers, server.source_id(path.name))
        readers = [stack.enter_context(started(_read, *asked, seed)) for seed in (None, *range(_VISITORS))]
        for reader in readers:
            reader.pipe.recv()
        yield from _held("start", server)
        writer = stack.enter_context(started(_write, path, plan.rate, plan.seconds))
        time.sleep(plan.seconds / 2)
        middle = list(_held("middle", server))
        yield from middle
        written, stopped = writer.pipe.recv()
        checked: list[Checked] = [reader.pipe.recv() for reader in readers]
        end = list(_held("end", server))
        yield from end
        yield from _gained(middle, end)
    yield from _figures(plan, written, stopped, checked)


def _held(when: str, server: Server) -> Iterator[Figure]:
    yield Figure(f"soak, {when}: RSS", memory(server.process.pid).rss / _MIB, "MiB")
    yield Figure(f"soak, {when}: open descriptors", descriptors(server.process.pid), "")


def _gained(middle: list[Figure], end: list[Figure]) -> Iterator[Figure]:
    for before, after, most in zip(middle, end, (_MOST_GAINED_MIB, _MOST_GAINED_DESCRIPTORS), strict=True):
        name = after.name.replace("end", "gained from the middle to the end")
        yield Figure(name, after.value - before.value, after.unit, most)


def _figures(plan: Plan, written: int, stopped: float, checked: list[Checked]) -> Iterator[Figure]:
    steady, *visitors = checked
    yield Figure("soak: lines written", written, "lines")
    yield Figure("soak: lines a second", written / plan.seconds, "lines/s", plan.rate * 0.99, at_least=True)
    yield Figure("soak: reader behind the writer at the end", max(0.0, steady.ended - stopped), "s")
    yield Figure("soak: steady reader, lines received", steady.received, "lines", written, at_least=True)
    yield Figure("soak: visitors, lines received", sum(each.received for each in visitors), "lines")
    yield Figure("soak: visitors, connections", sum(each.visits for each in visitors), "")
    yield Figure("soak: missing", sum(each.missing for each in checked), "lines", 0)
    yield Figure("soak: doubled or out of order", sum(each.doubled for each in checked), "lines", 0)
    yield Figure("soak: gaps", sum(len(each.gaps) for each in checked), "", 0)


def _write(pipe: Connection, path: Path, rate: int, seconds: float) -> None:
    """Write numbered lines at a rate, renaming the file every two seconds or so."""
    random = Random(1)
    file = path.open("ab", buffering=0)
    start = time.monotonic()
    written, rotate_at = 0, start + random.uniform(*_ROTATE_SECONDS)
    while (now := time.monotonic()) < start + seconds:
        if now >= rotate_at:
            file.close()
            _rotate(path)
            file = path.open("ab", buffering=0)
            rotate_at = now + random.uniform(*_ROTATE_SECONDS)
        due = min(int((now - start) * rate) - written, _MOST_LINES)
        file.write("".join(map(_LINE.format, range(written, written + due))).encode())
        written += due
        if due < _MOST_LINES:
            time.sleep(_TICK_SECONDS)
    file.write(f"{written:012d} {_LAST}\n".encode())
    file.close()
    pipe.send((written + 1, time.monotonic()))


def _rotate(path: Path) -> None:
    for number in range(_KEEP - 1, 0, -1):
        if (older := path.with_name(f"{path.name}.{number}")).exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.rename(path.with_name(f"{path.name}.1"))


def _read(pipe: Connection, port: int, headers: dict[str, str], source: str, seed: int | None) -> None:
    """Check every line up to the last one; a visitor (with a seed) leaves now and then and reconnects."""
    reader = _Checker(port, headers, source, None if seed is None else Random(seed))
    pipe.send(None)
    # Lines that have not arrived by then are missing.
    with suppress(TimeoutError):
        while not reader.done:
            reader.visit()
    reader.checked.ended = time.monotonic()
    pipe.send(reader.checked)


class _Checker:
    """A reader that continues at its cursor."""

    def __init__(self, port: int, headers: dict[str, str], source: str, random: Random | None) -> None:
        self.checked = Checked()
        self.done = False
        self._port, self._headers, self._source, self._random = port, headers, source, random
        self._expected = 0
        self._id = ""
        self._missing: set[int] = set()

    def visit(self) -> None:
        """Read for a while, or to the end."""
        headers = {**self._headers, **({"Last-Event-ID": self._id} if self._id else {})}
        leave = time.monotonic() + self._random.uniform(*_STAY_SECONDS) if self._random else float("inf")
        self.checked.visits += 1
        with closing(connect(self._port, headers, source=self._source, from_="start")) as connection:
            for event in events(connection.getresponse()):
                self._take(event)
                if self.done or time.monotonic() >= leave:
                    break
        if self._random and not self.done:
            time.sleep(self._random.uniform(*_AWAY_SECONDS))

    def _take(self, event: Event) -> None:
        if event.name == b"lines":
            self._check(orjson.loads(event.data)["lines"])
        elif event.name == b"gap":
            self.checked.gaps.append(event.data.decode())
        self._id = event.id.decode() or self._id

    def _check(self, lines: list[str]) -> None:
        numbers = [int(line[:12]) for line in lines]
        self.checked.received += len(numbers)
        if numbers == list(range(self._expected, self._expected + len(numbers))):
            self._expected += len(numbers)
        else:
            for number in numbers:
                self._check_one(number)
        self.checked.missing = len(self._missing)
        self.done = lines[-1].endswith(_LAST)

    def _check_one(self, number: int) -> None:
        if number < self._expected:
            self.checked.doubled += 1
            self._missing.discard(number)
            return
        self._missing.update(range(self._expected, number))
        self._expected = number + 1
