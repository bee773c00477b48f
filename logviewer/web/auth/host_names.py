"""Host names of the server: another name may be a foreign page's, rebound to this address."""

import ipaddress
import socket
from collections.abc import Iterable

from starlette.datastructures import Headers


class HostNames:
    """``localhost``, the machine's own name and the names of ``--allow-host``."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._names = {"localhost", socket.gethostname().lower(), *(name.lower() for name in allowed)}

    def allow(self, headers: Headers) -> bool:
        """Whether the Host header has one of the names, or an IP address: an address cannot be rebound by DNS."""
        given = headers.get("host", "").lower()
        host = given.rpartition("]")[0].lstrip("[") if given.startswith("[") else given.partition(":")[0]
        return host in self._names or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
