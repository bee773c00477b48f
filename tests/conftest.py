"""Fixtures: directories that another user may read, and the time that tests let pass."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.helpers.server import Server


@pytest.fixture
def logs() -> Iterator[Path]:
    """A directory for followed files, open to a server that runs without root's power over permissions."""
    directory = Path(tempfile.mkdtemp(prefix="logviewer-test-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def pytest_configure() -> None:
    os.environ.pop("LOGVIEWER_TOKEN", None)
    # A busy machine is slow: tests judge behaviour, never the clock.
    settings.register_profile("logviewer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("logviewer")


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start the program with these arguments; it is ended with the test."""
    servers: list[Server] = []

    def start(*arguments: str | Path, **options: Any) -> Server:
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def written(log: Path) -> Iterator[Callable[[], int]]:
    """Lines are appended without pause; the call ends that and says how many there are."""
    stop = threading.Event()
    count = 1000

    def write() -> None:
        nonlocal count
        with log.open("a", buffering=1) as file:
            while not stop.wait(0.002):
                file.write(f"line {count}\n")
                count += 1

    thread = threading.Thread(target=write)
    thread.start()

    def end() -> int:
        stop.set()
        thread.join()
        return count

    yield end
    end()
