"""The pieces of an answer that crosses a link, and the times and sizes that both sides keep.

A piece has one byte for its kind, its number in four bytes, and its data. Pieces are numbered from 0. A number that is
not the next one means that a piece was lost, so the call has ended; the hub repeats its request from the last cursor.

The *room* of a call limits the bytes on their way. The hub grants room as an absolute count of bytes, so that a lost
grant costs nothing: the next one replaces it. A grant also renews the *lease* of a call: without it the host ends the
call.
"""

import struct
from dataclasses import dataclass
from typing import Literal

from logviewer.hosts.api import PIECE_BYTES, BrokenError

Kind = Literal["head", "data", "end", "failure", "ping"]

ROOM_BYTES = 4 * PIECE_BYTES
"""The most bytes of data that a host may send before the hub has used any of them."""
ALL_ROOMS_BYTES = 64 * 1024 * 1024
"""The rooms of all calls of a hub together, where each has a piece at least: clients that do not read fill them."""
RENEW_SECONDS = 4.0
"""The interval of grants and of pings."""
LEASE_SECONDS = 12.0
"""A host ends a call without a grant after this time."""
SILENCE_SECONDS = 10.0
"""A hub ends a call without a piece after this time."""
HEAD_BYTES = 64 * 1024
"""The most bytes of the JSON in a message."""

_KINDS: dict[bytes, Kind] = {b"H": "head", b"D": "data", b"E": "end", b"F": "failure", b"P": "ping"}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}
_NUMBER = struct.Struct(">I")
_START = 1 + _NUMBER.size


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer. A ping has the number of the next piece, and no number of its own."""

    kind: Kind
    number: int
    data: bytes = b""

    def pack(self) -> bytes:
        """Return the bytes of the piece."""
        return _LETTERS[self.kind] + _NUMBER.pack(self.number & 0xFFFFFFFF) + self.data

    @classmethod
    def unpack(cls, packed: bytes) -> "Piece":
        """Return the piece with these bytes. Raises BrokenError."""
        kind = _KINDS.get(packed[:1])
        if kind is None or len(packed) < _START:
            raise BrokenError("a piece that this version does not know")
        return cls(kind, _NUMBER.unpack_from(packed, 1)[0], packed[_START:])


class Numbering:
    """Checks the numbers of the pieces of one answer."""

    def __init__(self) -> None:
        self._next = 0

    def check(self, piece: Piece) -> None:
        """Count a piece. Raises BrokenError if pieces before it are missing."""
        if piece.number != self._next & 0xFFFFFFFF:
            raise BrokenError("a piece was lost")
        self._next += piece.kind != "ping"
