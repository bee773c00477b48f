"""The sources of this server and of its fleet, and what a user may see of them."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from logviewer.hosts.choosing import Choice, NoSourceError, has_words
from logviewer.hosts.status import Fleet, HostStatus, NoFleet
from logviewer.settings import User
from logviewer.source import Source, SourceStatus
from logviewer.sources.catalog import Catalog
from logviewer.sources.naming import may_be_of

Found = Source | SourceStatus
"""A source of this server, or the last known facts of one of another host."""

# Opened hosts of a page, not a list of all.
_MOST_REFRESHED = 32
_MOST_REMEMBERED = 20_000


class KnownSources:
    """The sources of a catalog, and those of the hosts of a fleet. Any thread may ask for its lists."""

    def __init__(self, catalog: Catalog, fleet: Fleet | None = None) -> None:
        self._catalog = catalog
        self._fleet = fleet or NoFleet()
        self._visible: dict[tuple[Sequence[str], str], tuple[Sequence[SourceStatus], Sequence[SourceStatus]]] = {}

    def hosts(self, user: User) -> list[HostStatus]:
        """Return the hosts of which a user may see sources, with the number of these."""
        hosts = [each for each in self._fleet.hosts() if user.may_see_host(each.name)]
        return [replace(each, sources=len(self._of_host(each.name, user))) for each in hosts]

    async def choose(self, choice: Choice, user: User) -> list[Found]:
        """Return the sources of a choice, each once: in the order of ``source``, otherwise in that of the list.

        Raises:
            ChoiceError: if a label is malformed, or the choice is empty.
            NoSourceError: if an id or a name is unknown, or no source matches.
        """
        choice.check()
        if choice.source:
            named = {each.id: each for each in (self._find(wanted, user) for wanted in choice.source)}
            found = [*self._allowed(named.values(), choice)]
        else:
            # A fleet may have very many.
            matching = await asyncio.to_thread(lambda: [*self._matching(choice, user)])
            found = [self._used(each, user) for each in matching]
        if not found:
            raise NoSourceError(f"no source matches {choice}; see /api/sources")
        return found

    def awaited(self, choice: Choice, user: User) -> str | None:
        """Return a host of which no source is known yet, if one may be chosen by its id or name."""
        hosts = [each.name for each in self._fleet.hosts() if each.state == "expected" and user.may_see_host(each.name)]
        return next((host for host in hosts for wanted in choice.source if may_be_of(host, wanted)), None)

    def listed(self, choice: Choice, words: Iterable[str], user: User) -> list[Found]:
        """Return the sources of a choice, or of all, whose name or path contains all words. Raises ChoiceError."""
        choice.check_labels()
        words = list(words)
        among = self._allowed(self._named(choice, user), choice) if choice.source else self._matching(choice, user)
        found = [each for each in among if has_words(each, words)]
        away = {each.name for each in self._fleet.hosts() if each.state != "here"}
        return [_absent(each) if each.host in away else each for each in found]

    async def refresh(self, sources: Sequence[Found]) -> bool:
        """Ask the hosts of some sources for facts anew, unless there are many. Return whether they were asked."""
        hosts = {each.host for each in sources if isinstance(each, SourceStatus) and each.host}
        if not 0 < len(hosts) <= _MOST_REFRESHED:
            return False
        await self._fleet.refresh(hosts)
        return True

    def _matching(self, choice: Choice, user: User) -> Iterator[Found]:
        if choice.allows_host(None, {}):
            yield from filter(choice.allows_path, self._catalog.visible_to(user))
        for host in self._fleet.hosts():
            if choice.allows_host(host.name, host.labels):
                yield from filter(choice.allows_path, self._of_host(host.name, user))

    def _allowed(self, sources: Iterable[Found], choice: Choice) -> Iterator[Found]:
        """Yield the sources that the globs of a choice match."""
        labels = {each.name: each.labels for each in self._fleet.hosts()} if choice.label else {}
        for each in sources:
            if choice.allows_host(each.host, labels.get(each.host or "", {})) and choice.allows_path(each):
                yield each

    def _named(self, choice: Choice, user: User) -> Iterator[Found]:
        """Yield the sources with the ids or names of a choice."""
        wanted = dict.fromkeys(choice.source)
        yield from (each for each in self._catalog.visible_to(user) if each.id in wanted or each.name in wanted)
        yield from {each.id: each for name in wanted for each in self._of_fleet(name, user)}.values()

    def _find(self, wanted: str, user: User) -> Found:
        """Return the source with an id, or the only one with a name. Raises NoSourceError."""
        local = self._catalog.find(wanted, user)
        found: list[Found] = [*([local] if local else []), *self._of_fleet(wanted, user)]
        if len(found) != 1:
            raise NoSourceError(f"source: {wanted!r} is not an id or the name of exactly one source; see /api/sources")
        return found[0]

    def _of_fleet(self, wanted: str, user: User) -> list[SourceStatus]:
        """Return the source of a host with an id, or those with a name."""
        by_id = self._fleet.find(wanted)
        if by_id and _may_see(user, by_id):
            return [by_id]
        return [each for each in self._of_host(wanted.partition(":")[0], user) if each.name == wanted]

    def _used(self, found: Found, user: User) -> Found:
        return (not isinstance(found, SourceStatus) and self._catalog.find(found.id, user)) or found

    def _of_host(self, host: str, user: User) -> Sequence[SourceStatus]:
        """Return the sources of a host that a user may see. The globs of many sources take a while."""
        sources = self._fleet.sources(host)
        if user.sources is None:
            return sources
        of, visible = self._visible.get((user.sources, host), ((), ()))
        if of is not sources:
            visible = [each for each in sources if _may_see(user, each)]
            if len(self._visible) >= _MOST_REMEMBERED:
                self._visible.clear()
            self._visible[user.sources, host] = sources, visible
        return visible


def _absent(found: Found) -> Found:
    return replace(found, state="absent") if isinstance(found, SourceStatus) else found


def _may_see(user: User, facts: SourceStatus) -> bool:
    return user.may_see(facts.log, facts.plain_name, facts.host)
