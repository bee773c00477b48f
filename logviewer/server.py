"""Run the server: bind, say where it is, follow, and go in good order when told to."""

import asyncio
import contextlib
import ctypes
import errno
import gc
import logging
import resource
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import uvicorn

from logviewer.errors import CannotRunError
from logviewer.settings import Settings
from logviewer.sources.catalog import STDIN, Catalog
from logviewer.sources.stdin import Spool
from logviewer.web import log
from logviewer.web.app import create_app
from logviewer.web.http.bounded_protocol import BoundedProtocol
from logviewer.web.http.connection_reaper import SEND_SECONDS, ConnectionReaper
from logviewer.web.streams import Streams
from logviewer.workers.link import WorkerLink
from logviewer.workers.shared_state import SharedState
from logviewer.workers.supervisor import Supervisor, Worker

if TYPE_CHECKING:
    from asyncio import Transport
    from types import FrameType

    from logviewer.web.http.connection_reaper import Connection

# What a client that reads has time for; the others are cut off.
FAREWELL_SECONDS = 0.7
# As <malloc.h> has it.
_M_ARENA_MAX = -8
# By default the collector looks through thousands of readers again and again while one frame goes to all of them.
_COLLECT_AFTER = 50_000, 20, 20
_LOG = logging.getLogger("logviewer")
# A client that is gone without a word, with nothing under way (seconds) or something (milliseconds).
_PATIENCE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": int(SEND_SECONDS * 1000)}


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        CannotRunError: if the port cannot be had, or TLS files cannot be read.
    """
    log.set_up(settings.log_format)
    _allow_many_files()
    _share_memory()
    if STDIN in settings.paths and sys.stdin is None:
        raise CannotRunError("there is no standard input to follow: it is closed; pipe something into it")
    listeners = _listeners(settings)
    settings = replace(settings, port=listeners[0].getsockname()[1])
    spool = Spool(sys.stdin.buffer) if STDIN in settings.paths else None
    shared = SharedState(WorkerLink(settings.workers))
    if settings.workers > 1:
        _run_workers(settings, spool, shared, listeners)
        return

    def ready(catalog: Catalog, _: uvicorn.Server) -> None:
        _tell(settings, spool, at_end=_end_of_input(catalog), report_error=_error_reporter(catalog))
        _warn(catalog)

    _serve(settings, spool, shared, listeners[0], ready)


def _run_workers(
    settings: Settings, spool: Spool | None, shared: SharedState, listeners: Sequence[socket.socket]
) -> None:
    workers = Supervisor(
        listeners,
        work=lambda worker: _work(settings, spool, shared, worker),
        # Each worker sees for itself that nothing comes, but only the parent knows why.
        ready=lambda: _tell(settings, spool, at_end=workers.input_is_over, report_error=_warn_of),
    )
    # Workers share the memory of what is loaded by now.
    gc.collect()
    gc.freeze()
    workers.run()


def _work(settings: Settings, spool: Spool | None, shared: SharedState, worker: Worker) -> None:
    shared.peers.number = worker.number

    def ready(catalog: Catalog, server: uvicorn.Server) -> None:
        loop = asyncio.get_running_loop()
        at_end = _end_of_input(catalog)

        def once(descriptor: int, call: Callable[[], object]) -> None:
            loop.remove_reader(descriptor)
            call()

        end = partial(server.handle_exit, signal.SIGTERM, None)
        loop.add_reader(worker.parent_is_gone, once, worker.parent_is_gone, end)
        loop.add_reader(worker.input_is_over, once, worker.input_is_over, lambda: loop.run_in_executor(None, at_end))
        if worker.is_first:
            _warn(catalog)
        worker.ready()

    _serve(settings, spool, shared, worker.listener, ready)


def _serve(
    settings: Settings,
    spool: Spool | None,
    shared: SharedState,
    listener: socket.socket,
    ready: Callable[[Catalog, uvicorn.Server], None],
) -> None:
    catalog = Catalog(
        settings.paths,
        stdin=spool.path if spool else None,
        tables=settings.tables,
        follow_symlinks=settings.follow_symlinks,
    )
    streams = Streams()
    config = _configure(settings, catalog, streams, shared)
    server = _Server(config, streams, ready=lambda: ready(catalog, server))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run(sockets=[listener])


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _share_memory() -> None:
    """Let threads use what others freed: by default glibc keeps some for each, a tenth of what a server has."""
    # Other systems have no such function, and less need of it.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _listeners(settings: Settings) -> list[socket.socket]:
    """One for each worker, all at one port, so that the system spreads connections evenly."""
    first = _listen(settings.host, settings.port)
    if settings.workers == 1 or sys.platform != "linux":
        # Elsewhere one of several would get all connections; one that is shared is spread somehow.
        return [first] * settings.workers
    # Not before it is bound: or else two servers would get the same port.
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    port = first.getsockname()[1]
    return [first, *(_listen(settings.host, port, beside=True) for _ in range(settings.workers - 1))]


def _listen(host: str, port: int, *, beside: bool = False) -> socket.socket:
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PATIENCE.items():
            if hasattr(socket, name):
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if beside:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        if listener:
            listener.close()
        unknown = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        advice = "check --host" if unknown else "choose another with --port, or 0 for any free one"
        raise CannotRunError(f"cannot listen on {host} port {port}: {error.strerror}; {advice}") from error
    listener.settimeout(0)
    return listener


def _configure(settings: Settings, catalog: Catalog, streams: Streams, shared: SharedState) -> uvicorn.Config:
    config = uvicorn.Config(
        create_app(settings, catalog, streams, shared),
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # What a client says of itself is believed of named proxies only: see web/proxy.py.
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


def _tell(
    settings: Settings, spool: Spool | None, *, at_end: Callable[[], None], report_error: Callable[[str | None], None]
) -> None:
    url = address(settings)
    print(url, flush=True)  # noqa: T201 (the one line that a script waits for)
    if spool:
        spool.start(at_end, report_error)
    if settings.open_browser:
        webbrowser.open(url)


def _end_of_input(catalog: Catalog) -> Callable[[], None]:
    """To be called, in any thread, when nothing will be added to standard input any more."""
    loop = asyncio.get_running_loop()

    def at_end() -> None:
        if stdin := catalog.stdin:
            stdin.poll()
            stdin.finish()
            loop.call_soon_threadsafe(stdin.changed.send)

    return at_end


def _error_reporter(catalog: Catalog) -> Callable[[str | None], None]:
    """To be called, in any thread, with what keeps standard input from its file now, or None."""

    def report_error(reason: str | None) -> None:
        if stdin := catalog.stdin:
            stdin.input_error = reason

    return report_error


def _warn_of(reason: str | None) -> None:
    if reason:
        _LOG.warning(reason)


def _warn(catalog: Catalog) -> None:
    for path in catalog.unmatched():
        _LOG.warning("nothing matches %s yet; waiting for it", path)
    for source in catalog:
        if source.state != "open":
            facts = source.status()
            state = f"{facts.state} ({facts.reason})" if facts.reason else facts.state
            _LOG.warning("%s is %s; waiting for it", facts.path, state)


def address(settings: Settings) -> str:
    """The URL to open, token included."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 (told, not bound)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    scheme = "https" if settings.ssl_certfile else "http"
    query = f"?token={quote(settings.token, safe='')}" if settings.token else ""
    return f"{scheme}://{host}:{settings.port}{settings.root_path}/{query}"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, streams: Streams, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._streams = streams
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # They are ours already. The base class would send itself the signal again afterwards, and not end with 0.
        yield

    def handle_exit(self, sig: int, frame: "FrameType | None") -> None:  # noqa: ARG002 (a signal handler's arguments)
        # The base class would drop everything at a second SIGINT; the good end takes less than a second anyway.
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # All of them speak HTTP: websockets are not served.
        connections = cast("set[Connection]", self.server_state.connections)
        self._watch = asyncio.create_task(ConnectionReaper(connections).watch())
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.close()
        asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self._cut_off)
        await super().shutdown(sockets)

    def _cut_off(self) -> None:
        # A client that does not read would keep its last bytes, and us, for ever.
        for connection in list(self.server_state.connections):
            transport: Transport | None = getattr(connection, "transport", None)
            if transport:
                transport.abort()
