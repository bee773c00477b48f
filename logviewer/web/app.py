"""The application: wiring only."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.middleware.cors import CORSMiddleware

from logviewer.settings import Settings
from logviewer.sources.catalog import Catalog
from logviewer.views.views import Views
from logviewer.web import assets
from logviewer.web.api.download import DownloadRoutes
from logviewer.web.api.histogram import HistogramRoutes
from logviewer.web.api.lines import LineRoutes
from logviewer.web.api.lookup import Lookup
from logviewer.web.api.search import SearchRoutes
from logviewer.web.api.sources import SourceRoutes
from logviewer.web.api.stream import StreamRoutes
from logviewer.web.auth.guard import Guard
from logviewer.web.auth.lockout import Lockout
from logviewer.web.auth.proxy import TrustedProxy
from logviewer.web.http.fast_sse import DetachedStreams
from logviewer.web.http.limits import ConcurrencyLimits
from logviewer.web.http.security_headers import SECURITY_HEADERS
from logviewer.web.log import AbortedResponses, RequestLog
from logviewer.web.metrics import Metrics
from logviewer.web.page_text import PageText
from logviewer.web.pages import Pages
from logviewer.web.static import StaticFiles
from logviewer.web.streams import Streams
from logviewer.workers.shared_state import SharedState


def create_app(settings: Settings, catalog: Catalog, streams: Streams, shared: SharedState) -> FastAPI:
    """An application over these sources; following and pings run while it does."""
    package_version = version("logviewer")
    views = Views()
    lockout = Lockout(shared.failed_sign_ins)
    metrics = Metrics(catalog, streams, lockout, shared.link)
    app = FastAPI(
        title="logviewer",
        version=package_version,
        lifespan=_lifespan(catalog, streams, views, metrics),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    lookup = Lookup(catalog, views)
    stream = StreamRoutes(lookup, views, streams)
    pages = Pages(settings, package_version, catalog, text=PageText(lookup, stream))
    app.include_router(pages.router)
    for router in _api(lookup, views, streams, metrics, stream):
        app.include_router(router, prefix="/api", default_response_class=Response)
    app.api_route("/healthz", methods=["GET", "HEAD"], include_in_schema=False)(_healthz)
    app.get("/metrics", include_in_schema=False)(metrics.answer)
    app.mount(f"/static/{pages.static_version}", StaticFiles(assets.find("static")))
    app.exception_handler(RequestValidationError)(_name_the_parameter)
    app.exception_handler(Exception)(_apologize)
    app.add_middleware(AbortedResponses)
    app.add_middleware(DetachedStreams)
    if settings.allow_origin:
        app.add_middleware(CORSMiddleware, allow_origins=settings.allow_origin, allow_headers=["Authorization"])
    # The last one is the outermost.
    app.add_middleware(ConcurrencyLimits, max_streams=settings.max_streams)
    app.add_middleware(
        Guard, settings=settings, sign_in_page=pages.sign_in, lockout=lockout, signed_out=shared.signed_out
    )
    if settings.log_format:
        app.add_middleware(RequestLog)
    app.add_middleware(TrustedProxy, settings=settings)
    return app


def _api(lookup: Lookup, views: Views, streams: Streams, metrics: Metrics, stream: StreamRoutes) -> Iterator[APIRouter]:
    yield SourceRoutes(lookup, streams.loader).router
    yield LineRoutes(lookup, views, streams.loader, streams.scans).router
    yield stream.router
    yield SearchRoutes(lookup, views, streams.scans, metrics).router
    yield HistogramRoutes(lookup, views, streams.charts).router
    yield DownloadRoutes(lookup, views, streams.loader).router


async def _healthz() -> dict[str, str]:
    """That the server answers."""
    return {"status": "ok"}


async def _name_the_parameter(_: Request, error: RequestValidationError) -> JSONResponse:
    parts = [f"{'.'.join(str(part) for part in each['loc'][1:2])}: {each['msg']}" for each in error.errors()]
    return JSONResponse({"detail": "; ".join(parts)}, status_code=422)


async def _apologize(_: Request, __: Exception) -> JSONResponse:
    # What answers here stands outside of all that is in between, the guard with its headers included.
    return JSONResponse({"detail": "the server failed; its log says at what"}, 500, headers=SECURITY_HEADERS)


def _lifespan(
    catalog: Catalog, streams: Streams, views: Views, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics.tell_peers()
        tasks = [asyncio.create_task(_keep_running(each)) for each in (catalog.follow, streams.ping)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        catalog.close()
        views.close()
        streams.stop()

    return lifespan


async def _keep_running(task: Callable[[], Awaitable[None]]) -> None:
    """Begin a task again if it fails: a server that no longer follows would be wrong without a word."""
    while True:
        try:
            await task()
        except Exception:
            logging.getLogger("logviewer").exception("following failed and begins again")
            await asyncio.sleep(1)
