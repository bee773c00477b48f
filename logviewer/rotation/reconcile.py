"""The line of a source's generations after a poll: a pure decision that opens and changes no file.

One rule merges the known line with the listing of rotated files: the known order stays, and each new file goes right
before its nearest newer listed neighbour. The file at the path is the newest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from logviewer.files.byte_file import Identity

Loss = Literal["truncated", "lost"]


@dataclass(frozen=True, slots=True)
class Known:
    """A generation of the line before the poll.

    A ``changed`` one was truncated or rewritten: its file holds other bytes than the last poll saw, ``seen`` of them.
    ``was_live`` says that it was at the path since this process polls.
    """

    identity: Identity
    changed: bool = False
    seen: int = 0
    was_live: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A rotated file on disk.

    ``is_new`` says that it has lines and that no generation or earlier listing has them. ``is_lost`` says that this
    cannot be decided, because the file cannot be read. ``copy_of`` is the index of the changed generation whose bytes
    it holds, if no other file holds them. ``was_rotated`` says that it is older than all that was live since this
    process polls.
    """

    identity: Identity
    is_new: bool = False
    is_lost: bool = False
    copy_of: int | None = None
    was_rotated: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One generation of the new line.

    ``known`` and ``listed`` are indexes in the two inputs; without either, it is the new file at the path. A
    ``renewed`` part begins with the new contents of a changed generation. ``replaces`` is the index of the changed
    generation whose readers continue here. ``loss`` is the reason of the gap before the part.
    """

    known: int | None = None
    listed: int | None = None
    renewed: bool = False
    replaces: int | None = None
    loss: Loss | None = None


NEW_FILE = Part()


def reconcile(
    known: Sequence[Known], listing: Sequence[Listed], *, path: Identity | None, is_new: bool
) -> tuple[Part, ...]:
    """Return the new line, oldest first.

    ``listing`` is oldest first. ``path`` is the file at the path, None without one; ``is_new`` says that it had not
    the path at the last poll.
    """
    copies = {each.copy_of: index for index, each in enumerate(listing) if each.copy_of is not None}
    moved = {listing[index].identity for index in copies.values()}
    line: list[Part] = []
    for index, each in enumerate(known):
        if not each.changed:
            line += [] if each.identity in moved else [Part(known=index)]
            continue
        comes_again = _comes_again(known, index, path if is_new else None)
        copy = copies.get(index)
        if copy is not None:
            line.append(replace(_part(known, listing, copy), replaces=index if comes_again else None))
        if not comes_again:
            line.append(Part(known=index, renewed=True, loss="truncated" if each.seen and copy is None else None))
    if is_new:
        line.append(NEW_FILE)
    _insert_new(line, known, listing, path)
    is_fresh = [each.known is None or known[each.known].identity in moved for each in line]
    for index, part in enumerate(line):
        if part.renewed:
            _replace(line, index, is_fresh)
    return tuple(line)


def _comes_again(known: Sequence[Known], index: int, new: Identity | None) -> bool:
    """Whether a later generation is of the same file, and so begins with its new contents."""
    identity = known[index].identity
    return identity == new or any(each.identity == identity for each in known[index + 1 :])


def _part(known: Sequence[Known], listing: Sequence[Listed], index: int) -> Part:
    """Return a listed file as a part: the known generation of it, if there is one."""
    identity = listing[index].identity
    same = [number for number, each in enumerate(known) if each.identity == identity and not each.changed]
    return Part(known=same[-1]) if same else Part(listed=index)


def _insert_new(line: list[Part], known: Sequence[Known], listing: Sequence[Listed], path: Identity | None) -> None:
    def identity(part: Part) -> Identity | None:
        if part.known is not None:
            return known[part.known].identity
        return listing[part.listed].identity if part.listed is not None else path

    def find(wanted: Iterable[Identity | None]) -> int | None:
        last = {identity(part): number for number, part in enumerate(line)}
        return next((last[each] for each in wanted if each is not None and each in last), None)

    listed = [each.identity for each in listing]
    # A file that was rotated after the path's own file is left to the next poll, which sees the next file at the path.
    end = listed.index(path) if path in listed else len(listed)
    # Newest first, so that a new file finds its newer neighbours in the line.
    for index in reversed(range(end)):
        entry = listing[index]
        if not (entry.is_new or entry.is_lost) or entry.copy_of is not None:
            continue
        at = find([*listed[index + 1 :], *([] if entry.was_rotated else [path])])
        if entry.was_rotated:
            older = find(reversed(listed[:index]))
            live = (n for n, part in enumerate(line) if part.known is None or known[part.known].was_live)
            last = max(next(live, len(line)), 0 if older is None else older + 1)
            at = last if at is None else min(at, last)
        if entry.is_new:
            line.insert(len(line) if at is None else at, Part(listed=index))
        elif at is not None:
            line[at] = replace(line[at], loss=line[at].loss or "lost")


def _replace(line: list[Part], renewed: int, is_fresh: Sequence[bool]) -> None:
    """Note where the readers of a changed generation continue: at its copy, at new files after it, or in its file."""
    first = renewed
    while first > 0 and is_fresh[first - 1]:
        first -= 1
    part = line[renewed]
    if part.loss == "truncated" and first < renewed:
        line[renewed] = replace(part, loss=None)
        line[first] = replace(line[first], loss="truncated")
    line[first] = replace(line[first], replaces=part.known)
