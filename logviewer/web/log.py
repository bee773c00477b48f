"""The server's own log, on standard error: warnings for people, or one line for each event and request."""

import logging
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logviewer.errors import FileChangedError
from logviewer.settings import LogFormat
from logviewer.showable import one_line, visible, visible_json

_LOG = logging.getLogger("logviewer")
_REQUESTS = logging.getLogger("logviewer.requests")


def set_up(form: LogFormat | None) -> None:
    """Log requests and events in this form; with None, only warnings, as plain text."""
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
            return _TextLines("logviewer: %(message)s")


class _TextLines(logging.Formatter):
    """Formats a line for each event. The names of files cannot forge another one, nor control a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's)
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 (logging's)
        return visible(super().formatException(ei))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 (logging's)
        return _iso_time(record)


class JsonLines(logging.Formatter):
    """Formats a JSON object a line: time (ISO, UTC), level, logger, message, and request or exception if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its newline."""
        entry: dict[str, Any] = {
            "time": _iso_time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _valid(record.getMessage()),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            entry["exception"] = _valid(self.formatException(record.exc_info))
        return visible_json(orjson.dumps(entry)).decode()


def _valid(text: str) -> str:
    """Return a text that JSON can hold: names of files may not be UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _iso_time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class RequestLog:
    """Middleware that logs method, path, status and seconds of each request, never its query: it may hold a token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log it after its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int | None = None

        async def keep_status(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        start = time.perf_counter()
        try:
            await self._app(scope, receive, keep_status)
        finally:
            _log_request(scope, status, time.perf_counter() - start)


class AbortedResponses:
    """Middleware that logs a line when a file fails in the middle of a response.

    The status is sent by then, and a traceback would not help an operator.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; after a read error, leave the response without its end."""
        has_begun = False

        async def keep_begin(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, keep_begin)
        except (OSError, FileChangedError) as error:
            if not has_begun:
                raise
            _LOG.warning("%s broke off: %s", quote(scope["path"]), error)


def _log_request(scope: Scope, status: int | None, seconds: float) -> None:
    # Quote the path: it may hold newlines and control characters.
    method, path = scope["method"], quote(scope["path"])
    request = {"method": method, "path": path, "status": status, "seconds": round(seconds, 6)}
    _REQUESTS.info("%s %s (%s) in %.3f s", method, path, status or "no answer", seconds, extra={"request": request})
