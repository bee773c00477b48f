"""Paths inside the paths given, with symlinks resolved."""

import os
from pathlib import Path

import pytest

from logviewer.errors import OutsideError
from logviewer.files.allowed_roots import AllowedRoots


@pytest.mark.parametrize(
    ("named", "path", "is_inside"),
    [
        ("logs/*/app.log", "logs/a/app.log", True),
        ("logs/a*/app.log", "logs/b", True),
        ("logs/a*/app.log", "logs2/a", False),
        ("*.log", "logs/deep", True),
        ("logs", "logs", True),
        ("logs/x.log", "logs/y.log", True),
        ("logs/x.log", "x.log", False),
    ],
)
def test_allowed_roots_contain_a_path(
    named: str, path: str, is_inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert AllowedRoots.for_paths([named]).allows(tmp_path / path) == is_inside


def test_a_swap_while_a_file_is_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    outside.mkdir()
    (outside / "app.log").write_text("secret\n")
    deep = inside / "deep"
    deep.mkdir(parents=True)
    (deep / "app.log").write_text("one\n")
    roots, resolve = AllowedRoots([inside]), os.path.realpath

    def swap(path: Path) -> str:
        real = resolve(path)
        if Path(path) == deep / "app.log" and not deep.is_symlink():
            deep.rename(inside / "gone")
            deep.symlink_to(outside)
        return real

    monkeypatch.setattr(os.path, "realpath", swap)
    with pytest.raises(OutsideError):
        roots.open(deep / "app.log")
