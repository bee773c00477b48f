"""Headers of trusted proxies: the client's address, scheme and user name. From other peers they are ignored."""

import ipaddress
import math
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from logviewer.settings import Settings
from logviewer.web.http.connections import UNIX
from logviewer.web.http.throttled_warning import ThrottledWarning

_REMOTE_USER = "logviewer.remote-user"
_CLAIMED_ADDRESS = "logviewer.claimed-address"


def remote_user(request: Request) -> str | None:
    """Return the user name that a trusted proxy sent with the request."""
    name: str | None = request.scope[_REMOTE_USER]
    return name


def claimed_address(request: Request) -> str:
    """Return the last address in ``X-Forwarded-For`` of a peer that is not a trusted proxy; any text, or empty."""
    address: str = request.scope[_CLAIMED_ADDRESS]
    return address


class TrustedProxy:
    """Middleware that sets the client's address and scheme from ``X-Forwarded-*``, and stores the user name.

    The name comes from the header of ``--auth-header``.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        # Uvicorn declares the ASGI types anew.
        trusted = [*settings.trusted_proxy, *([UNIX] if settings.uds else [])]
        self._app = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), trusted))
        # Permissions of the file keep others from a Unix socket.
        self._trusts_all = settings.uds is not None
        self._networks = [ipaddress.ip_network(each) for each in settings.trusted_proxy]
        self._header = settings.auth_header
        # Once: any client can send the header.
        self._unnamed = ThrottledWarning(
            "%s sends X-Forwarded-For and is no --trusted-proxy; all its clients count as one address",
            seconds=math.inf,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the client's data in its scope."""
        if scope["type"] == "http":
            address, port = scope.get("client") or (UNIX, 0)
            peer = _address(address)
            headers, is_trusted = Headers(scope=scope), self._is_trusted(peer)
            name = self._name(headers) if is_trusted else None
            claimed = "" if is_trusted else headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            if claimed:
                self._unnamed.add(peer or "a peer")
            scope = {**scope, "client": (str(peer or address), port), _REMOTE_USER: name, _CLAIMED_ADDRESS: claimed}
        await self._app(scope, receive, send)

    def _is_trusted(self, peer: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
        return self._trusts_all or (peer is not None and any(peer in network for network in self._networks))

    def _name(self, headers: Headers) -> str | None:
        names = headers.getlist(self._header) if self._header else []
        # A proxy that only adds its header leaves a forged one of the client beside it: trust neither.
        return names[0].encode("latin-1").decode(errors="replace").strip() or None if len(names) == 1 else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address, an IPv4-mapped one as IPv4; None for any other text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address
