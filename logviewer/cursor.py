"""The text form of positions in log files: an SSE ``id``, read back as untrusted input.

A cursor is a version digit and one checkpoint after another, 48 URL-safe characters each. It holds no path: a
checkpoint names its source and its file by hashes, and carries hashes of bytes that must still be in that file.
"""

import base64
import re
import struct
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from logviewer.errors import CursorError

HEAD_BYTES = 1024
TAIL_BYTES = 64
_VERSION = "1"
_CHECKPOINT = struct.Struct(">4s6s6s6sH6s6s")
_CHECKPOINT_CHARS = 48
_EXHAUSTED = 0x8000
_NO_FILE = bytes(6)
_NOWHERE = b"\xff" * 6
_TEXT = re.compile(rf"{_VERSION}(?:[A-Za-z0-9_-]{{{_CHECKPOINT_CHARS}}}){{1,4096}}")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_UNKNOWN_LINE = (1 << 48) - 1


def digest(data: bytes) -> bytes:
    """The 6-byte hash by which heads, markers and files are compared."""
    return blake2b(data, digest_size=6).digest()


def file_key(device: int, inode: int) -> bytes:
    """The 6-byte name of a physical file."""
    return digest(b"%d:%d" % (device, inode))


def source_key(source_id: str) -> bytes:
    """The 4-byte name of a source inside a cursor."""
    return blake2b(source_id.encode(), digest_size=4).digest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A position in one log file, with the hashes that verify it.

    ``offset`` is in bytes, after a whole line. ``line`` counts the lines before it, None while unknown.
    ``head_hash`` is the digest of the file's first ``head_length`` bytes (at most 1024), ``tail_hash`` that of the
    last 64 bytes before the offset. An ``exhausted`` checkpoint has no lines after it: it only orders the files that
    follow. A ``file`` of zeros means that the source had no file yet.
    """

    source: bytes
    file: bytes
    offset: int
    line: int | None
    head_length: int
    head_hash: bytes
    tail_hash: bytes
    exhausted: bool = False

    @property
    def is_before_any_file(self) -> bool:
        """Whether there was no file yet."""
        return self.file == _NO_FILE

    @property
    def is_nowhere(self) -> bool:
        """Whether nothing is known of it."""
        return self.file == _NOWHERE

    def text(self) -> str:
        """These 48 characters stand for the mark in a cursor."""
        return checkpoint_text(
            self.source,
            self.file,
            self.offset,
            self.line,
            self.head_length,
            self.head_hash,
            self.tail_hash,
            exhausted=self.exhausted,
        )


def checkpoint_text(  # noqa: PLR0913, PLR0917 (the fields of a mark, for who has them and makes thousands)
    source: bytes,
    file: bytes,
    offset: int,
    line: int | None,
    head_length: int,
    head_hash: bytes,
    tail_hash: bytes,
    *,
    exhausted: bool = False,
) -> str:
    """The text of the mark with these fields."""
    packed = _CHECKPOINT.pack(
        source,
        file,
        offset.to_bytes(6, "big"),
        (_UNKNOWN_LINE if line is None else line).to_bytes(6, "big"),
        head_length | _EXHAUSTED if exhausted else head_length,
        head_hash,
        tail_hash,
    )
    return b2a_base64(packed, newline=False).translate(_URL_SAFE).decode("ascii")


def no_file_yet(source: bytes) -> Checkpoint:
    """The mark of a reader who waits for the source's first file."""
    return Checkpoint(
        source=source, file=_NO_FILE, offset=0, line=0, head_length=0, head_hash=bytes(6), tail_hash=bytes(6)
    )


def nowhere(source: bytes) -> Checkpoint:
    """The mark of a reader whose cursor nobody can read."""
    return replace(no_file_yet(source), file=_NOWHERE)


def encode(checkpoints: Iterable[str]) -> str:
    """Join the text of marks to a cursor."""
    return _VERSION + "".join(checkpoints)


def decode(text: str) -> tuple[Checkpoint, ...]:
    """Read a cursor back.

    Raises:
        CursorError: if the text is not a cursor of this version.
    """
    if not _TEXT.fullmatch(text):
        raise CursorError("not a cursor of this server")
    packed = base64.urlsafe_b64decode(text[len(_VERSION) :])
    return tuple(_unpack(fields) for fields in _CHECKPOINT.iter_unpack(packed))


def _unpack(fields: tuple[bytes, bytes, bytes, bytes, int, bytes, bytes]) -> Checkpoint:
    source, file, offset, line, head_length, head_hash, tail_hash = fields
    lines_before = int.from_bytes(line, "big")
    exhausted, head_length = bool(head_length & _EXHAUSTED), head_length & ~_EXHAUSTED
    if head_length > HEAD_BYTES:
        raise CursorError("not a cursor of this server")
    return Checkpoint(
        source=source,
        file=file,
        offset=int.from_bytes(offset, "big"),
        line=None if lines_before == _UNKNOWN_LINE else lines_before,
        head_length=head_length,
        head_hash=head_hash,
        tail_hash=tail_hash,
        exhausted=exhausted,
    )
