"""Peers that do nothing but move bytes: what this machine allows. Each tells its port through its pipe first."""

import os
import socket
from multiprocessing.connection import Connection
from pathlib import Path

_CHUNK = 256 * 1024
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
_GREETING = b"id: 1\n\n"


def serve_file(pipe: Connection, path: Path) -> None:
    """Answer each connection with the file, by sendfile."""
    listener = _listen(pipe)
    while True:
        stream, _ = listener.accept()
        with stream, path.open("rb") as file:
            stream.recv(65536)
            stream.sendall(_HEAD)
            offset = 0
            while sent := os.sendfile(stream.fileno(), file.fileno(), offset, _CHUNK):
                offset += sent


def serve_frames(pipe: Connection, count: int) -> None:
    """Greet so many connections, then send each of them whatever comes through the pipe."""
    listener = _listen(pipe)
    streams = []
    for _ in range(count):
        stream, _ = listener.accept()
        stream.recv(65536)
        stream.sendall(_HEAD + _GREETING)
        streams.append(stream)
    while frame := pipe.recv_bytes():
        for stream in streams:
            stream.send(frame)


def _listen(pipe: Connection) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    pipe.send(listener.getsockname()[1])
    return listener
