"""Fixtures: directories that another user may read, and the time that tests let pass."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def logs() -> Iterator[Path]:
    """A directory for followed files, open to a server that runs without root's power over permissions."""
    directory = Path(tempfile.mkdtemp(prefix="logviewer-test-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def pytest_configure() -> None:
    os.environ.pop("LOGVIEWER_TOKEN", None)
