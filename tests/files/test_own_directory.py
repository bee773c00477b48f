"""Files that outlive the server: where they are, who may read them, and when they are removed."""

import os
import stat
import time
from pathlib import Path

import pytest

from logviewer.files.own_directory import OwnDirectory, find

NAMES = [f"{number:032x}.kept" for number in range(5)]
DAY = 24 * 60 * 60


@pytest.mark.parametrize(
    ("environment", "state", "cache"),
    [
        ({"STATE_DIRECTORY": "/one:/two", "CACHE_DIRECTORY": "/c", "HOME": "/home"}, "/one", "/c"),
        ({"STATE_DIRECTORY": "", "XDG_STATE_HOME": "/xdg", "XDG_CACHE_HOME": "/x"}, "/xdg/logviewer", "/x/logviewer"),
        (
            {"STATE_DIRECTORY": "one", "XDG_CACHE_HOME": "xdg", "HOME": "/home"},
            "/home/.local/state/logviewer",
            "/home/.cache/logviewer",
        ),
        ({"XDG_STATE_HOME": ""}, None, None),
    ],
)
def test_a_directory_is_that_of_systemd_or_of_the_user(
    environment: dict[str, str], state: str | None, cache: str | None
) -> None:
    assert find(environment, "state") == (Path(state) if state else None)
    assert find(environment, "cache") == (Path(cache) if cache else None)


def test_no_other_user_can_read_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    files = OwnDirectory(path, ".kept")
    files.write(NAMES[0], [b"x", b"y"])
    assert files.read(NAMES[0], 2) == b"xy"
    assert files.read(NAMES[0], 1) == b""
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path, path / NAMES[0])] == [0o700, 0o700, 0o600]


def test_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x")
    (tmp_path / NAMES[0]).symlink_to(tmp_path / "other")
    with pytest.raises(OSError):
        OwnDirectory(tmp_path, ".kept").read(NAMES[0], 10)


def test_the_longest_unused_files_are_removed(tmp_path: Path) -> None:
    files = OwnDirectory(tmp_path, ".kept")
    (tmp_path / "foreign").write_bytes(b"x" * 100)
    now = time.time()
    for age, name in enumerate(NAMES):
        files.write(name, [b"x" * 10])
        os.utime(tmp_path / name, (now - 1.5 * age * DAY, now - 1.5 * age * DAY))
    files.remove_unused(days=2, most_files=9)
    assert files.names() == {*NAMES[:2], "foreign"}
    files.remove_unused(days=9, most_files=9, most_bytes=25)
    assert files.names() == {*NAMES[:2], "foreign"}
    assert files.read(NAMES[1], 10)
    files.remove_unused(days=9, most_files=1)
    assert files.names() in ({NAMES[0], "foreign"}, {NAMES[1], "foreign"})
