"""The lines a second that the demo writes at a high rate."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.bench import corpus
from tests.bench.figures import Figure, Plan
from tests.bench.process import cpu_seconds

TARGET = 200_000
_SETTLE_SECONDS = 1.0
_SECONDS = 10.0
_TOO_MUCH = 10_000_000
_LOOK_SECONDS = 0.05
_CHUNK = 4 * 1024 * 1024


class _Held:
    """Holds every file of a directory open, so that lines of deleted files are counted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptors: dict[tuple[int, int], int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self.poll()

    def poll(self) -> None:
        """Open new files."""
        for path in self._directory.rglob("*"):
            try:
                facts = path.stat()
                identity = (facts.st_dev, facts.st_ino)
                if path.is_file() and identity not in self._descriptors:
                    self._descriptors[identity] = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue

    def lines(self) -> int:
        """Return the number of lines in all of them."""
        return sum(_count_lines(descriptor) for descriptor in self._descriptors.values())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for descriptor in self._descriptors.values():
            os.close(descriptor)

    def finish(self) -> None:
        """Poll a last time."""
        self._stop.set()
        self._thread.join()
        self.poll()


def _count_lines(descriptor: int) -> int:
    count = offset = 0
    while data := os.pread(descriptor, _CHUNK, offset):
        count += data.count(b"\n")
        offset += len(data)
    return count


def run(_: Plan) -> Iterator[Figure]:
    """Measure lines a second at the rate of the target, and at an unreachable one."""
    lines, cpu = _measure(TARGET, _SECONDS)
    # The pace is random around the rate: a thousandth more or less means nothing.
    yield Figure(f"demo at --rate {TARGET}", round(lines, -3), "lines/s", TARGET, at_least=True)
    yield Figure(f"demo at --rate {TARGET}: CPU", cpu, "% core")
    yield Figure("demo as fast as it can", _measure(_TOO_MUCH, _SECONDS / 3)[0], "lines/s")


def _measure(rate: int, seconds: float) -> tuple[float, float]:
    """Measure lines a second after the start, and percent of a core."""
    with corpus.room(3 * 2**30) as logs:
        words = [sys.executable, "-m", "logviewer", "demo", "--no-serve", f"--rate={rate}", str(logs / "demo")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as writer, _Held(logs) as held:
            assert writer.stdout and writer.stdout.readline()
            time.sleep(_SETTLE_SECONDS)
            start, before = time.monotonic(), cpu_seconds(writer.pid)
            held.poll()
            lines = -held.lines()
            start = (start + time.monotonic()) / 2
            time.sleep(seconds)
            # Stopped, so that no line is added during the count.
            writer.send_signal(signal.SIGSTOP)
            took, cpu = time.monotonic() - start, cpu_seconds(writer.pid) - before
            held.finish()
            lines += held.lines()
            writer.kill()
    return lines / took, 100 * cpu / took
