"""The connections of one server, counted by network: strangers cannot take all memory or all descriptors.

A connection is a stranger's until a request on it has signed in. Strangers have limits of their own: each of them can
hold up to some 100 KB. At a limit, the oldest connection of a stranger makes room for the new one, so that a client
that signs in at once always finds a place; without strangers, one of a user that waits for its next request.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

from logviewer.web.http.rate_window import network
from logviewer.web.http.throttled_warning import ThrottledWarning

# Together they hold at most some 100 MB.
MAX_STRANGERS = 1000
_CONNECTION = "logviewer.connection"
UNIX = "unix"
"""The address of all clients of a Unix socket."""


class Connection(Protocol):
    """A connection that can be closed to make room."""

    def waits_for_request(self) -> bool:
        """Whether no request is being answered, so closing loses nothing."""

    def abort(self) -> bool:
        """Close the connection at once; return False if it cannot be closed yet."""


class Connections:
    """At most ``limit`` connections, and at most half of them from one network; the same for those of strangers.

    ``limit // 2`` connections, and at most 1,000, are strangers'.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._max_strangers = max(1, min(MAX_STRANGERS, limit // 2))
        self.burst = max(1, self._max_strangers // 16)
        """How many new connections at once close no other one of them before its request is read."""
        self._networks: dict[Connection, str] = {}
        # By network, oldest first.
        self._strangers: dict[str, dict[Connection, None]] = {}
        self._users: dict[str, dict[Connection, None]] = {}
        self._stranger_count = 0
        self.closed = 0
        """How many connections were closed for others."""
        self._refusals = ThrottledWarning(f"too many connections (limit {limit}); refused one from %s")

    def add(self, connection: Connection, address: str) -> bool:
        """Count a new connection; return False if there is no room for it."""
        key = network(address)
        strangers, users = self._strangers.get(key, {}), self._users.get(key, {})
        if len(strangers) >= max(1, self._max_strangers // 2):
            has_room = self._close_one(strangers)
        elif len(strangers) + len(users) >= max(1, self._limit // 2):
            has_room = self._close_one(strangers) or self._close_one(users, are_users=True)
        elif self._stranger_count >= self._max_strangers:
            has_room = self._close_one(_most(self._strangers))
        elif len(self._networks) >= self._limit:
            has_room = self._close_one(_most(self._strangers)) or self._close_one(_most(self._users), are_users=True)
        else:
            has_room = True
        if not has_room:
            self._refusals.add(address)
            return False
        self._networks[connection] = key
        self._strangers.setdefault(key, {})[connection] = None
        self._stranger_count += 1
        return True

    def sign_in(self, connection: Connection) -> None:
        """Count a connection as that of a user from now on."""
        key = self._networks.get(connection, "")
        if connection in self._strangers.get(key, ()):
            _discard(self._strangers, key, connection)
            self._stranger_count -= 1
            self._users.setdefault(key, {})[connection] = None

    def remove(self, connection: Connection) -> None:
        """Uncount a connection that is closed."""
        self.sign_in(connection)
        if (key := self._networks.pop(connection, None)) is not None:
            _discard(self._users, key, connection)

    def _close_one(self, some: dict[Connection, None], *, are_users: bool = False) -> bool:
        """Close the oldest connection that waits for a request; of strangers the oldest one, if none waits."""
        waiting = (each for each in some if each.waits_for_request())
        oldest = next(waiting, None) or (None if are_users else next(iter(some), None))
        if oldest is None or not oldest.abort():
            return False
        self.remove(oldest)
        self.closed += 1
        return True


def _most(networks: Mapping[str, dict[Connection, None]]) -> dict[Connection, None]:
    return max(networks.values(), key=len, default={})


def _discard(networks: dict[str, dict[Connection, None]], key: str, connection: Connection) -> None:
    del networks[key][connection]
    if not networks[key]:
        del networks[key]


class RequestConnection(Protocol):
    """The connection of a request."""

    @property
    def is_open(self) -> bool:
        """Whether the client is there. Any thread may ask."""

    def sign_in(self) -> None:
        """Count the connection as that of a user."""

    def abort(self) -> bool:
        """Close the connection at once; return False if it cannot be closed yet."""


def keep_connection(state: MutableMapping[str, Any], connection: RequestConnection) -> None:
    """Store the connection of a request in the state of its scope."""
    state[_CONNECTION] = connection


def sign_in(state: MutableMapping[str, Any]) -> None:
    """Count the connection of a request as that of a user."""
    connection: RequestConnection | None = state.get(_CONNECTION)
    if connection:
        connection.sign_in()


def is_open(state: Mapping[str, Any]) -> bool:
    """Whether the client of a request is there. Any thread may ask."""
    connection: RequestConnection | None = state.get(_CONNECTION)
    return connection is None or connection.is_open


def abort(state: MutableMapping[str, Any]) -> None:
    """Close the connection of a request at once."""
    connection: RequestConnection | None = state.get(_CONNECTION)
    if connection:
        connection.abort()
