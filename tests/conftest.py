"""The fixtures of all tests, the marks for ``make unit`` and Hypothesis's settings."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from tests.helpers import forked
from tests.helpers.forked import ForkedProgram
from tests.helpers.marks import starts_process
from tests.helpers.server import Server

PROGRAM = Path(__file__).parent / "program"


@pytest.fixture
def logs() -> Iterator[Path]:
    """A directory for followed files, open to a server that runs without root's power over permissions."""
    directory = Path(tempfile.mkdtemp(prefix="logviewer-test-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def pytest_configure(config: pytest.Config) -> None:
    ForkedProgram.is_used = True
    os.environ.pop("LOGVIEWER_TOKEN", None)
    # Servers must not write to the home of the user. The names of the followed files differ, and so does their state.
    for kind in ("STATE", "CACHE"):
        os.environ.pop(f"{kind}_DIRECTORY", None)
        directory = tempfile.TemporaryDirectory(prefix=f"logviewer-{kind.lower()}-")
        os.environ[f"XDG_{kind}_HOME"] = directory.name
        config.add_cleanup(directory.cleanup)
    # A busy machine is slow: tests judge behaviour, never the clock.
    # Examples share the directory of their test: each of them writes its files anew.
    settings.register_profile(
        "logviewer", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    )
    settings.load_profile("logviewer")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ``make unit`` leaves out."""
    for item in items:
        if isinstance(item, pytest.Function) and (PROGRAM in item.path.parents or starts_process(item)):
            item.add_marker("program")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that starts a process without a mark."""
    if any(item.get_closest_marker(name) for name in ("program", "browser")):
        return (yield)
    refusal = AssertionError("mark this test: pytest.mark.program")
    with (
        patch.object(subprocess, "Popen", side_effect=refusal),
        patch.object(forked, "connection", side_effect=refusal),
    ):
        return (yield)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers with these arguments; they end with the test."""
    servers: list[Server] = []

    def start(*arguments: str | Path, **options: Any) -> Server:
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def written(log: Path) -> Iterator[Callable[[], int]]:
    """Append lines without pause until the call, which returns the number of lines in the log."""
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
