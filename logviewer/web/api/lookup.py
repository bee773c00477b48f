"""Finds the sources, cursors and times that a request names, and reads files with retries."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Request

from logviewer import cursor
from logviewer.cursor import Checkpoint
from logviewer.errors import CursorError, FileChangedError, QueryError
from logviewer.formats.human_time import parse_time
from logviewer.hosts.choosing import Choice, ChoiceError, NoSourceError
from logviewer.hosts.known_sources import Found, KnownSources
from logviewer.hosts.status import Fleet, HostStatus
from logviewer.rotation.position import Position
from logviewer.search.line_filter import LineFilter
from logviewer.settings import User
from logviewer.source import Source, SourceStatus
from logviewer.sources.catalog import Catalog
from logviewer.views.views import Views
from logviewer.web.auth.current_user import user_of
from logviewer.web.http import connections
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import QueryParameters, SourcesParameters

JSON = "application/json"
NO_STORE = {"cache-control": "no-store"}
_RETRY_SECONDS = (0.05, 0.1)
_POLL_SECONDS = 0.025
_MOST_SECONDS = 1.0
# The status that nginx logs for a client that left; no client gets it.
_CLIENT_LEFT = 499

T = TypeVar("T")
CurrentUser = Annotated[User, Depends(user_of)]


class Lookup:
    """The sources that a user may see, of this server and of a fleet, and the line filter of a query."""

    def __init__(self, catalog: Catalog, views: Views, fleet: Fleet | None = None) -> None:
        self.known = KnownSources(catalog, fleet)
        self._catalog = catalog
        self._views = views

    async def listed(self, parameters: SourcesParameters, user: User) -> tuple[list[Found], int]:
        """Return a part of the list of sources, with present facts, and how many there are in all.

        Raises HTTPException (422).
        """
        known, choice = self.known, parameters.choice
        ends = None if parameters.count is None else parameters.start + parameters.count

        def listed() -> tuple[list[Found], int]:
            found = known.listed(choice, parameters.q, user)
            return found[parameters.start : ends], len(found)

        with http_errors():
            sources, total = await asyncio.to_thread(listed)
            return await asyncio.to_thread(listed) if await known.refresh(sources) else (sources, total)

    def hosts(self, user: User) -> list[HostStatus]:
        """Return the hosts of which the user may see sources."""
        return self.known.hosts(user)

    def visible_to(self, user: User) -> list[Source]:
        """Return all sources of this server that the user may see."""
        return self._catalog.visible_to(user)

    async def sources(self, choice: Choice, user: User, *, whole: bool = False) -> list[Source]:
        """Return the sources of a choice, ready to be read. They stay the same for the whole request.

        With ``whole``, also their compressed files are ready. Raises HTTPException (404, 422).
        """
        with http_errors():
            found = await self.known.choose(choice, user)
        sources = [each for each in found if not isinstance(each, SourceStatus)]
        if len(sources) < len(found):
            # Requests for sources of other hosts are answered before they come here.
            raise unavailable("source: this server does not ask other hosts")
        await self._catalog.wake(sources, whole=whole)
        return sources

    async def decode(self, source: Source) -> None:
        """Make the compressed files of a source ready to be read."""
        await self._catalog.wake([source], whole=True)

    async def source(self, wanted: str, user: User) -> Source:
        """Return the source of this id, or of this name if only one has it. Raises HTTPException (404)."""
        (found,) = await self.sources(Choice([wanted]), user)
        return found

    def line_filter(self, parameters: QueryParameters) -> LineFilter | None:
        """Return the line filter of the query; None if every line matches. Raises HTTPException (422)."""
        try:
            return self._views.line_filter(parameters.query(), parameters.context)
        except QueryError as error:
            raise HTTPException(422, str(error)) from error


@contextmanager
def http_errors() -> Iterator[None]:
    """Raise HTTPException for a malformed choice (422), and for one without sources (404)."""
    try:
        yield
    except ChoiceError as error:
        raise HTTPException(422, str(error)) from error
    except NoSourceError as error:
        raise HTTPException(404, str(error)) from error


def decode_cursor(parameter: str, text: str) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of a cursor. Raises HTTPException (422), which names the parameter."""
    try:
        return cursor.decode(text)
    except CursorError as error:
        raise HTTPException(422, f"{parameter}: {error}") from error


def locate(sources: Sequence[Source], parameter: str, text: str) -> Position:
    """Return the position of a cursor in one of the sources; reads files.

    Raises HTTPException: 422 for a malformed cursor, 404 if its line is gone.
    """
    checkpoints = decode_cursor(parameter, text)
    for source in sources:
        own = [checkpoint for checkpoint in checkpoints if checkpoint.source == source.key]
        positions, reason = source.locate(own) if own else ([], None)
        if positions and not reason:
            return positions[-1]
    names = ", ".join(source.name for source in sources)
    raise HTTPException(404, f"{parameter}: the line is not in {names} ({reason or 'lost'})")


def epoch_ms(parameter: str, text: str, parameters: QueryParameters) -> int:
    """Return a time in epoch milliseconds, relative to ``now`` of the parameters.

    Raises HTTPException (422), which names the parameter.
    """
    try:
        return parse_time(text, now=parameters.now_seconds)
    except ValueError as error:
        raise HTTPException(422, f"{parameter}: {error}") from error


def check_connected(request: Request) -> None:
    """Raise HTTPException if the client of the request has left. Any thread may call it."""
    if not connections.is_open(request.scope["state"]):
        raise HTTPException(_CLIENT_LEFT)


def while_connected(request: Request, call: Callable[[], T], *, left: Callable[[], None]) -> Callable[[], T]:
    """Return ``call``; if the client of the request has left, it calls ``left`` instead, and raises HTTPException."""

    def call_for_client() -> T:
        try:
            check_connected(request)
        except HTTPException:
            left()
            raise
        return call()

    return call_for_client


async def from_disk(loader: ChunkLoader, call: Callable[[], T]) -> T:
    """Call ``call`` in a thread of the loader, up to three times within 150 ms. Raises HTTPException (503)."""
    for seconds in _RETRY_SECONDS:
        with suppress(FileChangedError, OSError):
            return await loader.run(call)
        # The next poll finds out how a file changed while it was read.
        await asyncio.sleep(seconds)
    try:
        return await loader.run(call)
    except FileChangedError as error:
        raise unavailable(f"{error}; try again") from error
    except OSError as error:
        raise unavailable(f"the file cannot be read: {error}") from error


async def poll(
    loader: ChunkLoader, find: Callable[[], T], is_pending: Callable[[T], bool], encode: Callable[[T], bytes]
) -> bytes:
    """Return the answer, encoded, once it is not pending; after one second, or at shutdown, as it is by then.

    Raises HTTPException (503).
    """

    def poll_once() -> tuple[bool, bytes]:
        found = find()
        return is_pending(found), encode(found)

    ends = time.monotonic() + _MOST_SECONDS
    while True:
        pending, body = await from_disk(loader, poll_once)
        # A poll with a slow regular expression takes seconds in a long line.
        if not pending or loader.closing or time.monotonic() >= ends:
            return body
        # A request that waits must not occupy a thread.
        await asyncio.sleep(_POLL_SECONDS)


def unavailable(detail: str) -> HTTPException:
    """Return a 503 with ``Retry-After``: a disk that fails now may recover."""
    return HTTPException(503, detail, {"retry-after": "1"})
