"""Names and passwords of users, checked where they keep nobody else waiting."""

import asyncio
from collections.abc import Sequence

from logviewer import password_hash
from logviewer.settings import User

_MOST_WAITING = 50


class BusyError(Exception):
    """So many passwords wait to be checked that another one would wait for too long."""


class PasswordCheck:
    """Checks one password at a time, in a thread: each takes much memory, and a processor for itself."""

    def __init__(self, users: Sequence[User]) -> None:
        self._users = {user.name: user for user in users if user.password}
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def user(self, name: str, password: str) -> User | None:
        """The user of this name if the password is right. Raises BusyError."""
        user = self._users.get(name)
        # As much work for a name that there is not: or else the time would tell.
        against = user or next(iter(self._users.values()), None)
        if against is None or against.password is None:
            return None
        if self._waiting >= _MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            async with self._turn:
                is_right = await asyncio.to_thread(password_hash.verify_password, password, against.password)
        finally:
            self._waiting -= 1
        return user if is_right else None
