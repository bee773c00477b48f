"""The ASGI application: creates its parts and connects them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.middleware.cors import CORSMiddleware

from logviewer.files.texts import TEXTS
from logviewer.hosts.api import AsgiApi
from logviewer.hosts.hub import Hub
from logviewer.hosts.status import Fleet
from logviewer.settings import Settings
from logviewer.sources.catalog import Catalog
from logviewer.views.views import Views
from logviewer.web import assets
from logviewer.web.api.download import DownloadRoutes
from logviewer.web.api.explain import ExplainRoutes
from logviewer.web.api.histogram import HistogramRoutes
from logviewer.web.api.lines import LineRoutes
from logviewer.web.api.lookup import Lookup
from logviewer.web.api.ranks import RankRoutes
from logviewer.web.api.search import SearchRoutes
from logviewer.web.api.sources import TOTAL, SourceRoutes
from logviewer.web.api.stream import StreamRoutes
from logviewer.web.auth.guard import Guard
from logviewer.web.auth.lockout import Lockout
from logviewer.web.auth.proxy import TrustedProxy
from logviewer.web.hosts import HostRoutes
from logviewer.web.http.fast_sse import DetachedStreams
from logviewer.web.http.limits import ConcurrencyLimits
from logviewer.web.http.security_headers import SECURITY_HEADERS
from logviewer.web.http.unread_answers import LimitUnread, UnreadAnswers
from logviewer.web.in_process import InProcess
from logviewer.web.log import AbortedResponses, RequestLog
from logviewer.web.metrics import Metrics
from logviewer.web.page_text import PageText
from logviewer.web.pages import Pages
from logviewer.web.static import StaticFiles
from logviewer.web.streams import Streams
from logviewer.workers.shared_state import SharedState


def create_app(  # noqa: PLR0913, PLR0917 (its parts)
    settings: Settings,
    catalog: Catalog,
    streams: Streams,
    shared: SharedState,
    hub: Hub | None = None,
    fleet: Fleet | None = None,
) -> FastAPI:
    """Return the application over these sources, and those of other hosts: of a hub, or of a fleet that is not asked.

    Polls and pings run during its lifespan.
    """
    package_version = version("logviewer")
    views = _views(settings, catalog)
    lockout = Lockout(shared.failed_sign_ins)
    metrics = Metrics(catalog, streams, lockout, shared.link, hub)
    lookup = Lookup(catalog, views, hub.fleet if hub else fleet)
    stream = StreamRoutes(lookup, views, streams)
    app = _application(_lifespan(catalog, streams, views, metrics, [hub.run] if hub else []))
    text, is_hub = PageText(lookup, stream), bool(hub or fleet)
    pages = Pages(settings, package_version, catalog, text=text, is_hub=is_hub)
    app.include_router(pages.router)
    routers = list(_api(lookup, views, streams, metrics, stream))
    _include(app, routers)
    app.api_route("/healthz", methods=["GET", "HEAD"], include_in_schema=False)(_healthz)
    app.get("/metrics", include_in_schema=False)(metrics.answer)
    app.mount(f"/static/{pages.static_version}", StaticFiles(assets.find("static")))
    if hub:
        local = _in_process(_application(None), routers)
        app.add_middleware(HostRoutes, known=lookup.known, fleet=hub.fleet, local=AsgiApi(local), closed=streams.closed)
    app.add_middleware(AbortedResponses)
    app.add_middleware(DetachedStreams)
    if settings.allow_origin:
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.allow_origin, allow_headers=["Authorization"], expose_headers=[TOTAL]
        )
    # The last one is the outermost.
    app.add_middleware(LimitUnread, unread=UnreadAnswers())
    app.add_middleware(ConcurrencyLimits, max_streams=settings.max_streams)
    app.add_middleware(Guard, settings=settings, sign_in_page=pages.sign_in, lockout=lockout, shared=shared)
    if settings.log_format:
        app.add_middleware(RequestLog)
    app.add_middleware(TrustedProxy, settings=settings)
    return app


def create_api(settings: Settings, catalog: Catalog, streams: Streams, shared: SharedState) -> FastAPI:
    """Return the API alone, for callers in this process, who may see all sources."""
    views = _views(settings, catalog)
    metrics = Metrics(catalog, streams, Lockout(shared.failed_sign_ins), shared.link)
    lookup = Lookup(catalog, views)
    routers = _api(lookup, views, streams, metrics, StreamRoutes(lookup, views, streams))
    return _in_process(_application(_lifespan(catalog, streams, views, metrics)), routers)


def _in_process(app: FastAPI, routers: Iterable[APIRouter]) -> FastAPI:
    _include(app, routers)
    app.add_middleware(InProcess)
    return app


def _views(settings: Settings, catalog: Catalog) -> Views:
    views = Views(settings.cache)
    TEXTS.keep(settings.cache, settings.cache_size)
    catalog.line_counter.recall = views.recall
    return views


def _application(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None) -> FastAPI:
    app = FastAPI(
        title="logviewer",
        version=version("logviewer"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.exception_handler(RequestValidationError)(_bad_parameter)
    app.exception_handler(Exception)(_internal_error)
    return app


def _include(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    for router in routers:
        app.include_router(router, prefix="/api", default_response_class=Response)


def _api(lookup: Lookup, views: Views, streams: Streams, metrics: Metrics, stream: StreamRoutes) -> Iterator[APIRouter]:
    yield SourceRoutes(lookup, streams.loader).router
    yield LineRoutes(lookup, views, streams).router
    yield RankRoutes(lookup, views, streams).router
    yield ExplainRoutes(lookup, streams.pages).router
    yield stream.router
    yield SearchRoutes(lookup, views, streams.scans, metrics).router
    yield HistogramRoutes(lookup, views, streams.histograms).router
    yield DownloadRoutes(lookup, views, streams).router


async def _healthz() -> dict[str, str]:
    """Return 200 while the server answers requests."""
    return {"status": "ok"}


async def _bad_parameter(_: Request, error: RequestValidationError) -> JSONResponse:
    parts = [f"{'.'.join(str(part) for part in each['loc'][1:2])}: {each['msg']}" for each in error.errors()]
    return JSONResponse({"detail": "; ".join(parts)}, status_code=422)


async def _internal_error(_: Request, __: Exception) -> JSONResponse:
    # Starlette calls this outside all middleware, so the guard cannot add the headers.
    return JSONResponse({"detail": "internal error; see the server's log"}, 500, headers=SECURITY_HEADERS)


def _lifespan(
    catalog: Catalog,
    streams: Streams,
    views: Views,
    metrics: Metrics,
    others: Sequence[Callable[[], Awaitable[None]]] = (),
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics.share()
        tasks = [asyncio.create_task(_keep_running(each)) for each in (catalog.follow, streams.ping, *others)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        catalog.close()
        views.close()
        streams.stop()

    return lifespan


async def _keep_running(task: Callable[[], Awaitable[None]]) -> None:
    """Restart a task that fails: a server that silently stopped following would look idle."""
    while True:
        try:
            await task()
        except Exception:
            logging.getLogger("logviewer").exception("background task failed; restarting it")
            await asyncio.sleep(1)
