"""Uvicorn's HTTP/1.1 protocol with limits on the bytes and requests that a client can make the server hold.

Uvicorn parses every byte that it reads. A client that pipelines small requests, and reads no answers, makes it hold a
task or a queued cycle of some kilobytes for each 64 bytes sent. Its parser, ``httptools``, cannot pause. This subclass
feeds the parser one request at a time and stops reading until that request is answered. ``h11`` can pause, but
parses ten times slower.
"""

import asyncio
import re
from asyncio import Transport
from collections import deque
from collections.abc import Callable, MutableMapping
from typing import Any, cast

import httptools
import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from logviewer.web.http.connection_reaper import waits_for_request
from logviewer.web.http.connections import Connections, keep_connection
from logviewer.web.http.limits import MAX_BODY_BYTES
from logviewer.web.http.security_headers import SECURITY_HEADERS
from logviewer.web.http.throttled_warning import ThrottledWarning

# Above the URL limit (``limits.MAX_URL_BYTES``) plus the headers of any browser.
MAX_HEAD_BYTES = 128 * 1024
# Each header takes some 200 bytes of memory besides its text.
MAX_HEADERS = 100
# Decoding takes time, and no path of this server is long.
MAX_PATH_BYTES = 4096
# Small answers are written until so many bytes are unsent; a client that reads has none.
_UNSENT_BYTES = 32 * 1024
_HEAD_END = re.compile(rb"\n\r?\n")
_MIN_HEAD_BYTES = 14
# A piece of a body may hold the requests after it: at most a dozen.
_BODY_PIECE_BYTES = 256
# The server reads on after a refusal, at most so much: otherwise the client may lose the answer.
_DROPPED_BYTES = 64 * 1024
_DROPPED_SECONDS = 0.5

# Requests of all clients that were sent before the answer to the last one, answered in a turn of the event loop.
_PIPELINED_IN_A_TURN = 8

malformed_requests = ThrottledWarning("a client sent a malformed request")


class PipelinedRequests:
    """Pipelined requests that wait. A few go on in each turn of the event loop: other clients are not delayed."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, proceed: Callable[[], None]) -> None:
        """Let ``proceed`` be called in one of the next turns."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._proceed)
        self._waiting.append(proceed)

    def _proceed(self) -> None:
        for _ in range(min(_PIPELINED_IN_A_TURN, len(self._waiting))):
            self._waiting.popleft()()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._proceed)


pipelined_requests = PipelinedRequests()


