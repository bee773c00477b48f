"""The logs of other hosts at a hub, through faults of every part: each line arrives once and in order, or a gap."""

import gzip
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.helpers.following import source_status
from tests.helpers.hub import Hub, stopped
from tests.helpers.server import TIMEOUT, EventStream, Server, until
from tests.helpers.soak import EXAMPLES

NUMBER = re.compile(r"line (\d{9})$")
ROTATED_BYTES = 200_000
# Of ``make soak``; otherwise until the host is absent.
PARTITION_SECONDS = 60.0


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as running:
        yield running


@dataclass
class Writer:
    """Writes numbered lines in a thread, and rotates the log now and then; nothing is deleted."""

    path: Path
    random: Random
    packs: bool = False
    written: int = 0
    rotations: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def write(self, count: int) -> None:
        lines = range(self.written + 1, self.written + count + 1)
        with self.path.open("a") as file:
            file.writelines(f"2026-11-27T10:00:00Z INFO worker line {number:09d}\n" for number in lines)
        self.written += count
        if self.path.stat().st_size > ROTATED_BYTES:
            self.rotate()

    def rotate(self) -> None:
        self.rotations += 1
        for number in range(self.rotations - 1, 0, -1):
            for end in ("", ".gz"):
                with suppress(FileNotFoundError):
                    self.path.with_name(f"app.log.{number}{end}").rename(
                        self.path.with_name(f"app.log.{number + 1}{end}")
                    )
        third = self.path.with_name("app.log.3")
        if self.packs and third.exists():
            third.with_name("app.log.3.gz").write_bytes(gzip.compress(third.read_bytes()))
            third.unlink()
        self.path.rename(self.path.with_name("app.log.1"))
        self.path.touch()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread:
            self._thread.join(TIMEOUT)

    def _run(self) -> None:
        while not self._over.wait(0.01):
            self.write(self.random.randrange(1, 60))


