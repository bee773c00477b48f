"""The globs of the configuration."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from os.path import abspath
from pathlib import Path


def matches_glob(glob: str, path: Path, name: str) -> bool:
    """Return whether a glob matches a file.

    A glob with a slash is matched against the absolute path; ``**`` stands for any number of directories. A glob
    without a slash is matched against the name of the source.
    """
    if "/" not in glob:
        return name == glob or fnmatchcase(name, glob)
    absolute = abspath(glob)
    return str(path) == absolute or _match_parts(Path(absolute).parts, path.parts)


def _match_parts(globs: Sequence[str], parts: Sequence[str]) -> bool:
    if not globs or not parts:
        return not parts and all(glob == "**" for glob in globs)
    if globs[0] == "**":
        return _match_parts(globs[1:], parts) or _match_parts(globs, parts[1:])
    return fnmatchcase(parts[0], globs[0]) and _match_parts(globs[1:], parts[1:])
