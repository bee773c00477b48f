"""A fleet that is made up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logviewer.hosts.status import HostStatus
from logviewer.source import SourceStatus
from logviewer.sources.naming import shown_name, source_id


def facts_of(host: str, path: str) -> SourceStatus:
    """Return the facts of an open file of a host."""
    name = Path(path).name
    own = source_id(Path(path), name, host)
    return SourceStatus(own, shown_name(name, host), path, 100, 10, 1_700_000_000_000, "open", None, None, host, path)


@dataclass(slots=True)
class MadeUpFleet:
    """Hosts with these paths. ``refreshed`` are the names of the hosts that were asked anew."""

    statuses: list[HostStatus]
    facts: dict[str, Sequence[SourceStatus]]
    refreshed: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, paths: dict[str, Sequence[str]], labels: dict[str, dict[str, str]] | None = None) -> "MadeUpFleet":
        """Return hosts that are here."""
        statuses = [HostStatus(host, "here", "0.1.0", (labels or {}).get(host, {})) for host in paths]
        return cls(statuses, {host: tuple(facts_of(host, each) for each in own) for host, own in paths.items()})

    def hosts(self) -> Sequence[HostStatus]:
        return self.statuses

    def sources(self, host: str) -> Sequence[SourceStatus]:
        return self.facts.get(host, ())

    def find(self, source: str) -> SourceStatus | None:
        return next((each for own in self.facts.values() for each in own if each.id == source), None)

    async def refresh(self, hosts: Collection[str]) -> None:
        self.refreshed += hosts
