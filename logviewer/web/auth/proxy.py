"""What a proxy says of a client: believed from the addresses that were named, ignored from all others."""

import ipaddress
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from logviewer.settings import Settings

_REMOTE_USER = "logviewer.remote-user"


def remote_user(request: Request) -> str | None:
    """The name that a trusted proxy gave to whoever sent this."""
    name: str | None = request.scope[_REMOTE_USER]
    return name


class TrustedProxy:
    """Takes the client's address and scheme from ``X-Forwarded-*``, and its name from the header of the settings."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        # The same protocol, in types of uvicorn's own.
        self._inside = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), list(settings.trusted_proxy)))
        self._networks = [ipaddress.ip_network(each) for each in settings.trusted_proxy]
        self._header = settings.auth_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on with what is known of the client."""
        if scope["type"] == "http":
            address, port = scope.get("client") or ("", 0)
            peer = _address(address)
            name = self._name(Headers(scope=scope)) if self._is_trusted(peer) else None
            scope = {**scope, "client": (str(peer or address), port), _REMOTE_USER: name}
        await self._inside(scope, receive, send)

    def _is_trusted(self, peer: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
        return peer is not None and any(peer in network for network in self._networks)

    def _name(self, headers: Headers) -> str | None:
        names = headers.getlist(self._header) if self._header else []
        # A second one is what the client itself has sent, if the proxy only adds its own.
        return names[0].encode("latin-1").decode(errors="replace").strip() or None if len(names) == 1 else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, as one of IPv4 where it is just written as one of IPv6."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address
