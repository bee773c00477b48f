"""The answers of hosts, which are untrusted: their form, checked in one place, and the limit of their size."""

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from logviewer.formats.level_words import LEVELS, Level
from logviewer.hosts.api import BrokenError
from logviewer.views.ranks import NO_KEY

MOST_BYTES = 32 * 1024 * 1024
"""The bytes of one answer at most: 2 MiB of lines, each character escaped, and as much again for other fields."""

# A second within the ends of the calendar: there is a time before and after each of these.
LEAST_MS, MOST_MS = -62_135_596_799_000, 253_402_300_798_999

# A question asks for less.
_MOST_ROWS = 10_000
T = TypeVar("T")

_NAMES = frozenset(name or "none" for name in LEVELS)
_STRICT = ConfigDict(strict=True, extra="ignore")
# Sums over a thousand hosts fit into 64 bits.
Count = Annotated[int, Field(ge=0, le=2**53)]
Key = Annotated[int, Field(ge=LEAST_MS, le=MOST_MS)]
Cursor = Annotated[str, StringConstraints(pattern=r"^1(?:[A-Za-z0-9_-]{48}){1,32}$")]
Span = Annotated[list[Count], Field(min_length=2, max_length=2)]
Reason = Literal["truncated", "rotated", "skipped", "lost"]
FileId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@with_config(_STRICT)
class Row(TypedDict):
    """A line of ``/api/lines`` or of a ``match`` event."""

    source: str
    n: Annotated[int, Field(ge=1, le=2**53)] | None
    text: str
    at: Cursor
    level: NotRequired[Level | None]
    time: NotRequired[Key | None]
    stream: NotRequired[Literal["stdout", "stderr"]]
    file: NotRequired[FileId]
    spans: NotRequired[list[Span]]
    context: NotRequired[Literal[True]]
    cut: NotRequired[Count]
    unterminated: NotRequired[Literal[True]]


@with_config(_STRICT)
class Scanned(TypedDict):
    """How far a query is."""

    done: Count
    size: Count
    matches: Count


@with_config(_STRICT)
class File(TypedDict):
    """A file of ``/api/lines``."""

    file: FileId
    first: Count
    lines: Count
    counted: Count
    size: Count
    loss: Reason | None


Hints = Annotated[list[dict[str, str]], Field(max_length=100)]


@with_config(_STRICT)
class Lines(TypedDict):
    """The answer of ``/api/lines`` with ``keys``."""

    total: Count | None
    start: Count | None
    lines: Annotated[list[Row], Field(max_length=_MOST_ROWS)]
    keys: list[Key | None]
    key: Key | None
    pending: bool
    scanned: NotRequired[Scanned]
    hints: NotRequired[Hints]
    files: NotRequired[Annotated[list[File], Field(max_length=20_000)]]


@with_config(_STRICT)
class Ranks(TypedDict):
    """The answer of ``/api/ranks``."""

    least: list[Count | None]
    most: list[Count | None]
    total: Count | None
    first: Key | None
    last: Key | None
    pending: bool


def _has_levels(by_level: dict[str, T]) -> dict[str, T]:
    if by_level.keys() != _NAMES:
        raise ValueError("the levels are wrong")
    return by_level


_ByLevel = Annotated[dict[str, T], AfterValidator(_has_levels)]


@with_config(_STRICT)
class Histogram(TypedDict):
    """The answer of ``/api/histogram``."""

    step: Count
    levels: _ByLevel[list[Count]]
    before: _ByLevel[Count]
    after: _ByLevel[Count]
    untimed: _ByLevel[Count]
    complete: bool
    spread: NotRequired[Annotated[list[tuple[Key, Annotated[float, Field(ge=0, le=2**62)]]], Field(max_length=256)]]


@with_config(_STRICT)
class StreamLines(TypedDict):
    """The data of a ``lines`` event."""

    source: str
    n: Count | None
    lines: list[str]
    ns: NotRequired[list[Count | None]]
    spans: NotRequired[list[list[Span]]]
    context: NotRequired[list[bool]]
    levels: NotRequired[Annotated[str, StringConstraints(pattern=r"^[FEWNIDT-]*$")]]
    times: NotRequired[list[Key | None]]
    file: NotRequired[FileId]
    at: NotRequired[Cursor]
    cut: NotRequired[list[Span]]
    unterminated: NotRequired[Literal[True]]


@with_config(_STRICT)
class StreamGap(TypedDict):
    """The data of a ``gap`` event."""

    source: str
    reason: Reason
    lines: Count | None


@with_config(_STRICT)
class StreamState(TypedDict):
    """The data of a ``source`` event."""

    source: str
    state: Literal["open", "missing", "unreadable", "rotated"]


@with_config(_STRICT)
class StreamEnd(TypedDict):
    """The data of an ``end`` event."""

    reason: Literal["complete", "shutdown"]


@with_config(_STRICT)
class Matches(TypedDict):
    """The data of a ``match`` event with ``keys``."""

    matches: list[Row]
    keys: list[Key | None]


@with_config(_STRICT)
class Progress(Scanned):
    """The data of a ``progress`` event with ``keys``."""

    bound: Annotated[int, Field(ge=NO_KEY, le=MOST_MS)] | None
    all: bool
    marks: NotRequired[Annotated[list[Count], Field(max_length=1000)]]
    hints: NotRequired[Hints]


@with_config(_STRICT)
class SearchEnd(TypedDict):
    """The data of an ``end`` event of a search."""

    complete: bool


@with_config(_STRICT)
class Refusal(TypedDict):
    """The answer to a request that is refused."""

    detail: str


LINES = TypeAdapter(Lines)
RANKS = TypeAdapter(Ranks)
HISTOGRAM = TypeAdapter(Histogram)
STREAM_LINES = TypeAdapter(StreamLines)
STREAM_GAP = TypeAdapter(StreamGap)
STREAM_STATE = TypeAdapter(StreamState)
STREAM_END = TypeAdapter(StreamEnd)
MATCHES = TypeAdapter(Matches)
PROGRESS = TypeAdapter(Progress)
SEARCH_END = TypeAdapter(SearchEnd)
REFUSAL = TypeAdapter(Refusal)


def parse(form: TypeAdapter[T], body: bytes) -> T:
    """Return the answer. Raises BrokenError if it does not have its form."""
    try:
        return form.validate_json(body)
    except ValidationError as error:
        # The message has no text of the host: each one is logged once.
        kind = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        raise BrokenError(f"its answer has a wrong form ({kind})") from None


def check_rows(rows: Sequence[Row], keys: Sequence[int | None], asked: frozenset[str]) -> None:
    """Raise BrokenError unless each line has a key, and a source that the host was asked about."""
    if len(rows) != len(keys):
        raise BrokenError("its lines and keys differ in number")
    for row in rows:
        if row["source"] not in asked:
            raise BrokenError("it sent lines of another source")
