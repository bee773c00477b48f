"""What the server tells of itself: figures for Prometheus, made when they are asked for."""

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

from logviewer.rotation.generation import Reason
from logviewer.source import State
from logviewer.sources.catalog import Catalog
from logviewer.web.auth.current_user import user_of
from logviewer.web.auth.lockout import Lockout
from logviewer.web.streams import Streams
from logviewer.workers.link import WorkerLink

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


class Metrics:
    """The figures of one server, each worker's by itself where there are several. Used from the event loop's thread."""

    def __init__(self, catalog: Catalog, streams: Streams, failures: Lockout, peers: WorkerLink) -> None:
        self._peers = peers
        self._registry = CollectorRegistry()
        self._registry.register(_Counts(catalog, streams, failures))
        ProcessCollector(registry=self._registry)
        self._running = Gauge("logviewer_searches_running", "Searches that go on now.", registry=self._registry)
        self._seconds = Histogram(
            "logviewer_search_seconds",
            "Seconds from the start of a search to its end, or until its client left.",
            buckets=_SECONDS,
            registry=self._registry,
        )

    async def answer(self, request: Request) -> Response:
        """The figures in the text form of Prometheus, or of OpenMetrics where that is asked for.

        They are of all sources, so who may not see all of these gets none.
        """
        if user_of(request).sources is not None:
            raise HTTPException(403, "these figures are of all sources, and you may see only some of them")
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        registry = await self._of_all() if self._peers.are_there else self._registry
        return Response(encode(registry), headers={"content-type": kind, "cache-control": "no-store"})

    def tell_peers(self) -> None:
        """Let the other workers have these figures, too. Called in the event loop."""
        self._peers.answer(self._told)

    def _told(self) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "name": each.name,
                "documentation": each.documentation,
                "type": each.type,
                "samples": [(sample.name, sample.labels, sample.value) for sample in each.samples],
            }
            for each in self._registry.collect()
        ]

    async def _of_all(self) -> CollectorRegistry:
        told = {self._peers.number: self._told(), **await self._peers.ask()}
        registry = CollectorRegistry()
        registry.register(_Labelled(dict(sorted(told.items()))))
        return registry

    async def search(self, events: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
        """The same events, counted as a search for as long as they are asked for."""
        with self._running.track_inprogress(), self._seconds.time():
            async with aclosing(events):
                async for event in events:
                    yield event


class _Labelled(Collector):
    """What workers have told, by number: not summed, so that one that begins at 0 again is seen to have done so."""

    def __init__(self, told: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for number, figures in self._told.items():
            for each in figures:
                family = families.setdefault(each["name"], Metric(each["name"], each["documentation"], each["type"]))
                for name, labels, value in each["samples"]:
                    family.add_sample(name, {"worker": str(number), **labels}, value)
        yield from families.values()


class _Counts(Collector):
    """Reads what is counted anyway, so that nobody who sends lines has to keep a figure."""

    def __init__(self, catalog: Catalog, streams: Streams, failures: Lockout) -> None:
        self._catalog = catalog
        self._streams = streams
        self._failures = failures

    def collect(self) -> Iterator[Metric]:
        sent, readers = self._streams.sent, self._streams.readers
        states = Counter(source.state for source in self._catalog)
        sources = GaugeMetricFamily("logviewer_sources", "Sources by state.", labels=["state"])
        for state in get_args(State):
            sources.add_metric([state], states[state])
        gaps = CounterMetricFamily("logviewer_stream_gaps", "Gaps told to readers, by reason.", labels=["reason"])
        for reason in get_args(Reason):
            gaps.add_metric([reason], sent.gaps[reason])
        lag = max((reader.unread() for reader in readers), default=0)
        yield sources
        yield CounterMetricFamily("logviewer_sign_in_failures", "Wrong tokens since the start.", self._failures.total)
        yield gaps
        yield GaugeMetricFamily("logviewer_open_streams", "Streams that are open.", len(readers))
        yield GaugeMetricFamily("logviewer_stream_lag_bytes", "Unread bytes of the reader furthest behind.", lag)
        yield CounterMetricFamily("logviewer_stream_lines", "Lines sent by streams.", sent.lines)
        yield CounterMetricFamily("logviewer_stream_bytes", "Bytes of the events or text of these lines.", sent.bytes)
