"""Small files that keep what a server knew about rotated files for the next server."""

import contextlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

from logviewer.cursor import HEAD_BYTES
from logviewer.files.byte_file import Identity
from logviewer.files.own_directory import OwnDirectory

MAX_FILES = 100
_VERSION = 1
_MAX_BYTES = 64 * 1024
_MAX_LOGS = 10_000
_MAX_RANK = 1_000_000
_UNUSED_DAYS = 90
_WRITES_PER_CLEANUP = 1000
_LOG = logging.getLogger("logviewer")


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file in the history of a log, with the digest of its first ``size`` bytes, None if they could not be read.

    Higher ranks are newer; the order of files with equal ranks is unknown. ``was_live`` is true for a file that a
    server saw at the log's path.
    """

    identity: Identity
    size: int
    head_hash: bytes | None
    rank: int
    was_live: bool


@dataclass(frozen=True, slots=True)
class KnownLine:
    """The files in the history of a log. If it is complete, any other file of the log is newer."""

    files: Mapping[Identity, KnownFile]
    is_complete: bool


class StateDirectory:
    """One file for each log, below a directory that several servers may share.

    The directory may be missing or hold anything: a file is used only if this user owns it and it has the expected
    form. The first error is logged. Only one thread may save.
    """

    def __init__(self, directory: Path) -> None:
        self._files = OwnDirectory(directory / "rotations", ".json")
        self._unread: set[str] | None = None
        self._writes = 0
        self._has_warned = False

    def load(self, log: Path) -> KnownLine | None:
        """Return the line of a log that an earlier server saved; only the first call for a log reads its file."""
        if self._unread is None:
            self._unread = self._list()
        # Ten thousand logs without a file must cost nothing.
        if not self._unread or (name := _name(log)) not in self._unread:
            return None
        self._unread.discard(name)
        try:
            data = self._files.read(name, _MAX_BYTES)
        except OSError as error:
            self._warn(error)
            return None
        return _decode(data, log)

    def save(self, log: Path, line: KnownLine) -> None:
        """Write the line of a log; the line of the server that writes last counts."""
        data = _encode(log, line)
        try:
            self._files.write(_name(log), [data])
            if self._writes % _WRITES_PER_CLEANUP == 0:
                self._files.remove_unused(days=_UNUSED_DAYS, most_files=_MAX_LOGS)
        except OSError as error:
            self._warn(error)
        self._writes += 1

    def _list(self) -> set[str]:
        try:
            return self._files.names()
        except OSError as error:
            self._warn(error)
            return set()

    def _warn(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning(
                "cannot keep the order of rotated files in %s: %s; after a restart only their contents count",
                self._files.path,
                error.strerror or error,
            )


def _name(log: Path) -> str:
    return blake2b(os.fsencode(log), digest_size=16).hexdigest() + ".json"


def _text(log: Path) -> str:
    return os.fsencode(log).decode("utf-8", "backslashreplace")


def _encode(log: Path, line: KnownLine) -> bytes:
    files = [
        [*each.identity, each.size, each.head_hash.hex(), each.rank, each.was_live]
        for each in sorted(line.files.values(), key=lambda each: each.rank)
        if each.head_hash is not None
    ]
    is_complete = line.is_complete and len(files) == len(line.files)
    return orjson.dumps({"version": _VERSION, "path": _text(log), "complete": is_complete, "files": files})


def _decode(data: bytes, log: Path) -> KnownLine | None:
    """Return the line in a file, which is not trusted; None if it has another form."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    match value:
        case {"version": int(version), "path": str(path), "complete": bool(is_complete), "files": list(entries)}:
            files = [_file(each) for each in entries[: MAX_FILES + 1]]
            valid = [each for each in files if each]
            if version == _VERSION and path == _text(log) and len(valid) == len(files) <= MAX_FILES:
                return KnownLine({each.identity: each for each in valid}, is_complete)
    return None


def _file(value: object) -> KnownFile | None:
    match value:
        case [int(device), int(inode), int(size), str(head_hash), int(rank), bool(was_live)]:
            if 0 <= size <= HEAD_BYTES and 0 <= rank <= _MAX_RANK:
                with contextlib.suppress(ValueError):
                    return KnownFile((device, inode), size, bytes.fromhex(head_hash), rank, was_live)
    return None
