"""A state directory in the conditions that a server may find it in."""

import shutil
from pathlib import Path
from typing import Literal

State = Literal["intact", "missing", "stale", "damaged", "read-only", "shared"]
STATES: list[State] = ["intact", "intact", "intact", "missing", "stale", "damaged", "read-only", "shared"]


def spoil(directory: Path, state: State) -> None:
    """Change a state directory between two servers; each second stale one is the copy that the first one left."""
    directory.mkdir(exist_ok=True)
    for each in (directory, *directory.rglob("*")):
        each.chmod(0o700)
    stale = directory.with_name(f"{directory.name}-stale")
    match state:
        case "missing":
            shutil.rmtree(directory)
        case "stale" if stale.exists():
            shutil.rmtree(directory)
            stale.rename(directory)
        case "stale":
            shutil.copytree(directory, stale)
        case "damaged":
            for each in directory.rglob("*.json"):
                each.write_bytes(each.read_bytes()[:-9])
        case "read-only":
            for each in (directory, *directory.rglob("*")):
                each.chmod(0o500)


def remove(directory: Path) -> None:
    """Remove a state directory and its copy."""
    spoil(directory, "intact")
    for each in (directory, directory.with_name(f"{directory.name}-stale")):
        shutil.rmtree(each, ignore_errors=True)
