"""Static files, served from memory under a versioned path that browsers may cache forever."""

import gzip
import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from logviewer.web import bundle

# Each is bundled with its imports.
SCRIPTS = ("js/main.js", "js/net/stream-worker.js")
STYLES = ("css/main.css", "css/sign-in.css")
# The files of the sign-in page, served without signing in.
SIGN_IN = ("favicon.svg", "js/theme.js", "js/sign-in.js", "css/sign-in.css")

_HEADERS = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
# A smaller file fits into one packet anyway.
_MIN_GZIP_BYTES = 1400


class StaticFiles:
    """An ASGI app with the files below a directory, as they were at the start."""

    def __init__(self, directory: Path) -> None:
        paths = sorted(path for path in directory.rglob("*") if path.is_file())
        self.files = {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}
        texts = {name: data.decode() for name, data in self.files.items() if name.endswith((".js", ".css"))}
        self.files |= {name: bundle.script(texts, name).encode() for name in SCRIPTS}
        self.files |= {name: bundle.style(texts, name).encode() for name in STYLES}
        self._gzipped: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, compressed if the client accepts gzip. Raises HTTPException (404, 405)."""
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        data = self.files.get(name)
        if data is None:
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        headers = dict(_HEADERS)
        if len(data) > _MIN_GZIP_BYTES and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            data = self._gzip(name, data)
        media_type = mimetypes.guess_type(name)[0] or "text/plain"
        await Response(data, headers=headers, media_type=media_type)(scope, receive, send)

    def _gzip(self, name: str, data: bytes) -> bytes:
        if name not in self._gzipped:
            self._gzipped[name] = gzip.compress(data, 6, mtime=0)
        return self._gzipped[name]
