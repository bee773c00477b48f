"""Run the server: bind, print the URL, serve, and shut down after SIGINT or SIGTERM."""

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uvicorn
from fastapi import FastAPI

from logviewer import links, listening, process
from logviewer.errors import CannotRunError
from logviewer.files.texts import TEXTS
from logviewer.hosts.hub import HubPlan
from logviewer.inputs import Inputs, error_reporter, input_ender
from logviewer.memory import FreedMemory
from logviewer.settings import Settings
from logviewer.sources import machine
from logviewer.sources.catalog import Catalog
from logviewer.web.app import create_app
from logviewer.web.http.acceptor import Acceptor
from logviewer.web.http.bounded_protocol import BoundedProtocol
from logviewer.web.http.connection_reaper import ConnectionReaper
from logviewer.web.http.connections import Connections
from logviewer.web.streams import Streams
from logviewer.workers.link import WorkerLink
from logviewer.workers.shared_state import SharedState
from logviewer.workers.supervisor import Supervisor, Worker

if TYPE_CHECKING:
    from asyncio import Transport
    from types import FrameType

    from logviewer.web.http.connection_reaper import Connection

# Clients have this long to read the end of their streams; then their connections are aborted.
SHUTDOWN_SECONDS = 0.7
# The date in the headers of answers is as old, at most.
_TICK_SECONDS = 1.0
_LAST_READS_SECONDS = 0.1
_NAMES_SHOWN = 5
# Streams and downloads leave this part of the connections.
_SHORT_SHARE = 8
_LOG = logging.getLogger("logviewer")


@dataclass(frozen=True, slots=True)
class _Setup:
    """The parts that all workers of a server share."""

    settings: Settings
    inputs: Inputs
    shared: SharedState
    hub: HubPlan | None


def run(settings: Settings, hub: HubPlan | None = None) -> None:
    """Serve until SIGINT or SIGTERM, with the sources of other hosts if there is a hub.

    Raises:
        CannotRunError: if the server cannot listen, read TLS files, or follow standard input.
    """
    process.set_up(settings)
    listeners = listening.listeners(settings)
    if settings.uds is None:
        settings = replace(settings, port=listeners[0].getsockname()[1])
    setup = _Setup(settings, Inputs.of(settings), SharedState(WorkerLink(settings.workers)), hub)
    try:
        if settings.workers > 1:
            _run_workers(setup, listeners)
        else:
            _run_alone(setup, listeners[0])
    finally:
        setup.inputs.stop()
        if settings.uds:
            settings.uds.unlink(missing_ok=True)


def _run_alone(setup: _Setup, listener: socket.socket) -> None:
    def ready(catalog: Catalog, _: uvicorn.Server) -> None:
        """Print the URL and warnings once the server accepts connections."""
        _announce(setup, at_end=input_ender(catalog), report_error=error_reporter(catalog))
        _report_paths(setup.settings, catalog)

    _serve(setup, listener, ready)


def _run_workers(setup: _Setup, listeners: Sequence[socket.socket]) -> None:
    workers = Supervisor(
        listeners,
        work=lambda worker: _work(setup, worker),
        # Standard input is read in the parent: workers get its end, but not its errors.
        ready=lambda: _announce(setup, at_end=workers.input_is_over, report_error=_log_warning),
    )
    # Workers share the memory of the modules loaded so far.
    gc.collect()
    gc.freeze()
    workers.run()


def _work(setup: _Setup, worker: Worker) -> None:
    setup.shared.link.number = worker.number

    def ready(catalog: Catalog, server: uvicorn.Server) -> None:
        """Report that the worker accepts connections; follow the end of the supervisor and of its input."""
        loop = asyncio.get_running_loop()
        at_end = input_ender(catalog)

        def once(descriptor: int, call: Callable[[], object]) -> None:
            loop.remove_reader(descriptor)
            call()

        end = partial(server.handle_exit, signal.SIGTERM, None)
        loop.add_reader(worker.parent_is_gone, once, worker.parent_is_gone, end)
        loop.add_reader(worker.input_is_over, once, worker.input_is_over, lambda: loop.run_in_executor(None, at_end))
        if worker.is_first:
            _report_paths(setup.settings, catalog)
        worker.ready()

    _serve(setup, worker.listener, ready)


def _serve(setup: _Setup, listener: socket.socket, ready: Callable[[Catalog, uvicorn.Server], None]) -> None:
    settings, catalog, streams = _limited(setup.settings), setup.inputs.catalog(setup.settings), Streams()
    hub = setup.hub.hub(setup.shared.link.number) if setup.hub else None
    config = _configure(settings, create_app(settings, catalog, streams, setup.shared, hub))
    server = _Server(config, streams, max_connections=settings.max_connections, ready=lambda: ready(catalog, server))
    process.settle()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run(sockets=[listener])


