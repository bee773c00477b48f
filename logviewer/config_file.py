"""The configuration file: defaults of options, and tables of rules, users and sources."""

import shlex
import stat
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from logviewer.errors import CannotRunError
from logviewer.formats.line_format import LineFormat
from logviewer.formats.redaction import Redaction
from logviewer.settings import (
    NO_TABLES,
    LogRule,
    RedactRule,
    Tables,
    read_log_rule,
    read_redact_rule,
    read_source,
    read_user,
)

T = TypeVar("T")
FILE = click.Path(path_type=Path)
WARNINGS = "logviewer.warnings"
"""The key of a context's ``meta`` with the warnings about the file."""

_TABLES = ("logs", "redact", "sources", "users")
_NOT_SETTINGS = ("tables", "version", "directory", "no_serve")
_SECRETS = ("token", "join")
_COMMANDS: list[click.Command] = []
_SECTIONS: dict[str, tuple[click.Command, Sequence[click.Parameter]]] = {}


def register(command: click.Command) -> None:
    """Let the file have keys for the options of a command."""
    _COMMANDS.append(command)


def register_section(name: str, command: click.Command, options: Sequence[click.Parameter]) -> None:
    """Let the file have a table with this name, whose keys are for these options of a command."""
    register(command)
    _SECTIONS[name] = command, options


def is_readable_by_all(file: Path) -> bool:
    """Return whether every user of this machine may read a file."""
    return bool(file.stat().st_mode & stat.S_IROTH)


def _read_config(context: click.Context, _: click.Parameter, file: Path | None) -> Tables:
    """Make the file's keys the defaults of the options, and return its tables. Raises CannotRunError."""
    if file is None:
        return NO_TABLES
    try:
        keys = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotRunError(f"cannot read the configuration {file}: {error}") from error
    tables = Tables(
        logs=_read_tables(file, "logs", keys, _log_rule),
        redact=_read_tables(file, "redact", keys, _redact_rule),
        sources=_read_tables(file, "sources", keys, read_source),
        users=_read_tables(file, "users", keys, read_user),
    )
    names = [each.name for each in tables.users]
    if duplicates := [name for name in names if names.count(name) > 1]:
        raise CannotRunError(f"{file}: two [[users]] have the name {duplicates[0]!r}; names must differ")
    context.default_map = {}
    has_secret = any(each.password for each in tables.users)
    for section in _SECTIONS:
        has_secret |= _set_section(context, file, section, keys.pop(section, {}))
    has_secret |= _set_defaults(context, file, keys)
    if has_secret and is_readable_by_all(file):
        warning = f"all users can read the secrets in {file}; run: chmod 600 {shlex.quote(str(file))}"
        context.meta[WARNINGS] = [warning]
    return tables


def _set_defaults(context: click.Context, file: Path, keys: Mapping[str, Any]) -> bool:
    """Make keys the defaults of the command's options, and return whether one is a secret. Raises CannotRunError."""
    # A file may have keys of every command.
    known = {key: each for command in _COMMANDS for key, each in _by_key(command).items()}
    own = _by_key(context.command)
    for key, value in keys.items():
        name = key.replace("_", "-")
        if name not in known:
            names = sorted([*known, *_TABLES, *_SECTIONS])
            raise CannotRunError(f"{file}: unknown setting {key!r} (one of {', '.join(names)})")
        _set_default(context, f"{file}: {key}", known[name], value, is_own=name in own)
    return any(key in _SECRETS for key in keys)


def _set_section(context: click.Context, file: Path, section: str, keys: object) -> bool:
    """Do the same with the keys of a section, which are the names of its options."""
    command, options = _SECTIONS[section]
    known = {str(each.name): each for each in options}
    if not isinstance(keys, dict):
        raise CannotRunError(f"{file}: {section} must be a table; write its keys under [{section}]")
    for key, value in keys.items():
        name = key.replace("-", "_")
        if name not in known:
            raise CannotRunError(f"{file}: [{section}]: unknown setting {key!r} (one of {', '.join(sorted(known))})")
        where = f"{file}: [{section}] {key}"
        _set_default(context, where, known[name], _pairs(where, value), is_own=command is context.command)
    return any(key in _SECRETS for key in keys)


def _pairs(where: str, value: object) -> object:
    """Return a table as a list of its pairs, and any other value as it is."""
    if not isinstance(value, dict):
        return value
    if not all(isinstance(each, str) for each in value.values()):
        raise CannotRunError(f"{where} must be a table of texts, not {value!r}")
    return [f"{key}={each}" for key, each in value.items()]


def _set_default(context: click.Context, where: str, setting: click.Parameter, value: object, *, is_own: bool) -> None:
    _check_type(context, where, setting, value)
    if is_own and context.default_map is not None:
        context.default_map[str(setting.name)] = value


def _read_tables(file: Path, name: str, keys: dict[str, Any], read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    """Remove the tables of this name from the keys, and return them as checked by ``read``."""
    tables = keys.pop(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CannotRunError(f"{file}: {name} must be tables; write each one under [[{name}]]")
    checked: list[T] = []
    for number, table in enumerate(tables, 1):
        try:
            checked.append(read(table))
        except CannotRunError as error:
            raise CannotRunError(f"{file}: [[{name}]] number {number}: {error}") from error
    return tuple(checked)


def _log_rule(table: Mapping[str, Any]) -> LogRule:
    rule = read_log_rule(table)
    # Checks the pattern, zone, format and levels.
    LineFormat([rule])
    return rule


def _redact_rule(table: Mapping[str, Any]) -> RedactRule:
    rule = read_redact_rule(table)
    # Checks the pattern.
    Redaction([rule])
    return rule


def _by_key(command: click.Command) -> dict[str, click.Parameter]:
    """Return the parameters of a command by key of the configuration file: the long option, or the argument's name."""
    of_section = [each for owner, options in _SECTIONS.values() if owner is command for each in options]
    settings = [each for each in command.params if each.name not in _NOT_SETTINGS and each not in of_section]
    return {each.opts[-1].lstrip("-"): each for each in settings}


def _check_type(context: click.Context, where: str, setting: click.Parameter, value: object) -> None:
    """Raise CannotRunError unless a TOML value has the type of its setting. A text is not converted to a number."""
    many = setting.multiple or setting.nargs == -1
    wanted = {"boolean": (bool,), "integer range": (int,), "integer": (int,), "float range": (int, float)}
    types = wanted.get(setting.type.name, (str,))
    values = value if many and isinstance(value, list) else [value]
    if (many and not isinstance(value, list)) or any(type(each) not in types for each in values):
        kind = types[-1].__name__.replace("str", "text").replace("bool", "true or false")
        raise CannotRunError(f"{where} must be {'a list of ' if many else ''}{kind}, not {value!r}")
    try:
        setting.type_cast_value(context, value)
    except click.BadParameter as error:
        raise CannotRunError(f"{where}: {error.format_message()}") from error


CONFIG = click.Option(
    ["--config", "tables"],
    envvar="LOGVIEWER_CONFIG",
    allow_from_autoenv=False,
    type=FILE,
    is_eager=True,
    callback=_read_config,
    help="TOML file with these settings, 'paths', and [[logs]], [[redact]] and [[users]] tables.",
)
"""The option that names the configuration file."""
