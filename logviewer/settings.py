"""The checked settings, from flags, the environment, the configuration file and defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from logviewer.errors import CannotRunError
from logviewer.globs import matches_glob, matches_host
from logviewer.password_hash import is_hash

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class LogRule:
    """A [[logs]] table: how to read the lines of the files that match one of the globs. The README describes the keys.

    ``levels`` maps words of the lines to names of levels. ``time_key`` and ``level_key`` name fields of JSON objects,
    within others by a path with dots. ``date_order`` is ``ymd``, ``mdy`` or ``dmy``. ``encoding`` is that of the files.
    """

    files: tuple[str, ...]
    zone: str | None = None
    pattern: str | None = None
    time_format: str | None = None
    levels: Mapping[str, str] = field(default_factory=dict, hash=False)
    time_key: str | None = None
    level_key: str | None = None
    date_order: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class RedactRule:
    """A [[redact]] table: a pattern, the mask for its matches, and globs of files; without globs, all files."""

    pattern: str
    mask: str = "***"
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A [[users]] table: a user who may see the sources that match one of the globs, or all if ``sources`` is None.

    ``password`` is an argon2 hash; without it, only a trusted proxy can sign this user in.
    """

    name: str
    password: str | None = field(default=None, repr=False)
    sources: tuple[str, ...] | None = None

    def may_see(self, path: Path | str, name: str, host: str | None) -> bool:
        """Return whether this user may see a file; without a ``host``, one of this machine."""
        return self.sources is None or any(matches_glob(glob, path, name, host) for glob in self.sources)

    def may_see_host(self, host: str) -> bool:
        """Return whether this user may see any file of a host."""
        return self.sources is None or any(matches_host(glob, host) for glob in self.sources)


ANONYMOUS = User("")
"""A client with the token, or any client with ``no_auth``."""


@dataclass(frozen=True, slots=True)
class SourceCommand:
    """A [[sources]] table: the name of a source, and the words of the command whose output it shows."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the configuration file."""

    logs: tuple[LogRule, ...] = ()
    redact: tuple[RedactRule, ...] = ()
    sources: tuple[SourceCommand, ...] = ()
    users: tuple[User, ...] = ()


NO_TABLES = Tables()


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A PATH with logs that was not given. ``limit`` is the reason why some are unreadable, and the remedy."""

    path: str
    is_readable: bool
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server.

    ``paths`` are as typed: files, globs, directories, ``-``. With ``uds`` the server listens on a Unix socket, in place
    of ``host`` and ``port``. ``token`` is None if clients cannot sign in with a token;
    with ``no_auth`` they need not sign in. ``secret`` signs the cookies: servers with the same secret accept each
    other's. Without a ``log_format`` the server logs only warnings. ``state`` is a directory that survives the server;
    None keeps nothing. ``warnings`` are about unsafe options. Without a given path, ``found`` are
    those of the machine.
    """

    paths: tuple[str, ...]
    command: tuple[str, ...]
    spool_size: int
    host: str
    port: int
    uds: Path | None
    token: str | None
    secret: str
    no_auth: bool
    max_streams: int
    max_connections: int
    workers: int
    open_browser: bool
    root_path: str = ""
    allow_host: tuple[str, ...] = ()
    allow_origin: tuple[str, ...] = ()
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    log_format: LogFormat | None = None
    follow_symlinks: bool = False
    no_history: bool = False
    max_history: int | None = None
    auth_header: str | None = None
    trusted_proxy: tuple[str, ...] = ()
    tables: Tables = NO_TABLES
    state: Path | None = None
    no_cache: bool = False
    cache_size: int | None = None
    warnings: tuple[str, ...] = ()
    cache: Path | None = None
    found: tuple[FoundPath, ...] = ()


_RULE_KEYS = ("files", "zone", "pattern", "time-format", "levels", "time-key", "level-key", "date-order", "encoding")
_NEEDED_KEYS = ("zone", "pattern", "time-key", "level-key", "date-order", "encoding")
_REDACT_KEYS = ("pattern", "mask", "files")
_SOURCE_KEYS = ("name", "command")
_USER_KEYS = ("name", "password", "sources")


def read_log_rule(table: Mapping[str, Any]) -> LogRule:
    """Check a [[logs]] table; ``LineFormat`` checks its values. Raises CannotRunError, which names the key."""
    keys = _known(table, _RULE_KEYS)
    files = _globs("files", keys.pop("files", []))
    levels = keys.pop("levels", {})
    if not isinstance(levels, dict) or not all(isinstance(each, str) for each in levels.values()):
        raise CannotRunError(f"levels must be a table of names of levels, not {levels!r}")
    _check_texts(keys)
    if not keys.keys() & set(_NEEDED_KEYS):
        raise CannotRunError(f"one of {', '.join(_NEEDED_KEYS)} is required")
    return LogRule(files, levels=levels, **{key.replace("-", "_"): value for key, value in keys.items()})


def read_redact_rule(table: Mapping[str, Any]) -> RedactRule:
    """Check a [[redact]] table; ``Redaction`` checks its pattern. Raises CannotRunError, which names the key."""
    keys = _known(table, _REDACT_KEYS)
    files = _globs("files", keys.pop("files")) if "files" in keys else ()
    _check_texts(keys)
    if not keys.get("pattern"):
        raise CannotRunError("pattern is required")
    mask = keys.get("mask", "***")
    if not mask.isprintable() or not mask:
        raise CannotRunError(f"mask must be printable text, not {mask!r}")
    return RedactRule(keys["pattern"], mask, files)


def read_source(table: Mapping[str, Any]) -> SourceCommand:
    """Check a [[sources]] table. Raises CannotRunError, which names the key."""
    keys = _known(table, _SOURCE_KEYS)
    name, words = keys.get("name"), keys.get("command")
    if not isinstance(name, str) or not name.isprintable() or not name.strip():
        raise CannotRunError("name must be printable text")
    if not isinstance(words, list) or not words or not all(isinstance(each, str) and each for each in words):
        raise CannotRunError('command must be a list of words, such as ["kubectl", "logs", "-f", "deploy/web"]')
    return SourceCommand(name, tuple(words))


def _known(table: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    keys = {key.replace("_", "-"): value for key, value in table.items()}
    for key in keys:
        if key not in names:
            raise CannotRunError(f"unknown key {key!r} (one of {', '.join(names)})")
    return keys


def _globs(key: str, value: object) -> tuple[str, ...]:
    globs = [value] if isinstance(value, str) else value
    if not isinstance(globs, list) or not globs or not all(isinstance(each, str) and each for each in globs):
        raise CannotRunError(f"{key} must be a glob, or a list of at least one glob")
    return tuple(globs)


def _check_texts(keys: Mapping[str, Any]) -> None:
    for key, value in keys.items():
        if not isinstance(value, str):
            raise CannotRunError(f"{key} must be text, not {value!r}")


def read_user(table: Mapping[str, Any]) -> User:
    """Check a [[users]] table. Raises CannotRunError, which names the key."""
    keys = _known(table, _USER_KEYS)
    name, password = keys.get("name"), keys.get("password")
    if not isinstance(name, str) or not name or not name.isprintable() or name != name.strip():
        raise CannotRunError("name must be printable text, without spaces at its ends")
    if password is not None and not (isinstance(password, str) and is_hash(password)):
        raise CannotRunError("password must be a hash; print one with 'logviewer hash-password'")
    return User(name, password, _globs("sources", keys.get("sources")))
