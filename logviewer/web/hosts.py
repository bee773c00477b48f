"""Passes requests about sources of other hosts on to these hosts, and their answers back."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.hosts.api import PASSED_HEADERS, AbsentError, Api, ApiAnswer, ApiRequest, HostError
from logviewer.hosts.choosing import Choice, ChoiceError, NoSourceError
from logviewer.hosts.fleet import AgentFleet
from logviewer.hosts.known_sources import Found, KnownSources
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart, Items
from logviewer.settings import User
from logviewer.web.auth.current_user import user_of
from logviewer.web.http.refusal import refusal
from logviewer.web.parameters import CHOICE, MAX_LINES

_ONE = frozenset({"/api/line", "/api/explain"})
_QUERIED = frozenset({"/api/lines", "/api/stream", "/api/search", "/api/histogram", "/api/download", "/api/ranks"})
_PAGE = "/"
_FILTERS = frozenset({"q", "not", "level", "since", "until"})
_STREAM_ONLY = frozenset(
    {"from", "cursor", "follow", "raw", "lag", "regex", "case", "now", "records", "context", "format"}
)
# An agent that starts again is here after about that time.
_RETRY_SECONDS = (0.05, 0.2, 0.75)
_ABSENT_SECONDS = 5
# Clients come back with the id of their last event.
_SHUTDOWN = b'event: end\ndata: {"reason":"shutdown"}\n\n'


@dataclass(frozen=True, slots=True)
class _Question:
    """A request, and the hosts that it is for. ``items`` are its parameters without the choice of sources."""

    method: str
    path: str
    items: Items
    headers: Mapping[str, str]
    parts: Sequence[HostPart]

    @property
    def is_stream(self) -> bool:
        """Whether the answer has lines in their order in the files."""
        return self.path == "/api/stream" and self.method == "GET"

    @property
    def follows(self) -> bool:
        """Whether a stream goes on after the present end."""
        return next((value for name, value in self.items if name == "follow"), "true") != "false"

    @property
    def is_text(self) -> bool:
        """Whether a stream has bare lines."""
        form = next((value for name, value in self.items if name == "format"), None)
        return form == "text" or (form is None and self.headers.get("accept", "").startswith("text/plain"))


class HostRoutes:
    """Middleware around the API: requests that name only sources of this server pass unchanged.

    ``local`` is the API of this server, for requests that also name sources of other hosts. Once ``closed``, streams
    end.
    """

    def __init__(self, app: ASGIApp, known: KnownSources, fleet: AgentFleet, local: Api, closed: asyncio.Event) -> None:
        self._app = app
        self._closed = closed
        self._known = known
        self._fleet = fleet
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it to the application."""
        path = scope["path"].removeprefix(scope["root_path"]) if scope["type"] == "http" else ""
        headers = Headers(scope=scope) if path else Headers()
        is_text = path == _PAGE and headers.get("accept", "").startswith("text/plain")
        if not (path in _ONE or path in _QUERIED or is_text) or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        items = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        try:
            parts = await self._parts(Request(scope), items)
        except AbsentError as error:
            await _refuse(send, 503, str(error))
            return
        if all(part.name is None for part in parts):
            await self._app(scope, receive, send)
            return
        items = [(name, value) for name, value in items if name not in CHOICE]
        if is_text:
            path, items = "/api/stream", _text_items(items)
        if path in _QUERIED and not any(name == "now" for name, _ in items):
            # Relative times count from the clock of the hub, for all hosts.
            items.append(("now", str(time.time_ns() // 1_000_000)))
        passed = {name: value for name, value in headers.items() if name in PASSED_HEADERS}
        client = _Client(receive, send)
        await client.until_left(
            _answer(_Question(scope["method"], path, items, passed, parts), client.send), self._closed
        )

    async def _parts(self, request: Request, items: Items) -> list[HostPart]:
        """Return the chosen sources of each host, in the order of the request; none for a malformed choice.

        Raises AbsentError if a host is not known yet.
        """
        choice = Choice(**{name: [value for each, value in items if each == name] for name in CHOICE})
        try:
            found = await self._choose(choice, user_of(request))
        except (ChoiceError, NoSourceError):
            # The answer of the application has the reason.
            return []
        by_host: dict[str | None, list[Found]] = {}
        for each in found:
            by_host.setdefault(each.host, []).append(each)
        return [
            HostPart(host, self._local if host is None else self._fleet.api(host), sources)
            for host, sources in by_host.items()
        ]

    async def _choose(self, choice: Choice, user: User) -> list[Found]:
        """Return the sources of a choice; a hub that has just started waits for hosts that may have some."""
        if not choice.has_globs:
            with suppress(NoSourceError):
                return await self._known.choose(choice, user)
        choice.check()
        await self._fleet.settled()
        try:
            return await self._known.choose(choice, user)
        except NoSourceError:
            if host := self._known.awaited(choice, user):
                # A client that has read its lines before this hub started asks again.
                raise AbsentError(f"{host} has not answered since this hub started") from None
            raise


async def _answer(question: _Question, send: Send) -> None:
    merge = Merge(question.parts)
    if question.is_stream and not question.is_text and (question.follows or len(question.parts) > 1):
        await _send_merged(merge.stream(question.items, question.headers), send)
    elif len(question.parts) == 1:
        (part,) = question.parts
        request = part.request(question.path, question.items, question.headers)
        await _relay(part, replace(request, method=question.method), send)
    elif question.is_stream:
        await _send_merged(merge.text(question.items, question.headers), send)
    else:
        answers = {
            "/api/lines": merge.lines,
            "/api/histogram": merge.histogram,
            "/api/ranks": merge.ranks,
            "/api/search": merge.search,
            "/api/download": merge.download,
        }
        await _send_merged(answers[question.path](question.items), send, has_body=question.method != "HEAD")


async def _send_merged(answering: Awaitable[ApiAnswer], send: Send, *, has_body: bool = True) -> None:
    try:
        answer = await answering
    except AbsentError as error:
        await _refuse(send, 503, str(error))
        return
    async with aclosing(answer.body) if isinstance(answer.body, AsyncGenerator) else nullcontext():
        await _send(answer if has_body else replace(answer, body=_nothing()), send)


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for piece in nothing:
        yield piece


async def _relay(part: HostPart, request: ApiRequest, send: Send) -> None:
    """Send the answer of one host as it is. A host that starts again is asked again, until its answer begins."""
    for seconds in (*_RETRY_SECONDS, None):
        has_begun = False
        try:
            async with part.api.call(request) as answer:
                has_begun = True
                await _send(answer, send)
            return
        except HostError as error:
            if has_begun:
                # A read error for the middleware that logs it.
                raise ConnectionError(f"{part.name}: {error}") from error
            if seconds is None or isinstance(error, AbsentError):
                await _refuse(send, 503, f"{part.name} does not answer ({error})")
                return
        await asyncio.sleep(seconds)


async def _send(answer: ApiAnswer, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    async for piece in answer.body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, status: int, detail: str) -> None:
    response = refusal(status, detail, retry_seconds=_ABSENT_SECONDS if status == 503 else None)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body})


class _Client:
    """The client of a request."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_reading_events = False

    async def send(self, message: Message) -> None:
        """Send a message of the answer."""
        if message["type"] == "http.response.start":
            kinds = [value for name, value in message["headers"] if name == b"content-type"]
            self._is_reading_events = any(each.startswith(b"text/event-stream") for each in kinds)
        await self._send(message)

    async def until_left(self, answer: Awaitable[None], closed: asyncio.Event) -> None:
        """Answer, until the client leaves or the server ends."""
        answering = asyncio.ensure_future(answer)
        others = [asyncio.ensure_future(each) for each in (self._left(), closed.wait())]
        try:
            await asyncio.wait({answering, *others}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done() and closed.is_set() and self._is_reading_events:
                answering.cancel()
                await asyncio.wait({answering})
                await self._send({"type": "http.response.body", "body": _SHUTDOWN})
        finally:
            for task in (answering, *others):
                task.cancel()
            await asyncio.wait(others)
            with suppress(asyncio.CancelledError):
                await answering

    async def _left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _text_items(items: Items) -> list[tuple[str, str]]:
    """Return the parameters of the stream that has the text of the page; see ``page_text.py``."""
    is_filtered = any(name in _FILTERS and value for name, value in items)
    given = [(name, value) for name, value in items if name in _FILTERS | _STREAM_ONLY and name != "format"]
    names = {name for name, _ in given}
    defaults = {"follow": "false", "from": "start" if is_filtered else f"-{MAX_LINES}"}
    return [*given, *((name, value) for name, value in defaults.items() if name not in names), ("format", "text")]
