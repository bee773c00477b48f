"""The text form of positions in log files: an SSE ``id``, decoded as untrusted input.

A cursor is a version digit and checkpoints of 48 URL-safe characters each. It holds no path: a checkpoint names its
source and its file by hashes, and carries hashes of bytes that must still be in that file.
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
_UNKNOWN_FILE = b"\xff" * 6
_TEXT = re.compile(rf"{_VERSION}(?:[A-Za-z0-9_-]{{{_CHECKPOINT_CHARS}}}){{1,4096}}")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_UNKNOWN_LINE = (1 << 48) - 1


def digest(data: bytes) -> bytes:
    """Return the 6-byte hash for the head and the tail of a checkpoint, and for the name of a file."""
    return blake2b(data, digest_size=6).digest()


def file_key(device: int, inode: int) -> bytes:
    """Return the 6-byte name of a physical file."""
    return digest(b"%d:%d" % (device, inode))


def source_key(source_id: str) -> bytes:
    """Return the 4-byte name of a source inside a cursor."""
    return blake2b(source_id.encode(), digest_size=4).digest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A position in one log file, with the hashes that verify it.

    ``offset`` is in bytes, after a whole line. ``line`` counts the lines before it, None while unknown.
    ``head_hash`` is the digest of the file's first ``head_length`` bytes (at most 1024), ``tail_hash`` that of the
    last 64 bytes before the offset. An ``exhausted`` checkpoint has no lines after it: it only orders the files that
    follow. ``no_file_yet`` and ``unknown`` make checkpoints without a file.
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
        """Whether the reader was waiting for the source's first file."""
        return self.file == _NO_FILE

    @property
    def is_unknown(self) -> bool:
        """Whether the checkpoint replaces an unusable cursor."""
        return self.file == _UNKNOWN_FILE

    def text(self) -> str:
        """Return the 48 characters of the checkpoint in a cursor."""
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


def checkpoint_text(  # noqa: PLR0913, PLR0917 (a caller with thousands of them makes no Checkpoint for each)
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
    """Return the 48 characters of the checkpoint with these fields; see ``Checkpoint``."""
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


def checkpoint_texts(  # noqa: PLR0913, PLR0917 (as above)
    source: bytes,
    file: bytes,
    offsets: Iterable[int],
    lines: Iterable[int | None],
    head_length: int,
    head_hash: bytes,
    tail_hashes: Iterable[bytes],
) -> list[str]:
    """Return the texts of many checkpoints in one file, each as ``checkpoint_text``."""
    before, head = source + file, head_length.to_bytes(2, "big") + head_hash
    packed = b"".join(
        [
            before + (offset << 48 | (_UNKNOWN_LINE if line is None else line)).to_bytes(12, "big") + head + tail_hash
            for offset, line, tail_hash in zip(offsets, lines, tail_hashes, strict=True)
        ]
    )
    # A checkpoint has 36 bytes, so none shares a character with its neighbours.
    text = b2a_base64(packed, newline=False).translate(_URL_SAFE).decode("ascii")
    return [text[start : start + _CHECKPOINT_CHARS] for start in range(0, len(text), _CHECKPOINT_CHARS)]


def no_file_yet(source: bytes) -> Checkpoint:
    """Return the checkpoint of a reader that waits for the source's first file."""
    return Checkpoint(
        source=source, file=_NO_FILE, offset=0, line=0, head_length=0, head_hash=bytes(6), tail_hash=bytes(6)
    )


def unknown(source: bytes) -> Checkpoint:
    """Return the checkpoint that replaces an unusable cursor: the reader gets a ``lost`` gap."""
    return replace(no_file_yet(source), file=_UNKNOWN_FILE)


def encode(checkpoints: Iterable[str]) -> str:
    """Join the texts of checkpoints to a cursor."""
    return _VERSION + "".join(checkpoints)


def encode_each(checkpoints: Iterable[str]) -> list[str]:
    """Return a cursor for each of the texts of checkpoints."""
    return [_VERSION + text for text in checkpoints]


def decode(text: str) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of a cursor, in its order.

    Raises:
        CursorError: if the text is not a cursor of this version, or has over 4,096 checkpoints.
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
