"""Callers in this process: they have no connection, and are users who may see all sources."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from logviewer.hosts.api import IS_OPEN
from logviewer.settings import ANONYMOUS
from logviewer.web.auth.current_user import set_user
from logviewer.web.http.connections import keep_connection


@dataclass(frozen=True, slots=True)
class _Caller:
    """What takes the place of a connection; see ``RequestConnection``."""

    is_there: Callable[[], bool]

    @property
    def is_open(self) -> bool:
        """Whether the caller is there."""
        return self.is_there()

    def sign_in(self) -> None:
        """Do nothing: no limit counts it."""

    def abort(self) -> bool:
        """Return False: the caller ends its call."""
        return False


class InProcess:
    """Middleware for an application that only ``hosts/api.py`` calls."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the call as that of a user who may see all sources."""
        if scope["type"] == "http":
            keep_connection(scope["state"], _Caller(scope[IS_OPEN]))
            set_user(Request(scope), ANONYMOUS)
        await self._app(scope, receive, send)
