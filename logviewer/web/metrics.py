"""Metrics for Prometheus, collected at each request."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, get_args

from fastapi import HTTPException, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from logviewer.hosts.hub import Hub
from logviewer.rotation.position import Reason
from logviewer.source import State
from logviewer.sources.catalog import Catalog
from logviewer.web.auth.current_user import user_of
from logviewer.web.auth.lockout import Lockout
from logviewer.web.http.bounded_protocol import malformed_requests
from logviewer.web.streams import Streams
from logviewer.workers.link import WorkerLink

_SEARCH_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


class Metrics:
    """The metrics of one server; with several workers, those of each. Not thread-safe: use it in the event loop."""

    def __init__(
        self, catalog: Catalog, streams: Streams, lockout: Lockout, link: WorkerLink, hub: Hub | None = None
    ) -> None:
        self._link = link
        self._registry = CollectorRegistry()
        self._registry.register(_Counts(catalog, streams, lockout))
        if hub:
            self._registry.register(_HostCounts(hub))
        ProcessCollector(registry=self._registry)
        self._running = Gauge("logviewer_searches_running", "Searches in progress.", registry=self._registry)
        self._seconds = Histogram(
            "logviewer_search_seconds",
            "Seconds from the start of a search until its end, or until its client left.",
            buckets=_SEARCH_SECONDS,
            registry=self._registry,
        )

    async def answer(self, request: Request) -> Response:
        """Return the metrics in the text format of Prometheus, or of OpenMetrics if the request accepts it.

        Raises HTTPException (403) for a user who may see only some sources: the metrics are about all of them.
        """
        if user_of(request).sources is not None:
            raise HTTPException(403, "metrics are about all sources, and this user may see only some of them")
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        registry = await self._of_all_workers() if self._link.has_others else self._registry
        return Response(encode(registry), headers={"content-type": media_type, "cache-control": "no-store"})

    def share(self) -> None:
        """Report the metrics to the other workers on request. Call it in the event loop."""
        self._link.serve(self._families)

    def _families(self) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "name": family.name,
                "documentation": family.documentation,
                "type": family.type,
                "samples": [(sample.name, sample.labels, sample.value) for sample in family.samples],
            }
            for family in self._registry.collect()
        ]

    async def _of_all_workers(self) -> CollectorRegistry:
        by_worker = {self._link.number: self._families(), **await self._link.collect()}
        registry = CollectorRegistry()
        registry.register(_Labelled(dict(sorted(by_worker.items()))))
        return registry

    async def search(self, events: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
        """Yield the events of a search, counted and timed until the last one or until the client leaves."""
        with self._running.track_inprogress(), self._seconds.time():
            async with aclosing(events):
                async for event in events:
                    yield event


class _Labelled(Collector):
    """The families of several workers, with the label ``worker``.

    They are not summed: Prometheus must see the counters of a restarted worker begin at 0 again.
    """

    def __init__(self, by_worker: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
        self._by_worker = by_worker

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of all workers, each sample with the number of its worker."""
        merged: dict[str, Metric] = {}
        for number, families in self._by_worker.items():
            for each in families:
                family = merged.setdefault(each["name"], Metric(each["name"], each["documentation"], each["type"]))
                for name, labels, value in each["samples"]:
                    family.add_sample(name, {"worker": str(number), **labels}, value)
        yield from merged.values()


class _Counts(Collector):
    """Reads counters and states that exist anyway, so sending lines costs nothing more."""

    def __init__(self, catalog: Catalog, streams: Streams, lockout: Lockout) -> None:
        self._catalog = catalog
        self._streams = streams
        self._lockout = lockout

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of sources, streams and refused requests as they are now."""
        sent, readers = self._streams.sent, self._streams.readers
        states = Counter(source.state for source in self._catalog)
        sources = GaugeMetricFamily("logviewer_sources", "Sources by state.", labels=["state"])
        for state in get_args(State):
            sources.add_metric([state], states[state])
        gaps = CounterMetricFamily("logviewer_stream_gaps", "Gaps sent to readers, by reason.", labels=["reason"])
        for reason in get_args(Reason):
            gaps.add_metric([reason], sent.gaps[reason])
        lag = max((reader.unread() for reader in readers), default=0)
        yield sources
        failures = "Wrong tokens and passwords since the start."
        yield CounterMetricFamily("logviewer_sign_in_failures", failures, self._lockout.total)
        malformed = "Malformed requests, and requests over a limit of length, since the start."
        yield CounterMetricFamily("logviewer_malformed_requests", malformed, malformed_requests.total)
        yield gaps
        yield GaugeMetricFamily("logviewer_open_streams", "Streams that are open.", len(readers))
        yield GaugeMetricFamily("logviewer_stream_lag_bytes", "Unread bytes of the reader furthest behind.", lag)
        yield CounterMetricFamily("logviewer_stream_lines", "Lines sent by streams.", sent.lines)
        yield CounterMetricFamily("logviewer_stream_bytes", "Bytes of the events or text of these lines.", sent.bytes)


class _HostCounts(Collector):
    """The hosts of a hub, and its calls of their APIs."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of hosts as they are now."""
        hosts = GaugeMetricFamily("logviewer_hosts", "Hosts by state.", labels=["state"])
        for state, count in self._hub.fleet.counts().items():
            hosts.add_metric([state], count)
        yield hosts
        yield GaugeMetricFamily("logviewer_host_calls", "Requests to hosts in progress.", len(self._hub.calls))
        broken = "Answers of hosts that broke off because a piece was lost or wrong, since the start."
        yield CounterMetricFamily("logviewer_host_answers_broken", broken, self._hub.calls.lost)
