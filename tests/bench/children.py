"""Work in child processes, so that a bench takes no time from its subject."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Child:
    """A process and the pipe to it."""

    pid: int
    pipe: Connection


@contextmanager
def started(work: Callable[..., None], *arguments: Any) -> Iterator[Child]:
    """Call ``work`` with its end of the pipe and the arguments in a new process that ends with the block."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Child(process.pid or 0, ours)
    finally:
        process.terminate()
        process.join()
        ours.close()
