"""Servers that only move bytes: the limits of this machine. Each first sends its port through its pipe."""

import asyncio
import os
import socket
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

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
    """Greet so many connections, then send each of them the bytes that come through the pipe."""
    listener = _listen(pipe)
    streams = []
    for _ in range(count):
        stream, _ = listener.accept()
        stream.recv(65536)
        stream.sendall(_HEAD + _GREETING)
        streams.append(stream)
    while chunk := pipe.recv_bytes():
        for stream in streams:
            stream.send(chunk)


def serve_frames_by_uvicorn(pipe: Connection) -> None:
    """Greet each client, and send all of them the bytes that come through the pipe: the web server alone."""
    sends: list[Send] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": _GREETING, "more_body": True})
        sends.append(send)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(pipe.fileno(), forward)
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        listener = _listen(pipe)
        listener.settimeout(0)
        await uvicorn.Server(config).serve(sockets=[listener])

    def forward() -> None:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            asyncio.get_running_loop().remove_reader(pipe.fileno())
            return
        message = {"type": "http.response.body", "body": data, "more_body": True}
        for send in sends:
            with suppress(StopIteration):
                send(message).send(None)  # type: ignore[attr-defined]

    uvloop.run(serve())


def _listen(pipe: Connection) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    pipe.send(listener.getsockname()[1])
    return listener
