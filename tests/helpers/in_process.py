"""The API of files in this process, as an agent has it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from logviewer.hosts.api import AsgiApi
from logviewer.settings import Settings
from logviewer.sources.catalog import Catalog
from logviewer.web.app import create_api
from logviewer.web.streams import Streams
from logviewer.workers.link import WorkerLink
from logviewer.workers.shared_state import SharedState

SETTINGS = Settings(
    paths=(),
    command=(),
    spool_size=1,
    host="",
    port=0,
    uds=None,
    token=None,
    secret="",
    no_auth=True,
    max_streams=1,
    max_connections=1,
    workers=1,
    open_browser=False,
)


@asynccontextmanager
async def api_over(catalog: Catalog) -> AsyncIterator[AsgiApi]:
    """Follow the sources of a catalog and yield their API."""
    streams = Streams()
    app = create_api(SETTINGS, catalog, streams, SharedState(WorkerLink(1)))
    async with app.router.lifespan_context(app):
        yield AsgiApi(app)
        streams.close()


@asynccontextmanager
async def api_of(*paths: Path) -> AsyncIterator[AsgiApi]:
    """Follow the paths and yield their API."""
    async with api_over(Catalog([str(path) for path in paths])) as api:
        yield api
