"""A query: texts to include and exclude, levels, and a time span."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from logviewer.errors import QueryError
from logviewer.formats.human_time import parse_time
from logviewer.formats.level_words import NAMES, Level

Case = Literal["smart", "sensitive", "insensitive"]

MAX_TEXTS = 50
MAX_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Query:
    """The conditions of a match: every text of ``include``, no text of ``exclude``, a level, a time.

    Texts are plain, or regular expressions with ``regex``. In ``case`` ``smart``, a text is case-sensitive if it has a
    capital letter. Empty ``levels`` stand for all; None in them stands for lines without a level. The time span is
    [since, until) in epoch milliseconds. With ``records``, a match also selects its record.
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
        """Whether the query can leave out lines."""
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
        now: float | None = None,
    ) -> "Query":
        """Return the query of URL parameters, without empty texts. ``now`` is as in ``parse_time``.

        Raises:
            QueryError: naming the invalid parameter.
        """
        for name, texts in (("q", include), ("not", exclude)):
            if len(texts) > MAX_TEXTS or sum(map(len, texts)) > MAX_CHARS:
                raise QueryError(f"{name}: more than {MAX_TEXTS} texts or {MAX_CHARS} characters")
        first, end = _time("since", since, now), _time("until", until, now)
        if first is not None and end is not None and end <= first:
            raise QueryError("until: must be later than since")
        return cls(
            include=tuple(filter(None, include)),
            exclude=tuple(filter(None, exclude)),
            regex=regex,
            case=case,
            levels=frozenset(map(_level, levels)),
            since=first,
            until=end,
            records=records,
        )


def _level(text: str) -> Level | None:
    name = text.strip().lower()
    if name in {"none", "-"}:
        return None
    if name in NAMES:
        return NAMES[name]
    raise QueryError(f"level: unknown level {text!r} (one of {', '.join(get_args(Level))}, none)")


def _time(parameter: str, text: str | None, now: float | None) -> int | None:
    if not text or not text.strip():
        return None
    try:
        return parse_time(text, now=now)
    except ValueError as error:
        raise QueryError(f"{parameter}: {error}") from error
