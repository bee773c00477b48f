"""The line of generations after any operations on a log and its rotated files, polled between any two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.rotation.reconcile import NEW_FILE, Known, Listed, Part, reconcile

A, B, C, D = (1, 1), (1, 2), (1, 3), (1, 4)

TABLE = {
    "nothing at all": ([], [], None, False, []),
    "the first file": ([], [], A, True, [NEW_FILE]),
    "files from before the start": (
        [],
        [Listed(A, is_new=True), Listed(B, is_new=True)],
        C,
        True,
        [Part(listed=0), Part(listed=1), NEW_FILE],
    ),
    "a rename rotation": ([Known(A)], [Listed(A)], B, True, [Part(0), NEW_FILE]),
    "two rename rotations": (
        [Known(A)],
        [Listed(A), Listed(B, is_new=True)],
        C,
        True,
        [Part(0), Part(listed=1), NEW_FILE],
    ),
    "a rotation after a deletion": (
        [Known(A), Known(B)],
        [Listed(A), Listed(C, is_new=True)],
        D,
        True,
        [Part(0), Part(1), Part(listed=1), NEW_FILE],
    ),
    "an older file before the files that were live": (
        [Known(A), Known(C)],
        [Listed(B, is_new=True, was_rotated=True)],
        C,
        False,
        [Part(listed=0), Part(0), Part(1)],
    ),
    "an older file after its older neighbour": (
        [Known(A), Known(C)],
        [Listed(A), Listed(B, is_new=True, was_rotated=True)],
        C,
        False,
        [Part(0), Part(listed=1), Part(1)],
    ),
    "an older file before its newer neighbour": (
        [Known(A, was_live=False), Known(B, was_live=False), Known(C)],
        [Listed(A), Listed(D, is_new=True, was_rotated=True), Listed(B)],
        C,
        False,
        [Part(0), Part(listed=1), Part(1), Part(2)],
    ),
    "an older file before a deleted one that was live": (
        [Known(A), Known(B), Known(C)],
        [Listed(D, is_new=True, was_rotated=True), Listed(B)],
        C,
        False,
        [Part(listed=0), Part(0), Part(1), Part(2)],
    ),
    "an older file without a file at the path": (
        [Known(A, was_live=False)],
        [Listed(A), Listed(B, is_new=True, was_rotated=True)],
        None,
        False,
        [Part(0), Part(listed=1)],
    ),
    "the path names nothing after a rotation": (
        [Known(A)],
        [Listed(A), Listed(B, is_new=True)],
        None,
        False,
        [Part(0), Part(listed=1)],
    ),
    "a truncation with a copy": (
        [Known(A, changed=True, seen=9)],
        [Listed(B, copy_of=0)],
        A,
        False,
        [Part(listed=0, replaces=0), Part(0, renewed=True)],
    ),
    "a truncation without a copy": (
        [Known(A, changed=True, seen=9)],
        [],
        A,
        False,
        [Part(0, renewed=True, replaces=0, loss="truncated")],
    ),
    "a copy that is in the line already": (
        [Known(B), Known(C), Known(A, changed=True, seen=9)],
        [Listed(B, copy_of=2)],
        A,
        False,
        [Part(1), Part(0, replaces=2), Part(2, renewed=True)],
    ),
    "two copies, the first one of bytes that were seen": (
        [Known(A, changed=True, seen=9)],
        [Listed(B, copy_of=0), Listed(C, is_new=True)],
        A,
        False,
        [Part(listed=0, replaces=0), Part(listed=1), Part(0, renewed=True)],
    ),
    "lines that passed through a truncated file": (
        [Known(A, changed=True, seen=9)],
        [Listed(B, is_new=True)],
        A,
        False,
        [Part(listed=0, replaces=0, loss="truncated"), Part(0, renewed=True)],
    ),
    "a file renamed back": ([Known(A), Known(B)], [], A, True, [Part(0), Part(1), NEW_FILE]),
    "a file renamed back and truncated": (
        [Known(A, changed=True, seen=9), Known(B)],
        [],
        A,
        True,
        [Part(1), NEW_FILE],
    ),
    "a file renamed back and truncated after a copy": (
        [Known(A, changed=True, seen=9), Known(B)],
        [Listed(C, copy_of=0)],
        A,
        True,
        [Part(listed=0, replaces=0), Part(1), NEW_FILE],
    ),
    "a rotated file that cannot be read": (
        [Known(A)],
        [Listed(A), Listed(B, is_lost=True)],
        C,
        True,
        [Part(0), Part(loss="lost")],
    ),
    "a file rotated after the new one was opened": (
        [Known(A)],
        [Listed(A), Listed(B), Listed(C, is_new=True)],
        B,
        True,
        [Part(0), NEW_FILE],
    ),
}


@pytest.mark.parametrize(("known", "listing", "path", "is_new", "line"), TABLE.values(), ids=TABLE.keys())
def test_the_line_after_a_poll(
    known: list[Known], listing: list[Listed], path: tuple[int, int] | None, is_new: bool, line: list[Part]
) -> None:
    assert reconcile(known, listing, path=path, is_new=is_new) == tuple(line)


@dataclass(eq=False)
class File:
    """A file with the numbers of its lines."""

    inode: int
    lines: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Life:
    """A generation: a file's lines from one truncation to the next, of which the last poll saw the first ``seen``.

    A file that returns to the path continues at ``begin``, and its earlier generation ends there.
    """

    file: File
    lines: list[int]
    seen: int = 0
    begin: int = 0
    limit: int | None = None


class World:
    """A path, the rotated files beside it, oldest first, and the line as polls leave it.

    A file may have several names; a listing has the newest rotated one, and none of the file at the path. The path of a
    world may be a symlink instead, whose targets have no rotated names: a target returns only if a poll has seen it. A
    file is renamed back only if it was renamed before: lines of a copy would come twice. After a
    copy or a return, the file stays at the path until the next poll: nothing would show later that it was there.
    """

    def __init__(self) -> None:
        self.written = self.inodes = self.gaps = 0
        self.path: File | None = None
        self.rotated: list[File] = []
        self.listing: list[File] = []
        self.copies: list[File] = []
        self.targets: list[File] = []
        self.is_rotated = self.is_copied = self.is_back = False
        self.line: list[Life] = []

    def write(self) -> None:
        self.path = self.path or self.new_file()
        self.written += 1
        self.path.lines.append(self.written)

    def new_file(self) -> File:
        self.inodes += 1
        return File(self.inodes)

    def rename(self) -> None:
        if self.path and not self.targets and not self.is_back:
            self.is_rotated = True
            self.rotated.append(self.path)
            self.path = None

    def copy_and_truncate(self) -> None:
        # The rotated name of a file that is live again says nothing of its age.
        if self.path and self.path not in self.rotated and not self.targets and not self.is_back:
            self.is_rotated = self.is_copied = True
            copy = self.new_file()
            copy.lines = self.path.lines
            self.copies.append(copy)
            self.rotated.append(copy)
            self.path.lines = []

    def truncate(self) -> None:
        if self.path:
            self.path.lines = []

    def delete_oldest(self) -> None:
        del self.rotated[:1]

    def delete(self) -> None:
        self.path = self.path if self.is_copied or self.is_back else None

    def rename_back(self) -> None:
        if self.path is None and self.rotated and self.rotated[-1] not in self.copies:
            self.path = self.rotated.pop()
            self.is_back = True

    def link(self) -> None:
        """Give the file at the path the name of the newest rotation, too."""
        if self.path and self.path not in self.rotated and not self.targets:
            self.is_rotated = True
            self.rotated.append(self.path)

    def swap(self) -> None:
        """Let the path name another file, as a symlink does."""
        if self.path and not self.is_rotated and not self.is_back:
            self.targets.append(self.path)
            self.path = self.new_file()

    def swap_back(self) -> None:
        """Let the path name the file that it named before the last swap."""
        if self.targets and not self.is_back and any(each.file is self.targets[-1] for each in self.line):
            earlier = self.targets.pop()
            self.targets += [self.path] if self.path else []
            self.path = earlier
            self.is_back = True

    def poll(self) -> None:
        self.is_copied = self.is_back = False
        known = [
            Known((1, each.file.inode), changed=each.lines is not each.file.lines, seen=each.seen) for each in self.line
        ]
        names = [each for each in self.rotated if each is not self.path]
        self.listing = [each for index, each in enumerate(names) if each not in names[index + 1 :]]
        listing = [self.listed(each) for each in self.listing]
        live = self.line[-1].file if self.line else None
        is_new = self.path is not None and self.path is not live
        path = (1, self.path.inode) if self.path else None
        parts = reconcile(known, listing, path=path, is_new=is_new)
        self.gaps += sum(part.loss is not None for part in parts)
        before, self.line = self.line, [self.life(part) for part in parts]
        if is_new:
            self.continue_earlier(before, self.line[-1])
        for each in self.line:
            each.seen = len(each.lines)

    def continue_earlier(self, before: Sequence[Life], new: Life) -> None:
        lives = [each for each in before if each.file is new.file]
        if lives and lives[-1].lines is new.lines:
            new.begin = lives[-1].limit = lives[-1].seen

    def listed(self, file: File) -> Listed:
        seen = {
            number: each.lines[: each.seen]
            for number, each in enumerate(self.line)
            if each.lines is not each.file.lines
        }
        copied = [
            number
            for number, lines in seen.items()
            if lines and [other for other in self.listing if other.lines[: len(lines)] == lines] == [file]
        ]
        is_known = any(each.file is file or each.lines is file.lines for each in self.line if each.seen)
        is_known = is_known or any(each.file is file for each in self.line)
        return Listed((1, file.inode), bool(file.lines) and not is_known, copy_of=copied[0] if copied else None)

    def life(self, part: Part) -> Life:
        if part.known is not None:
            known = self.line[part.known]
            return Life(known.file, known.file.lines) if part.renewed else known
        file = self.path if part.listed is None else self.listing[part.listed]
        assert file
        return Life(file, file.lines)


OPERATIONS: Sequence[str] = [
    "write",
    "rename",
    "copy_and_truncate",
    "truncate",
    "delete_oldest",
    "delete",
    "rename_back",
    "link",
    "swap",
    "swap_back",
    "poll",
]


@settings(max_examples=1000, deadline=None)
@given(operations=st.lists(st.sampled_from(OPERATIONS), max_size=40))
def test_any_operations_leave_each_line_once_and_in_order(operations: list[str]) -> None:
    world = World()
    for operation in operations:
        getattr(world, operation)()
    world.poll()
    lines = [number for each in world.line for number in each.lines[each.begin : each.limit]]
    assert all(one < other for one, other in pairwise(lines)), lines
    on_disk = {number for file in [*world.rotated, *([world.path] if world.path else [])] for number in file.lines}
    assert on_disk <= set(lines)
