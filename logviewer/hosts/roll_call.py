"""Asks all agents of a hub once for their state."""

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error

from logviewer.errors import CannotRunError
from logviewer.hosts.api import BrokenError
from logviewer.hosts.connection import Connection
from logviewer.hosts.facts import Report, read_report
from logviewer.hosts.names import name_of
from logviewer.hosts.transport import UP, WHO

_CONNECT_SECONDS = 15.0
# Agents answer within half a second.
_WAIT_SECONDS = 2.0
_MOST_ANSWERS = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The report of an agent, and when it came, in epoch milliseconds."""

    report: Report
    heard: int


async def roll_call(connection: Connection, expected: Collection[str]) -> Mapping[str, Answer]:
    """Return the answers by host, once all expected ones are here, or after a while. Raises CannotRunError."""
    answers: dict[str, Answer] = {}
    problem = "no server answers"
    is_complete = asyncio.Event()

    async def note(error: Exception) -> None:
        nonlocal problem
        problem = str(error) or type(error).__name__

    async def hear(message: Msg) -> None:
        try:
            report = read_report(message.data)
            name = name_of(message.subject.rpartition(".")[2])
        except (BrokenError, ValueError):
            return
        if len(answers) < _MOST_ANSWERS and not report.gone:
            answers[name] = Answer(report, time.time_ns() // 1_000_000)
        if answers.keys() >= set(expected):
            is_complete.set()

    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            client = await connection.connect(on_error=note)
    except (Error, OSError) as error:
        raise CannotRunError(f"cannot ask the hosts: {problem}; is the hub running?") from error
    try:
        await client.subscribe(f"{UP}.*", cb=hear)
        await client.publish(WHO)
        async with asyncio.timeout(_WAIT_SECONDS):
            await is_complete.wait()
    except (Error, TimeoutError):
        return answers
    finally:
        await client.close()
    return answers
