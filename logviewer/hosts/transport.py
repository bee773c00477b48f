"""The protocol of transports: messages on subjects, as NATS has them. Any message may be lost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

UP = "lv.up"
WHO = "lv.who"
ASK = "lv.ask"
TO = "lv.to"


@dataclass(frozen=True, slots=True)
class Received:
    """A message. ``is_refused`` if it says that a message with this reply subject had no receiver."""

    subject: str
    data: bytes
    reply: str = ""
    is_refused: bool = False


class Transport(Protocol):
    """Publishes and receives messages; all methods run on one event loop."""

    @property
    def is_connected(self) -> bool:
        """Whether messages pass now."""

    async def run(self) -> None:
        """Connect, and stay connected, until cancelled."""

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        """Send a message, or lose it. Waits while too much is unsent. Raises ConnectionError."""

    async def subscribe(self, subject: str, handle: Callable[[Received], None]) -> None:
        """Call ``handle`` with each message of a subject, also after a reconnection.

        In the subject, ``*`` is any token and a last ``>`` any tokens.
        """

    def on_connected(self, call: Callable[[], None]) -> None:
        """Call ``call`` after each reconnection."""

    def problem(self, host: str) -> str | None:
        """Return why nothing passes between here and a host, for people; None if nothing is known to prevent it."""

    async def close(self) -> None:
        """Send all unsent messages, and end the connection."""
