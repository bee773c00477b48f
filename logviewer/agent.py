"""Run an agent: answer the hub for this host until SIGINT or SIGTERM."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

from logviewer import process
from logviewer.files.texts import TEXTS
from logviewer.hosts.agent import Agent
from logviewer.hosts.api import AsgiApi
from logviewer.hosts.transport import Transport
from logviewer.inputs import Inputs, error_reporter, input_ender
from logviewer.memory import FreedMemory
from logviewer.settings import Settings
from logviewer.web.app import create_api
from logviewer.web.streams import Streams
from logviewer.workers.link import WorkerLink
from logviewer.workers.shared_state import SharedState

_END_SECONDS = 0.7
_LOG = logging.getLogger("logviewer")


def run(
    settings: Settings, host: str, transport: Transport, labels: Mapping[str, str], *, ready_line: str | None
) -> None:
    """Answer until SIGINT or SIGTERM, or until the transport ends; print ``ready_line`` once the hub can ask.

    Raises:
        CannotRunError: if standard input cannot be followed.
    """
    process.set_up(settings)
    inputs = Inputs.of(settings)
    try:
        asyncio.run(_serve(settings, inputs, host, transport, labels, ready_line))
    finally:
        inputs.stop()


async def _serve(  # noqa: PLR0913, PLR0917 (as above)
    settings: Settings,
    inputs: Inputs,
    host: str,
    transport: Transport,
    labels: Mapping[str, str],
    ready_line: str | None,
) -> None:
    catalog, streams = inputs.catalog(settings, host), Streams()
    app = create_api(settings, catalog, streams, SharedState(WorkerLink(1)))
    agent = Agent(transport, host, AsgiApi(app), lambda: [each.id for each in catalog], labels)
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if ready_line:
        transport.on_connected(_once(ready_line))
    async with app.router.lifespan_context(app):
        inputs.start(input_ender(catalog), error_reporter(catalog))
        process.settle()
        tasks = [asyncio.create_task(each) for each in (agent.run(), FreedMemory().watch(), ended.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            streams.close()
            TEXTS.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_END_SECONDS)
    answering = tasks[0]
    if answering.done() and not answering.cancelled() and (error := answering.exception()):
        _raise_unless_ended(error)


def _raise_unless_ended(error: BaseException) -> None:
    """Raise the error of an agent, unless its hub has closed the pipe."""
    try:
        raise error
    except* EOFError:
        # The hub has no use for the agent any more.
        pass


def _once(line: str) -> Callable[[], None]:
    lines = iter([line])

    def call() -> None:
        for each in lines:
            print(each, flush=True)  # noqa: T201 (scripts wait for this line)

    return call
