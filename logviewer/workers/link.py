"""Requests between the workers of one server, over datagram sockets."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

_ANSWER_SECONDS = 1.0
_MAX_BYTES = 1024 * 1024


class WorkerLink:
    """An inbox for each worker, created before the fork. A replaced worker's successor reads the same inbox.

    Workers are numbered from 1; ``number`` is this process's own.
    """

    def __init__(self, workers: int) -> None:
        self.number = 1
        self._inboxes = [socket.socketpair(type=socket.SOCK_DGRAM) for _ in range(workers)] if workers > 1 else []
        self._requests: dict[str, dict[int, asyncio.Future[Any]]] = {}
        for end in (end for inbox in self._inboxes for end in inbox):
            end.settimeout(0)

    @property
    def has_others(self) -> bool:
        """Whether there are other workers."""
        return bool(self._inboxes)

    def serve(self, report: Callable[[], Any]) -> None:
        """Answer each request from now on with the result of ``report``, a JSON value. Call it in the event loop."""
        if self.has_others:
            inbox = self._inboxes[self.number - 1][0]
            asyncio.get_running_loop().add_reader(inbox, lambda: self._receive(inbox, report))

    async def collect(self) -> Mapping[int, Any]:
        """Return the reports of the other workers by number, without workers that do not answer within a second."""
        others = [number for number in range(1, len(self._inboxes) + 1) if number != self.number]
        if not others:
            return {}
        request = secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        answers = self._requests[request] = {number: loop.create_future() for number in others}
        try:
            for number in others:
                self._send(number, {"request": request, "from": self.number})
            await asyncio.wait(answers.values(), timeout=_ANSWER_SECONDS)
        finally:
            del self._requests[request]
        return {number: answer.result() for number, answer in answers.items() if answer.done()}

    def _send(self, number: int, message: Mapping[str, Any]) -> None:
        # The inbox of a worker that hangs is full: skip it.
        with suppress(BlockingIOError):
            self._inboxes[number - 1][1].send(orjson.dumps(message))

    def _receive(self, inbox: socket.socket, report: Callable[[], Any]) -> None:
        with suppress(BlockingIOError):
            while True:
                message = orjson.loads(inbox.recv(_MAX_BYTES))
                if "request" in message:
                    answer = {"answer_to": message["request"], "from": self.number, "report": report()}
                    self._send(message["from"], answer)
                else:
                    self._accept(message)

    def _accept(self, message: Mapping[str, Any]) -> None:
        # An answer may be late, or for the worker that had this inbox before.
        answer = self._requests.get(message["answer_to"], {}).get(message["from"])
        if answer and not answer.done():
            answer.set_result(message["report"])
