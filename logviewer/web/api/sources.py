"""``/api/sources``: the sources that a user may see."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as Parameters
from fastapi.responses import Response

from logviewer.web.api.lookup import JSON, NO_STORE, CurrentUser, Lookup
from logviewer.web.encode import encode_sources
from logviewer.web.loader import ChunkLoader
from logviewer.web.parameters import SourcesParameters


class SourceRoutes:
    """Lists sources."""

    def __init__(self, lookup: Lookup, loader: ChunkLoader) -> None:
        self._lookup = lookup
        self._loader = loader
        self.router = APIRouter()
        self.router.get("/sources")(self.sources)

    async def sources(self, _: Annotated[SourcesParameters, Parameters()], user: CurrentUser) -> Response:
        """List the sources that the user may see, with their sizes, line counts and states."""
        body = await self._loader.run(lambda: encode_sources(self._lookup.visible_to(user)))
        return Response(body, media_type=JSON, headers=NO_STORE)
