"""The order of rotated files: dates in names, and what their contents say of the direction of numbers."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from logviewer.files.byte_file import Identity
from logviewer.files.rotations import RotatedName, is_compressed
from logviewer.rotation.time_span import known_span

Compare = Callable[[Path, Path], int]


def by_age(
    names: Mapping[Path, RotatedName], files: Mapping[Path, Identity], ranks: Mapping[Identity, int]
) -> list[Path]:
    """Return rotated files, oldest first. ``ranks`` order the files that were seen before.

    Dates decide, then numbers. Earlier polls, the times in the lines or the last writes give the direction of numbers;
    without evidence, ``.1`` is newer than ``.2``, and a part of a day is older than the next part.
    """
    groups: dict[tuple[int, tuple[int, ...]], list[Path]] = {}
    others: list[Path] = []
    for path, name in names.items():
        others.append(path) if name.kind == "word" else groups.setdefault((name.rank, name.when), []).append(path)

    def rank(older: Path, newer: Path) -> int:
        one, other = ranks.get(files[older]), ranks.get(files[newer])
        return 0 if one is None or other is None else _sign(other - one)

    ordered: list[Path] = []
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda path: (names[path].number, path.name))
        usual = sorted(group, key=lambda path: (names[path].order, path.name))
        ordered += _ring(group, names) or _by_evidence(group, rank) or usual
    # A file named old or previous is the newest one: it is replaced at each rotation.
    return ordered + sorted(others)


def _ring(group: Sequence[Path], names: Mapping[Path, RotatedName]) -> Sequence[Path] | None:
    """Return files that are written in turn, the one with a live name last; None without such a name."""
    live = max((path for path in group if names[path].is_live), key=_last_write, default=None)
    if live is None:
        return None
    newest = group.index(live) + 1
    return [*group[newest:], *group[:newest]]


def _by_evidence(group: Sequence[Path], rank: Compare) -> Sequence[Path] | None:
    """Return files, which are in the order of their numbers, oldest first; None without evidence."""
    if len(group) < 2:
        return group
    votes = [rank(low, high) for low, high in pairwise(group)]
    # A copied log is a new file with old lines: one pair of three proves no ring.
    found = _ring_of_votes(group, votes, rank) if votes.count(1) > 1 else None
    if found := found or _majority(group, votes):
        return found
    votes = [_compare_times(low, high) for low, high in pairwise(group)]
    if found := _ring_of_votes(group, votes, _compare_times) or _majority(group, votes):
        return found
    # A file may be compressed long after the next one was written.
    alike = [(low, high) for low, high in pairwise(group) if is_compressed(low.name) == is_compressed(high.name)]
    votes = [_compare_writes(low, high) for low, high in alike]
    if 0 in votes:
        return None
    if len(alike) < len(group) - 1:
        return _majority(group, votes) if len(set(votes)) == 1 else None
    return _ring_of_votes(group, votes, _compare_writes) or (_majority(group, votes) if len(set(votes)) == 1 else None)


def _ring_of_votes(group: Sequence[Path], votes: Sequence[int], compare: Compare) -> Sequence[Path] | None:
    """Return the files of a ring: ascending, but for one pair, and the first number is newer than the last one."""
    if votes.count(-1) != 1 or 1 not in votes or compare(group[-1], group[0]) != 1:
        return None
    newest = votes.index(-1) + 1
    return [*group[newest:], *group[:newest]]


def _majority(group: Sequence[Path], votes: Sequence[int]) -> Sequence[Path] | None:
    total = sum(votes)
    return group if total > 0 else group[::-1] if total < 0 else None


def _compare_times(low: Path, high: Path) -> int:
    one, other = known_span(low), known_span(high)
    return one.is_before(other) - other.is_before(one)


def _compare_writes(low: Path, high: Path) -> int:
    one, other = _last_write(low), _last_write(high)
    return _sign(other - one) if one and other else 0


def _last_write(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
