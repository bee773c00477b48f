"""What a server knows of other hosts and of their sources."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from logviewer.source import SourceStatus

HostState = Literal["expected", "here", "absent", "gone"]


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The fields of a host in ``/api/hosts``.

    ``expected`` is a host that was invited and never came, ``gone`` one that said good-bye. ``heard`` is when it last
    reported, in epoch milliseconds. ``clock`` is how far its clock is ahead, in milliseconds, None below two seconds.
    ``problem`` is a text for people. ``sources`` is a number.
    """

    name: str
    state: HostState
    version: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    sources: int = 0
    heard: int | None = None
    clock: int | None = None
    problem: str | None = None


class Fleet(Protocol):
    """The hosts of a hub. Any thread may call its functions, except ``refresh``."""

    def hosts(self) -> Sequence[HostStatus]:
        """Return all hosts, in the order of the list of the page."""

    def sources(self, host: str, /) -> Sequence[SourceStatus]:
        """Return the last known facts of the sources of a host: the same object until they change."""

    def find(self, source: str, /) -> SourceStatus | None:
        """Return the facts of the source with an id."""

    async def refresh(self, hosts: Collection[str], /) -> None:
        """Ask hosts for the facts of their sources anew. Hosts that do not answer soon keep the last ones."""


class NoFleet:
    """The fleet of a server that asks no other host."""

    def hosts(self) -> Sequence[HostStatus]:  # noqa: D102 (see ``Fleet``)
        return ()

    def sources(self, _: str, /) -> Sequence[SourceStatus]:  # noqa: D102
        return ()

    def find(self, _: str, /) -> SourceStatus | None:  # noqa: D102
        return None

    async def refresh(self, _: Collection[str], /) -> None:
        """Do nothing."""
