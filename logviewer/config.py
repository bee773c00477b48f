"""What the server was told to do: the settings once checked, whichever of flag, environment or file they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from os.path import abspath
from pathlib import Path
from typing import Any, Literal

from logviewer.errors import CannotRunError

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
class Rules:
    """The tables of the configuration."""

    logs: tuple[LogRule, ...] = ()
    redact: tuple[RedactRule, ...] = ()


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Settings:
    """``paths`` as typed: files, globs, directories, ``-``. ``token`` is None where nobody has to sign in.

    Without a ``log_format`` the server says only what people must know.
    ``secret`` signs the cookies: servers that share it take each other's.
    """

    paths: tuple[str, ...]
    host: str
    port: int
    token: str | None
    secret: str
    open_browser: bool
    root_path: str = ""
    allow_host: tuple[str, ...] = ()
    allow_origin: tuple[str, ...] = ()
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    log_format: LogFormat | None = None
    follow_symlinks: bool = False
    rules: Rules = NO_RULES


_RULE_KEYS = ("files", "zone", "pattern", "time-format", "levels")
_REDACT_KEYS = ("pattern", "mask", "files")


def log_rule(table: Mapping[str, Any]) -> LogRule:
    """The rule that one [[logs]] of the configuration states, each key by itself as it should be.

    Raises CannotRunError, which names the key.
    """
    keys = _known_keys(table, _RULE_KEYS)
    files = _globs(keys.pop("files", []))
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
    keys = _known_keys(table, _REDACT_KEYS)
    files = _globs(keys.pop("files")) if "files" in keys else ()
    _check_texts(keys)
    if not keys.get("pattern"):
        raise CannotRunError("pattern: it says what to redact, and must be there")
    mask = keys.get("mask", "***")
    if not mask.isprintable() or not mask:
        raise CannotRunError(f"mask must be text that can be seen, not {mask!r}")
    return RedactRule(keys["pattern"], mask, files)


def _known_keys(table: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    keys = {key.replace("_", "-"): value for key, value in table.items()}
    for key in keys:
        if key not in known:
            raise CannotRunError(f"there is no key {key!r}; there are {', '.join(known)}")
    return keys


def _globs(files: object) -> tuple[str, ...]:
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not files or not all(isinstance(each, str) and each for each in files):
        raise CannotRunError("files must be a glob or a list of globs, at least one")
    return tuple(files)


def _check_texts(keys: Mapping[str, Any]) -> None:
    for key, value in keys.items():
        if not isinstance(value, str):
            raise CannotRunError(f"{key} must be text, not {value!r}")


def fits(glob: str, path: Path, name: str) -> bool:
    """Whether a glob means the file with this path, or that goes by this name."""
    if "/" not in glob:
        return name == glob or fnmatchcase(name, glob)
    whole = abspath(glob)
    return str(path) == whole or _fits_parts(Path(whole).parts, path.parts)


def _fits_parts(globs: Sequence[str], parts: Sequence[str]) -> bool:
    if not globs or not parts:
        return not parts and all(glob == "**" for glob in globs)
    if globs[0] == "**":
        return _fits_parts(globs[1:], parts) or _fits_parts(globs, parts[1:])
    return fnmatchcase(parts[0], globs[0]) and _fits_parts(globs[1:], parts[1:])
