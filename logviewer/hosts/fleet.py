"""The hub's table of hosts: their states, and the last known facts of their sources."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import get_args

from logviewer.hosts.api import AbsentError, Api, ApiRequest, BrokenError, HostError
from logviewer.hosts.asking import Asking, HostApi
from logviewer.hosts.facts import MOST_BYTES, Report, read_report, read_sources
from logviewer.hosts.names import name_of
from logviewer.hosts.sharing import SharedApi
from logviewer.hosts.status import HostState, HostStatus
from logviewer.hosts.transport import UP, WHO, Received, Transport
from logviewer.showable import one_line
from logviewer.source import SourceStatus
from logviewer.sources.naming import source_id

_SILENCE_SECONDS = 12.0
_LOOK_SECONDS = 1.0
_CLOCK_MS = 2000
# Two agents with one name: their reports come in turns.
_TWO_SECONDS = 30.0
_MOST_HOSTS = 20_000
# A hub that starts hears all hosts at once.
_MOST_READS = 16
_REFRESH_SECONDS = 2.0
_READ_SECONDS = 10.0
# After a start, agents connect again and send their lists.
_SETTLE_SECONDS = 5.0
# A page waits no longer for the sizes of the files of a slow host.
_PATIENCE_SECONDS = 1.5
_SOURCES = ApiRequest("GET", "/api/sources", "", {})
_FOREIGN = "it lists sources of another host"
_LOG = logging.getLogger("logviewer")


@dataclass(slots=True, eq=False)
class Host:
    """One host. ``heard`` is on the clock that never goes back, ``heard_at`` in epoch milliseconds."""

    name: str
    state: HostState = "expected"
    report: Report | None = None
    heard: float = 0.0
    heard_at: int | None = None
    clock: int = 0
    problem: str | None = None
    sources: Sequence[SourceStatus] = ()
    known: tuple[str, str] = ("", "")
    refreshed: float = float("-inf")
    other: float = float("-inf")
    reading: "asyncio.Task[None] | None" = None

    @property
    def boot(self) -> str | None:
        """The start of the agent that answers, None while none does."""
        return self.report.boot if self.report and self.state == "here" else None

    def status(self) -> HostStatus:
        """Return the fields for ``/api/hosts``."""
        return HostStatus(
            self.name,
            self.state,
            self.report.version if self.report else None,
            self.report.labels if self.report else {},
            len(self.sources),
            self.heard_at,
            self.clock if abs(self.clock) >= _CLOCK_MS else None,
            self.problem or (f"two agents say they are {self.name}" if self._has_other else None),
        )

    @property
    def _has_other(self) -> bool:
        """Whether another agent reports under the same name."""
        return time.monotonic() - self.other < _TWO_SECONDS


class AgentFleet:
    """The hosts with agents; see ``status.Fleet``. ``expected`` returns the names of the invited hosts.

    All methods run on the event loop, except those of ``status.Fleet``.
    """

    def __init__(self, transport: Transport, asking: Asking, expected: Callable[[], Iterable[str]]) -> None:
        self._transport = transport
        self._asking = asking
        self._expected = expected
        # Replaced as a whole, so that any thread may read them.
        self._hosts: Mapping[str, Host] = {}
        self._by_id: dict[str, SourceStatus] = {}
        self._apis: dict[str, SharedApi] = {}
        self._reads = asyncio.Semaphore(_MOST_READS)
        self._has_settled = asyncio.Event()

    # For any thread

    def hosts(self) -> Sequence[HostStatus]:
        """See ``status.Fleet``."""
        return [self._status(each) for each in self._hosts.values()]

    def _status(self, host: Host) -> HostStatus:
        status = host.status()
        if status.problem is None and status.state in ("expected", "absent"):
            return replace(status, problem=self._transport.problem(host.name))
        return status

    def sources(self, host: str, /) -> Sequence[SourceStatus]:
        """See ``status.Fleet``."""
        found = self._hosts.get(host)
        return found.sources if found else ()

    def find(self, source: str, /) -> SourceStatus | None:
        """See ``status.Fleet``."""
        return self._by_id.get(source)

    def counts(self) -> Mapping[str, int]:
        """Return how many hosts have each state."""
        states = [each.state for each in self._hosts.values()]
        return {state: states.count(state) for state in get_args(HostState)}

    # On the event loop

    def api(self, host: str) -> Api:
        """Return the API of a host, with shared streams."""
        api = self._apis.get(host)
        if api is None:
            api = self._apis[host] = SharedApi(HostApi(self._asking, host, lambda: self.boot(host)))
        return api

    def boot(self, host: str) -> str | None:
        """Return the start of the agent that answers for a host, None while it is absent."""
        found = self._hosts.get(host)
        return found.boot if found else None

    async def settled(self) -> None:
        """Wait until all invited hosts have sent their sources, or have had the time for it since the start."""
        await self._has_settled.wait()

    async def run(self) -> None:
        """Keep the table until cancelled."""
        asyncio.get_running_loop().call_later(_SETTLE_SECONDS, self._has_settled.set)
        await self._transport.subscribe(f"{UP}.*", self._receive)
        asked = asyncio.Event()
        asked.set()
        self._transport.on_connected(asked.set)
        while True:
            if asked.is_set() and self._transport.is_connected:
                asked.clear()
                await self._ask_who()
            self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _ask_who(self) -> None:
        try:
            await self._transport.publish(WHO, b"")
        except ConnectionError as error:
            _LOG.debug("NATS: %s", error)

    async def refresh(self, hosts: Collection[str], /) -> None:
        """See ``status.Fleet``."""
        now = time.monotonic()
        found = [self._hosts[name] for name in hosts if name in self._hosts]
        due = [each for each in found if each.state == "here" and now - each.refreshed > _REFRESH_SECONDS]
        reads = [self._read(each) for each in due]
        if reads:
            await asyncio.wait(reads, timeout=_PATIENCE_SECONDS)

    def _receive(self, message: Received) -> None:
        try:
            name = name_of(message.subject.rpartition(".")[2])
            report = read_report(message.data)
        except (BrokenError, ValueError) as error:
            _warn(one_line(message.subject), str(error))
            return
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= _MOST_HOSTS:
                return
            host = self._add(name)
        self._hear(host, report)

    def _add(self, name: str) -> Host:
        host = Host(name)
        self._hosts = dict(sorted([*self._hosts.items(), (name, host)]))
        return host

    def _hear(self, host: Host, report: Report) -> None:
        now, epoch = time.monotonic(), time.time_ns() // 1_000_000
        before = host.report
        if before and before.boot != report.boot and host.state == "here":
            if report.started < before.started:
                # The newer of two agents is served.
                host.other = now
                return
            self._asking.end(host.name, "its agent has started again")
        if report.gone:
            self._change(host, "gone", "its agent has ended")
            return
        host.heard, host.heard_at, host.clock, host.report = now, epoch, report.now - epoch, report
        self._change(host, "here", "")
        if host.known != (report.boot, report.rev):
            self._read(host)

    def _change(self, host: Host, state: HostState, reason: str) -> None:
        if host.state == state:
            return
        host.state = state
        if state != "here":
            self._asking.end(host.name, reason)

    def _look(self) -> None:
        now = time.monotonic()
        expected = set(self._expected())
        for name in expected - self._hosts.keys():
            self._add(name)
        for host in list(self._hosts.values()):
            if host.state == "here" and now - host.heard > _SILENCE_SECONDS:
                self._change(host, "absent", "it has not reported for 12 s")
            if host.state == "expected" and host.name not in expected:
                self._hosts = {name: each for name, each in self._hosts.items() if each is not host}

    def _read(self, host: Host) -> "asyncio.Task[None]":
        """Return the task that reads the facts of a host: one for all who wait for them."""
        if host.reading is None or host.reading.done():
            host.reading = asyncio.create_task(self._read_sources(host))
        return host.reading

    async def _read_sources(self, host: Host) -> None:
        report = host.report
        if report is None:
            return
        try:
            async with self._reads, asyncio.timeout(_READ_SECONDS), self.api(host.name).call(_SOURCES) as answer:
                if answer.status != 200:
                    raise BrokenError(f"its API answers {answer.status}; its version is {report.version}")
                data = await answer.read(MOST_BYTES)
            sources = await asyncio.to_thread(read_sources, host.name, data)
        except (AbsentError, TimeoutError):
            # The state of the host says so.
            host.problem = None
            return
        except HostError as error:
            host.problem = f"its list cannot be read: {error}"
            return
        host.problem = None
        host.refreshed = time.monotonic()
        host.known = report.boot, report.rev
        self._replace(host, sources)

    def _replace(self, host: Host, sources: Sequence[SourceStatus]) -> None:
        """Replace the facts of a host. An id belongs to the first host with it, or to one that its path proves."""
        for each in host.sources:
            if (owner := self._by_id.get(each.id)) and owner.host == host.name:
                del self._by_id[each.id]
        for each in sources:
            owner = self._by_id.get(each.id)
            if owner is None:
                self._by_id[each.id] = each
            elif _is_proved(each) and not _is_proved(owner):
                self._by_id[each.id] = each
                self._disown(owner)
        found = [each for each in sources if self._by_id[each.id] is each]
        if len(found) < len(sources):
            host.problem = _FOREIGN
        host.sources = found
        self._settle()

    def _settle(self) -> None:
        if self._has_settled.is_set():
            return
        expected = [self._hosts.get(name) for name in self._expected()]
        # Hosts of another's servers are not known before they answer.
        if expected and all(each and each.known[0] for each in expected):
            self._has_settled.set()

    def _disown(self, facts: SourceStatus) -> None:
        if host := self._hosts.get(facts.host or ""):
            host.sources = [each for each in host.sources if each is not facts]
            host.problem = _FOREIGN


def _is_proved(facts: SourceStatus) -> bool:
    """Return whether an id is that of its host and path, or of its log if its files are dated."""
    return facts.id in {source_id(Path(path), facts.plain_name, facts.host) for path in (facts.path, facts.log)}


@lru_cache(1000)
def _warn(subject: str, error: str) -> None:
    """Log a report that cannot be read, once."""
    _LOG.warning("a report on %s cannot be read: %s", subject, error)
