"""Writes the demo logs: a backlog, then live lines at a steady rate, with rotations.

The lines come from stories.py; this module has the clock, the files and the rate.
"""

import errno
import heapq
import itertools
import math
import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from random import Random
from typing import Self

from logviewer.demo import stories

SAMPLE_START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
SAMPLE_MS, SAMPLE_RATE = 600_000, 1.8
BACKLOG_MS, BACKLOG_RATE = 1_200_000, 4.0

LARGEST = 64 * 2**20  # bytes in a file before it is rotated, at any rate
MARKER = ".logviewer-demo"

_TICK_S = 0.025  # the shortest wait between two writes
_LATE_MS = 2000  # past this the writer was suspended or is too slow: it continues at the present time
_IN_FLIGHT = 10_000  # limit of lines that wait for their time or are rendered at once; high rates shorten scenes
_FRESH = 400  # new scenes of an act; later ones repeat these with new ids, at high rates only

Text = tuple[str, str, str]  # file, text before the timestamp, text after it


@dataclass(frozen=True, slots=True)
class Rotation:
    """Rename or copytruncate, with ``keep`` old files, at ``bytes_per_rate`` for each line/s or at 64 MiB."""

    keep: int = 1
    copy: bool = False
    bytes_per_rate: int | None = None

    def limit(self, rate: float) -> int:
        """Return the size in bytes at which a file is rotated."""
        return LARGEST if self.bytes_per_rate is None else round(min(max(rate * self.bytes_per_rate, 16_384), LARGEST))


# The two rotated files change about every four and every three minutes.
ROTATIONS: Mapping[str, Rotation] = {
    **dict.fromkeys(stories.FILES, Rotation()),
    "shop.log": Rotation(keep=3, bytes_per_rate=6_000),
    "payments.jsonl": Rotation(keep=2, copy=True, bytes_per_rate=4_000),
}


def write_samples(directory: Path, *, seed: int = 1) -> list[Path]:
    """Write one round of the story, 80 to 250 lines in each format, and return the paths, sorted.

    The clock is fixed and in UTC: the same seed gives the same bytes everywhere. Existing files are replaced. Raises
    OSError if the directory or a file cannot be written.
    """
    batch = _render(Play(seed).lines(SAMPLE_MS, rate=SAMPLE_RATE), Stamps(UTC), round(SAMPLE_START.timestamp() * 1000))
    for name, data in batch.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return sorted(directory / name for name in batch)


def run(
    directory: Path,
    *,
    rate: float,
    seed: int,
    stop: threading.Event,
    ready: Callable[[], None] = lambda: None,
    rotate_bytes: int | None = None,
) -> None:
    """Write a backlog of 20 minutes, about 5,000 lines, then ``rate`` lines/s over all files until ``stop`` is set.

    ``ready`` is called after the backlog; with a rate of 0 the function then returns. The same seed and rate give the
    same lines with other times. shop.log is rotated by rename and payments.jsonl by copytruncate every few minutes,
    each file at 64 MiB; with rotated files at most 1.2 GiB are on disk. ``rotate_bytes`` sets another size for all
    files. A missing directory is created; the logs of an earlier run are rotated.

    Raises:
        FileExistsError: if the directory has logs that the demo did not write.
        OSError: if the directory cannot be written or the disk is full.
        ValueError: if the rate is negative or not finite.
    """
    if not 0 <= rate < math.inf:
        raise ValueError(f"rate must be a number of lines per second, not {rate}")
    _claim(directory)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(LogFile(directory / name, how, limit=rotate_bytes or how.limit(rate)))
            for name, how in ROTATIONS.items()
        }
        writer = Writer(Play(seed), files, origin=_now_ms() - BACKLOG_MS)
        writer.write(BACKLOG_MS, rate=BACKLOG_RATE)
        for file in files.values():
            file.count_from_here()
        ready()
        if rate:
            _live(writer, rate=rate, stop=stop)


def _live(writer: "Writer", *, rate: float, stop: threading.Event) -> None:
    step, clock = max(1, round(_IN_FLIGHT * 1000 / rate)), BACKLOG_MS
    while not stop.is_set():
        lag = _now_ms() - writer.origin - clock
        writer.origin += lag - min(max(lag, 0), _LATE_MS)
        clock = min(_now_ms() - writer.origin, clock + step)
        writer.write(clock, rate=rate)
        writer.rotate()
        behind = _now_ms() - writer.origin - clock > step
        stop.wait(0 if behind else min(max(_TICK_S, writer.wait_s), 1))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _claim(directory: Path) -> None:
    marker = directory / MARKER
    if not marker.exists():
        # A user may give the directory of real logs as DIR; the demo must not rotate them.
        if any((directory / name).exists() for name in stories.FILES):
            raise FileExistsError(errno.EEXIST, "holds logs that the demo did not write", str(directory))
        directory.mkdir(parents=True, exist_ok=True)
        marker.write_text("The logs here are made up by `logviewer demo`, which rotates and deletes them.\n")


def _render(due: Iterable[tuple[int, list[Text]]], stamps: "Stamps", origin: int) -> dict[str, bytes]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for ms, lines in due:
        at = stamps.at(origin + ms)
        for file, head, tail in lines:
            texts[file].append(f"{head}{at[file]}{tail}")
    return {file: "".join(parts).encode() for file, parts in texts.items()}


