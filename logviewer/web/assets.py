"""Where templates and static files are: beside the package in a checkout, inside it in a wheel."""

import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def find(name: str) -> Path:
    """The folder of this name.

    Raises:
        FileNotFoundError: if the installation is broken.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"{name}/ is missing from the installation of logviewer")


def version(directory: Path) -> str:
    """A hash over names and contents of all files below: the path under which they may be cached for ever."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
