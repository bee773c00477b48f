"""How the lines of one source are read: its masks, its zone, and its rules for time and level."""

import threading
import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args
from zoneinfo import ZoneInfo, available_timezones

import re2

from logviewer.errors import CannotRunError
from logviewer.files.encoding import Encoding, encoding_named
from logviewer.formats import time_format
from logviewer.formats.crash import TRACEBACK
from logviewer.formats.envelope import NO_STAMPS, Stamp, Stamps, time_of
from logviewer.formats.field_patterns import Field, FieldKey, FieldPattern, FieldPatterns, Read
from logviewer.formats.file_evidence import NO_READING, FileReading, read_file, with_inherited
from logviewer.formats.level import Level, find_level, level_of
from logviewer.formats.redaction import Redaction
from logviewer.formats.timestamp import ALONE, Order, TimeReading, find_time
from logviewer.formats.years import LEAST_PART_MS, DatedFile, has_year, part_at, year_parts
from logviewer.settings import LogRule, RedactRule

if TYPE_CHECKING:
    from logviewer.formats.envelope import Offsets

# So many lines show whether times have years.
_MOST_UNDATED = 40
_GROUPS = frozenset({"date", "time", "level"})
_LEVELS: Mapping[str, Level] = {each: each for each in get_args(Level)}

T = TypeVar("T")


class LineFormat:
    """Reads the time and level of a source's lines, and masks them.

    ``time`` returns epoch milliseconds, ``level`` a level; each is None if the line has none or masks hide it.
    ``zone`` is that of times without one, and ``time_reading`` says how times are read. ``encoding`` is that of the
    files, None if their first bytes decide.

    Raises:
        CannotRunError: naming the key, for an invalid rule.
    """

    time: Read[int]
    level: Read[Level]

    def __init__(
        self, rules: Sequence[LogRule] = (), redaction: Redaction | None = None, reading: FileReading = NO_READING
    ) -> None:
        self._reading = reading
        self._parts: dict[int, LineFormat] = {}
        self._rules = tuple(rules)
        self._redaction = redaction
        zone = next((_zone(rule.zone) for rule in reversed(rules) if rule.zone is not None), None)
        order = next((_order(rule.date_order) for rule in reversed(rules) if rule.date_order), reading.times.order)
        # A line without an offset is read as one at the end of the file.
        after = reading.times.parts[-1][1] if reading.times.parts else reading.times.after
        self.zone = zone
        self.encoding = next((_encoding(rule.encoding) for rule in reversed(rules) if rule.encoding is not None), None)
        self.time_reading = replace(reading.times, order=order, after=after, parts=())
        times: list[Field[int]] = []
        levels: list[Field[Level]] = []
        for rule in (*rules, *reading.rules):
            pattern, groups = _compiled(rule)
            if "time" in groups:
                numbers = [groups[name] for name in ("date", "time") if name in groups]
                times.append(FieldPattern[int](pattern, numbers, _time_of(rule, zone, order)))
            if "level" in groups:
                levels.append(FieldPattern[Level](pattern, [groups["level"]], _level_of(rule)))
            if rule.time_key is not None:
                times.append(FieldKey[int](rule.time_key, _time_of(rule, zone, order)))
            if rule.level_key is not None:
                levels.append(FieldKey[Level](rule.level_key, _level_of(rule)))
        find_time_in_file = _find_time(zone, self.time_reading)
        time_fields = FieldPatterns(times, find_time_in_file)
        self.time, self.time_text = time_fields.read if times else find_time_in_file, time_fields.text
        find_level_in_file = _with_tracebacks if reading.lone_tracebacks else find_level
        self.level = FieldPatterns(levels, find_level_in_file).read if levels else find_level_in_file
        self._has_own_levels = bool(levels) or redaction is not None
        self._has_own_times = bool(times) or redaction is not None
        if redaction:
            self.time, self.level = _masked(self.time, redaction), _masked(self.level, redaction)

    @property
    def reading(self) -> FileReading:
        """The decisions for a file."""
        return self._reading

    @property
    def has_own_levels(self) -> bool:
        """Whether ``level`` differs from ``level.find_level``, apart from tracebacks."""
        return self._has_own_levels

    @property
    def has_own_times(self) -> bool:
        """Whether ``time`` differs from ``timestamp.find_time``, apart from the zone and the decisions for a file."""
        return self._has_own_times

    def of_file(
        self,
        sample: Callable[[], Sequence[str]],
        *,
        dated: Callable[[], DatedFile | None] = lambda: None,
        inherited: Callable[[], FileReading] = lambda: NO_READING,
        again: Callable[[], "LineFormat"] | None = None,
        stamps: Stamps = NO_STAMPS,
    ) -> "FileFormat":
        """Return the format of one file, which decides on its reading as soon as ``sample`` returns lines of it.

        ``dated`` returns what decides on years, and ``inherited`` the reading of the file before it in its log.
        ``again`` returns the present format of the file without a reading, in place of this one. ``stamps`` has the
        envelopes of its lines.
        """
        return FileFormat(self, sample, dated=dated, inherited=inherited, again=again or (lambda: self), stamps=stamps)

    def with_reading(self, reading: FileReading) -> "LineFormat":
        """Return this format with the decisions for a file."""
        return LineFormat(self._rules, self._redaction, reading)

    def times(self, texts: Sequence[str], offsets: Callable[[], Sequence[int]]) -> list[int | None]:
        """Return ``time`` of lines, by their ``offsets`` in the file if these decide."""
        if self.parts == 1:
            return [self.time(text) for text in texts]
        return [self.part(self.part_at(at)).time(text) for text, at in zip(texts, offsets(), strict=True)]

    @property
    def has_envelope(self) -> bool:
        """Whether lines of the file have an envelope, which is not part of their text. Raises OSError."""
        return False

    @property
    def has_stamped_times(self) -> bool:
        """Whether the envelopes have the times of lines. Raises OSError."""
        return False

    def stamps(self, offsets: Callable[[], Sequence[int]]) -> Sequence[Stamp | None]:  # noqa: ARG002 (of a file)
        """Return the stamp of each line at these offsets; empty if the file has no envelopes. Raises OSError."""
        return ()

    def stamp_times(self, offsets: "Offsets") -> "tuple[bytes, Offsets] | None":  # noqa: ARG002 (of a file)
        """Return data, and the index in it of the time of each line at these offsets; None to ask ``stamps``."""
        return None

    @property
    def parts(self) -> int:
        """The number of parts of the file in which times without a year are read alike."""
        return max(1, len(self.reading.times.parts))

    def part_at(self, offset: int) -> int:
        """Return the index of the part that has the line at an offset."""
        return part_at(self.reading.times.parts, offset)

    def part(self, index: int) -> "LineFormat":
        """Return the format of a part."""
        if not (parts := self.reading.times.parts):
            return self
        if index not in self._parts:
            times = replace(self.reading.times, after=parts[index][1], parts=())
            self._parts[index] = self.with_reading(replace(self.reading, times=times))
        return self._parts[index]

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