class Writer:
    """Writes the lines of a play to the files. Its clock is 0 at ``origin``, in epoch milliseconds."""

    def __init__(self, play: "Play", files: Mapping[str, "LogFile"], *, origin: int) -> None:
        self.origin = origin
        self._play, self._files, self._stamps = play, files, Stamps(None)

    @property
    def wait_s(self) -> float:
        """The seconds until the next line is due."""
        return (self.origin + self._play.next_ms - _now_ms()) / 1000

    def write(self, until: int, *, rate: float) -> None:
        """Write the lines due up to ``until`` on the play's clock, with one write a file."""
        for name, data in _render(self._play.lines(until, rate=rate), self._stamps, self.origin).items():
            self._files[name].write(data)

    def rotate(self) -> None:
        """Rotate the files that are full."""
        for file in self._files.values():
            file.rotate_if_full()


class Stamps:
    """Timestamps in all formats, each second formatted once. Without a zone they are local."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._second = -1
        self._patterns: dict[str, str] = {}

    def at(self, ms: int) -> dict[str, str]:
        """Return the timestamp of each file by name; ``ms`` are epoch milliseconds."""
        second, thousandth = divmod(ms, 1000)
        if second != self._second:
            self._second, self._patterns = second, self._format(second)
        digits = f"{thousandth:03d}"
        return {file: pattern.replace("###", digits) for file, pattern in self._patterns.items()}

    def _format(self, second: int) -> dict[str, str]:
        utc = datetime.fromtimestamp(second, UTC)
        local = utc.astimezone(self._zone)
        return {
            file: (utc if pattern.endswith("Z") else local).strftime(pattern) for file, pattern in stories.FILES.items()
        }


class Play:
    """The lines of all files on a virtual clock in ms from 0; equal for equal seeds and rates."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._acts = stories.acts(self._random)
        self._orders = itertools.count(480_000 + seed % 1000)
        self._recent: list[tuple[stories.Scene, int]] = []
        self._act_end = self._arrival = self._rate = 0.0
        self._clock = 0
        self._debt = 0
        self._due: dict[int, list[Text]] = {}
        self._times: list[int] = []

    @property
    def next_ms(self) -> float:
        """The time of the next line or scene, in ms."""
        return min(self._arrival, self._times[0]) if self._times else self._arrival

    def lines(self, until: int, *, rate: float) -> Iterator[tuple[int, list[Text]]]:
        """Yield the lines due up to ``until``, by time, at ``rate`` lines/s on average."""
        longest = round(_IN_FLIGHT * 1000 / rate)
        # The wait for the next scene was computed for the last rate; after a backlog it may be a second.
        self._arrival = self._clock + (self._arrival - self._clock) * self._rate / rate
        self._clock, self._rate = until, rate
        while self._arrival <= until:
            while self._arrival >= self._act_end:
                self._begin_act()
            scene, size = self._next_scene()
            self._schedule(scene, longest)
            # An act's opening adds lines; the traffic after it is thinned until the average is right again.
            repaid = min(self._debt, size)
            self._debt -= repaid
            self._arrival += (size + repaid) * 1000 / rate * (0.4 + 1.2 * self._random.random())
        while self._times and self._times[0] <= until:
            ms = heapq.heappop(self._times)
            yield ms, self._due.pop(ms)

    def _begin_act(self) -> None:
        self._act = next(self._acts)
        self._act_end += self._act.seconds * 1000
        self._recent.clear()
        for scene in self._act.opening(self._random, self._act) if self._act.opening else ():
            self._schedule(scene, self._act.seconds * 1000)
            self._debt += _count(scene)

    def _next_scene(self) -> tuple[stories.Scene, int]:
        if len(self._recent) >= _FRESH:
            return self._random.choice(self._recent)
        scene = stories.scene(self._random, self._act)
        self._recent.append((scene, _count(scene)))
        return self._recent[-1]

    def _schedule(self, scene: stories.Scene, longest: int) -> None:
        start = int(self._arrival)
        request, order = f"req-{self._random.getrandbits(48):012x}", str(next(self._orders))
        for delay, file, head, tail in scene:
            ms = start + min(delay, longest)
            if ms not in self._due:
                self._due[ms] = []
                heapq.heappush(self._times, ms)
            text = tail.replace(stories.RID, request).replace(stories.ORDER, order)
            self._due[ms].append((file, head, text))


def _count(scene: stories.Scene) -> int:
    return sum(line.tail.count("\n") for line in scene)


class LogFile:
    """A log open for appending, rotated after ``limit`` bytes."""

    def __init__(self, path: Path, how: Rotation, *, limit: int) -> None:
        self._path, self._how, self._limit = path, how, limit
        self._descriptor = -1
        self._size = 0

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size:
            self._rename()
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, data: bytes) -> None:
        """Append whole lines, in one write unless the disk is nearly full. Raises OSError."""
        self._size += len(data)
        while data:
            data = data[os.write(self._descriptor, data) :]

    def count_from_here(self) -> None:
        """Exclude the lines written so far from the limit, so that a backlog is not rotated at once."""
        self._size = 0

    def rotate_if_full(self) -> None:
        """Rotate the file if it has reached its limit."""
        if self._size < self._limit:
            return
        if self._how.copy:
            self._shift()
            shutil.copyfile(self._path, self._rotated(1))
            os.truncate(self._descriptor, 0)
        else:
            old = self._descriptor
            self._rename()
            self._open()
            os.close(old)
        self._size = 0

    def _open(self) -> None:
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def _rename(self) -> None:
        self._shift()
        self._path.rename(self._rotated(1))

    def _shift(self) -> None:
        for number in range(self._how.keep - 1, 0, -1):
            if self._rotated(number).exists():
                self._rotated(number).replace(self._rotated(number + 1))

    def _rotated(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