class BoundedProtocol(HttpToolsProtocol):
    """Reads one request at a time, and closes a connection whose request is over a limit.

    The client need not be signed in to send a request.
    """

    flow: "_Flow"
    _is_in_body = False
    _is_lost = False
    # Since the begin of the head, or since its end.
    _parsed_bytes = 0
    _body_bytes = 0
    # Bytes that were read, and the number of them that are parsed.
    _unparsed = b""
    _start = 0
    _refusal: tuple[str, str] | None = None
    _dropped_bytes = 0

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], connections: Connections
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._known_connections = connections

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to read requests."""
        super().connection_made(transport)
        self.flow = _Flow(transport)
        transport.set_write_buffer_limits(_UNSENT_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop the requests that are not parsed yet."""
        self._is_lost = True
        self._unparsed = b""
        self._known_connections.remove(self)
        super().connection_lost(exc)
        # The scope refers to the connection: both would wait for the garbage collector.
        self.cycle, self.scope = None, {}  # type: ignore[assignment, typeddict-item]

    def sign_in(self) -> None:
        """Count the connection as that of a user."""
        self._known_connections.sign_in(self)

    @property
    def is_open(self) -> bool:
        """Whether the client is there. Any thread may ask."""
        return not self._is_lost

    def abort(self) -> bool:
        """Close the connection at once; return False before it is open."""
        if self.transport:
            self.transport.abort()
        return bool(self.transport)

    def waits_for_request(self) -> bool:
        """Whether no whole request is being answered."""
        return waits_for_request(self)

    def data_received(self, data: bytes) -> None:
        """Parse bytes from the client, or keep them until its last request is answered."""
        if self._refusal:
            self._drop(data)
            return
        self._unset_keepalive_if_required()
        self._unparsed = self._unparsed[self._start :] + data if self._unparsed else data
        self._start = 0
        self._parse()

    def _drop(self, data: bytes) -> None:
        """Read on after a refusal, for a moment: otherwise the kernel resets the connection, and the answer is lost."""
        self._dropped_bytes += len(data)
        if self._dropped_bytes > _DROPPED_BYTES:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Continue with the next request, in its turn."""
        self.flow.holds_requests = bool(self._unparsed)
        super().on_response_complete()
        if self._unparsed and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            pipelined_requests.add(self._parse)

    def _parse(self) -> None:
        """Parse until a request has to be answered."""
        while self._start < len(self._unparsed) and not self._refusal and not self.transport.is_closing():
            if self._is_answering():
                self.flow.holds_requests = True
                self.flow.pause_reading()
                return
            start, self._start = self._start, self._end_of_piece()
            self._feed(self._unparsed[start : self._start])
        self._unparsed = b""
        if self.flow.holds_requests and not self.transport.is_closing():
            self.flow.holds_requests = False
            self.flow.resume_reading()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete and not self._is_in_body

    def _end_of_piece(self) -> int:
        """Return the end of the next bytes with hardly more than one request."""
        if self._is_in_body:
            return self._start + _BODY_PIECE_BYTES
        end = _HEAD_END.search(self._unparsed, self._start + _MIN_HEAD_BYTES)
        return end.end() if end else len(self._unparsed)

    def _feed(self, piece: bytes) -> None:
        self._parsed_bytes += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # The parser reads nothing after such a request. Its answer is one in plain HTTP, and the last.
            if self.cycle:
                self.cycle.keep_alive = False
            self._is_in_body = False
        except httptools.HttpParserError:
            self._refusal = self._refusal or ("400 Bad Request", "the request is malformed")
        if self._parsed_bytes > MAX_HEAD_BYTES and not self._refusal:
            self._refusal = _body_too_long() if self._is_in_body else _head_too_long(f"{MAX_HEAD_BYTES} bytes")
        if self._refusal:
            malformed_requests.add()
            self._refuse(*self._refusal)

    # Called by the parser

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._is_in_body = False
        self._parsed_bytes = self._body_bytes = 0
        super().on_message_begin()
        keep_connection(cast("MutableMapping[str, Any]", self.scope)["state"], self)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header."""
        if len(self.headers) >= MAX_HEADERS:
            self._refusal = _head_too_long(f"{MAX_HEADERS} headers")
            # The parser stops at an error.
            raise ValueError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer, unless a limit refuses the request."""
        if len(self.url.partition(b"?")[0]) > MAX_PATH_BYTES:
            self._refusal = "414 URI Too Long", f"the path is too long (limit {MAX_PATH_BYTES} bytes)"
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            # Before the application answers: its client would send the next request on a connection that ends.
            self._refusal = _body_too_long()
        if not self._refusal:
            # Raises if the URL is malformed: then there is no request to answer.
            super().on_headers_complete()
            self._is_in_body = True
            self._parsed_bytes = 0

    def on_body(self, body: bytes) -> None:
        """Pass a part of a body on. A body after its answer has the same limit."""
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refusal = _body_too_long()
        if not self._refusal:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._is_in_body = False
        if not self._refusal:
            super().on_message_complete()

    def _refuse(self, status: str, text: str) -> None:
        """Answer, if that cannot break another answer, and close the connection."""
        if self._can_answer():
            body = orjson.dumps({"detail": text})
            headers = SECURITY_HEADERS | {
                "content-type": "application/json",
                "content-length": str(len(body)),
                "connection": "close",
            }
            lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
            self.transport.write("\r\n".join(lines).encode("ascii") + body)
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(_DROPPED_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _can_answer(self) -> bool:
        if self.pipeline:
            return False
        if self._is_in_body:
            return not self.cycle.response_started
        return not self.cycle or self.cycle.response_complete


class _Flow(FlowControl):
    """Flow control that continues to read only after the answer to the last request."""

    holds_requests = False

    def resume_reading(self) -> None:
        # A cycle also resumes when the application waits for its client to leave.
        if not self.holds_requests:
            super().resume_reading()


def _head_too_long(limit: str) -> tuple[str, str]:
    return "431 Request Header Fields Too Large", f"the head of the request is too long (limit {limit})"


def _body_too_long() -> tuple[str, str]:
    return "413 Content Too Large", f"the body is too long (limit {MAX_BODY_BYTES} bytes)"
