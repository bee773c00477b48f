"""Counts events per address within a window of time."""

import ipaddress
import math
import time
from collections.abc import Callable
from hashlib import blake2b

_MAX_ADDRESSES = 10_000


class RateWindow:
    """Event counts of each address; its window of ``seconds`` begins with its first event.

    It holds at most 10,000 addresses and drops the oldest window first. An IPv6 network of 64 bits counts as one
    address, because one host usually owns all of it.
    """

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        # Start and count by address, oldest start first.
        self._windows: dict[str, tuple[float, int]] = {}

    def add(self, address: str, *, ago: float = 0) -> int:
        """Count an event, ``ago`` seconds in the past, and return the count of the address."""
        self._drop_expired()
        if ago >= self._seconds:
            return 0
        key = network(address)
        if key not in self._windows and len(self._windows) >= _MAX_ADDRESSES:
            del self._windows[next(iter(self._windows))]
        began, count = self._windows.get(key, (self._now() - ago, 0))
        self._windows[key] = (began, count + 1)
        return count + 1

    def take_back(self, address: str) -> None:
        """Uncount one event."""
        key = network(address)
        began, count = self._windows.get(key, (0.0, 0))
        if count > 1:
            self._windows[key] = (began, count - 1)
        else:
            self._windows.pop(key, None)

    def count(self, address: str) -> int:
        """Return the count of an address."""
        self._drop_expired()
        return self._windows.get(network(address), (0.0, 0))[1]

    def seconds_left(self, address: str) -> int:
        """Return the whole seconds until the window of an address ends, at least 1."""
        began, _ = self._windows.get(network(address), (self._now(), 0))
        return max(1, math.ceil(began + self._seconds - self._now()))

    def _drop_expired(self) -> None:
        expired = self._now() - self._seconds
        while self._windows and next(iter(self._windows.values()))[0] <= expired:
            del self._windows[next(iter(self._windows))]


def network(address: str) -> str:
    """Return the key of an address: itself for IPv4, its 64-bit network for IPv6, a short hash of any other text."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        # A proxy's header may hold any text, of any length.
        return blake2b(address.encode(errors="surrogateescape"), digest_size=12).hexdigest()
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
