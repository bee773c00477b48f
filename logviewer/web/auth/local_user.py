"""The user of the process at the other end of a connection within this machine."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_TABLES = Path("/proc/self/net")
_ESTABLISHED = "01"
_ROOT = 0


def is_own(scope: Mapping[str, Any]) -> bool:
    """Return whether a request comes from a process of this server's user or of root; True where no table says it.

    A client on another machine, or behind a proxy, is in no table.
    """
    client, server = scope.get("client"), scope.get("server")
    if not client or not server:
        return False
    users = users_of(client[1], server[1])
    return users is None or (bool(users) and users <= {os.geteuid(), _ROOT})


def users_of(client: int, server: int, tables: Path = _TABLES) -> set[int] | None:
    """Return the users of the open connections from one port to another one; None on a system without such tables."""
    found = None
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), (tables / name).open(encoding="ascii") as table:
            found = (found or set()) | set(_users(table, f":{client:04X}", f":{server:04X}"))
    return found


def _users(table: Iterator[str], client: str, server: str) -> Iterator[int]:
    for line in table:
        _, local, remote, state, _, _, _, user, *_ = line.split()
        if local.endswith(client) and remote.endswith(server) and state == _ESTABLISHED:
            yield int(user)
