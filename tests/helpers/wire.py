"""A wire between a hub and hosts in one process, which may lose, double or reorder messages."""

import asyncio
import re
from collections.abc import Callable

from logviewer.hosts.frames import pattern_of
from logviewer.hosts.transport import Received

# Returns the messages that arrive in place of one.
Fault = Callable[[Received], list[Received]]


class Wire:
    """All transports on it; ``fault`` changes messages on their way."""

    def __init__(self) -> None:
        self.fault: Fault = lambda message: [message]
        self.is_cut = False
        self.sent: list[Received] = []
        self._receivers: list[tuple[re.Pattern[str], Callable[[Received], None]]] = []
        self._reconnected: list[Callable[[], None]] = []

    @property
    def is_connected(self) -> bool:
        return not self.is_cut

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        await asyncio.sleep(0)
        if self.is_cut:
            raise ConnectionError("cut")
        message = Received(subject, data, reply)
        self.sent.append(message)
        for each in self.fault(message):
            receivers = [handle for pattern, handle in self._receivers if pattern.fullmatch(each.subject)]
            for handle in receivers:
                asyncio.get_running_loop().call_soon(handle, each)
            if reply and not receivers:
                refusal = Received(reply, b"", is_refused=True)
                for pattern, handle in self._receivers:
                    if pattern.fullmatch(reply):
                        asyncio.get_running_loop().call_soon(handle, refusal)

    async def subscribe(self, subject: str, handle: Callable[[Received], None]) -> None:
        self._receivers.append((pattern_of(subject), handle))

    def has_receiver(self, subject: str) -> bool:
        """Whether a message on a subject would arrive."""
        return any(pattern.fullmatch(subject) for pattern, _ in self._receivers)

    def on_connected(self, call: Callable[[], None]) -> None:
        self._reconnected.append(call)

    def reconnect(self) -> None:
        self.is_cut = False
        for call in self._reconnected:
            call()

    def problem(self, host: str) -> str | None:
        return None

    async def close(self) -> None:
        """Leave the wire to the others."""
