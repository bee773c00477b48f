"""A followed log for each test."""

from pathlib import Path

import pytest

from logviewer.files.byte_file import ByteFile
from tests.helpers.followed_log import FollowedLog


@pytest.fixture
def log(tmp_path: Path) -> FollowedLog:
    return FollowedLog(tmp_path / "app.log")


@pytest.fixture
def few_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let descriptors run short, so that files are released although they are on disk."""
    monkeypatch.setattr(ByteFile, "descriptors_scarce", property(lambda _: True))
