"""What the server was told to do: the settings once checked, whichever of flag, environment or file they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logviewer.errors import CannotRunError


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
class Settings:
    """``paths`` as typed: files, globs, directories, ``-``. ``token`` is None where nobody has to sign in."""

    paths: tuple[str, ...]
    host: str
    port: int
    token: str | None
    open_browser: bool
    root_path: str = ""
    allow_host: tuple[str, ...] = ()
    allow_origin: tuple[str, ...] = ()
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    follow_symlinks: bool = False
    logs: tuple[LogRule, ...] = ()


_RULE_KEYS = ("files", "zone", "pattern", "time-format", "levels")


def log_rule(table: Mapping[str, Any]) -> LogRule:
    """The rule that one [[logs]] of the configuration states, each key by itself as it should be.

    Raises CannotRunError, which names the key.
    """
    keys = {key.replace("_", "-"): value for key, value in table.items()}
    for key in keys:
        if key not in _RULE_KEYS:
            raise CannotRunError(f"there is no key {key!r}; there are {', '.join(_RULE_KEYS)}")
    files = keys.pop("files", [])
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not files or not all(isinstance(each, str) and each for each in files):
        raise CannotRunError("files must be a glob or a list of globs, at least one")
    levels = keys.pop("levels", {})
    if not isinstance(levels, dict) or not all(isinstance(each, str) for each in levels.values()):
        raise CannotRunError(f"levels must be a table of texts, not {levels!r}")
    for key, value in keys.items():
        if not isinstance(value, str):
            raise CannotRunError(f"{key} must be text, not {value!r}")
    if not keys.keys() & {"zone", "pattern"}:
        raise CannotRunError("it says nothing of its files; it needs a zone, a pattern or both")
    return LogRule(tuple(files), keys.get("zone"), keys.get("pattern"), keys.get("time-format"), levels)
