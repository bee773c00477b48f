"""Static files from memory, under a path that changes with them, so that browsers may keep them for ever."""

import gzip
import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from logviewer.web import bundle

# Each comes with all that it imports.
SCRIPTS = ("js/main.js", "js/net/stream-worker.js")
STYLES = ("css/main.css", "css/sign-in.css")
# What the page for signing in is made of; only these are for everybody.
SIGN_IN = ("favicon.svg", "js/theme.js", "js/sign-in.js", "css/sign-in.css")

_HEADERS = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
# Below this a file fits one packet anyway.
_WORTH_BYTES = 1400


class StaticFiles:
    """All files below a directory, as they were at the start."""

    def __init__(self, directory: Path) -> None:
        paths = sorted(path for path in directory.rglob("*") if path.is_file())
        self.files = {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}
        texts = {name: data.decode() for name, data in self.files.items() if name.endswith((".js", ".css"))}
        self.files |= {name: bundle.script(texts, name).encode() for name in SCRIPTS}
        self.files |= {name: bundle.style(texts, name).encode() for name in STYLES}
        self._zipped: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file, compressed for who can take it; raises HTTPException for any other path."""
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        data = self.files.get(name)
        if data is None:
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        headers = dict(_HEADERS)
        if len(data) > _WORTH_BYTES and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            data = self._zip(name, data)
        media_type = mimetypes.guess_type(name)[0] or "text/plain"
        await Response(data, headers=headers, media_type=media_type)(scope, receive, send)

    def _zip(self, name: str, data: bytes) -> bytes:
        if name not in self._zipped:
            self._zipped[name] = gzip.compress(data, 6, mtime=0)
        return self._zipped[name]
