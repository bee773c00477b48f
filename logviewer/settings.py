"""What the server was told to do: the settings once checked, whichever of flag, environment or file they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from logviewer.errors import CannotRunError
from logviewer.password_hash import is_hash

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class LogRule:
    """How the lines of the files that fit one of these globs are read; see the README for what each key says.

    ``levels`` are names of levels by what a line says instead.
    """

    files: tuple[str, ...]
    zone: str | None = None
    pattern: str | None = None
    time_format: str | None = None
    levels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class RedactRule:
    """What of a line nobody is to see, and what is shown instead, in files that fit one of these globs, or in all."""

    pattern: str
    mask: str = "***"
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may see the sources that fit one of these globs, all of them if ``sources`` is None.

    ``password`` is an argon2 hash; without one nobody can sign in under this name.
    """

    name: str
    password: str | None = field(default=None, repr=False)
    sources: tuple[str, ...] | None = None


# Who knows the token, and anybody where nobody has to sign in.
EVERYBODY = User("")


@dataclass(frozen=True, slots=True)
class Tables:
    """What only the configuration's file can say."""

    logs: tuple[LogRule, ...] = ()
    redact: tuple[RedactRule, ...] = ()
    users: tuple[User, ...] = ()


NO_TABLES = Tables()


@dataclass(frozen=True, slots=True)
class Settings:
    """``paths`` as typed: files, globs, directories, ``-``. With ``no_auth`` nobody has to sign in.

    Without a ``log_format`` the server says only what people must know. ``token`` is None where it lets nobody in.
    ``secret`` signs the cookies: servers that share it take each other's.
    """

    paths: tuple[str, ...]
    host: str
    port: int
    token: str | None
    secret: str
    no_auth: bool
    max_streams: int
    workers: int
    open_browser: bool
    root_path: str = ""
    allow_host: tuple[str, ...] = ()
    allow_origin: tuple[str, ...] = ()
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    log_format: LogFormat | None = None
    follow_symlinks: bool = False
    auth_header: str | None = None
    trusted_proxy: tuple[str, ...] = ()
    tables: Tables = NO_TABLES


_RULE_KEYS = ("files", "zone", "pattern", "time-format", "levels")
_REDACT_KEYS = ("pattern", "mask", "files")
_USER_KEYS = ("name", "password", "sources")


def log_rule(table: Mapping[str, Any]) -> LogRule:
    """The rule that one [[logs]] of the configuration states, each key by itself as it should be.

    Raises CannotRunError, which names the key.
    """
    keys = _known(table, _RULE_KEYS)
    files = _globs("files", keys.pop("files", []))
    levels = keys.pop("levels", {})
    if not isinstance(levels, dict) or not all(isinstance(each, str) for each in levels.values()):
        raise CannotRunError(f"levels must be a table of texts, not {levels!r}")
    _check_texts(keys)
    if not keys.keys() & {"zone", "pattern"}:
        raise CannotRunError("it says nothing of its files; it needs a zone, a pattern or both")
    return LogRule(files, keys.get("zone"), keys.get("pattern"), keys.get("time-format"), levels)


def redact_rule(table: Mapping[str, Any]) -> RedactRule:
    """The rule that one [[redact]] of the configuration states, each key by itself as it should be.

    Raises CannotRunError, which names the key.
    """
    keys = _known(table, _REDACT_KEYS)
    files = _globs("files", keys.pop("files")) if "files" in keys else ()
    _check_texts(keys)
    if not keys.get("pattern"):
        raise CannotRunError("pattern: it says what to redact, and must be there")
    mask = keys.get("mask", "***")
    if not mask.isprintable() or not mask:
        raise CannotRunError(f"mask must be text that can be seen, not {mask!r}")
    return RedactRule(keys["pattern"], mask, files)


def _known(table: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    keys = {key.replace("_", "-"): value for key, value in table.items()}
    for key in keys:
        if key not in names:
            raise CannotRunError(f"there is no key {key!r}; there are {', '.join(names)}")
    return keys


def _globs(key: str, value: object) -> tuple[str, ...]:
    globs = [value] if isinstance(value, str) else value
    if not isinstance(globs, list) or not globs or not all(isinstance(each, str) and each for each in globs):
        raise CannotRunError(f"{key} must be a glob or a list of globs, at least one")
    return tuple(globs)


def _check_texts(keys: Mapping[str, Any]) -> None:
    for key, value in keys.items():
        if not isinstance(value, str):
            raise CannotRunError(f"{key} must be text, not {value!r}")


def user(table: Mapping[str, Any]) -> User:
    """The user that one [[users]] of the configuration states.

    Raises CannotRunError, which names the key.
    """
    keys = _known(table, _USER_KEYS)
    name, password = keys.get("name"), keys.get("password")
    if not isinstance(name, str) or not name or not name.isprintable() or name != name.strip():
        raise CannotRunError("name must be text, of characters that can be seen")
    if password is not None and not (isinstance(password, str) and is_hash(password)):
        raise CannotRunError("password must be the hash that 'logviewer hash-password' prints")
    return User(name, password, _globs("sources", keys.get("sources")))
