"""A reader that falls behind continues near the end: received and skipped lines are all lines."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer import cursor
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Batch
from logviewer.sources.local import LocalSource
from logviewer.tail.events import Gap, Lines
from logviewer.tail.reader import Reader
from logviewer.tail.skip import SCREEN_LINES
from tests.helpers.reading import DirectLoader, drain, finish, next_event, open_reader, texts
from tests.helpers.server import EventStream, Server

Serve = Callable[..., Server]


# In process


@dataclass
class Log:
    """A followed file of numbered lines, its generations, and the reader's next number."""

    directory: Path
    name: str
    generations: list[list[int]] = field(default_factory=lambda: [[]])
    written: int = 0
    expected: int = 0
    after_gap: bool = False

    def __post_init__(self) -> None:
        self.path = self.directory / self.name
        self.path.touch()
        self.source = LocalSource(self.name, self.path, name=self.name, line_format=PLAIN)
        self.poll()

    def poll(self) -> None:
        if self.source.poll():
            self.source.changed.send()

    def write(self, count: int) -> None:
        with self.path.open("a") as file:
            for _ in range(count):
                file.write(f"{self.written}\n")
                self.generations[-1].append(self.written)
                self.written += 1
        self.poll()

    def rotate(self) -> None:
        if not self.generations[-1]:
            return
        for number in range(len(self.generations), 1, -1):
            self.path.with_name(f"{self.name}.{number - 1}").rename(self.path.with_name(f"{self.name}.{number}"))
        self.path.rename(self.path.with_name(f"{self.name}.1"))
        self.generations.append([])
        self.poll()

    def check(self, event: Lines[Batch] | Gap, lag: int) -> None:
        if isinstance(event, Gap):
            assert event.reason == "skipped"
            assert event.lines
            assert not self.after_gap, "lines come between two skips"
            assert self.unread > lag
            self.expected += event.lines
            assert self.unread == lag, "a skip ends near the end of the file that it is in"
        else:
            assert self.after_gap or self.unread <= lag
            for text in event.chunk.texts():
                assert int(text) == self.expected
                self.expected += 1
        self.after_gap = isinstance(event, Gap)

    @property
    def unread(self) -> int:
        """Return the number of lines from the expected one to the end of its file."""
        return next(each[-1] - self.expected + 1 for each in self.generations if each and each[-1] >= self.expected)


def read(logs: list[Log], reader: Reader[Batch], lag: int) -> bool:
    event = next_event(reader)
    if isinstance(event, Lines | Gap):
        next(log for log in logs if log.source is event.source).check(event, lag)
    return event is not None


def open_all(logs: list[Log], checkpoints: tuple[cursor.Checkpoint, ...], lag: int) -> Reader[Batch]:
    reader = Reader(DirectLoader(), follow=True, lag=lag)
    for log in logs:
        finish(reader.add(log.source, checkpoints, lambda each: each.start()))
    return reader


steps = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 12)),
    st.tuples(st.just("read"), st.integers(1, 4)),
    st.tuples(st.sampled_from(["rotate", "reconnect"]), st.just(0)),
)


@settings(max_examples=150)
@given(steps=st.lists(st.tuples(steps, st.integers(0, 1)), max_size=40), lag=st.integers(1, 6), count=st.integers(1, 2))
def test_received_and_skipped_are_all_lines(steps: list[tuple[tuple[str, int], int]], lag: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        logs = [Log(Path(directory), name) for name in ["a", "b"][:count]]
        reader = open_all(logs, (), lag)
        for (step, number), which in steps:
            log = logs[which % count]
            match step:
                case "write":
                    log.write(number)
                case "read":
                    for _ in range(number):
                        read(logs, reader, lag)
                case "rotate":
                    log.rotate()
                case "reconnect":
                    reader.close()
                    reader = open_all(logs, cursor.decode(reader.cursor()), lag)
                    for each in logs:
                        each.after_gap = False
        while read(logs, reader, lag):
            pass
        assert [log.expected for log in logs] == [log.written for log in logs]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path, "a")


def test_without_a_lag_every_line_arrives(log: Log) -> None:
    log.write(999)
    assert len(texts(drain(open_reader(log.source)))) == 999


def test_a_skip_moves_the_cursor(log: Log) -> None:
    log.write(99)
    reader = open_reader(log.source, lag=9)
    gap = next_event(reader)
    assert isinstance(gap, Gap)
    again = open_reader(log.source, cursor.decode(reader.cursor()), lag=9)
    assert texts(drain(again)) == [str(number) for number in range(90, 99)]


def test_a_skip_ends_in_the_file_that_it_began_in(log: Log) -> None:
    reader = open_reader(log.source, lag=9)
    log.write(99)
    log.rotate()
    log.write(50)
    events = drain(reader)
    assert [event.lines for event in events if isinstance(event, Gap)] == [90, 41]
    assert texts(events) == [str(number) for number in [*range(90, 99), *range(140, 149)]]


def test_the_unfinished_rest_comes_after_a_skip(log: Log) -> None:
    log.write(99)
    with log.path.open("a") as file:
        file.write("rest")
    assert texts(drain(open_reader(log.source, follow=False, lag=1))) == ["98", "rest"]