class FileFormat(LineFormat):
    """The format of one file. Any thread may use it."""

    def __init__(  # noqa: PLR0913 (its parts)
        self,
        base: LineFormat,
        sample: Callable[[], Sequence[str]],
        *,
        dated: Callable[[], DatedFile | None],
        inherited: Callable[[], FileReading],
        again: Callable[[], LineFormat],
        stamps: Stamps,
    ) -> None:
        self._sample = sample
        self._again = again
        self._stamps = stamps
        self._dated = dated
        self._inherited = inherited
        self._deciding = threading.Lock()
        self._base = self._undecided = base
        self.is_decided = False
        self._use(base)
        self.time, self.level = self._first_time, self._first_level

    def _use(self, line_format: LineFormat) -> None:
        self._reading, self._rules, self._redaction = line_format.reading, line_format._rules, line_format._redaction
        self._parts, self.time_text = dict[int, LineFormat](), line_format.time_text

    def _decided(self) -> LineFormat:
        if self.is_decided:
            return self._base
        with self._deciding:
            if not self.is_decided and (lines := self._sample()):
                reading = self._read(lines)
                self._base = self._base.with_reading(reading) if reading != NO_READING else self._base
                self._use(self._base)
                self.time, self.level = self._base.time, self._base.level
                self.is_decided = True
            return self._base

    def _read(self, lines: Sequence[str]) -> FileReading:
        dates = [*map(self._base.time_text, lines)]
        reading = with_inherited(read_file(lines, dates=dates), dates, self._inherited)
        undated = self._base.with_reading(reading)

        def read(text: str, after: int | None) -> int | None:
            return find_time(text, zone=undated.zone, reading=replace(undated.time_reading, after=after))

        if undated.has_own_times or all(has_year(line, read) for line in lines[:_MOST_UNDATED]):
            return reading
        dated = self._dated()
        parts = year_parts(dated, read, int(clock.time() * 1000)) if dated else ()
        return replace(reading, times=replace(reading.times, parts=parts))

    @property
    def reading(self) -> FileReading:
        """The decisions for the file, as far as it has lines."""
        self._decided()
        return self._reading

    def own_reading(self) -> FileReading:
        """Return the decisions for the file, without those of other files unless they are made."""
        lines = [] if self.is_decided else self._sample()
        return read_file(lines, dates=[*map(self._base.time_text, lines)]) if lines else self._reading

    def renewed(self) -> "FileFormat":
        """Return the format by the present lines of the file: this one, unless they are read in another way now."""
        undecided = self._again()
        found = undecided.of_file(
            self._sample, dated=self._dated, inherited=self._inherited, again=self._again, stamps=self._stamps
        )
        if undecided is not self._undecided:
            return found
        if not self.is_decided:
            return self
        own, other = self.reading, found.reading
        if not found.is_decided or bool(own.times.parts) != bool(other.times.parts):
            return found if found.is_decided else self
        if replace(other, times=replace(other.times, parts=own.times.parts)) != own:
            return found
        if own.times.parts:
            # Parts that are in use stay as they are.
            last = own.times.parts[-1]
            more = [part for part in other.times.parts if part[0] > last[0] and part[1] > last[1] + LEAST_PART_MS]
            self._reading = replace(own, times=replace(own.times, parts=(*own.times.parts, *more)))
        return self

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
        return f"{self._decided().fingerprint}{' of text in envelopes' * self.has_envelope}"

    @property
    def has_envelope(self) -> bool:
        """See ``LineFormat``."""
        return self._stamps.envelope is not None

    @property
    def has_stamped_times(self) -> bool:
        """See ``LineFormat``."""
        return (envelope := self._stamps.envelope) is not None and envelope.has_times

    def stamps(self, offsets: Callable[[], Sequence[int]]) -> Sequence[Stamp | None]:
        """See ``LineFormat``."""
        return self._stamps.stamps(offsets()) if self.has_envelope else ()

    def stamp_times(self, offsets: "Offsets") -> "tuple[bytes, Offsets] | None":
        """See ``LineFormat``."""
        return self._stamps.times(offsets) if self.has_stamped_times else None

    def times(self, texts: Sequence[str], offsets: Callable[[], Sequence[int]]) -> list[int | None]:
        """See ``LineFormat``; an envelope has the time of its line."""
        stamps = self.stamps(offsets) if self.has_stamped_times else ()
        if not stamps:
            return super().times(texts, offsets)
        found = [stamp and time_of(stamp) for stamp in stamps]
        return [self.time(text) if time is None else time for text, time in zip(texts, found, strict=True)]


