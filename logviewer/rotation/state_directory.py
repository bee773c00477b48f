"""Small files that keep what a server knew about rotated files for the next server."""

import contextlib
import logging
import os
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

from logviewer.cursor import HEAD_BYTES
from logviewer.files.byte_file import ByteFile, Identity

MAX_FILES = 100
_VERSION = 1
_MAX_BYTES = 64 * 1024
_MAX_LOGS = 10_000
_MAX_RANK = 1_000_000
_DAY_SECONDS = 24 * 60 * 60
_UNUSED_SECONDS = 90 * _DAY_SECONDS
_WRITES_PER_CLEANUP = 1000
_NAME = re.compile(r"[0-9a-f]{32}\.json|\.\w+(?P<unfinished>\.tmp)")
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


def find(environment: Mapping[str, str]) -> Path | None:
    """Return the directory for the state of this program, which may not exist; None without a home."""
    home, state = environment.get("HOME", ""), environment.get("XDG_STATE_HOME", "")
    choices = (
        Path(environment.get("STATE_DIRECTORY", "").split(":")[0]),
        Path(state, "logviewer"),
        Path(home, ".local", "state", "logviewer"),
    )
    return next((each for each in choices if each.is_absolute()), None)


class StateDirectory:
    """One file for each log, below a directory that several servers may share.

    The directory may be missing or hold anything: a file is used only if this user owns it and it has the expected
    form. The first error is logged. Only one thread may save.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "rotations"
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
            data = self._read(self._directory / name)
        except OSError as error:
            self._warn(error)
            return None
        return _decode(data, log)

    def save(self, log: Path, line: KnownLine) -> None:
        """Write the line of a log; the line of the server that writes last counts."""
        data = _encode(log, line)
        try:
            self._make_directory()
            self._write(self._directory / _name(log), data)
            if self._writes % _WRITES_PER_CLEANUP == 0:
                self._remove_unused()
        except OSError as error:
            self._warn(error)
        self._writes += 1

    def _list(self) -> set[str]:
        try:
            return {each.name for each in self._directory.iterdir()}
        except (FileNotFoundError, NotADirectoryError):
            return set()
        except OSError as error:
            self._warn(error)
            return set()

    def _read(self, path: Path) -> bytes:
        """Return the contents of a file of this user, or nothing. Raises OSError."""
        file = ByteFile.open(path, follow=False)
        try:
            status = file.stat()
            if status.st_uid != os.geteuid() or status.st_size > _MAX_BYTES:
                return b""
            if time.time() - status.st_mtime > _DAY_SECONDS:
                # It is in use.
                with contextlib.suppress(OSError):
                    os.utime(path, follow_symlinks=False)
            return file.pread(_MAX_BYTES, 0)
        finally:
            file.close()

    def _make_directory(self) -> None:
        if not self._directory.is_dir():
            for each in (*reversed(self._directory.parents), self._directory):
                if not each.is_dir():
                    each.mkdir(mode=0o700, exist_ok=True)

    def _write(self, path: Path, data: bytes) -> None:
        fd, unfinished = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._directory)
        try:
            with open(fd, "wb") as file:
                file.write(data)
            Path(unfinished).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(unfinished).unlink()
            raise

    def _remove_unused(self) -> None:
        """Remove files that no server has used for 90 days, the longest unused of too many, and unfinished ones."""
        now = time.time()
        found: list[tuple[float, str]] = []
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if (name := _NAME.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):
                        age = now - entry.stat(follow_symlinks=False).st_mtime
                        is_stale = name["unfinished"] and age > _DAY_SECONDS
                        found.append((_UNUSED_SECONDS + 1 if is_stale else age, entry.path))
        for number, (age, path) in enumerate(sorted(found)):
            if number >= _MAX_LOGS or age > _UNUSED_SECONDS:
                with contextlib.suppress(FileNotFoundError):
                    Path(path).unlink()

    def _warn(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning(
                "cannot keep the order of rotated files in %s: %s; after a restart only their contents count",
                self._directory,
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
