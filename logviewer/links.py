"""The URLs that open the page of a server."""

from urllib.parse import quote

from logviewer.settings import Settings


def with_token(settings: Settings) -> str:
    """Return the URL to open, with the token if there is one."""
    return _url(settings, f"?token={quote(settings.token, safe='')}" if settings.token else "")


def with_code(settings: Settings, code: str) -> str:
    """Return the URL for the command line of a browser, which all users of the machine can read."""
    return _url(settings, f"?once={code}" if settings.token else "")


def _url(settings: Settings, query: str) -> str:
    if settings.uds:
        return f"http://unix:{settings.uds}:{settings.root_path}/{query}"
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 (not bound here)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    scheme = "https" if settings.ssl_certfile else "http"
    return f"{scheme}://{host}:{settings.port}{settings.root_path}/{query}"