def _limited(settings: Settings) -> Settings:
    """Limit connections to half of the descriptors, for files need the rest, and streams to most of the connections."""
    most = max(1, min(settings.max_connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
    return replace(settings, max_connections=most, max_streams=min(settings.max_streams, most - most // _SHORT_SHARE))


def _configure(settings: Settings, app: FastAPI) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # web/auth/proxy.py reads these headers, from trusted proxies only.
        proxy_headers=False,
        ssl_certfile=settings.ssl_certfile,
        ssl_keyfile=settings.ssl_keyfile,
        timeout_graceful_shutdown=1,
        backlog=2048,
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        config.load()
    except OSError as error:
        files = f"{settings.ssl_certfile} and {settings.ssl_keyfile}"
        raise CannotRunError(f"cannot use {files} for TLS: {error}; check --ssl-certfile and --ssl-keyfile") from error
    return config


def _announce(setup: _Setup, *, at_end: Callable[[], None], report_error: Callable[[Path, str | None], None]) -> None:
    settings = setup.settings
    print(links.with_token(settings), flush=True)  # noqa: T201 (scripts wait for this line)
    setup.inputs.start(at_end, report_error)
    if settings.open_browser:
        webbrowser.open(links.with_code(settings, setup.shared.browser.text))


def _log_warning(_: Path, reason: str | None) -> None:
    if reason:
        _LOG.warning(reason)


def _report_paths(settings: Settings, catalog: Catalog) -> None:
    if settings.found:
        for line in machine.summaries(settings.found, catalog):
            _LOG.warning("%s", line)
    else:
        _warn_of_missing(catalog)
    _warn_of_unmasked(catalog)


def _warn_of_missing(catalog: Catalog) -> None:
    for path in catalog.unmatched():
        _LOG.warning("nothing matches %s yet; waiting for it", path)
    for source in [each for each in catalog if each.state == "open" and each.reason][:_NAMES_SHOWN]:
        _LOG.warning("%s is %s", source.path, source.reason)
    waiting = [source for source in catalog if source.state != "open"]
    for source in waiting[:_NAMES_SHOWN]:
        status = source.status()
        state = f"{status.state} ({status.reason})" if status.reason else status.state
        _LOG.warning("%s is %s; waiting for it", status.path, state)
    if len(waiting) > _NAMES_SHOWN:
        _LOG.warning("%d more files are missing or unreadable; waiting for them", len(waiting) - _NAMES_SHOWN)


def _warn_of_unmasked(catalog: Catalog) -> None:
    if names := catalog.unmasked():
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        shown = ", ".join(sorted(names)[:_NAMES_SHOWN])
        _LOG.warning("no [[redact]] rule matches %s%s: their lines are not masked", shown, more)


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, streams: Streams, *, max_connections: int, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._streams = streams
        self._ready = ready
        self._connections = Connections(max_connections)
        self._exit = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The handlers are set already. The base class would raise the signal again after the end, so not exit with 0.
        yield

    def handle_exit(self, sig: int, frame: "FrameType | None") -> None:  # noqa: ARG002 (a signal handler's arguments)
        # The base class would drop all connections at a second SIGINT; the clean end takes less than a second.
        self.should_exit = True
        self._exit.set()

    async def main_loop(self) -> None:
        # The base class looks ten times a second whether to exit: a quarter of the time of an idle server.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._exit.wait(), _TICK_SECONDS)
        # Requests that have arrived are read, and answered.
        await asyncio.sleep(_LAST_READS_SECONDS)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        (listener,) = sockets or []
        self._acceptor = Acceptor(listener, self._connections, self._protocol, self.config.ssl)
        # All connections are HTTP; websockets are off.
        connections = cast("set[Connection]", self.server_state.connections)
        self._tasks = [asyncio.create_task(each.watch()) for each in (ConnectionReaper(connections), FreedMemory())]
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._acceptor.close()
        self._streams.close()
        TEXTS.close()
        asyncio.get_running_loop().call_later(SHUTDOWN_SECONDS, self._abort_connections)
        await super().shutdown(sockets)

    def _protocol(self) -> BoundedProtocol:
        return BoundedProtocol(self.config, self.server_state, self.lifespan.state, self._connections)

    def _abort_connections(self) -> None:
        # A client that does not read its last bytes would keep the process alive.
        for connection in list(self.server_state.connections):
            transport: Transport | None = getattr(connection, "transport", None)
            if transport:
                transport.abort()
