"""The order of rotated files: dates in names, and what their contents say of the direction of numbers."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from logviewer.files.byte_file import Identity
from logviewer.files.rotations import RotatedName
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
    for compare, is_certain in ((rank, False), (_compare_times, False), (_compare_writes, True)):
        if found := _direction(group, compare, is_certain=is_certain):
            return found
    return None


def _direction(group: Sequence[Path], compare: Compare, *, is_certain: bool) -> Sequence[Path] | None:
    """Return the files ascending, descending or as a ring that continues at its first number, by a majority of pairs.

    If ``is_certain``, all pairs must agree. None without evidence.
    """
    votes = [compare(low, high) for low, high in pairwise(group)]
    ascending, descending = votes.count(1), votes.count(-1)
    if is_certain and ascending + descending < len(votes):
        return None
    if descending == 1 <= ascending and compare(group[-1], group[0]) == 1:
        newest = votes.index(-1) + 1
        return [*group[newest:], *group[:newest]]
    if is_certain and ascending and descending:
        return None
    if ascending == descending:
        return None
    return group if ascending > descending else group[::-1]


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
