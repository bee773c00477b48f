"""Write, rotate, truncate and replace a log file, as other programs do."""

import os
import shutil
from pathlib import Path


def append(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a", newline="") as file:
        file.write("".join(f"{line}{end}" for line in lines))


def append_bytes(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def shift(path: Path) -> None:
    """Rename ``.1`` to ``.2`` and so on, as logrotate does."""
    numbers = sorted(int(each.suffix[1:]) for each in path.parent.glob(f"{path.name}.*"))
    for number in reversed(numbers):
        path.with_name(f"{path.name}.{number}").rename(path.with_name(f"{path.name}.{number + 1}"))


def rotate(path: Path) -> Path:
    """Rename the log to ``.1``, as logrotate does with ``create``. Return the new path."""
    shift(path)
    return path.rename(path.with_name(f"{path.name}.1"))


def copytruncate(path: Path) -> None:
    shift(path)
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


def recreate(path: Path) -> None:
    path.unlink()
    path.touch()


def swap_symlink(link: Path, target: Path) -> None:
    new = link.with_name("new link")
    new.symlink_to(target)
    new.rename(link)
