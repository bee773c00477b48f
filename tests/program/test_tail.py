"""The same random work under GNU ``tail -F`` and under logviewer: every line that tail prints arrives here too.

``tail`` may lose a file that is rotated between two of its polls, and may repeat a file after a truncation.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.helpers.following import event_texts, following
from tests.helpers.log_file import append, copytruncate, recreate, rotate
from tests.helpers.programs import require
from tests.helpers.server import EventStream, Server, until
from tests.helpers.soak import EXAMPLES

Serve = Callable[..., Server]


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.touch()
    return path


@pytest.fixture
def tail(log: Path) -> Iterator[Callable[[], list[str]]]:
    """Return a function that reads the output of ``tail -F`` so far."""
    require("tail")
    output = log.with_name("tail.out")
    with output.open("wb") as file:
        words = ["tail", "-F", "-s", "0.05", "-n", "+1", str(log)]
        process = subprocess.Popen(words, stdout=file, stderr=subprocess.DEVNULL)
    yield lambda: output.read_text().splitlines()
    process.kill()
    process.wait()


class Comparison:
    """A log, the lines written to it, and the lines of its two readers."""

    def __init__(self, log: Path, tail: Callable[[], list[str]], stream: EventStream) -> None:
        self.log, self.tail, self.stream = log, tail, stream
        self.written: list[str] = []
        self.received: list[str] = []

    def write(self, *lines: str) -> None:
        append(self.log, *lines)
        self.written += lines

    def wait_for_tail(self) -> None:
        def tail_goes_on() -> bool:
            append(self.log, "over")
            return "over" in self.tail()

        until(tail_goes_on, what="tail")

    def wait_for_us(self) -> None:
        while self.written[-1] not in self.received:
            self.received += event_texts(self.stream.next("lines", "gap"))

    def work(self, chance: Random) -> None:
        """Write numbered lines; rotate the file at random, or truncate or delete it once all lines arrived."""
        for _ in range(40):
            first = len(self.written)
            self.write(*(f"line {first + number}" for number in range(chance.randrange(1, 30))))
            end = chance.choice([None, None, None, rotate, copytruncate, recreate])
            if end in (copytruncate, recreate):
                # A file that appears and is deleted between two polls cannot be read.
                self.wait_for_us()
            if end:
                end(self.log)
        self.write("the end")


@pytest.mark.parametrize("seed", range(2 * EXAMPLES))
def test_every_line_of_tail_arrives_once_in_order(
    seed: int, log: Path, tail: Callable[[], list[str]], serve: Serve
) -> None:
    with following(serve(log), log) as stream:
        comparison = Comparison(log, tail, stream)
        comparison.work(Random(seed))
        comparison.wait_for_us()
    comparison.wait_for_tail()
    assert comparison.received == comparison.written
    # tail prints parts of lines after a file was truncated and grew again.
    assert set(tail()) & set(comparison.written) <= set(comparison.received)
