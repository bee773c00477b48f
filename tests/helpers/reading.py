"""Read a source in this process step by step, without threads and clocks."""

import errno
import gc
import os
import resource
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from logviewer.cursor import Checkpoint
from logviewer.files.open_files import OpenFiles
from logviewer.rotation.position import Batch, Position
from logviewer.source import Source
from logviewer.sources.local import LocalSource
from logviewer.tail.broadcast import Listener
from logviewer.tail.events import Gap, Lines, StateChange
from logviewer.tail.reader import Reader
from logviewer.tail.skip import Skip, skip_ahead

T = TypeVar("T")
NOBODY = 65534


# Far more than a reader in a test needs.
_MOST_CALLS = 5000


class DirectLoader:
    """A ``Loader`` that reads at once, and fails after too many calls."""

    calls = 0

    async def run(self, call: Callable[[], T]) -> T:
        self.calls += 1
        assert self.calls < _MOST_CALLS, "asked without a rest"
        return call()

    async def read(
        self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
    ) -> Batch | Skip | None:
        skip = skip_ahead(position, lag, stopped=lambda: False) if lag else None
        return skip or position.generation.read(position, max_lines=3)

    async def read_unterminated(self, source: Source, position: Position) -> Batch | None:
        return position.generation.read_unterminated(position)

    def join(self, member: Listener[Batch], source: Source, position: Position, *, lag: int | None) -> None:
        return None


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that does not wait, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("the coroutine waits for something")


@contextmanager
def without_descriptors() -> Iterator[None]:
    """Leave this process no descriptor to open a file with."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Collected garbage and files of other tests at rest would free descriptors.
    gc.disable()
    free = os.open("/dev/null", os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        with patch.object(OpenFiles, "make_room"):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        gc.enable()


@contextmanager
def without_disk(bad: Path | None = None) -> Iterator[None]:
    """Let all reads fail, or those of one bad file."""
    real = os.pread

    def pread(fd: int, size: int, offset: int) -> bytes:
        if bad and not os.path.sameopenfile(fd, bad_fd):
            return real(fd, size, offset)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with (bad or Path(os.devnull)).open("rb") as file:
        bad_fd = file.fileno()
        with patch.object(os, "pread", pread):
            yield


@contextmanager
def without_privilege() -> Iterator[None]:
    """Obey file permissions even where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def open_reader(
    source: LocalSource,
    checkpoints: tuple[Checkpoint, ...] = (),
    *,
    start: Callable[[Source], list[Position]] = lambda source: source.start(),
    follow: bool = True,
    lag: int | None = None,
) -> Reader[Batch]:
    reader = Reader(DirectLoader(), follow=follow, lag=lag)
    finish(reader.add(source, checkpoints, start))
    return reader


def next_event(reader: Reader[Batch]) -> Lines[Batch] | Gap | StateChange | None:
    return finish(reader.next())


def drain(reader: Reader[Batch]) -> list[Lines[Batch] | Gap | StateChange]:
    events = []
    while event := next_event(reader):
        events.append(event)
    return events


def texts(events: list[Lines[Batch] | Gap | StateChange]) -> list[str]:
    return [text for event in events if isinstance(event, Lines) for text in event.chunk.texts()]
