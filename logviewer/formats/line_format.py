"""How the lines of one source are read: its masks, its zone, and its rules for time and level."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args
from zoneinfo import ZoneInfo, available_timezones

import re2

from logviewer.errors import CannotRunError
from logviewer.formats import time_format
from logviewer.formats.level import Level, find_level, level_of
from logviewer.formats.redaction import Redaction
from logviewer.formats.timestamp import find_time
from logviewer.globs import matches_glob
from logviewer.settings import LogRule, RedactRule

# A pattern sees so much of a line: no more than is read of it where only its time is wanted.
_HEAD_CHARS = 200
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_GROUPS = frozenset({"time", "level"})
_LEVELS: Mapping[str, Level] = {each: each for each in get_args(Level)}

T = TypeVar("T")
_Read = Callable[[str], T | None]


class LineFormat:
    """Reads time and level of a line, and masks it. Made with its source and passed to every reader of its lines.

    ``time`` returns epoch milliseconds, ``level`` a level, each None if the line has none. Both read the masked line.
    ``has_time_hint`` is true if every line with a time matches ``timestamp.TIME_HINT``; ``has_own_levels`` is true if
    ``level.find_level`` alone does not find all levels.

    Raises:
        CannotRunError: naming the key, for an invalid rule.
    """

    time: _Read[int]
    level: _Read[Level]

    def __init__(self, rules: Sequence[LogRule] = (), redaction: Redaction | None = None) -> None:
        zone = next((_zone(rule.zone) for rule in reversed(rules) if rule.zone is not None), None)
        times: list[_FieldPattern[int]] = []
        levels: list[_FieldPattern[Level]] = []
        for rule in rules:
            pattern, groups = _compiled(rule)
            if "time" in groups:
                times.append(_FieldPattern(pattern, groups["time"], _time_of(rule, zone)))
            if "level" in groups:
                levels.append(_FieldPattern(pattern, groups["level"], _level_of(rule)))
        usual = partial(find_time, zone=zone) if zone else find_time
        self.time = _FieldPatterns(times, usual).read if times else usual
        self.level = _FieldPatterns(levels, find_level).read if levels else find_level
        self.has_time_hint = all(rule.time_format is None for rule in rules)
        self.has_own_levels = bool(levels) or redaction is not None
        self._redaction = redaction
        if redaction:
            self.time, self.level = _seen_by(self.time, redaction), _seen_by(self.level, redaction)

    @property
    def has_masks(self) -> bool:
        """Whether lines can differ from the bytes in their file."""
        return self._redaction is not None

    def mask(self, line: str, limit: int | None = None) -> str:
        """Return the first ``limit`` characters of a line (default: all) with its masks."""
        return self._redaction.text(line, limit) if self._redaction else line[:limit]


def _seen_by(read: _Read[T], redaction: Redaction) -> _Read[T]:
    return lambda text: read(redaction.text(text))


class _FieldPattern(Generic[T]):
    """A pattern with a group in which something is said, and how that is read."""

    def __init__(self, pattern: Any, group: int, read: _Read[T]) -> None:  # noqa: ANN401 (re2 has no types)
        self.read = read
        self._pattern = pattern
        self._group = group

    def said(self, head: bytes) -> str | None:
        """What the group holds, None if the pattern does not match or leaves it out."""
        match = self._pattern.search(head)
        return match[self._group].decode() if match and match[self._group] else None


class _FieldPatterns(Generic[T]):
    """Ways to read the same thing, the one that was right last tried first; any thread may ask."""

    def __init__(self, ways: Iterable[_FieldPattern[T]], usual: _Read[T]) -> None:
        self._ways = tuple(ways)
        self._usual = usual

    def read(self, text: str) -> T | None:
        """What a line says: where a pattern matches, in its group or not at all."""
        head = text[:_HEAD_CHARS]
        # Quicker than to let the engine do it: it counts the bytes of every character.
        data = (_COLOUR.sub("", head) if "\x1b" in head else head).encode("utf-8", "replace")
        ways = self._ways
        is_matched = False
        for number, way in enumerate(ways):
            if (said := way.said(data)) is None:
                continue
            is_matched = True
            if (found := way.read(said)) is not None:
                if number:
                    self._ways = (way, *ways[:number], *ways[number + 1 :])
                return found
        return None if is_matched else self._usual(text)


def _compiled(rule: LogRule) -> tuple[Any, Mapping[str, int]]:
    """A rule's pattern, for bytes, and the numbers of its groups by name."""
    pattern, groups = None, dict[str, int]()
    if rule.pattern is not None:
        options = re2.Options()
        options.log_errors = False
        try:
            pattern = re2.compile(rule.pattern.encode(), options)
        except re2.error as error:
            raise CannotRunError(f"pattern: {error.args[0].decode('utf-8', 'replace')}") from error
        groups = {name.decode(): number for name, number in pattern.groupindex.items()}
        if not groups or groups.keys() - _GROUPS:
            has = f"it has {', '.join(sorted(groups))}" if groups else "it has none"
            raise CannotRunError(
                f"pattern: its named groups can be (?P<time>...) and (?P<level>...), one at least; {has}"
            )
    if rule.time_format is not None and "time" not in groups:
        raise CannotRunError("time-format needs a pattern with a group (?P<time>...)")
    if rule.levels and "level" not in groups:
        raise CannotRunError("levels needs a pattern with a group (?P<level>...)")
    return pattern, groups


def _time_of(rule: LogRule, zone: tzinfo | None) -> _Read[int]:
    own = zone if rule.zone is None else _zone(rule.zone)
    return partial(find_time, zone=own) if rule.time_format is None else time_format.reader(rule.time_format, own)


def _level_of(rule: LogRule) -> _Read[Level]:
    for name in rule.levels.values():
        if name not in _LEVELS:
            raise CannotRunError(f"levels: there is no level {name!r}; there are {', '.join(_LEVELS)}")
    own = {word: _LEVELS[name] for word, name in rule.levels.items()}
    return lambda said: own.get(said) or level_of(said)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        advice = "" if available_timezones() else "; none is installed here: pip install tzdata"
        raise CannotRunError(f"zone: there is no time zone {name!r}{advice}") from error


PLAIN = LineFormat()
"""The format of a source without rules."""


class LineFormats:
    """Makes the line format of each source from the rules of the configuration.

    Sources with the same rules share one format, and what is learnt of their lines.
    """

    def __init__(self, rules: Sequence[LogRule] = (), redact: Sequence[RedactRule] = ()) -> None:
        self._rules = rules
        self._redact = redact
        self._made: dict[tuple[tuple[LogRule, ...], tuple[RedactRule, ...]], LineFormat] = {((), ()): PLAIN}

    def of(self, path: Path, name: str) -> LineFormat:
        """Return the format for a file's path and name. A redaction rule without files fits every file."""
        rules = tuple(rule for rule in self._rules if _fits(rule.files, path, name))
        redact = tuple(rule for rule in self._redact if not rule.files or _fits(rule.files, path, name))
        if (rules, redact) not in self._made:
            self._made[rules, redact] = LineFormat(rules, Redaction(redact) if redact else None)
        return self._made[rules, redact]


def _fits(globs: Iterable[str], path: Path, name: str) -> bool:
    return any(matches_glob(glob, path, name) for glob in globs)
