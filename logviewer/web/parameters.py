"""The parameters of each route."""

import time
from typing import Annotated, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field

from logviewer.hosts.choosing import Choice
from logviewer.search.query import Case, Query

Order = Literal["newest", "oldest"]

# The key of a line without a time before it is the least one.
Key = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]

MAX_LINES = 5000
MAX_MOMENTS = 256
MAX_CONTEXT = 1000
# The year 2286: later moments have 14 digits, which a time does not have either.
MAX_NOW_MS = 9_999_999_999_999


class _Parameters(BaseModel):
    # A misspelt filter must not return every line.
    model_config = ConfigDict(extra="forbid")


class ChoiceParameters(_Parameters):
    """Sources by id or name, and by globs: see ``choosing.Choice``."""

    source: list[str] = Field([])
    host: list[str] = Field([])
    label: list[str] = Field([])
    path: list[str] = Field([])

    @property
    def choice(self) -> Choice:
        """The sources that these parameters choose."""
        return Choice(self.source, self.host, self.label, self.path)


class SourcesParameters(ChoiceParameters):
    """``q`` are words of the name or the path. ``start`` and ``count`` choose a part of the list."""

    q: list[str] = Field([])
    start: int = Field(0, ge=0)
    count: int | None = Field(None, ge=0)


class HostsParameters(_Parameters):
    """``/api/hosts`` takes no parameters."""


class QueryParameters(_Parameters):
    """The query of a view: see ``query.Query``. Without parameters every line matches."""

    q: list[str] = Field([])
    exclude: list[str] = Field([], alias="not")
    regex: bool = False
    case: Case = "smart"
    level: list[str] = Field([])
    since: str | None = None
    until: str | None = None
    now: int = Field(default_factory=lambda: int(time.time() * 1000), ge=0, le=MAX_NOW_MS)
    records: bool = False
    context: int = Field(0, ge=0, le=MAX_CONTEXT)
    spans: bool = False

    @property
    def now_seconds(self) -> float:
        """The moment from which relative times count, in epoch seconds."""
        return self.now / 1000

    def query(self) -> Query:
        """Return the checked query. Raises QueryError, which names the parameter."""
        return Query.of(
            include=self.q,
            exclude=self.exclude,
            regex=self.regex,
            case=self.case,
            levels=self.level,
            since=self.since,
            until=self.until,
            records=self.records,
            now=self.now_seconds,
        )


class LinesParameters(QueryParameters, ChoiceParameters):
    """``start`` counts from 0, or from the end if negative; a cursor or a time replaces it.

    Lines begin at the cursor ``at``, at ``time`` or at the key ``from_ms``, or end before the cursor ``before`` or the
    key ``until_ms``. ``places`` adds the files, and the file of each line; ``spans`` adds the matches within each line;
    ``keys`` adds the keys.
    """

    start: int | None = None
    count: int = Field(1000, ge=1, le=MAX_LINES)
    at: str | None = None
    before: str | None = None
    time: str | None = None
    from_ms: Key | None = None
    until_ms: Key | None = None
    places: bool = False
    keys: bool = False


class RanksParameters(QueryParameters, ChoiceParameters):
    """Each ``moment`` is a key. Unless ``exact``, the answer has bounds as near as the cell tables are."""

    moment: list[Key] = Field([], max_length=MAX_MOMENTS)
    exact: bool = False


class LineParameters(_Parameters):
    """``at`` is a line's cursor from ``/api/lines``. Unless ``raw``, control characters are escaped."""

    source: str
    at: str
    raw: bool = False


class ExplainParameters(_Parameters):
    """``at`` is a line's cursor from ``/api/lines``."""

    source: str
    at: str


class DownloadParameters(QueryParameters, ChoiceParameters):
    """The live file of one source; with a query or several sources, the matching lines of all files."""


class SearchParameters(QueryParameters, ChoiceParameters):
    """``limit`` ends the search after so many matches; a ``quiet`` search only counts them.

    ``marks`` is the number of equal parts of the files to count matches in. ``keys`` adds the keys of matches, and how
    far the search is.
    """

    order: Order = "newest"
    limit: int | None = Field(None, ge=0)
    marks: int = Field(0, ge=0, le=1000)
    quiet: bool = False
    keys: bool = False


class HistogramParameters(QueryParameters, ChoiceParameters):
    """``from`` and ``to`` are times; by default the histogram spans all lines. ``spread`` adds times of lines."""

    buckets: int = Field(60, ge=1, le=1000)
    begin: str | None = Field(None, alias="from")
    end: str | None = Field(None, alias="to")
    spread: bool = False


class StreamParameters(QueryParameters, ChoiceParameters):
    """``from`` is ``start``, ``end`` or ``-N``. ``cursor`` takes precedence, and ``Last-Event-ID`` over both.

    In text, control characters are escaped unless ``raw``. ``levels``, ``times`` and ``places`` add fields to events. A
    reader more than ``lag`` lines behind skips to near the end.
    """

    begin: str = Field("end", alias="from", pattern=r"^(start|end|-[0-9]{1,9})$")
    cursor: str | None = None
    follow: bool = True
    format: Literal["sse", "text"] | None = None
    raw: bool = False
    levels: bool = False
    times: bool = False
    places: bool = False
    lag: int | None = Field(None, ge=1)


def parameter_names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of a model's parameters as they are in a URL."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def repeatable_parameters(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the parameters that a URL may repeat."""
    return frozenset(
        field.alias or name for name, field in model.model_fields.items() if get_origin(field.annotation) is list
    )


CHOICE = parameter_names(ChoiceParameters)
"""The parameters that choose sources."""
