"""Names of hosts and hubs, their form in subjects, and the addresses that they dial."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self

DEFAULT_PORT = 4222
"""The usual port of NATS."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^:\[\]\s/@]*))(?::(?P<port>\d{1,5}))?")


def check_name(name: str) -> str:
    """Return the name of a host or a hub. Raises ValueError for a name that no subject can hold."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name of a host; use 1 to 64 letters, digits and . _ -")
    return name


def token(name: str) -> str:
    """Return a name as one token of a subject; the dot separates tokens."""
    return name.replace(".", "%2E")


def name_of(token: str) -> str:
    """Return the name of a token. Raises ValueError for a token that is not of a name."""
    return check_name(token.replace("%2E", "."))


@dataclass(frozen=True, slots=True)
class Address:
    """A host, which may be an IPv6 address, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HOST:PORT``, ``[IPV6]:PORT``, or either without a port. Raises ValueError."""
        match = _ADDRESS.fullmatch(text)
        host = match and (match["v6"] or match["host"])
        port = int(match["port"] or DEFAULT_PORT) if match else 0
        if not host or port > 65535:
            raise ValueError(f"{text!r} is not an address; write HOST:PORT or [IPV6]:PORT")
        return cls(host, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the address."""
        ip = self._ip()
        return ip.is_loopback if ip else self.host == "localhost"

    @property
    def is_wildcard(self) -> bool:
        """Whether the address stands for all addresses of this machine."""
        ip = self._ip()
        return bool(ip and ip.is_unspecified)

    def local_url(self, *, tls: bool) -> str:
        """Return the URL at which this machine reaches a server that listens here."""
        host = self.host
        if self.is_wildcard:
            host = "::1" if ":" in host else "127.0.0.1"
        return f"{'tls' if tls else 'nats'}://{Address(host, self.port)}"

    def _ip(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None
