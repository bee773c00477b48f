"""The page as plain text: the lines that a browser shows under the same URL."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from logviewer.web.api.lookup import Lookup
from logviewer.web.api.stream import StreamRoutes
from logviewer.web.auth.current_user import user_of
from logviewer.web.parameters import CHOICE, MAX_LINES, StreamParameters, parameter_names, repeatable_parameters

_NAMES = parameter_names(StreamParameters)
_REPEATABLE = repeatable_parameters(StreamParameters)


class PageText:
    """Answers requests for ``/`` that accept ``text/plain``."""

    def __init__(self, lookup: Lookup, routes: StreamRoutes) -> None:
        self._lookup = lookup
        self._routes = routes

    async def __call__(self, request: Request) -> Response:
        """Return all lines that match the query of the URL; without a query, the last 5,000.

        Parameters that only the page uses are ignored. Raises as ``/api/stream``.
        """
        params, user = request.query_params, user_of(request)
        given: dict[str, Any] = {
            name: params.getlist(name) if name in _REPEATABLE else params[name] for name in _NAMES if name in params
        }
        if CHOICE.isdisjoint(given):
            given["source"] = [each.id for each in self._lookup.visible_to(user) if each.state == "open"][:1]
        try:
            parameters = StreamParameters.model_validate({"follow": False, **given, "format": "text"})
        except ValidationError as error:
            raise RequestValidationError(
                [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
            ) from error
        if "from" not in params:
            parameters.begin = "start" if self._lookup.line_filter(parameters) else f"-{MAX_LINES}"
        return await self._routes.stream(request, parameters, user)
