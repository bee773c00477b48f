"""The globs of the configuration."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from os.path import abspath
from pathlib import Path


def matches_glob(glob: str, path: Path | str, name: str, host: str | None = None) -> bool:
    """Return whether a glob matches a file, of this machine unless it has a ``host``.

    A glob with a slash is matched against the absolute path, and against a name with slashes, that of a container;
    ``**`` stands for any number of directories. A glob without a slash is matched against the name of the source.

    A file of a host is matched by ``host:glob`` alone: both parts are globs. ``*`` matches every file of every host.
    """
    if host is None:
        return _matches(glob, path, name)
    rest = glob.partition(":")[2]
    return matches_host(glob, host) and (glob == "*" or _matches(rest, path, name))


def matches_host(glob: str, host: str) -> bool:
    """Return whether a glob can match a file of a host."""
    wanted, colon, _ = glob.partition(":")
    return glob == "*" or (bool(colon) and matches_text(wanted, host))


def matches_text(glob: str, text: str) -> bool:
    """Return whether a glob is or matches a whole text."""
    return text == glob or fnmatchcase(text, glob)


def _matches(glob: str, path: Path | str, name: str) -> bool:
    if "/" not in glob:
        return matches_text(glob, name)
    absolute = _absolute(glob) if glob.startswith("/") else abspath(glob)
    text = str(path)
    if text == absolute or _match_parts(absolute.split("/"), text.split("/")):
        return True
    return "/" in name and _match_parts(glob.split("/"), name.split("/"))


# A choice compares a glob with the paths of all sources of a fleet.
_absolute = lru_cache(256)(abspath)


def _match_parts(globs: Sequence[str], parts: Sequence[str]) -> bool:
    """Match part by part: ``matched`` are the numbers of globs that the parts so far can have matched."""
    if "**" not in globs:
        return len(globs) == len(parts) and all(map(matches_text, globs, parts))
    matched = _with_empty({0}, globs)
    for part in parts:
        if not matched:
            return False
        passed = {n for n in matched if n < len(globs) and globs[n] == "**"}
        passed |= {n + 1 for n in matched - passed if n < len(globs) and matches_text(globs[n], part)}
        matched = _with_empty(passed, globs)
    return len(globs) in matched


def _with_empty(matched: set[int], globs: Sequence[str]) -> set[int]:
    """Add the numbers after each ``**``, which matches no part too."""
    for n, glob in enumerate(globs):
        if n in matched and glob == "**":
            matched.add(n + 1)
    return matched
