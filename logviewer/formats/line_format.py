"""How the lines of one source are read: its masks, its zone, and its rules for time and level."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast, get_args
from zoneinfo import ZoneInfo, available_timezones

import re2

from logviewer.errors import CannotRunError
from logviewer.files.rotations import bases
from logviewer.formats import time_format
from logviewer.formats.crash import TRACEBACK
from logviewer.formats.fields import json_fields
from logviewer.formats.file_evidence import NO_READING, FileReading, read_file
from logviewer.formats.level import Level, find_level, level_of
from logviewer.formats.redaction import Redaction
from logviewer.formats.timestamp import ALONE, Order, TimeReading, find_time
from logviewer.globs import matches_glob
from logviewer.settings import LogRule, RedactRule

# Patterns match this much of a line.
_HEAD_CHARS = 4096
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NAME_END = re.compile(r"(?<=.)[^\w]|(?<=.)_")
_GROUPS = frozenset({"date", "time", "level"})
_LEVELS: Mapping[str, Level] = {each: each for each in get_args(Level)}

T = TypeVar("T")
_Read = Callable[[str], T | None]


class LineFormat:
    """Reads the time and level of a source's lines, and masks them.

    ``time`` returns epoch milliseconds, ``level`` a level; each is None if the line has none or masks hide it.
    ``reading`` are the decisions for a file; ``of_file`` makes them.

    Raises:
        CannotRunError: naming the key, for an invalid rule.
    """

    time: _Read[int]
    level: _Read[Level]

    def __init__(
        self, rules: Sequence[LogRule] = (), redaction: Redaction | None = None, reading: FileReading = NO_READING
    ) -> None:
        self.reading = reading
        self._rules = tuple(rules)
        self._redaction = redaction
        zone = next((_zone(rule.zone) for rule in reversed(rules) if rule.zone is not None), None)
        order = next((_order(rule.date_order) for rule in reversed(rules) if rule.date_order), reading.times.order)
        self._times = replace(reading.times, order=order)
        times: list[_Field[int]] = []
        levels: list[_Field[Level]] = []
        for rule in (*rules, *reading.rules):
            pattern, groups = _compiled(rule)
            if "time" in groups:
                numbers = [groups[name] for name in ("date", "time") if name in groups]
                times.append(_FieldPattern[int](pattern, numbers, _time_of(rule, zone, order)))
            if "level" in groups:
                levels.append(_FieldPattern[Level](pattern, [groups["level"]], _level_of(rule)))
            if rule.time_key is not None:
                times.append(_FieldKey[int](rule.time_key, _time_of(rule, zone, order)))
            if rule.level_key is not None:
                levels.append(_FieldKey[Level](rule.level_key, _level_of(rule)))
        find_time_in_file = _find_time(zone, self._times)
        self.time = _FieldPatterns(times, find_time_in_file).read if times else find_time_in_file
        find_level_in_file = _with_tracebacks if reading.lone_tracebacks else find_level
        self.level = _FieldPatterns(levels, find_level_in_file).read if levels else find_level_in_file
        self._has_own_levels = bool(levels) or redaction is not None
        self._has_own_times = bool(times) or redaction is not None
        if redaction:
            self.time, self.level = _masked(self.time, redaction), _masked(self.level, redaction)

    @property
    def has_own_levels(self) -> bool:
        """Whether ``level`` differs from ``level.find_level``, apart from tracebacks."""
        return self._has_own_levels

    @property
    def has_own_times(self) -> bool:
        """Whether ``time`` differs from ``timestamp.find_time``, apart from the zone and the decisions for a file."""
        return self._has_own_times

    def of_file(self, sample: Callable[[], Sequence[str]]) -> "LineFormat":
        """Return the format of one file, which decides on its reading as soon as ``sample`` returns lines of it."""
        return _FileFormat(self, sample)

    def with_reading(self, reading: FileReading) -> "LineFormat":
        """Return this format with the decisions for a file."""
        return LineFormat(self._rules, self._redaction, reading)

    @property
    def fingerprint(self) -> str:
        """A text that is equal for formats that read alike; it quotes the rules."""
        return repr((self._rules, self._redaction.rules if self._redaction else None, self.reading))

    @property
    def redact_rules(self) -> Sequence[RedactRule]:
        """The rules of ``mask``."""
        return self._redaction.rules if self._redaction else ()

    @property
    def has_masks(self) -> bool:
        """Whether lines can differ from the bytes in their file."""
        return self._redaction is not None

    def mask(self, line: str, limit: int | None = None) -> str:
        """Return the first ``limit`` characters of a line (default: all) with its masks."""
        return self._redaction.text(line, limit) if self._redaction else line[:limit]


class _FileFormat(LineFormat):
    """The format of one file. Any thread may use it."""

    def __init__(self, base: LineFormat, sample: Callable[[], Sequence[str]]) -> None:
        self._sample = sample
        self._deciding = threading.Lock()
        self._base = base
        self._is_decided = False
        self._use(base)
        self.time, self.level = self._first_time, self._first_level

    def _use(self, line_format: LineFormat) -> None:
        self.reading, self._rules, self._redaction = line_format.reading, line_format._rules, line_format._redaction

    def _decided(self) -> LineFormat:
        if self._is_decided:
            return self._base
        with self._deciding:
            if not self._is_decided and (lines := self._sample()):
                reading = read_file(lines)
                self._base = self._base.with_reading(reading) if reading != NO_READING else self._base
                self._use(self._base)
                self.time, self.level = self._base.time, self._base.level
                self._is_decided = True
            return self._base

    @property
    def has_own_levels(self) -> bool:
        """See ``LineFormat``."""
        return self._decided().has_own_levels

    @property
    def has_own_times(self) -> bool:
        """See ``LineFormat``."""
        return self._decided().has_own_times

    def _first_time(self, text: str) -> int | None:
        return self._decided().time(text)

    def _first_level(self, text: str) -> Level | None:
        return self._decided().level(text)

    @property
    def fingerprint(self) -> str:
        """See ``LineFormat``."""
        return self._decided().fingerprint


def _find_time(zone: tzinfo | None, reading: TimeReading) -> _Read[int]:
    if reading != ALONE:
        return partial(find_time, zone=zone, reading=reading)
    return partial(find_time, zone=zone) if zone else find_time


def _with_tracebacks(text: str) -> Level | None:
    return "error" if text.startswith(TRACEBACK) else find_level(text)


def _masked(read: _Read[T], redaction: Redaction) -> _Read[T]:
    return lambda text: read(redaction.text(text))


class _Field(Protocol[T]):
    """A way to find one field of a line, and the function that parses it."""

    parse: _Read[T]

    def field(self, text: str, head: bytes) -> str | None:
        """Return the text of the field of a line, whose ``head`` is its begin without colours; None without one."""


class _FieldPattern(Generic[T]):
    """A pattern, the groups that capture a field, and the function that parses the field."""

    def __init__(self, pattern: Any, groups: Sequence[int], parse: _Read[T]) -> None:  # noqa: ANN401 (re2 has no types)
        self.parse = parse
        self._pattern = pattern
        self._groups = groups

    def field(self, text: str, head: bytes) -> str | None:  # noqa: ARG002
        """See ``_Field``: the texts of the groups, unless one is not part of the match."""
        match = self._pattern.search(head)
        texts = [match[group] for group in self._groups] if match else []
        return b" ".join(texts).decode() if texts and all(texts) else None


class _FieldKey(Generic[T]):
    """A key of a JSON object, or a path of keys with dots, and the function that parses its value."""

    def __init__(self, key: str, parse: _Read[T]) -> None:
        self.parse = parse
        self._key = key

    def field(self, text: str, head: bytes) -> str | None:
        """See ``_Field``."""
        if not head.lstrip().startswith(b"{"):
            return None
        value: Any = json_fields(text)
        if isinstance(value, dict) and self._key in value:
            value = value[self._key]
        else:
            for key in self._key.split("."):
                value = value.get(key) if isinstance(value, dict) else None
        return None if value is None or isinstance(value, dict | list) else str(value)


class _FieldPatterns(Generic[T]):
    """Patterns for one field; the last one that matched is tried first. Any thread may use them."""

    def __init__(self, patterns: Iterable[_Field[T]], fallback: _Read[T]) -> None:
        self._patterns = tuple(patterns)
        self._fallback = fallback

    def read(self, text: str) -> T | None:
        """Return the field of a line: from the patterns if one matches, otherwise from the fallback."""
        head = text[:_HEAD_CHARS]
        # Encoded here because re2 is slower at it: it computes the byte offset of each character.
        data = (_COLOUR.sub("", head) if "\x1b" in head else head).encode("utf-8", "replace")
        patterns = self._patterns
        is_matched = False
        for index, pattern in enumerate(patterns):
            if (field := pattern.field(text, data)) is None:
                continue
            is_matched = True
            if (value := pattern.parse(field)) is not None:
                if index:
                    self._patterns = (pattern, *patterns[:index], *patterns[index + 1 :])
                return value
        return None if is_matched else self._fallback(text)


def _compiled(rule: LogRule) -> tuple[Any, Mapping[str, int]]:
    """Return a rule's pattern, for bytes, and its group numbers by name. Raises CannotRunError."""
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
            actual = f"it has {', '.join(sorted(groups))}" if groups else "it has no named group"
            raise CannotRunError(f"pattern needs a group (?P<time>...) or (?P<level>...), and no other; {actual}")
        if "date" in groups and "time" not in groups:
            raise CannotRunError("pattern has a group (?P<date>...) without a group (?P<time>...)")
    if rule.time_format is not None and "time" not in groups and rule.time_key is None:
        raise CannotRunError("time-format needs a pattern with a group (?P<time>...)")
    if rule.levels and "level" not in groups and rule.level_key is None:
        raise CannotRunError("levels needs a pattern with a group (?P<level>...)")
    return pattern, groups


