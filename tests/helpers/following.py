"""Follow a log at a server, and assert which lines, gaps and states come next."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.helpers.server import Event, EventStream, Server, until


@contextmanager
def paused(server: Server) -> Iterator[None]:
    """Stop the process meanwhile, so that all changes happen between two polls."""
    status = Path(f"/proc/{server.process.pid}/stat")
    server.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", what="the stop")
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@contextmanager
def following(server: Server, log: Path, *first: str, **params: Any) -> Iterator[EventStream]:
    """Open a stream from the start and read these first lines."""
    with server.stream(source=source_status(server, log)["id"], **{"from_": "start", **params}) as stream:
        expect(stream, *first)
        yield stream


def source_status(server: Server, log: Path) -> dict[str, Any]:
    """Return the entry of ``GET /api/sources`` for this log."""
    sources: list[dict[str, Any]] = server.get("/api/sources").json()
    return next(source for source in sources if source["path"] == str(log))


def event_texts(event: Event) -> list[str]:
    """Return the lines of an event, an unterminated one with an ellipsis, or ``<reason>`` for a gap."""
    match event.name:
        case "lines":
            *lines, last = event.data["lines"]
            return [*lines, last + "..." * event.data.get("unterminated", False)]
        case "gap":
            return [f"<{event.data['reason']}>"]
        case _:
            return []


def expect(stream: EventStream, *wanted: str) -> str:
    """Assert that exactly these lines and gaps come next, in this order. Return the cursor after them."""
    received: list[str] = []
    last_id = ""
    while len(received) < len(wanted):
        event = stream.next()
        received += event_texts(event)
        last_id = event.id
        assert received == list(wanted[: len(received)])
    return last_id


def expect_in_any_order(stream: EventStream, *wanted: str) -> None:
    """Assert that these lines and gaps come next, in any order."""
    received: list[str] = []
    while len(received) < len(wanted):
        received += event_texts(stream.next())
    assert sorted(received) == sorted(wanted)


def expect_state(stream: EventStream, wanted: str) -> None:
    """Wait for this state of a source; fail at a gap before it."""
    while (event := stream.next()).data.get("state") != wanted:
        assert event.name != "gap"


def expect_state_and_lines(stream: EventStream, wanted: str, *lines: str) -> None:
    """Wait for this state of a source and for these lines, in either order."""
    received: list[str] = []
    states: list[str] = []
    while len(received) < len(lines) or wanted not in states:
        event = stream.next()
        received += event_texts(event)
        states += [event.data["state"]] if event.name == "source" else []
    assert received == list(lines)


def read_until_killed(
    server: Server, last: str | None, received: list[str], count: int, kill: Callable[[Server, EventStream], None]
) -> str | None:
    """Read ``count`` lines, call ``kill``, and read until the connection breaks. Return the last cursor."""
    begin = {"from_": "start"} if last is None else {}
    wanted = len(received) + count
    try:
        with server.stream(source="app.log", last_event_id=last, **begin) as stream:
            for event in stream.events:
                assert event.name in ("", "lines", "source"), event
                received += event.data["lines"] if event.name == "lines" else []
                last = event.id or last
                if len(received) >= wanted:
                    kill(server, stream)
                    wanted = sys.maxsize
    except (httpx.RemoteProtocolError, httpx.ReadError):
        pass
    return last


def read_until(server: Server, source: str, last: str | None, received: list[str], wanted: str) -> str | None:
    """Read on to a line, and return the cursor after it; a gap counts as ``<reason>``."""
    begin = {} if last else {"from_": "start"}
    with server.stream(source=source, last_event_id=last, **begin) as stream:
        while wanted not in received:
            event = stream.next()
            last = event.id or last
            if event.name == "lines":
                received += event.data["lines"]
            elif event.name == "gap":
                received.append(f"<{event.data['reason']}>")
    return last
