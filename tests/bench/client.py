"""Cheap clients: plain sockets, and a parser that trusts the server."""

import http.client
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from logviewer import cursor
from tests.helpers.server import Server

TIMEOUT = 60.0
_BUFFER = 1024 * 1024


def request(server: Server, **params: Any) -> bytes:
    """Return the bytes of a request for a stream; ``from_`` is sent as ``from``."""
    lines = [f"GET {stream_path(**params)} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in server.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def stream_path(**params: Any) -> str:
    """Return the path and query of a stream."""
    return "/api/stream?" + urlencode({name.rstrip("_"): value for name, value in params.items()})


def open_stream(port: int, asking: bytes, *, receive_buffer: int | None = None) -> socket.socket:
    """Connect and send the request; ``receive_buffer`` in bytes sets the kernel's."""
    stream = socket.socket()
    if receive_buffer:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    stream.settimeout(TIMEOUT)
    stream.connect(("127.0.0.1", port))
    stream.sendall(asking)
    return stream


@dataclass(frozen=True, slots=True)
class Drained:
    """The number of received bytes, and the last of them."""

    size: int
    tail: bytes


def drain(stream: socket.socket) -> Drained:
    """Read to the end without parsing, and close."""
    stream.settimeout(None)
    buffers, sizes = (bytearray(_BUFFER), bytearray(_BUFFER)), [0, 0]
    total = turn = 0
    with stream:
        while size := stream.recv_into(buffers[turn]):
            total += size
            sizes[turn] = size
            turn = 1 - turn
    return Drained(total, b"".join(bytes(buffers[each][: sizes[each]]) for each in (turn, 1 - turn)))


def end_of(drained: Drained) -> tuple[int, int | None]:
    """Return the byte offset and line number of a replay's end. Raises RuntimeError if it is not complete."""
    end = re.search(rb'event: end\ndata: \{"reason":"complete"\}\nid: (\S+)', drained.tail)
    if not end:
        raise RuntimeError(f"the stream broke off after {drained.size} bytes: {drained.tail[-200:]!r}")
    checkpoint = cursor.decode(end[1].decode())[-1]
    return checkpoint.offset, checkpoint.line


@dataclass(frozen=True, slots=True)
class Event:
    """A server-sent event as bytes; absent fields are empty."""

    name: bytes
    data: bytes
    id: bytes


def events(response: http.client.HTTPResponse) -> Iterator[Event]:
    """Yield the events of a response as they arrive."""
    rest = b""
    while chunk := response.read1(_BUFFER):
        *whole, rest = (rest + chunk).split(b"\n\n")
        for each in whole:
            fields = dict(line.split(b": ", 1) for line in each.split(b"\n") if b": " in line)
            yield Event(fields.get(b"event", b""), fields.get(b"data", b""), fields.get(b"id", b""))


def connect(server_port: int, headers: dict[str, str], **params: Any) -> http.client.HTTPConnection:
    """Connect and request a stream; the response is not read yet."""
    connection = http.client.HTTPConnection("127.0.0.1", server_port, timeout=TIMEOUT)
    connection.request("GET", stream_path(**params), headers=headers)
    return connection
