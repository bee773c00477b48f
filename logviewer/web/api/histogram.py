"""``/api/histogram``: matches over time, by level."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.views.views import Views
from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup, epoch_ms, from_disk, while_connected
from logviewer.web.encode import encode_histogram
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import HistogramParameters

_POLL_SECONDS = 0.025
_WAIT_SECONDS = 1.0


class HistogramRoutes:
    """Counts lines over time, in threads of ``loader``."""

    def __init__(self, lookup: Lookup, views: Views, loader: ChunkLoader) -> None:
        self._lookup = lookup
        self._views = views
        self._loader = loader
        self.router = APIRouter()
        self.router.get("/histogram")(self.histogram)

    async def histogram(
        self, request: Request, parameters: Annotated[HistogramParameters, Parameters()], user: CurrentUser
    ) -> Response:
        """Count the matching lines over time, by level. `complete` is false while lines are left to scan."""
        sources, line_filter = await self._lookup.sources(parameters.choice, user), self._lookup.line_filter(parameters)
        since = None if parameters.begin is None else epoch_ms("from", parameters.begin, parameters)
        until = None if parameters.end is None else epoch_ms("to", parameters.end, parameters)
        if since is not None and until is not None and until <= since:
            raise HTTPException(422, "to: must be later than from")
        end = asyncio.get_running_loop().time() + _WAIT_SECONDS
        is_counted = while_connected(
            request,
            lambda: self._views.is_counted(sources, line_filter),
            left=lambda: self._views.abandon(sources, line_filter),
        )
        while not await from_disk(self._loader, is_counted):
            if self._loader.closing or asyncio.get_running_loop().time() > end:
                break
            await asyncio.sleep(_POLL_SECONDS)
        histogram = await from_disk(
            self._loader,
            lambda: self._views.histogram(sources, line_filter, parameters.buckets, since=since, until=until),
        )
        spread = await from_disk(self._loader, lambda: self._views.spread(sources)) if parameters.spread else None
        return Response(encode_histogram(histogram, spread), media_type=JSON, headers=NO_STORE)
