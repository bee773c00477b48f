"""One limit for the memory of all answers that their clients have not read yet.

Uvicorn takes a body of any size and keeps it until its client has read it. The middleware passes pieces on as the
client reads, and counts the bodies that are not passed on yet. At the limit, the answer of which its client has read
nothing for the longest time gives way; while all clients read, new answers are refused.
"""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.web.http.connections import abort
from logviewer.web.http.refusal import refusal

# Uvicorn keeps little more than a piece of each connection. A smaller body is one piece, and does not count.
PIECE_BYTES = 64 * 1024
MAX_UNREAD_BYTES = 64 * 1024 * 1024
# A client that takes no piece for so long does not read.
STALLED_SECONDS = 1.0
_RETRY_SECONDS = 5
_MIB = 1024 * 1024


class UnreadAnswers:
    """The bodies that are being sent, up to ``limit`` bytes of them. A body that many clients get counts once."""

    def __init__(self, limit: int = MAX_UNREAD_BYTES, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        # The one without progress for the longest time is the first.
        self._answers: dict[Answer, float] = {}
        self._counts: dict[int, int] = {}
        self.bytes = 0

    def add(self, answer: "Answer", body: bytes) -> bool:
        """Count a body, and abort stalled answers until it has room; return False if it has none."""
        if id(body) not in self._counts and not self.make_room(len(body)):
            return False
        count = self._counts[id(body)] = self._counts.get(id(body), 0) + 1
        self.bytes += len(body) if count == 1 else 0
        answer.body = body
        self._answers[answer] = self._clock()
        return True

    def make_room(self, size: int) -> bool:
        """Abort stalled answers until so many bytes have room; return False if they have none."""
        while self.bytes + size > self.limit:
            oldest = next(iter(self._answers), None)
            if oldest is None or self._clock() - self._answers[oldest] < STALLED_SECONDS:
                return False
            self.remove(oldest)
            oldest.give_way()
        return True

    def progress(self, answer: "Answer") -> None:
        """Note that the client has read a piece."""
        if self._answers.pop(answer, None) is not None:
            self._answers[answer] = self._clock()

    def remove(self, answer: "Answer") -> None:
        """Uncount the body of an answer."""
        if self._answers.pop(answer, None) is None:
            return
        body, answer.body = answer.body, b""
        self._counts[id(body)] -= 1
        if not self._counts[id(body)]:
            del self._counts[id(body)]
            self.bytes -= len(body)


class Answer:
    """One answer: ``send`` sends its messages in pieces, or a refusal in their place."""

    def __init__(self, unread: UnreadAnswers, scope: Scope, receive: Receive, send: Send) -> None:
        self.body: bytes = b""
        self._unread = unread
        self._scope = scope
        self._receive = receive
        self._send = send
        self._start: Message | None = None
        self._is_over = False

    async def send(self, message: Message) -> None:
        """Send a message of the application."""
        body = message.get("body", b"")
        if self._is_over:
            return
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif len(body) <= PIECE_BYTES:
            await self._send_start()
            await self._send(message)
        elif self._unread.add(self, body):
            try:
                await self._send_start()
                await self._send_pieces(message, memoryview(body))
            finally:
                self._unread.remove(self)
        else:
            await self._refuse()

    def give_way(self) -> None:
        """End the answer at once, for another one."""
        self._is_over = True
        abort(self._scope.get("state", {}))

    async def _begin(self, start: Message) -> None:
        if any(name == b"content-length" for name, _ in start["headers"]):
            # Its body follows at once; a refusal needs another start.
            self._start = start
        elif self._unread.make_room(PIECE_BYTES):
            await self._send(start)
        else:
            self._start = start
            await self._refuse()

    async def _send_start(self) -> None:
        if self._start:
            start, self._start = self._start, None
            await self._send(start)

    async def _send_pieces(self, message: Message, body: memoryview) -> None:
        for first in range(0, len(body), PIECE_BYTES):
            piece = body[first : first + PIECE_BYTES]
            has_more = first + PIECE_BYTES < len(body) or message.get("more_body", False)
            if self._is_over:
                return
            await self._send({"type": "http.response.body", "body": piece, "more_body": has_more})
            self._unread.progress(self)

    async def _refuse(self) -> None:
        self._is_over = True
        if self._start is None:
            # The client sees an answer without its end.
            abort(self._scope.get("state", {}))
            return
        text = f"clients have not read {self._unread.limit // _MIB} MiB of answers"
        await refusal(503, text, retry_seconds=_RETRY_SECONDS)(self._scope, self._receive, self._send)


class LimitUnread:
    """Middleware that limits the bytes of all answers that are not read."""

    def __init__(self, app: ASGIApp, unread: UnreadAnswers) -> None:
        self._app = app
        self._unread = unread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer in pieces."""
        if scope["type"] == "http":
            send = Answer(self._unread, scope, receive, send).send
        await self._app(scope, receive, send)
