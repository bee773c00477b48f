"""Real system logs, written in pieces and rotated, reach a reader that reconnects, line for line."""

import os
import random
import shutil
import threading
from collections.abc import Callable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Self

import pytest

from tests.helpers.repository import REAL_LOGS, SAMPLES
from tests.helpers.server import Server, until

PIECE = 4000


class Writer(threading.Thread):
    """Writes a log in pieces of random size, and rotates it between two lines at random, by either method.

    ``received`` grows with the lines that arrive. Leaving the block ends the writing.
    """

    def __init__(self, original: Path, directory: Path, chance: random.Random) -> None:
        super().__init__(name=f"write {original.name}")
        self.data = original.read_bytes()
        self.log = directory / original.name
        self.log.touch()
        self.chance = chance
        self.received: list[str] = []
        self.rotated_at = 0
        self.stopped = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped = True
        self.join()

    def run(self) -> None:
        at = 0
        while at < len(self.data) and not self.stopped:
            if at > self.rotated_at and self.data[at - 1] == ord("\n") and self.chance.random() < 0.2:
                self.chance.choice([self.rename, self.copy])()
                self.rotated_at = at
            size = self.chance.randrange(1, PIECE)
            end = at + size if self.chance.random() < 0.6 else self.data.find(b"\n", at + size) + 1
            end = end or len(self.data)
            with self.log.open("ab") as file:
                file.write(self.data[at:end])
            at = end

    def rename(self) -> None:
        self.shift()
        self.log.rename(self.numbered(1))

    def copy(self) -> None:
        # A file copied away before any of its lines was read arrives after the next lines.
        before = self.data.count(b"\n", 0, self.rotated_at)
        until(lambda: len(self.received) > before or self.stopped, what=f"a line of {self.log.name}")
        self.shift()
        shutil.copy(self.log, self.numbered(1))
        os.truncate(self.log, 0)

    def shift(self) -> None:
        rotated = [number for number in range(1, 500) if self.numbered(number).exists()]
        for number in reversed(rotated):
            self.numbered(number).rename(self.numbered(number + 1))

    def numbered(self, number: int) -> Path:
        return self.log.with_name(f"{self.log.name}.{number}")


def follow_with_cuts(
    server: Server, lines: dict[str, list[str]], last: str, wanted: int, chance: random.Random
) -> None:
    """Append the lines of sources, by id, as they arrive over many connections."""
    while sum(map(len, lines.values())) < wanted:
        with server.stream(source=list(lines), last_event_id=last) as stream:
            for event in islice(stream.events, chance.randrange(1, 30)):
                assert event.name != "gap", event
                last = event.id or last
                if event.name == "lines":
                    lines[event.data["source"]] += event.data["lines"]
                if sum(map(len, lines.values())) >= wanted:
                    break


def expected(data: bytes) -> list[str]:
    whole = data[: data.rfind(b"\n")]
    return [line.decode("utf-8", "replace").removesuffix("\r") for line in whole.split(b"\n")]


@pytest.mark.parametrize("originals", [SAMPLES, REAL_LOGS], ids=["samples", "real"])
def test_every_line_arrives_once_and_in_order(originals: Path, logs: Path, serve: Callable[..., Server]) -> None:
    if not originals.is_dir():
        pytest.skip(f"no real logs in {originals}: set LOGVIEWER_REAL_LOGS to a folder of .log files")
    chance = random.Random(7)
    writers = [Writer(path, logs, random.Random(path.name)) for path in sorted(originals.glob("*.log"))]
    server = serve(logs)
    lines = {server.source_id(writer.log.name): writer.received for writer in writers}
    with server.stream(source=list(lines)) as stream:
        begin = stream.next().id
    truth = [expected(writer.data) for writer in writers]
    with ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer)
        follow_with_cuts(server, lines, begin, sum(map(len, truth)), chance)
    for writer, wanted in zip(writers, truth, strict=True):
        assert writer.received == wanted
