"""The page and the sign-in page, rendered from the templates."""

import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from logviewer.settings import Settings
from logviewer.sources.catalog import Catalog
from logviewer.web import assets
from logviewer.web.auth.current_user import has_session, user_of
from logviewer.web.parameters import CHOICE, QueryParameters, parameter_names

# With any of these, the page may ask for other lines than the last ones of its source.
_OTHER_VIEWS = parameter_names(QueryParameters) | (CHOICE - {"source"}) | {"at"}


class Pages:
    """Renders the templates. ``text`` answers requests for the page as plain text. A hub asks other hosts."""

    def __init__(
        self,
        settings: Settings,
        package_version: str,
        catalog: Catalog,
        *,
        text: Callable[[Request], Awaitable[Response]],
        is_hub: bool = False,
    ) -> None:
        self._catalog = catalog
        self._text = text
        self.static_version = assets.version(assets.find("static"))
        loader = FileSystemLoader(assets.find("templates"))
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False)
        self._globals = {
            "base": f"{settings.root_path}/",
            "static": f"{settings.root_path}/static/{self.static_version}/",
            "has_token": settings.token is not None,
            "has_users": any(user.password for user in settings.tables.users),
            "version": package_version,
            "is_hub": is_hub,
        }
        self.router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        self.router.api_route("/", methods=["GET", "HEAD"])(self.page)

    def _render(self, template: str, status: int, **values: object) -> HTMLResponse:
        text = self._templates.get_template(template).render(self._globals | values)
        return HTMLResponse(text, status, {"cache-control": "no-store"})

    async def page(self, request: Request) -> Response:
        """Return the page, or its lines to a client that accepts plain text.

        The page's state is in the query string, which the browser reads. The server uses it only for a preload hint.
        """
        if request.headers.get("accept", "").startswith("text/plain"):
            return await self._text(request)
        return self._render(
            "page.html",
            200,
            first=self._first(request),
            now=int(time.time() * 1000),
            signs_out=has_session(request),
            user=user_of(request).name,
        )

    def _first(self, request: Request) -> str | None:
        """Return the id of the source whose end the page requests first, quoted for a URL; None for another view."""
        chosen = request.query_params.getlist("source")
        if not _OTHER_VIEWS.isdisjoint(request.query_params) or len(chosen) > 1:
            return None
        open_ids = (source.id for source in self._catalog.visible_to(user_of(request)) if source.state == "open")
        first = chosen[0] if chosen else next(open_ids, None)
        return quote(first, safe="") if first else None

    def sign_in(
        self, *, wrong: bool, query: Sequence[tuple[str, str]], wait: int | None = None, busy: bool = False
    ) -> HTMLResponse:
        """Render the sign-in page. The arguments are those of ``SignInPage``."""
        minutes = None if wait is None else -(-wait // 60)
        status = 503 if busy else 429 if wait else 401
        return self._render("sign_in.html", status, wrong=wrong, query=query, minutes=minutes, busy=busy)
