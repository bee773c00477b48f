"""Directories within each other, too deep for a path."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def nest(directory: Path, depth: int) -> None:
    """Make directories within each other."""
    descriptor = os.open(directory, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("a", dir_fd=descriptor)
        inner = os.open("a", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)


@contextmanager
def nested(directory: Path, depth: int) -> Iterator[None]:
    nest(directory, depth)
    try:
        yield
    finally:
        # The tests' own clean-up recurses.
        subprocess.run(["rm", "-rf", str(directory / "a")], check=True)
