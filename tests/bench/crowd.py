"""Many readers of one stream in child processes, which record the arrival of each stamped chunk."""

import re
import selectors
import socket
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tests.bench.children import started
from tests.bench.client import open_stream

_STAMP = re.compile(rb"frame (\d{6}) at (\d{18})")
_STAMP_BYTES = 34
_BUFFER = 256 * 1024
_PROCESSES = 2
_FRAME = 1024
_QUIET_SECONDS = 10.0


def chunk(number: int) -> bytes:
    """Return about a KiB of lines, stamped with its number and the time."""
    stamp = b"frame %06d at %018d" % (number, time.clock_gettime_ns(time.CLOCK_MONOTONIC))
    line = b"2026-11-20 12:00:00,000 INFO app.session [42] worker shard retry cache index order payment queue\n"
    return stamp + b" INFO app.frames the first line of this one\n" + line * ((_FRAME - 70) // len(line))


@dataclass(slots=True)
class Received:
    """The time of each delivery in ns, and the number of lost, repeated or misplaced chunks."""

    taken_ns: "array[int]"
    wrong: int


class Crowd:
    """The readers, after each received its first cursor."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def wait_for(self, last: int) -> Received:
        """Collect until the chunk of this number, or until nothing arrived for ten seconds."""
        for pipe in self._pipes:
            pipe.send(last)
        together = Received(array("q"), 0)
        for pipe in self._pipes:
            received: Received = pipe.recv()
            together.taken_ns.extend(received.taken_ns)
            together.wrong += received.wrong
        return together


@contextmanager
def connected(port: int, askings: Sequence[bytes]) -> Iterator[Crowd]:
    """Connect a reader for each request and wait for its first cursor. The readers leave with the block."""
    with ExitStack() as stack:
        shares = [askings[number::_PROCESSES] for number in range(_PROCESSES)]
        children = [stack.enter_context(started(_read_all, port, share)) for share in shares]
        for child in children:
            child.pipe.recv()
        yield Crowd([child.pipe for child in children])


@dataclass(slots=True)
class _Reader:
    stream: socket.socket
    expected: int = 1
    rest: bytes = b""


def _read_all(pipe: Connection, port: int, askings: Sequence[bytes]) -> None:
    readers = [_Reader(_greeted(port, asking)) for asking in askings]
    pipe.send(None)
    received = Received(array("q"), 0)
    last = _receive(pipe, readers, received)
    received.wrong += sum(last + 1 - reader.expected for reader in readers)
    pipe.send(received)
    pipe.poll(None)


def _greeted(port: int, asking: bytes) -> socket.socket:
    stream = open_stream(port, asking)
    got = b""
    while b"\nid: " not in got:
        got += stream.recv(65536)
    return stream


def _receive(pipe: Connection, readers: Sequence[_Reader], received: Received) -> int:
    """Receive until every reader has the last chunk, whose number comes through the pipe, or nothing arrives."""
    selector = selectors.DefaultSelector()
    selector.register(pipe, selectors.EVENT_READ)
    for reader in readers:
        selector.register(reader.stream, selectors.EVENT_READ, reader)
    buffer = memoryview(bytearray(_BUFFER))
    last: int | None = None
    while last is None or any(reader.expected <= last for reader in readers):
        ready = selector.select(None if last is None else _QUIET_SECONDS)
        if last is not None and not ready:
            break
        for key, _ in ready:
            if key.data:
                _take(key.data, buffer, received)
            else:
                last = pipe.recv()
    return last


def _take(reader: _Reader, buffer: memoryview, received: Received) -> None:
    size = reader.stream.recv_into(buffer)
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    if not size:
        raise ConnectionError("the stream ended")
    data = reader.rest + buffer[:size]
    for number, written in _STAMP.findall(data):
        received.taken_ns.append(now - int(written))
        received.wrong += int(number) != reader.expected
        reader.expected = int(number) + 1
    # Too short for a whole stamp, long enough for a torn one.
    reader.rest = data[1 - _STAMP_BYTES :]
