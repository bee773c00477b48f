"""Whether a file is meant by a glob of the configuration."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from os.path import abspath
from pathlib import Path


def matches_glob(glob: str, path: Path, name: str) -> bool:
    """Whether a glob with a slash fits the absolute path, ``**`` any directories, or one without fits the name."""
    if "/" not in glob:
        return name == glob or fnmatchcase(name, glob)
    whole = abspath(glob)
    return str(path) == whole or _fits_parts(Path(whole).parts, path.parts)


def _fits_parts(globs: Sequence[str], parts: Sequence[str]) -> bool:
    if not globs or not parts:
        return not parts and all(glob == "**" for glob in globs)
    if globs[0] == "**":
        return _fits_parts(globs[1:], parts) or _fits_parts(globs, parts[1:])
    return fnmatchcase(parts[0], globs[0]) and _fits_parts(globs[1:], parts[1:])