def _find_time(zone: tzinfo | None, reading: TimeReading) -> Read[int]:
    if reading != ALONE:
        return partial(find_time, zone=zone, reading=reading)
    return partial(find_time, zone=zone) if zone else find_time


def _with_tracebacks(text: str) -> Level | None:
    return "error" if text.startswith(TRACEBACK) else find_level(text)


def _masked(read: Read[T], redaction: Redaction) -> Read[T]:
    return lambda text: read(redaction.text(text))


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


def _time_of(rule: LogRule, zone: tzinfo | None, order: Order | None) -> Read[int]:
    own = zone if rule.zone is None else _zone(rule.zone)
    if rule.time_format is not None:
        return time_format.parser(rule.time_format, own)
    return partial(find_time, zone=own, reading=TimeReading(order))


def _order(text: str) -> Order:
    if text not in get_args(Order):
        raise CannotRunError(f"date-order: unknown order {text!r} (one of {', '.join(get_args(Order))})")
    return cast("Order", text)


def _level_of(rule: LogRule) -> Read[Level]:
    for name in rule.levels.values():
        if name not in _LEVELS:
            raise CannotRunError(f"levels: unknown level {name!r} (one of {', '.join(_LEVELS)})")
    own = {word: _LEVELS[name] for word, name in rule.levels.items()}
    return lambda field: own.get(field) or level_of(field)


def _encoding(name: str) -> Encoding:
    try:
        return encoding_named(name)
    except ValueError as error:
        advice = "use a name of Python's such as latin-1, cp1252, shift_jis, gbk or utf-16-le"
        raise CannotRunError(f"encoding: unknown encoding {name!r}; {advice}") from error


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
