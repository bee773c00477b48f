"""The other workers of the same server, who are asked what they have to tell."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

_ANSWER_SECONDS = 1.0
_MOST_BYTES = 1024 * 1024


class WorkerLink:
    """An inbox for each worker, made before they are: one that takes the place of another one has its inbox.

    Workers are numbered from 1; ``number`` is the own one.
    """

    def __init__(self, workers: int) -> None:
        self.number = 1
        self._inboxes = [socket.socketpair(type=socket.SOCK_DGRAM) for _ in range(workers)] if workers > 1 else []
        self._questions: dict[str, dict[int, asyncio.Future[Any]]] = {}
        for end in (end for inbox in self._inboxes for end in inbox):
            end.settimeout(0)

    @property
    def are_there(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self._inboxes)

    def answer(self, tell: Callable[[], Any]) -> None:
        """Answer from now on with what ``tell`` says, anything that JSON can hold. Called in the event loop."""
        if self.are_there:
            inbox = self._inboxes[self.number - 1][0]
            asyncio.get_running_loop().add_reader(inbox, lambda: self._hear(inbox, tell))

    async def ask(self) -> Mapping[int, Any]:
        """What each of the others tells now, by its number; who does not answer within a second is left out."""
        others = [number for number in range(1, len(self._inboxes) + 1) if number != self.number]
        if not others:
            return {}
        question = secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        answers = self._questions[question] = {number: loop.create_future() for number in others}
        try:
            for number in others:
                self._send(number, {"question": question, "from": self.number})
            await asyncio.wait(answers.values(), timeout=_ANSWER_SECONDS)
        finally:
            del self._questions[question]
        return {number: answer.result() for number, answer in answers.items() if answer.done()}

    def _send(self, number: int, message: Mapping[str, Any]) -> None:
        # One that hangs has a full inbox: it is left out.
        with suppress(BlockingIOError):
            self._inboxes[number - 1][1].send(orjson.dumps(message))

    def _hear(self, inbox: socket.socket, tell: Callable[[], Any]) -> None:
        with suppress(BlockingIOError):
            while True:
                message = orjson.loads(inbox.recv(_MOST_BYTES))
                if "question" in message:
                    answer = {"answer": message["question"], "from": self.number, "told": tell()}
                    self._send(message["from"], answer)
                else:
                    self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        # An answer may come too late, or be for who was here before.
        answer = self._questions.get(message["answer"], {}).get(message["from"])
        if answer and not answer.done():
            answer.set_result(message["told"])
