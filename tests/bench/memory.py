"""The server's memory after its start, after much work, and while clients stall."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import SHUT_RDWR, socket

from tests.bench import corpus
from tests.bench.client import Drained, drain, end_of, open_stream, request
from tests.bench.figures import MEGABYTE, Figure, Plan
from tests.bench.process import memory, peak_rss
from tests.helpers.server import Server

START_MIB = 70.0
_MIB = 2**20
_PIECE = 8 * _MIB
_STALLED = 10
_ESCAPED = 50
_STALL_AFTER = 20 * _MIB
_RECEIVE_BUFFER = 64 * 1024
_SETTLE_SECONDS = 2.0


def run(plan: Plan) -> Iterator[Figure]:
    """Measure RSS at each stage of one server's life."""
    with corpus.room(plan.size) as logs:
        path, escaped = logs / "large.log", logs / "escaped.log"
        path.touch()
        escaped.write_bytes((b"\x01" * MEGABYTE + b"\n") * _ESCAPED)
        with Server(path, escaped) as server:
            yield _rss("after start", server, START_MIB)
            pieces = corpus.blocks(plan.size, _PIECE)
            start = time.perf_counter()
            _follow(server, path, pieces)
            seconds = time.perf_counter() - start
            yield _rss(f"after following {plan.size / 1e9:.3g} GB as written", server)
            yield Figure("followed as it was written", plan.size / MEGABYTE / seconds, "MB/s")
            for number in (1, 2):
                end_of(_replay(server, path))
                yield _rss(f"after replay {number}", server)
            yield from _stall(server, path)
            end_of(_replay(server, escaped))
            yield _rss("after 1 MB lines that JSON makes 6 MB", server)
            yield Figure("memory: RSS at its peak", peak_rss(server.process.pid) / _MIB, "MiB")


def _rss(stage: str, server: Server, target: float | None = None) -> Figure:
    time.sleep(_SETTLE_SECONDS)
    return Figure(f"memory: RSS {stage}", memory(server.process.pid).rss / _MIB, "MiB", target)


def _follow(server: Server, path: Path, pieces: Iterator[bytes]) -> None:
    """Write the file while a reader follows it, a little ahead of the reader."""
    stream = open_stream(server.port, request(server, source=server.source_id(path.name), from_="start"))
    received = _Received(stream)
    with path.open("ab", buffering=0) as file:
        for written in pieces:
            received.wait_until_at_least(file.tell() - 4 * _PIECE)
            file.write(written)
        received.wait_until_at_least(file.tell())
    received.stop()


class _Received:
    """Counts the received bytes in a thread; with the framing there are more than in the file."""

    def __init__(self, stream: socket) -> None:
        self._stream = stream
        self._total = 0
        self._grown = threading.Condition()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        buffer = bytearray(_MIB)
        # A client that leaves while the server sends is cut off.
        with suppress(ConnectionResetError):
            while size := self._stream.recv_into(buffer):
                with self._grown:
                    self._total += size
                    self._grown.notify()

    def wait_until_at_least(self, size: int) -> None:
        with self._grown:
            if not self._grown.wait_for(lambda: self._total >= size, timeout=60):
                raise RuntimeError(f"{self._total} bytes came of {size} that were written")

    def stop(self) -> None:
        self._stream.shutdown(SHUT_RDWR)
        self._thread.join()
        self._stream.close()


def _replay(server: Server, path: Path) -> Drained:
    return drain(open_stream(server.port, _replay_request(server, path)))


def _replay_request(server: Server, path: Path) -> bytes:
    return request(server, source=server.source_id(path.name), from_="start", follow="false")


def _stall(server: Server, path: Path) -> Iterator[Figure]:
    """Measure clients that stop reading, each at another offset."""
    before = memory(server.process.pid).rss
    with ExitStack() as stack:
        for number in range(_STALLED):
            asking = _replay_request(server, path)
            stream = stack.enter_context(open_stream(server.port, asking, receive_buffer=_RECEIVE_BUFFER))
            _receive(stream, _STALL_AFTER + number * _MIB)
        stalled = _rss(f"with {_STALLED} clients stalled in a replay", server)
        yield stalled
        yield Figure("memory: RSS a stalled client", (stalled.value * _MIB - before) / _STALLED / 1024, "KiB")
    yield _rss("after they left", server)


def _receive(stream: socket, size: int) -> None:
    buffer = bytearray(_RECEIVE_BUFFER)
    while size > 0:
        size -= stream.recv_into(buffer)
