"""The program as a subprocess, with a client of its API."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from tests.helpers.forked import start
from tests.helpers.programs import require

# Far longer than anything takes on a busy machine: a test fails late rather than by chance.
TIMEOUT = 60.0
# Five times the documented 2 s, for a busy machine. A server that waits for its clients never ends.
_END_SECONDS = 10.0
DROP_ROOT = ["--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"]


def until(condition: Callable[[], Any], *, what: str = "the condition", timeout: float = TIMEOUT) -> Any:
    """Poll a condition until it is true, and return its result."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {timeout} s")
        time.sleep(0.005)
    return result


def obeying_permissions(words: Sequence[str]) -> list[str]:
    """Return the command with words before it that make it obey file permissions, even as root."""
    if os.geteuid() != 0:
        return list(words)
    require("setpriv")
    return ["setpriv", *DROP_ROOT, *words]


class Server:
    """A running server. The arguments are those of the command line; the port is a free one.

    ``command`` are words before the options, such as ``hub``.
    """

    def __init__(
        self,
        *arguments: str | Path,
        stdin: int | None = subprocess.DEVNULL,
        env: Mapping[str, str] | None = None,
        port: int = 0,
        program: Sequence[str] | None = None,
        command: Sequence[str] = (),
    ) -> None:
        words = [*command, "--port", str(port), "--no-open", *map(str, arguments)]
        self.process = start(words, program=program, stdin=stdin, env=env, prefix=obeying_permissions([]))
        assert self.process.stdout
        self.ready_line = self.process.stdout.readline().strip()
        assert self.ready_line, self.process.stderr and self.process.stderr.read()
        parts = urlsplit(self.ready_line)
        self.port = parts.port or 0
        self.base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.token = parse_qs(parts.query).get("token", [""])[0]
        self.headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.client = httpx.Client(base_url=self.base, headers=self.headers, timeout=TIMEOUT, trust_env=False)

    def get(self, path: str, /, **params: Any) -> httpx.Response:
        """Request a path below the base; ``from_`` is sent as ``from``."""
        return self.client.get(path, params=_query(params))

    def source_id(self, name: str) -> str:
        """Wait for the only source of this name, and return its id."""
        return str(until(lambda: self._ids().get(name), what=f"source {name}"))

    def _ids(self) -> dict[str, str]:
        return {source["name"]: source["id"] for source in self.get("/api/sources").json()}

    @contextmanager
    def stream(self, *, last_event_id: str | None = None, **params: Any) -> "Iterator[EventStream]":
        """Open an event stream; leaving the block cuts the connection."""
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        with self.client.stream("GET", "/api/stream", params=_query(params), headers=headers) as response:
            yield EventStream(response)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, wait for the end and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def stop_in_time(self, number: int = signal.SIGTERM) -> None:
        """Send the signal, and assert that the server ends with exit code 0 within its time."""
        self.process.send_signal(number)
        assert self.process.wait(_END_SECONDS) == 0

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(TIMEOUT)
        self.close()
        return code

    def close(self) -> None:
        """Kill the server if it still runs, and close its pipes."""
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _query(params: Mapping[str, Any]) -> httpx.QueryParams:
    return httpx.QueryParams({name.rstrip("_"): value for name, value in params.items()})


@dataclass(frozen=True)
class Event:
    """One server-sent event; ``name`` is empty for an id alone."""

    name: str
    data: dict[str, Any]
    id: str


class EventStream:
    """Decodes server-sent events as they arrive; a field outside the standard fails the test."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events = self._events()

    def _events(self) -> Iterator[Event]:
        name, data, last_id = "", "", ""
        for line in _lines(self.response):
            field, _, value = line.partition(": ")
            match field:
                case "" if line == "":
                    if name or last_id:
                        yield Event(name, orjson.loads(data) if data else {}, last_id)
                    name, data, last_id = "", "", ""
                case "event":
                    name = value
                case "data":
                    assert not data, "one data line an event"
                    data = value
                case "id":
                    last_id = value
                case "retry":
                    assert value.isdigit()
                case _:
                    assert line.startswith(":"), line

    def next(self, *names: str) -> Event:
        """Return the next event, or the next one with one of these names."""
        found = next((event for event in self.events if not names or event.name in names), None)
        assert found, "the stream has ended"
        return found

    def lines(self, count: int) -> list[str]:
        """Return the next ``count`` lines; fail at a gap, an end, or more lines in the last batch."""
        texts: list[str] = []
        while len(texts) < count:
            event = self.next("lines", "gap", "end")
            assert event.name == "lines", event
            texts += event.data["lines"]
        assert len(texts) == count
        return texts


def _lines(response: httpx.Response) -> Iterator[str]:
    rest = b""
    for chunk in response.iter_raw():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode()
