"""Finds the templates and static files: beside the package in a checkout, inside it in a wheel."""

import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def find(name: str) -> Path:
    """Return the directory of this name.

    Raises:
        FileNotFoundError: if the installation is incomplete.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"{name}/ is missing: reinstall logviewer")


def version(directory: Path) -> str:
    """Return a hash of the names and contents of all files below, for URLs that browsers may cache forever."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
