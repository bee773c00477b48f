"""Checks the passwords of users, outside the event loop."""

import asyncio
from collections.abc import Sequence

from logviewer import password_hash
from logviewer.settings import User

_MAX_WAITING = 50


class BusyError(Exception):
    """Too many passwords wait for their check."""


class PasswordCheck:
    """Checks one password at a time, in a thread: each check takes much memory, and a whole CPU core."""

    def __init__(self, users: Sequence[User]) -> None:
        self._users = {user.name: user for user in users if user.password}
        self._waiting = 0
        self._lock = asyncio.Lock()

    async def user(self, name: str, password: str) -> User | None:
        """Return the user with this name and password, otherwise None. Raises BusyError."""
        user = self._users.get(name)
        # Hash also for an unknown name: otherwise the response time would reveal which names exist.
        checked = user or next(iter(self._users.values()), None)
        if checked is None or checked.password is None:
            return None
        if self._waiting >= _MAX_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            async with self._lock:
                is_right = await asyncio.to_thread(password_hash.verify_password, password, checked.password)
        finally:
            self._waiting -= 1
        return user if is_right else None
