"""The time of a line from its write to its reader: through the server, and through ``tail -F`` beside it."""

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from tests.bench import corpus
from tests.bench.client import open_stream, request
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import peak_rss
from tests.helpers.server import Server, until

P50_MS, P95_MS = 1.0, 3.0
_LINES = 500
_PAUSE_MS = (5, 60)
_STAMP = re.compile(rb"line (\d{6}) at (\d{18})")


class _Receiver:
    """Records the arrival of each stamped line, in a thread."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self.taken_ms: dict[int, float] = {}
        self._thread = threading.Thread(target=self._note, daemon=True)
        self._thread.start()

    def _note(self) -> None:
        rest = b""
        while chunk := self._receive():
            now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            rest = (rest + chunk)[-65536:]
            for number, written in _STAMP.findall(rest):
                self.taken_ms.setdefault(int(number), (now - int(written)) / 1e6)
            rest = rest.rpartition(b"\n")[2]

    def join(self) -> None:
        self._thread.join()


def run(_: Plan) -> Iterator[Figure]:
    """Measure median, p95 and p99 of 500 lines at random intervals, and of the same lines from ``tail -F``."""
    with corpus.room(on_disk=True) as logs:
        ours, theirs = _make(logs / "ours" / "app.log"), _make(logs / "theirs" / "app.log")
        with Server(ours) as server, _tail(theirs) as tail:
            assert tail.stdout
            stream = open_stream(server.port, request(server, source=server.source_id("app.log")))
            stream.settimeout(None)
            output = tail.stdout.fileno()
            receivers = _Receiver(lambda: stream.recv(65536)), _Receiver(lambda: os.read(output, 65536))
            _wait_for_both(receivers, (ours, theirs))
            _write((ours, theirs))
            until(lambda: all(len(each.taken_ms) == _LINES + 1 for each in receivers), what="every line at its reader")
            peak = peak_rss(server.process.pid)
            stream.shutdown(socket.SHUT_RDWR)
            tail.terminate()
            for each in receivers:
                each.join()
            stream.close()
    mine, peer = ([taken for number, taken in each.taken_ms.items() if number] for each in receivers)
    for name, share, target in (("p50", 0.5, P50_MS), ("p95", 0.95, P95_MS), ("p99", 0.99, None)):
        beside = Beside("tail -F", percentile(peer, share))
        yield Figure(f"write to receipt, {name}", percentile(mine, share), "ms", target, beside=beside, peak=peak)
    yield Figure("write to receipt, longest", max(mine), "ms", beside=Beside("tail -F", max(peer)))


def _make(path: Path) -> Path:
    path.parent.mkdir()
    path.write_text("an earlier line\n")
    return path


def _tail(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["tail", "-n0", "-F", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _wait_for_both(receivers: tuple[_Receiver, _Receiver], paths: tuple[Path, Path]) -> None:
    """Write line 0 until both received it, so that both follow before the measured lines."""

    def all_came() -> bool:
        for path in paths:
            _append(path, 0)
        time.sleep(0.3)
        return all(receiver.taken_ms for receiver in receivers)

    until(all_came, what="a first line")


def _write(paths: tuple[Path, Path]) -> None:
    # In turns with random pauses, so that noise affects both alike.
    random = Random(1)
    for number in range(1, _LINES + 1):
        for path in paths:
            _append(path, number)
            time.sleep(random.uniform(*_PAUSE_MS) / 2000)


def _append(path: Path, number: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        os.write(descriptor, b"line %06d at %018d of a log that somebody reads while it is written\n" % (number, now))
    finally:
        os.close(descriptor)
