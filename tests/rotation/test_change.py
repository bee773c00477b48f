"""Every combination of the held file and the file at the path has one meaning."""

import pytest

from logviewer.rotation.change import Absent, Change, Held, OnDisk, decide

OURS, OTHER = (1, 10), (1, 11)
OTHER_DEVICE = (2, 10)

HELD = Held(OURS, size=100)
EMPTY = Held(OURS, size=0)

TABLE = {
    "nothing held, no file": (None, Absent.MISSING, Change.VANISHED),
    "nothing held, no regular file": (None, Absent.REFUSED, Change.VANISHED),
    "nothing held, an empty file": (None, OnDisk(OURS, 0), Change.APPEARED),
    "nothing held, a file": (None, OnDisk(OURS, 100), Change.APPEARED),
    "held, no file": (HELD, Absent.MISSING, Change.VANISHED),
    "held, no regular file": (HELD, Absent.REFUSED, Change.VANISHED),
    "held, nothing new": (HELD, OnDisk(OURS, 100), Change.SAME),
    "held, longer": (HELD, OnDisk(OURS, 101), Change.GREW),
    "held, shorter": (HELD, OnDisk(OURS, 99), Change.TRUNCATED),
    "held, emptied": (HELD, OnDisk(OURS, 0), Change.TRUNCATED),
    "held, another file as long": (HELD, OnDisk(OTHER, 100), Change.REPLACED),
    "held, another file, longer": (HELD, OnDisk(OTHER, 200), Change.REPLACED),
    "held, another file, shorter": (HELD, OnDisk(OTHER, 50), Change.REPLACED),
    "held, another file, empty": (HELD, OnDisk(OTHER, 0), Change.REPLACED),
    "held, the same inode on another device": (HELD, OnDisk(OTHER_DEVICE, 100), Change.REPLACED),
    "empty held, no file": (EMPTY, Absent.MISSING, Change.VANISHED),
    "empty held, no regular file": (EMPTY, Absent.REFUSED, Change.VANISHED),
    "empty held, nothing new": (EMPTY, OnDisk(OURS, 0), Change.SAME),
    "empty held, first bytes": (EMPTY, OnDisk(OURS, 1), Change.GREW),
    "empty held, another file": (EMPTY, OnDisk(OTHER, 1), Change.REPLACED),
    "empty held, another empty file": (EMPTY, OnDisk(OTHER, 0), Change.REPLACED),
}


@pytest.mark.parametrize(("held", "now", "change"), TABLE.values(), ids=TABLE)
def test_a_change_between_two_polls_has_one_name(held: Held | None, now: OnDisk | Absent, change: Change) -> None:
    assert decide(held, now) is change
