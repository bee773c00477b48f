"""The rotated files beside a log: which names belong to it, and which of them is older."""

import re
from collections.abc import Container, Iterable

# A dash before a short number is no rotation: worker-1.log stands beside worker.log.
_SUFFIX = re.compile(r"(?:\.(?P<index>\d{1,3})|[._-](?P<date>\d{4}[\d._:T-]*)|\.(?P<word>old|prev|previous))")
_SEPARATORS = re.compile(r"(?<=.)[._-]")


def oldest_first(base: str, names: Iterable[str]) -> list[str]:
    """The names that are rotations of ``base``, the oldest first.

    ``app.log.2`` is older than ``app.log.1``; ``app.log-20261119``, ``app-2026-11-19.log`` and their like are older
    than the same with a later date. Compressed files are left out: their bytes are not the log's.
    """
    ages = {name: age for name in names if (age := _age(base, name)) is not None}
    return sorted(ages, key=lambda name: (ages[name], name))


def is_rotation(name: str, names: Container[str]) -> bool:
    """Whether a file is the rotation of another one among ``names``."""
    extension = name[name.rfind(".") :] if "." in name else ""
    for separator in _SEPARATORS.finditer(name):
        stem = name[: separator.start()]
        bases = (stem, stem + extension)
        if any(base != name and base in names and _age(base, name) is not None for base in bases):
            return True
    return False


def _age(base: str, name: str) -> tuple[int, ...] | None:
    suffix = _suffix(base, name)
    match = _SUFFIX.fullmatch(suffix) if suffix else None
    if match is None:
        return None
    if match["word"]:
        return (1, -1)
    if match["index"]:
        return (1, -int(match["index"]))
    return (0, *(int(digits) for digits in re.findall(r"\d+", match["date"])))


def _suffix(base: str, name: str) -> str | None:
    if name.startswith(base):
        return name[len(base) :]
    stem, dot, extension = base.rpartition(".")
    if dot and name.startswith(stem) and name.endswith(dot + extension):
        return name[len(stem) : -len(dot + extension)]
    return None