def _time_of(rule: LogRule, zone: tzinfo | None, order: Order | None) -> _Read[int]:
    own = zone if rule.zone is None else _zone(rule.zone)
    if rule.time_format is not None:
        return time_format.parser(rule.time_format, own)
    return partial(find_time, zone=own, reading=TimeReading(order))


def _order(text: str) -> Order:
    if text not in get_args(Order):
        raise CannotRunError(f"date-order: unknown order {text!r} (one of {', '.join(get_args(Order))})")
    return cast("Order", text)


def _level_of(rule: LogRule) -> _Read[Level]:
    for name in rule.levels.values():
        if name not in _LEVELS:
            raise CannotRunError(f"levels: unknown level {name!r} (one of {', '.join(_LEVELS)})")
    own = {word: _LEVELS[name] for word, name in rule.levels.items()}
    return lambda field: own.get(field) or level_of(field)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        advice = (
            "use a name such as Europe/Berlin" if available_timezones() else "none is installed: pip install tzdata"
        )
        raise CannotRunError(f"zone: unknown time zone {name!r}; {advice}") from error


PLAIN = LineFormat()
"""The format of a source without rules."""


class LineFormats:
    """Makes the line format of each source from the rules of the configuration.

    Sources with the same rules share one line format.
    """

    def __init__(self, rules: Sequence[LogRule] = (), redact: Sequence[RedactRule] = ()) -> None:
        self._rules = rules
        self._redact = redact
        self._made: dict[tuple[tuple[LogRule, ...], tuple[RedactRule, ...]], LineFormat] = {((), ()): PLAIN}

    def of(self, path: Path, name: str, *, file: Path | None = None, is_linked: bool = False) -> LineFormat:
        """Return the line format of a source, or of one ``file`` of it: the rules for either name apply.

        Redaction rules also apply to copies: the glob ``app.log`` matches ``app.log.1``, ``app-2026-11-26.log`` and
        ``app.log.save``. A rule without files applies to every file, and each rule to a file that ``is_linked``: one
        of its hard links may have any name.
        """
        names = [(path, name), *([(file, file.name)] if file else [])]
        rules = tuple(rule for rule in self._rules if _matches_any(rule.files, names))
        if self._redact:
            names += [(path.with_name(each), each) for path, name in names for each in _copied_names(name)]
        redact = tuple(rule for rule in self._redact if is_linked or not rule.files or _matches_any(rule.files, names))
        if (rules, redact) not in self._made:
            self._made[rules, redact] = LineFormat(rules, Redaction(redact) if redact else None)
        return self._made[rules, redact]


def _copied_names(name: str) -> set[str]:
    """Return the names of all files of which a file may be a copy or a rotation, by its name."""
    begins = {name[: end.start()] for end in _NAME_END.finditer(name)}
    return begins.union(*map(bases, [name, *begins]))


def _matches_any(globs: Iterable[str], names: Sequence[tuple[Path, str]]) -> bool:
    return any(matches_glob(glob, path, name) for glob in globs for path, name in names)
