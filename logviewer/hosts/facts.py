"""Reads the reports of agents, and the facts of their sources, as untrusted input."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from logviewer.hosts.api import BrokenError
from logviewer.hosts.link import HEAD_BYTES
from logviewer.showable import one_line
from logviewer.source import SourceStatus

MOST_BYTES = 32 * 1024 * 1024
_MOST_SOURCES = 50_000

_Text = Annotated[str, Field(max_length=4096), AfterValidator(one_line)]
_Word = Annotated[str, Field(max_length=256), AfterValidator(one_line)]
_Count = Annotated[int, Field(ge=0, lt=1 << 53)]
T = TypeVar("T")


class Report(BaseModel):
    """The state of an agent. ``now`` is its clock in epoch milliseconds; ``gone`` says good-bye.

    ``sources`` is their number, ``rev`` a digest of their ids.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    boot: Annotated[str, Field(pattern=r"^\d{1,15}-[0-9a-f]{1,32}$")]
    rev: _Word = ""
    sources: _Count = 0
    labels: Annotated[Mapping[_Word, _Word], Field(max_length=64)] = {}
    version: _Word = ""
    now: _Count = 0
    gone: bool = False

    @property
    def started(self) -> int:
        """When the agent started, in epoch milliseconds."""
        return int(self.boot.partition("-")[0])


class _Facts(BaseModel):
    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}-[0-9a-f]{16}$")]
    name: _Text
    path: _Text
    log: _Text
    size: _Count
    lines: _Count | None
    modified: _Count | None
    state: Literal["open", "missing", "unreadable"]
    reason: _Text | None
    encoding: _Word | None
    host: _Word


_REPORT = TypeAdapter(Report)
_SOURCES = TypeAdapter(Annotated[list[_Facts], Field(max_length=_MOST_SOURCES)])


def read_report(data: bytes) -> Report:
    """Return the report in a message. Raises BrokenError."""
    return _read(_REPORT, data, HEAD_BYTES)


def read_sources(host: str, data: bytes) -> Sequence[SourceStatus]:
    """Return the facts of the sources of a host. Raises BrokenError."""
    found = _read(_SOURCES, data, MOST_BYTES)
    if any(each.host != host or not each.name.startswith(f"{host}:") for each in found):
        raise BrokenError("it lists sources of another host")
    return [SourceStatus(**each.model_dump()) for each in found]


def _read(adapter: TypeAdapter[T], data: bytes, most: int) -> T:
    if len(data) > most:
        raise BrokenError("its message is too long")
    try:
        return adapter.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BrokenError(f"its message cannot be read: {place} {first['msg']}") from error
