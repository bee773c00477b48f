"""The stream of one host: asked again from its last cursor after each break."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from logviewer.hosts.api import AbsentError, ApiAnswer, BrokenError, HostError
from logviewer.hosts.merge.cursors import Marks
from logviewer.hosts.merge.events import HostEvent, stream_events
from logviewer.hosts.merge.parts import HostPart, Items, RefusedError, raise_refusal, warn

_LEAST_SECONDS, _MOST_SECONDS = 0.05, 1.0
# A host whose calls break for so long is absent, too.
_ABSENT_SECONDS = 10.0
_LOG = logging.getLogger("logviewer")
_HEADERS = {"accept": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class Passed:
    """An event of a host to pass on, with the host's marks after it; or a new ``state`` of its sources.

    After ``is_last`` nothing follows.
    """

    follower: "Follower"
    event: HostEvent | None = None
    marks: str = ""
    state: str = ""
    is_last: bool = False


@dataclass(slots=True, eq=False)
class Follower:
    """Follows one host, and puts its events into a queue.

    ``marks`` are those after the last event that was passed on, and ``unknown`` marks of the client's cursor whose
    sources are not known. ``opened`` is done once the host has answered with its first cursor, or is absent; it may
    have the refusal of the request. Without ``follow``, an absent host is not waited for.
    """

    part: HostPart
    items: Items
    cursors: Marks
    queue: asyncio.Queue[Passed]
    follow: bool
    marks: str = ""
    unknown: str = ""
    last_event_id: str | None = None
    opened: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    is_absent: bool = False
    _queued: str = field(default="", init=False)
    _heard: float = field(default_factory=time.monotonic, init=False)

    async def run(self) -> None:
        """Follow until the host has no more events."""
        self._queued = self.marks
        seconds = _LEAST_SECONDS
        while True:
            began = time.monotonic()
            try:
                if await self._call():
                    return
            except (RefusedError, HostError) as error:
                if isinstance(error, RefusedError) and self._was_refused(error):
                    return
                if isinstance(error, AbsentError) or time.monotonic() - self._heard > _ABSENT_SECONDS:
                    await self._lose()
                    if not self.follow:
                        return
                elif isinstance(error, BrokenError):
                    warn(self.part, error)
            except Exception:  # noqa: BLE001 (any)
                # A host that is silently not followed would look idle.
                _LOG.exception("following a host failed; asking it again")
            if self._heard > began + _MOST_SECONDS:
                # That call has lasted.
                seconds = _LEAST_SECONDS
            await asyncio.sleep(seconds)
            seconds = min(_MOST_SECONDS, 2 * seconds)

    def _was_refused(self, error: RefusedError) -> bool:
        """Note a refusal; return whether it is one of the client's request."""
        if self.unknown:
            # These marks may be of sources outside this view.
            self.unknown = ""
            return False
        if self.opened.done():
            return False
        self.opened.set_exception(error)
        return True

    async def _call(self) -> bool:
        """Pass on the events of one call; return whether these are all. Raises HostError, and RefusedError."""
        items, headers = self._question()
        async with self.part.api.call(self.part.request("/api/stream", items, headers)) as answer:
            await raise_refusal(answer)
            try:
                return await self._pass_all(answer)
            finally:
                self._heard = time.monotonic()

    async def _pass_all(self, answer: ApiAnswer) -> bool:
        async with aclosing(stream_events(self.part, answer.body)) as events:
            async for event in events:
                if event.name == "end" and event.data["reason"] == "shutdown":
                    return False
                is_last = event.name == "end"
                await self._pass(event, self.cursors.checked(self.part, event.cursor), is_last=is_last)
                if is_last:
                    return True
        raise BrokenError("its stream ended too soon")

    async def _pass(self, event: HostEvent, marks: str, *, is_last: bool) -> None:
        if not self.opened.done() and not event.body:
            # The place before its first event.
            self.marks = marks
        self._open()
        if self.is_absent:
            self.is_absent = False
            await self.queue.put(Passed(self, state="open"))
        self._queued, self.unknown = marks, ""
        await self.queue.put(Passed(self, event, marks, is_last=is_last))

    def _question(self) -> tuple[Items, Mapping[str, str]]:
        """Return the parameters and the headers that go on after the last event."""
        if self._queued:
            return self.items, _HEADERS | {"last-event-id": f"1{self._queued}{self.unknown}"}
        if self.unknown:
            return [*self.items, ("cursor", f"1{self.unknown}")], _HEADERS
        return self.items, _HEADERS if self.last_event_id is None else _HEADERS | {"last-event-id": self.last_event_id}

    async def _lose(self) -> None:
        self._open()
        if not self.is_absent:
            self.is_absent = True
            await self.queue.put(Passed(self, state="absent", is_last=not self.follow))

    def _open(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)
