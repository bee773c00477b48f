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
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn

from logviewer.catalog import STDIN, Catalog
from logviewer.config import Settings
from logviewer.errors import CannotRunError
from logviewer.sources.spool import Spool
from logviewer.web import log
from logviewer.web.app import create_app
from logviewer.web.stream import Streams

if TYPE_CHECKING:
    from asyncio import Transport
    from types import FrameType

# What a client that reads has time for; the others are cut off.
FAREWELL_SECONDS = 0.7
# As <malloc.h> has it.
_M_ARENA_MAX = -8
_LOG = logging.getLogger("logviewer")
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


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
    listener = _listen(settings.host, settings.port)
    settings = replace(settings, port=listener.getsockname()[1])
    spool = Spool(sys.stdin.buffer) if STDIN in settings.paths else None
    catalog = Catalog(
        settings.paths,
        stdin=spool.path if spool else None,
        rules=settings.rules,
        follow_symlinks=settings.follow_symlinks,
    )
    streams = Streams()
    server = _Server(_configure(settings, catalog, streams), streams, ready=lambda: _ready(settings, catalog, spool))
    gc.collect()
    gc.freeze()
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


def _listen(host: str, port: int) -> socket.socket:
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
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


def _configure(settings: Settings, catalog: Catalog, streams: Streams) -> uvicorn.Config:
    config = uvicorn.Config(
        create_app(settings, catalog, streams),
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
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


def _ready(settings: Settings, catalog: Catalog, spool: Spool | None) -> None:
    url = address(settings)
    print(url, flush=True)  # noqa: T201 (the one line that a script waits for)
    if spool and (stdin := catalog.stdin):
        loop = asyncio.get_running_loop()

        def at_end() -> None:
            stdin.look()
            stdin.finish()
            loop.call_soon_threadsafe(stdin.changed.send)

        def hinder(reason: str | None) -> None:
            stdin.hindrance = reason

        spool.start(at_end, hinder)
    for path in catalog.unmatched():
        _LOG.warning("nothing matches %s yet; waiting for it", path)
    for source in catalog:
        if source.state != "open":
            facts = source.facts()
            state = f"{facts.state} ({facts.reason})" if facts.reason else facts.state
            _LOG.warning("%s is %s; waiting for it", facts.path, state)
    if settings.open_browser:
        webbrowser.open(url)


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
