"""How often something happened at each address within a span of time."""

import ipaddress
import math
import time
from collections.abc import Callable

_ADDRESSES = 10_000


class RateWindow:
    """Counts in a window of ``seconds`` for each address, which begins with the first time that something happens.

    At most 10,000 addresses are remembered; an IPv6 network of 64 bits is one address, since one host has all of it.
    """

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        # In the order in which the windows began.
        self._windows: dict[str, tuple[float, int]] = {}

    def add(self, address: str, *, ago: float = 0) -> int:
        """Count it, as of so many seconds ago, and return how often it happened."""
        self._forget()
        if ago >= self._seconds:
            return 0
        key = network(address)
        if key not in self._windows and len(self._windows) >= _ADDRESSES:
            del self._windows[next(iter(self._windows))]
        began, count = self._windows.get(key, (self._now() - ago, 0))
        self._windows[key] = (began, count + 1)
        return count + 1

    def take_back(self, address: str) -> None:
        """Count one less: it did not happen."""
        key = network(address)
        began, count = self._windows.get(key, (0.0, 0))
        if count > 1:
            self._windows[key] = (began, count - 1)
        else:
            self._windows.pop(key, None)

    def count(self, address: str) -> int:
        """How often it happened."""
        self._forget()
        return self._windows.get(network(address), (0.0, 0))[1]

    def seconds_left(self, address: str) -> int:
        """When the window ends, in whole seconds from now, at least one."""
        began, _ = self._windows.get(network(address), (self._now(), 0))
        return max(1, math.ceil(began + self._seconds - self._now()))

    def _forget(self) -> None:
        expired = self._now() - self._seconds
        while self._windows and next(iter(self._windows.values()))[0] <= expired:
            del self._windows[next(iter(self._windows))]


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