class Reader:
    """A client that reads in a thread, and comes back with its last id whenever its connection ends."""

    def __init__(self, hub: Hub, *sources: str) -> None:
        self.lines: dict[str, list[int]] = {each: [] for each in sources}
        self.gaps: list[str] = []
        self.states: list[str] = []
        self.last: str | None = None
        self.hub = hub
        self._names = {hub.server.source_id(each): each for each in sources}
        self._over = threading.Event()
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the lines of the first source."""
        return next(iter(self.lines.values()))

    def _run(self) -> None:
        while not self._over.wait(0.05):
            with suppress(httpx.HTTPError, RuntimeError):
                begin = {} if self.last else {"from_": "start"}
                sources = list(self._names.values())
                with self.hub.server.stream(source=sources, last_event_id=self.last, **begin) as stream:
                    self._response = stream.response
                    if stream.response.status_code == 200:
                        self._read(stream)

    def _read(self, stream: EventStream) -> None:
        for event in stream.events:
            match event.name:
                case "lines":
                    found = [NUMBER.search(each) for each in event.data["lines"]]
                    assert all(found)
                    self.lines[self._names[event.data["source"]]] += [int(each[1]) for each in found if each]
                case "gap":
                    self.gaps.append(event.data["reason"])
                case "source":
                    self.states.append(event.data["state"])
            self.last = event.id or self.last

    def cut(self) -> None:
        """Break the connection."""
        if self._response:
            with suppress(Exception):
                self._response.extensions["network_stream"].get_extra_info("socket").shutdown(2)

    def stop(self) -> None:
        """Leave."""
        self._over.set()
        self.cut()
        self._thread.join(TIMEOUT)

    def check(self, *written: int) -> None:
        """Wait for the last line of each source, and assert that each line has come once and in order."""
        for (source, numbers), last in zip(self.lines.items(), written, strict=True):
            what = f"line {last} of {source}; at {numbers[-1:]}, {self.hub.server.get('/api/hosts').text}"
            until(lambda numbers=numbers, last=last: numbers and numbers[-1] >= last, what=what)  # type: ignore[misc]
            assert numbers == list(range(1, last + 1))
        assert not self.gaps


def test_a_host_is_listed_and_all_of_its_api_answers(hub: Hub, logs: Path) -> None:
    log = logs / "app.log"
    log.write_text("".join(f"2026-11-27T10:00:0{n}Z {'ERROR' if n == 3 else 'INFO'} line {n}\n" for n in range(6)))
    hub.start("plain", "--label", "role=web", log)
    assert hub.status("plain")["labels"] == {"role": "web"}
    server, name = hub.server, "plain:app.log"
    (source,) = [each for each in server.get("/api/sources").json() if each["host"] == "plain"]
    assert (source["name"], source["path"], source["state"]) == (name, str(log), "open")
    lines = server.get("/api/lines", source=name, start=-2).json()
    assert [each["text"][-6:] for each in lines["lines"]] == ["line 4", "line 5"]
    at = lines["lines"][0]["at"]
    assert server.get("/api/line", source=name, at=at).text.endswith("line 4")
    assert server.get("/api/explain", source=name, at=at).json()["level"] == "info"
    assert sum(server.get("/api/histogram", source=name).json()["levels"]["error"]) == 1
    assert "line 3" in server.get("/api/search", source=name, q="ERROR").text
    assert server.get("/api/download", source=name).text == log.read_text()
    part = server.client.get("/api/download", params={"source": name}, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.text) == (206, log.read_text()[:10])
    assert server.get("/api/lines", source=name, q="(", regex="true").status_code == 422
    assert server.get("/api/lines", source=name, count=0).status_code == 422
    text = server.client.get("/", params={"source": name}, headers={"Accept": "text/plain"})
    assert text.text == log.read_text()
    assert server.get("/api/lines", source=source["id"], start=0, count=1).json()["total"] == 6


FAULTS = ["agent", "hub", "nats", "client", "stopped agent", "stopped nats", "reset network", "partition"]


def inject(fault: str, hub: Hub, host: str, log: Path, reader: Reader) -> None:
    match fault:
        case "agent":
            hub.agents[host].kill()
            hub.start(host, log)
        case "hub":
            hub.restart()
        case "nats":
            os.kill(hub.nats_process(), signal.SIGKILL)
        case "client":
            reader.cut()
        case "stopped agent":
            with stopped(hub.agents[host].process.pid):
                until(lambda: hub.state(host) == "absent", what="the state absent")
        case "stopped nats":
            process = hub.nats_process()
            with stopped(process):
                until(lambda: hub.state(host) == "absent", what="the state absent")
        case "reset network":
            hub.networks[host].reset()
        case "partition":
            hub.networks[host].cut()
            until(lambda: hub.state(host) == "absent", what="the state absent")
            if EXAMPLES > 1:
                threading.Event().wait(PARTITION_SECONDS)
            hub.networks[host].mend()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_and_doubles_no_line(logs: Path, fault: str) -> None:
    log, host = logs / "app.log", "web-1"
    log.touch()
    writer = Writer(log, Random(fault))
    writer.write(2000)
    with Hub() as hub:
        hub.start(host, log)
        reader = Reader(hub, f"{host}:app.log")
        until(lambda: len(reader.numbers) >= 2000, what="the first lines")
        writer.start()
        inject(fault, hub, host, log, reader)
        writer.stop()
        writer.write(1)
        reader.check(writer.written)
        reader.stop()


def test_an_absent_host_is_told_in_the_stream_once_and_so_is_its_return(logs: Path) -> None:
    log = logs / "app.log"
    log.write_text("line 000000001\n")
    with Hub() as hub:
        hub.start("web-1", log)
        reader = Reader(hub, "web-1:app.log")
        until(lambda: reader.numbers == [1], what="the first line")
        hub.agents["web-1"].kill()
        until(lambda: hub.state("web-1") == "absent", what="the state absent")
        until(lambda: reader.states == ["absent"], what="the state in the stream")
        assert hub.server.get("/api/lines", source="web-1:app.log").status_code == 503
        assert "retry-after" in hub.server.get("/api/lines", source="web-1:app.log").headers
        hub.start("web-1", log)
        until(lambda: reader.states == ["absent", "open"], what="the return in the stream")
        reader.stop()


@pytest.mark.parametrize("sources", [["web-1:app.log"], ["web-1:app.log", "app.log"]])
def test_streams_end_with_the_hub(logs: Path, sources: list[str]) -> None:
    (logs / "there").mkdir()
    for log in (logs / "app.log", logs / "there" / "app.log"):
        log.write_text("line\n")
    with Hub(logs / "app.log") as hub:
        hub.start("web-1", logs / "there" / "app.log")
        with hub.server.stream(source=sources, from_="start") as stream:
            stream.next("lines")
            hub.server.process.send_signal(signal.SIGTERM)
            assert stream.next("end").data == {"reason": "shutdown"}
        assert hub.server.process.wait(TIMEOUT) == 0


def test_a_host_that_says_good_bye_is_gone(logs: Path) -> None:
    log = logs / "app.log"
    log.touch()
    with Hub() as hub:
        assert hub.start("web-1", log).stop() == 0
        until(lambda: hub.state("web-1") == "gone", what="the state gone")


@pytest.mark.parametrize("program", [None, [sys.executable, "-m", "tests.helpers.lossy_hub"]])
def test_many_faults_at_random(logs: Path, program: list[str] | None) -> None:
    random = Random(EXAMPLES)
    writers: dict[str, Writer] = {}
    with Hub(program=program) as hub:
        for host in ("web-1", "web-2"):
            (logs / host).mkdir()
            writers[host] = Writer(logs / host / "app.log", random, packs=host == "web-2")
            writers[host].write(100)
            hub.start(host, writers[host].path)
        reader = Reader(hub, "web-1:app.log", "web-2:app.log")
        for writer in writers.values():
            writer.start()
        for _ in range(4 * EXAMPLES):
            host = random.choice(list(writers))
            fault = random.choice([each for each in FAULTS if "stopped" not in each])
            inject(fault, hub, host, writers[host].path, reader)
            before = len(reader.lines[f"{host}:app.log"])
            more = partial(lambda host, before: len(reader.lines[f"{host}:app.log"]) > before, host, before)
            until(more, what=f"more lines of {host} after {fault}")
        for writer in writers.values():
            writer.stop()
            writer.write(1)
        reader.check(*(each.written for each in writers.values()))
        assert all(each.rotations for each in writers.values())
        reader.stop()


def test_a_client_goes_on_at_another_hub_with_its_cursor(logs: Path) -> None:
    log = logs / "app.log"
    writer = Writer(log, Random(3))
    writer.write(500)
    with Hub() as first, Hub() as second:
        for hub in (first, second):
            hub.start("web-1", log)
        reader = Reader(first, "web-1:app.log")
        until(lambda: len(reader.numbers) == 500, what="the lines at the first hub")
        reader.hub = second
        first.server.process.kill()
        writer.write(500)
        writer.rotate()
        writer.write(500)
        reader.check(1500)
        reader.stop()


def test_a_view_of_two_hosts_and_of_the_hub_is_that_of_one_server(logs: Path) -> None:
    random = Random(7)
    files = [logs / name / "app.log" for name in ("own", "one", "two")]
    for file in files:
        file.parent.mkdir()
        at = [random.randrange(300) for _ in range(400)]
        file.write_text("".join(f"2026-11-27T10:{n // 60:02d}:{n % 60:02d}Z INFO {file.parent.name} {n}\n" for n in at))
    with Hub(files[0]) as hub, Server(*files) as server:
        for host, file in zip(("web-1", "web-2"), files[1:], strict=True):
            hub.start(host, file)
        there = ["app.log", "web-1:app.log", "web-2:app.log"]
        here = [source_status(server, file)["id"] for file in files]
        until(lambda: hub.server.get("/api/lines", source=there).json()["complete"], what="the total")

        def both(path: str, **params: Any) -> list[httpx.Response]:
            return [server.get(path, source=here, **params), hub.server.get(path, source=there, **params)]

        for params in (
            {"start": 0},
            {"start": 377},
            {"start": -50},
            {"time": "2026-11-27T10:02:30Z"},
            {"q": "one", "start": 17},
            {"since": "2026-11-27T10:01:00Z", "start": -3},
        ):
            one, merged = (each.json() for each in both("/api/lines", count=100, **params))
            assert [row["text"] for row in one["lines"]] == [row["text"] for row in merged["lines"]], params
            assert (one["start"], one["total"]) == (merged["start"], merged["total"]), params
        for path, params in (
            ("/api/download", {}),
            ("/api/download", {"q": "two"}),
            ("/api/stream", {"follow": "false", "from_": "start", "format": "text"}),
        ):
            text, merged_text = (each.text for each in both(path, **params))
            assert text == merged_text, (path, params)
        histogram, merged_histogram = (each.json() for each in both("/api/histogram"))
        assert histogram == merged_histogram
        hub.agents["web-2"].kill()
        until(lambda: hub.state("web-2") == "absent", what="the state absent")
        for path, params in (("/api/lines", {"start": -5}), ("/api/histogram", {})):
            assert hub.server.get(path, source=there, **params).json()["absent"] == ["web-2"]
        assert '"absent":["web-2"]' in hub.server.get("/api/search", source=there, q="INFO").text
        assert hub.server.get("/api/download", source=there).status_code == 503


def test_a_stream_of_two_hosts_loses_nothing_while_one_is_absent(logs: Path) -> None:
    for name in ("one", "two"):
        (logs / name).mkdir()
    logfiles = [logs / "one" / "app.log", logs / "two" / "app.log"]
    for file in logfiles:
        file.write_text("first\n")
    with Hub() as hub:
        for host, file in zip(("web-1", "web-2"), logfiles, strict=True):
            hub.start(host, file)
        sources = ["web-1:app.log", "web-2:app.log"]
        ids = {hub.server.source_id(each): each for each in sources}
        got: dict[str, list[str]] = {each: [] for each in sources}
        states: list[tuple[str, str]] = []
        with hub.server.stream(source=sources, from_="start") as stream:

            def read(condition: Any) -> None:
                while not condition():
                    event = stream.next()
                    assert event.name != "gap"
                    if event.name == "lines":
                        got[ids[event.data["source"]]] += event.data["lines"]
                    elif event.name == "source":
                        states.append((ids[event.data["source"]], event.data["state"]))

            read(lambda: all(each == ["first"] for each in got.values()))
            hub.agents["web-2"].kill()
            read(lambda: states == [("web-2:app.log", "absent")])
            for file in logfiles:
                with file.open("a") as log:
                    log.write("second\n")
            read(lambda: got["web-1:app.log"] == ["first", "second"])
            hub.start("web-2", logfiles[1])
            read(lambda: got["web-2:app.log"] == ["first", "second"])
            assert states == [("web-2:app.log", "absent"), ("web-2:app.log", "open")]


def test_each_worker_of_a_hub_answers_for_all_hosts(logs: Path) -> None:
    log = logs / "app.log"
    log.write_text("line\n")
    with Hub("--workers", "2") as hub:
        hub.start("web-1", log)
        for _ in range(20):
            # A connection of its own each time, to either worker.
            with httpx.Client(base_url=hub.server.base, headers=hub.server.headers, trust_env=False) as client:
                params = {"source": "web-1:app.log"}
                until(lambda: client.get("/api/lines", params=params).status_code == 200, what="the host")  # noqa: B023
                assert client.get("/api/lines", params=params).json()["lines"][0]["text"] == "line"
        hub.agents["web-1"].kill()
        until(lambda: hub.state("web-1") == "absent", what="the state absent")


def test_a_host_masks_its_lines_before_they_leave_it(logs: Path) -> None:
    log, config = logs / "app.log", logs / "agent.toml"
    log.write_text("2026-11-27T10:00:00Z INFO password=hunter2 accepted\n")
    config.write_text("[[redact]]\npattern = 'hunter\\d'\n")
    with Hub() as hub:
        hub.start("web-1", "--config", config, log)
        before = hub.networks["web-1"].bytes
        source = "web-1:app.log"
        at = hub.server.get("/api/lines", source=source).json()["lines"][0]["at"]
        for path, params in (
            ("/api/lines", {}),
            ("/api/line", {"at": at, "raw": "true"}),
            ("/api/explain", {"at": at}),
            ("/api/search", {"q": "password"}),
            ("/api/stream", {"from_": "start", "follow": "false"}),
            ("/api/stream", {"from_": "start", "follow": "false", "format": "text", "raw": "true"}),
            ("/api/download", {}),
        ):
            text = hub.server.get(path, source=source, **params).text
            assert "password=***" in text, path
            assert "hunter2" not in text, path
        assert hub.server.get("/api/lines", source=source, q="hunter2").json()["lines"] == []
        assert hub.networks["web-1"].bytes > before
