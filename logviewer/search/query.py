"""What a reader asks for: texts to include and exclude, levels, a time span."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from logviewer.errors import QueryError
from logviewer.formats.human_time import parse_time
from logviewer.formats.level import NAMES, Level

Case = Literal["smart", "sensitive", "insensitive"]

MAX_TEXTS = 50
MAX_CHARS = 20_000


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
        now: float | None = None,
    ) -> "Query":
        """The query that parameters tell of, empty texts left out; ``now`` is as in ``moment``.

        Raises:
            QueryError: naming the parameter that cannot be understood.
        """
        for name, texts in (("q", include), ("not", exclude)):
            if len(texts) > MAX_TEXTS or sum(map(len, texts)) > MAX_CHARS:
                raise QueryError(f"{name}: more than {MAX_TEXTS} texts, or {MAX_CHARS} characters")
        first, last = _moment("since", since, now), _moment("until", until, now)
        if first is not None and last is not None and last <= first:
            raise QueryError("until: it is not after since")
        return cls(
            include=tuple(filter(None, include)),
            exclude=tuple(filter(None, exclude)),
            regex=regex,
            case=case,
            levels=frozenset(map(_level, levels)),
            since=first,
            until=last,
            records=records,
        )


def _level(text: str) -> Level | None:
    name = text.strip().lower()
    if name in {"none", "-"}:
        return None
    if name in NAMES:
        return NAMES[name]
    raise QueryError(f"level: {text!r} is none; there are {' '.join(get_args(Level))} and none")


def _moment(parameter: str, text: str | None, now: float | None) -> int | None:
    if not text or not text.strip():
        return None
    try:
        return parse_time(text, now=now)
    except ValueError as error:
        raise QueryError(f"{parameter}: {error}") from error
