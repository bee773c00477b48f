"""The server's own log on standard error: in words for people, or a line for each event and request."""

import logging
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.errors import FileChangedError
from logviewer.settings import LogFormat

_LOG = logging.getLogger("logviewer")
_REQUESTS = logging.getLogger("logviewer.requests")


def set_up(form: LogFormat | None) -> None:
    """Log in this form, with requests; without one, only warnings, in words."""
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(form))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    _REQUESTS.setLevel(logging.INFO if form else logging.WARNING)


def _formatter(form: LogFormat | None) -> logging.Formatter:
    match form:
        case "json":
            return JsonLines()
        case "text":
            return _TextLines("%(asctime)s %(levelname)s %(name)s: %(message)s")
        case None:
            return logging.Formatter("logviewer: %(message)s")


class _TextLines(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 (logging's)
        return _iso_time(record)


class JsonLines(logging.Formatter):
    """An object a line: time (ISO, UTC), level, logger and message; what a request was; an exception's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        told: dict[str, Any] = {
            "time": _iso_time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(told).decode()


def _iso_time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class RequestLog:
    """Logs each request once it is answered: method, path, status and seconds; never its query, which holds tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell of it when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int | None = None

        async def noting_status(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        begun = time.perf_counter()
        try:
            await self._app(scope, receive, noting_status)
        finally:
            _tell(scope, status, time.perf_counter() - begun)


class AbortedResponses:
    """Says in a line why an answer broke off: its status is told by then, and a traceback tells an operator nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if its files cannot be read to the end, leave the answer without one."""
        has_begun = False

        async def noting_begin(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting_begin)
        except (OSError, FileChangedError) as error:
            if not has_begun:
                raise
            _LOG.warning("%s broke off: %s", quote(scope["path"]), error)


def _tell(scope: Scope, status: int | None, seconds: float) -> None:
    # Quoted: a path may hold line ends and what a terminal would obey.
    method, path = scope["method"], quote(scope["path"])
    request = {"method": method, "path": path, "status": status, "seconds": round(seconds, 6)}
    _REQUESTS.info("%s %s (%s) in %.3f s", method, path, status or "no answer", seconds, extra={"request": request})
