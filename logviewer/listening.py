"""The sockets on which a server listens."""

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from logviewer.errors import CannotRunError
from logviewer.settings import Settings
from logviewer.web.http.connection_reaper import SEND_SECONDS

_BACKLOG = 2048
# The owner and the group may connect.
_UMASK = 0o117
# Bounds the bytes of a client that the kernel holds, and those of one read. Requests are short.
_RECEIVE_BYTES = 16 * 1024
# Ends connections of vanished clients: idle ones by keep-alive (seconds), others by unacknowledged data (milliseconds).
_TIMEOUTS = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": int(SEND_SECONDS * 1000)}


def listeners(settings: Settings) -> list[socket.socket]:
    """Bind a socket for each worker to one port; Linux spreads connections evenly. Raises CannotRunError."""
    if settings.uds:
        return [_listen_at(settings.uds)] * settings.workers
    first = _listen(settings.host, settings.port)
    if settings.workers == 1 or sys.platform != "linux":
        # Other systems give all connections to one of several sockets; workers that share one socket get some each.
        return [first] * settings.workers
    # Set after the first bind, so that two servers never get the same port.
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    port = first.getsockname()[1]
    return [first, *(_listen(settings.host, port, reuse_port=True) for _ in range(settings.workers - 1))]


def _listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        for name, value in _TIMEOUTS.items():
            if hasattr(socket, name):
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        if listener:
            listener.close()
        is_bad_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        advice = "check --host" if is_bad_host else "choose another --port, or 0 for any free port"
        raise CannotRunError(f"cannot listen on {host} port {port}: {error.strerror}; {advice}") from error
    listener.settimeout(0)
    return listener


def _listen_at(path: Path) -> socket.socket:
    """Bind a Unix socket; its owner and its group may connect. Raises CannotRunError."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(_UMASK)
    try:
        _remove_unused(path)
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotRunError(f"cannot listen on {path}: {error.strerror or error}; choose another --uds") from error
    finally:
        os.umask(before)
    listener.settimeout(0)
    return listener


def _remove_unused(path: Path) -> None:
    """Remove the socket of a server that was killed. Raises OSError if another server listens there."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as client, suppress(ConnectionRefusedError):
        client.connect(str(path))
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    path.unlink(missing_ok=True)
