"""``/api/sources`` and ``/api/hosts``: the sources that a user may see, and their hosts."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup
from logviewer.web.facts import encode_hosts, encode_sources
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import HostsParameters, SourcesParameters

TOTAL = "x-total-count"
"""The header with the number of sources in the whole list."""


class SourceRoutes:
    """Lists sources and hosts."""

    def __init__(self, lookup: Lookup, loader: ChunkLoader) -> None:
        self._lookup = lookup
        self._loader = loader
        self.router = APIRouter()
        self.router.get("/sources")(self.sources)
        self.router.get("/hosts")(self.hosts)

    async def sources(self, parameters: Annotated[SourcesParameters, Parameters()], user: CurrentUser) -> Response:
        """List the sources that the user may see, with their sizes, line counts and states."""
        sources, total = await self._lookup.listed(parameters, user)
        body = await self._loader.run(lambda: encode_sources(sources))
        return Response(body, media_type=JSON, headers={**NO_STORE, TOTAL: str(total)})

    async def hosts(self, _: Annotated[HostsParameters, Parameters()], user: CurrentUser) -> Response:
        """List the hosts of which the user may see sources."""
        body = await self._loader.run(lambda: encode_hosts(self._lookup.hosts(user)))
        return Response(body, media_type=JSON, headers=NO_STORE)
