"""``/api/ranks``: how many lines are before some times, by which a hub merges the lines of several hosts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.search.line_filter import LineFilter
from logviewer.source import Source
from logviewer.views.ranks import Ranks
from logviewer.views.views import Views
from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup, poll, while_connected
from logviewer.web.encode import encode_ranks
from logviewer.web.parameters import RanksParameters
from logviewer.web.streams import Streams


class RankRoutes:
    """Counts lines before keys, with the threads of ``streams``."""

    def __init__(self, lookup: Lookup, views: Views, streams: Streams) -> None:
        self._lookup = lookup
        self._views = views
        self._scans = streams.scans
        self._pages = streams.pages
        self.router = APIRouter()
        self.router.get("/ranks")(self.ranks)

    async def ranks(
        self, request: Request, parameters: Annotated[RanksParameters, Parameters()], user: CurrentUser
    ) -> Response:
        """Count the lines before the first line of each key: those counted within one second."""
        sources = await self._lookup.sources(parameters.choice, user)
        line_filter = self._lookup.line_filter(parameters)
        find = while_connected(
            request,
            lambda: self._find(sources, line_filter, parameters),
            left=lambda: self._views.abandon(sources, line_filter),
        )
        loader = self._scans if line_filter else self._pages
        body = await poll(loader, find, lambda ranks: ranks.pending, encode_ranks)
        return Response(body, media_type=JSON, headers=NO_STORE)

    def _find(self, sources: Sequence[Source], line_filter: LineFilter | None, parameters: RanksParameters) -> Ranks:
        for source in sources:
            source.poll()
        found = self._views.merged(sources, line_filter).ranks(parameters.moment, exact=parameters.exact)
        return found if all(each.is_whole for each in sources) else replace(found, total=None)
