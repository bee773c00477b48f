"""The cursors of several hosts as one: the marks of each host one after the other."""

import base64
import re
from collections.abc import Iterable, Sequence

from logviewer.cursor import decode, encode, source_key
from logviewer.errors import CursorError
from logviewer.hosts.api import BrokenError
from logviewer.hosts.merge.parts import HostPart

_MARK_CHARS = 48
# A reader has more than one mark in a source only while rotated files may still get late lines.
_MOST_MARKS = 4096
_ID = re.compile(rf"1((?:[A-Za-z0-9_-]{{{_MARK_CHARS}}}){{1,{_MOST_MARKS}}})")


class Marks:
    """Checks the cursors of a host, and joins and splits those of all. ``others`` are the keys of other hosts' sources.

    The marks of a host are the text of its cursor without the version.
    """

    def __init__(self, parts: Sequence[HostPart]) -> None:
        self._keys = {part: {source_key(each.id) for each in part.sources} for part in parts}

    def checked(self, part: HostPart, cursor: str) -> str:
        """Return the marks of a host's cursor. Raises BrokenError if it is malformed, or of other sources."""
        match = _ID.fullmatch(cursor)
        if not match:
            raise BrokenError("it sent a malformed cursor")
        marks = match[1]
        if len(self._keys) > 1:
            keys = {_key(marks, at) for at in range(0, len(marks), _MARK_CHARS)} - self._keys[part]
            # The source of another key has a rare name in cursors, because two keys were equal by chance.
            if keys and any(not keys.isdisjoint(own) for other, own in self._keys.items() if other is not part):
                raise BrokenError("it sent a cursor of another host's source")
        return marks

    def split(self, cursor: str) -> tuple[dict[HostPart, str], str] | None:
        """Return the marks of each host that has some, and those of unknown sources; None for a malformed cursor."""
        try:
            decode(cursor)
        except CursorError:
            return None
        marks = [cursor[at : at + _MARK_CHARS] for at in range(1, len(cursor), _MARK_CHARS)]
        found: dict[HostPart, str] = {}
        rest = ""
        for mark in marks:
            key = _key(mark, 0)
            owners = [part for part, keys in self._keys.items() if key in keys]
            for part in owners:
                found[part] = found.get(part, "") + mark
            rest += "" if owners else mark
        return found, rest


def without_sources(marks: str, others: str) -> str:
    """Return the marks of sources that have none in ``others``."""
    if not marks:
        return marks
    keys = {_key(others, at) for at in range(0, len(others), _MARK_CHARS)}
    every = (marks[at : at + _MARK_CHARS] for at in range(0, len(marks), _MARK_CHARS))
    return "".join(mark for mark in every if _key(mark, 0) not in keys)


def _key(marks: str, at: int) -> bytes:
    return base64.urlsafe_b64decode(marks[at : at + 8])[:4]


def joined(marks: Iterable[str]) -> bytes:
    """Return the line of an event with the cursor of these marks; nothing without marks."""
    text = encode(marks)
    return b"id: " + text.encode("ascii") + b"\n" if len(text) > 1 else b""
