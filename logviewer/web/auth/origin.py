"""Detects requests that a page of another origin made the browser send."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_foreign(request: Request, allowed: Collection[str]) -> bool:
    """Whether a page of another origin, outside ``allowed``, made the browser send this request.

    Following a link is allowed from any site. Programs and old browsers send none of these headers, and are allowed.
    """
    headers = request.headers
    if headers.get("origin") in allowed or _is_link(request):
        return False
    # Prefer the browser's verdict: a proxy may have changed the Host header. On plain HTTP there is no verdict.
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    return "origin" in headers and not _is_own(headers["origin"], headers)


def _is_link(request: Request) -> bool:
    headers = request.headers
    return (
        request.method == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _is_own(origin: str, headers: Headers) -> bool:
    try:
        parts = urlsplit(origin)
        own = urlsplit(f"{parts.scheme}://{headers.get('host', '')}")
        default = _DEFAULT_PORTS[parts.scheme]
        return (parts.hostname, parts.port or default) == (own.hostname, own.port or default)
    except (ValueError, KeyError):
        return False
