"""Bare sockets connected to a server, and a thread that reads from them."""

import selectors
import socket
import threading
from collections.abc import Sequence
from typing import Self

import pytest

from tests.helpers.server import Server

FAREWELL = b'event: end\ndata: {"reason":"shutdown"}\n'


def connect(server: Server, *, buffer: int | None = None) -> socket.socket:
    """Connect a socket; ``buffer`` is the size of its receive buffer."""
    client = socket.socket()
    if buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.connect(("127.0.0.1", server.port))
    return client


def request(server: Server, path: str) -> bytes:
    """Return the bytes of a GET request with the token."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode()


def receive(client: socket.socket, end: bytes) -> bytes:
    """Read until the data ends with these bytes."""
    data = b""
    while not data.endswith(end):
        data += client.recv(65536) or pytest.fail(f"the connection ended after {data!r}")
    return data


def open_stream(server: Server, query: str, *, buffer: int | None = None) -> socket.socket:
    """Open a stream of app.log and wait for its first byte; the client has read nothing yet."""
    client = connect(server, buffer=buffer)
    client.sendall(request(server, f"/api/stream?source=app.log&{query}"))
    client.recv(1, socket.MSG_PEEK)
    return client


class ReadingClients:
    """Reads from all clients in one thread until they end, and keeps the last 500 bytes of each in ``tails``."""

    def __init__(self, clients: Sequence[socket.socket]) -> None:
        self.tails = dict.fromkeys(clients, b"")
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for client in self.tails:
                selector.register(client, selectors.EVENT_READ, client)
            while selector.get_map():
                for key, _ in selector.select():
                    self._receive(key.data, selector)

    def _receive(self, client: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            data = client.recv(65536)
        except ConnectionError:
            data = b""
        if data:
            self.tails[client] = (self.tails[client] + data)[-500:]
        else:
            selector.unregister(client)
