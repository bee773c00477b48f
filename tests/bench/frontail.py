"""frontail, the peer of the page: a tab that shows the lines of one file."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers import programs
from tests.helpers.server import until


def is_here() -> bool:
    """Whether frontail is installed."""
    return programs.find("frontail") is not None


@contextmanager
def running(log: Path) -> Iterator[str]:
    """Run frontail for the block, and yield the URL of its page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [programs.find("frontail") or "frontail", "--host", "127.0.0.1", "--port", str(port), str(log)]
    # With a session of its own, because it starts tail.
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        until(lambda: _answers(port), what="frontail")
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
