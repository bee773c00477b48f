"""What a reader asks for: texts to include and exclude, levels, a time span."""

import re
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal, get_args

from logviewer.errors import QueryError
from logviewer.parsing.level import NAMES, Level
from logviewer.parsing.timestamp import time

Case = Literal["smart", "sensitive", "insensitive"]

MAX_TEXTS = 50
MAX_CHARS = 20_000
EXAMPLES = "2026-11-20 12:30, 2026-11-20T12:30:00Z, 12:30, today 09:00, yesterday, 15 min ago, now, or epoch seconds"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(
    r"-?(\d{1,9}(?:\.\d{1,3})?) ?"
    r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)(?: ago)?"
)
_NO_SECONDS = re.compile(r"^(\d{4}-\d\d-\d\d[Tt ]\d{1,2}:\d\d)(?![\d:])")
_DAY = re.compile(
    r"(?:(today|yesterday|\d{4}-\d\d-\d\d)(?:[ t]|$))?(?:(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d*)?)?)?"
)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")


@dataclass(frozen=True, slots=True)
class Query:
    """Every text of ``include`` must be in a line, none of ``exclude``; plain texts, or regular expressions.

    ``case`` is ``smart`` if only a text with a capital is taken as it is written. No ``levels`` are all; None among
    them are lines without one. ``since`` is the first moment and ``until`` the first one after (epoch milliseconds).
    With ``records`` a line brings the rest of the record that it is in.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    regex: bool = False
    case: Case = "smart"
    levels: frozenset[Level | None] = frozenset()
    since: int | None = None
    until: int | None = None
    records: bool = False

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.include or self.exclude or self.levels) or self.since is not None or self.until is not None

    @classmethod
    def of(  # noqa: PLR0913 (one for each parameter)
        cls,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        regex: bool = False,
        case: Case = "smart",
        levels: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
        records: bool = False,
    ) -> "Query":
        """The query that parameters tell of, empty texts left out.

        Raises:
            QueryError: naming the parameter that cannot be understood.
        """
        for name, texts in (("q", include), ("not", exclude)):
            if len(texts) > MAX_TEXTS or sum(map(len, texts)) > MAX_CHARS:
                raise QueryError(f"{name}: more than {MAX_TEXTS} texts, or {MAX_CHARS} characters")
        return cls(
            include=tuple(filter(None, include)),
            exclude=tuple(filter(None, exclude)),
            regex=regex,
            case=case,
            levels=frozenset(map(_level, levels)),
            since=_moment("since", since),
            until=_moment("until", until),
            records=records,
        )


def _level(text: str) -> Level | None:
    name = text.strip().lower()
    if name in {"none", "-"}:
        return None
    if name in NAMES:
        return NAMES[name]
    raise QueryError(f"level: {text!r} is none; there are {' '.join(get_args(Level))} and none")


def _moment(parameter: str, text: str | None) -> int | None:
    if not text or not text.strip():
        return None
    try:
        return moment(text)
    except ValueError as error:
        raise QueryError(f"{parameter}: {error}") from error


def moment(text: str, *, now: float | None = None, zone: tzinfo | None = None) -> int:
    """Epoch milliseconds of what people write for a time; one without a zone is of ``zone``, by default the server's.

    ``now`` is in epoch seconds, by default the present.

    Raises:
        ValueError: if it cannot be understood.
    """
    given = _NO_SECONDS.sub(r"\1:00", " ".join(text.split()))
    words = given.lower()
    present = clock.time() if now is None else now
    if words == "now":
        return int(present * 1000)
    if match := _AGO.fullmatch(words):
        return int((present - float(match[1]) * _SECONDS[match[2][0]]) * 1000)
    if _EPOCH.fullmatch(words):
        return int(float(words) * (1 if len(words) > 11 and "." not in words else 1000))
    found = None
    if (match := _DAY.fullmatch(words)) and words:
        found = _of_day(match, datetime.fromtimestamp(present, zone))
    if found is None:
        # A day alone is its first moment.
        found = time(given, zone=zone, now=present) or time(f"{given} 00:00:00", zone=zone, now=present)
    found = found or time(f"{given}:00", zone=zone, now=present)
    if found is None:
        raise ValueError(f"{text!r} is no time; give one such as {EXAMPLES}")
    return found


def _of_day(match: re.Match[str], present: datetime) -> int | None:
    day, hour, minute, second, fraction = match.groups()
    base = present.replace(hour=0, minute=0, second=0, microsecond=0)
    if day == "yesterday":
        base -= timedelta(days=1)
    try:
        if day and day[0].isdigit():
            year, month, number = map(int, day.split("-"))
            base = base.replace(year=year, month=month, day=number)
        return int(
            base.replace(
                hour=int(hour or 0),
                minute=int(minute or 0),
                second=int(second or 0),
                microsecond=int((fraction or "0").ljust(3, "0")) * 1000,
            ).timestamp()
            * 1000
        )
    except ValueError:
        return None