def test_a_slow_reader_gets_lines_between_gaps(log: Log) -> None:
    reader = open_reader(log.source, lag=2)
    kinds = []
    for _ in range(20):
        log.write(9)
        kinds.append(type(next_event(reader)))
    assert kinds == [Gap, Lines] * 10


# With a server


@dataclass
class Counts:
    """The lines received and skipped, and the gaps, of one source."""

    received: int = 0
    skipped: int = 0
    gaps: int = 0

    @property
    def total(self) -> int:
        return self.received + self.skipped


def follow(stream: EventStream, counts: dict[str, Counts], wanted: int) -> str:
    """Read until every source has reached the wanted line. Return the id of the last event."""
    last = ""
    while any(each.total < wanted for each in counts.values()):
        event = stream.next("lines", "gap", "end")
        source = counts[event.data["source"]]
        if event.name == "gap":
            assert event.data["reason"] == "skipped"
            source.skipped += event.data["lines"]
            source.gaps += 1
        else:
            for text in event.data["lines"]:
                assert int(text.split()[0]) == source.total
                source.received += 1
        last = event.id
    return last


class Flood(Thread):
    """Writes numbered lines as fast as it can, and renames the log at the lines ``rotate_at``."""

    def __init__(self, log: Path, *, lines: int, rotate_at: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.log = log
        self.lines = lines
        self.rotate_at = rotate_at
        self.stopped = Flag()

    def run(self) -> None:
        numbers = iter(range(self.lines))
        rotated = 0
        while chunk := list(itertools.islice(numbers, 20_000)):
            if any(chunk[0] <= at <= chunk[-1] for at in self.rotate_at):
                rotated += 1
                self.log.rename(self.log.with_name(f"{self.log.name}.{len(self.rotate_at) - rotated + 1}"))
            with self.log.open("a") as file:
                file.write("".join(f"{number} {'x' * 80}\n" for number in chunk))
            if self.stopped.wait(0.02):
                return


@contextmanager
def flooding(*logs: Path, lines: int, rotate_at: tuple[int, ...] = ()) -> Iterator[None]:
    floods = [Flood(log, lines=lines, rotate_at=rotate_at) for log in logs]
    for flood in floods:
        flood.start()
    try:
        yield
    finally:
        for flood in floods:
            flood.stopped.set()
            flood.join()


LINES = 1_000_000


@pytest.mark.parametrize("names", [["a.log"], ["a.log", "b.log"]], ids=["one source", "two sources"])
@pytest.mark.parametrize("rotate_at", [(), (300_000, 700_000)], ids=["growing", "rotating"])
def test_a_flood_arrives_a_screenful_at_a_time(
    names: list[str], rotate_at: tuple[int, ...], logs: Path, serve: Serve
) -> None:
    paths = [logs / name for name in names]
    for path in paths:
        path.touch()
    server = serve(*paths)
    counts = {server.source_id(name): Counts() for name in names}
    with server.stream(source=list(counts), lag=1000, from_="start") as stream:
        stream.next()
        began = monotonic()
        with flooding(*paths, lines=LINES, rotate_at=rotate_at):
            follow(stream, counts, LINES)
        took = monotonic() - began
    for each in counts.values():
        assert each.total == LINES
        assert each.gaps <= 25 * took + 10
        # Between two gaps at most the lag and a screenful arrive.
        assert each.received <= (each.gaps + 1) * (1000 + SCREEN_LINES)


def test_a_reader_resumes_after_a_skip(logs: Path, serve: Serve) -> None:
    path = logs / "a.log"
    path.write_text("".join(f"{number}\n" for number in range(5000)))
    server = serve(path)
    with server.stream(source="a.log", lag=10, from_="start") as stream:
        gap = stream.next("gap")
        assert gap.data == {"source": server.source_id("a.log"), "reason": "skipped", "lines": 4990}
    with server.stream(source="a.log", lag=10, last_event_id=gap.id) as stream:
        event = stream.next("lines", "gap")
    assert (event.data["n"], event.data["lines"]) == (4991, [str(number) for number in range(4990, 5000)])


def test_a_text_stream_shows_a_skip(logs: Path, serve: Serve) -> None:
    path = logs / "a.log"
    path.write_text("".join(f"{number}\n" for number in range(5000)))
    answer = serve(path).get("/api/stream", source="a.log", lag=2, from_="start", follow="false", format="text")
    assert answer.text == "==> a.log: 4998 lines skipped <==\n4998\n4999\n"


@pytest.mark.parametrize("lag", ["0", "-1", "x", ""])
def test_an_invalid_lag_is_422(lag: str, logs: Path, serve: Serve) -> None:
    (logs / "a.log").touch()
    answer = serve(logs / "a.log").get("/api/stream", source="a.log", lag=lag)
    assert answer.status_code == 422
    assert "lag" in str(answer.json()["detail"])


def test_a_server_in_a_flood_stops_in_time(logs: Path, serve: Serve) -> None:
    path = logs / "a.log"
    path.touch()
    server = serve(path)
    with server.stream(source="a.log", lag=1) as stream, flooding(path, lines=LINES):
        stream.next("gap")
        sleep(0.2)
        server.stop_in_time()
