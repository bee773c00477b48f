"""Checks the passwords of users, outside the event loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

from logviewer import password_hash
from logviewer.settings import User

# A check takes some tens of milliseconds: the last one waits for less than a second.
_MAX_WAITING = 8
_Waiter = tuple[int, int, asyncio.Future[None]]


class BusyError(Exception):
    """Too many passwords wait for their check."""


class PasswordCheck:
    """Checks one password at a time, in a thread: each check takes 64 MiB of memory, and all CPU cores.

    The lowest ``rank`` goes first. It is the number of attempts of an address: clients that guess let others pass.
    """

    def __init__(self, users: Sequence[User]) -> None:
        self._users = {user.name: user for user in users if user.password}
        self._turns = Turns()

    async def user(self, name: str, password: str, *, rank: int) -> User | None:
        """Return the user with this name and password, otherwise None. Raises BusyError."""
        user = self._users.get(name)
        # Hash also for an unknown name: otherwise the response time would reveal which names exist.
        checked = user or next(iter(self._users.values()), None)
        if checked is None or checked.password is None:
            return None
        async with self._turns.turn(rank):
            is_right = await asyncio.to_thread(password_hash.verify_password, password, checked.password)
        return user if is_right else None


class Turns:
    """One task at a time; at most eight wait. The lowest rank goes first, and the newest of equal ones.

    In a flood, a first come is served at once and the oldest is refused. The oldest first would let all wait too long.
    """

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: list[_Waiter] = []
        self._numbers = count(0, -1)

    @asynccontextmanager
    async def turn(self, rank: int) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises BusyError if too many others go first."""
        if self._is_taken:
            await self._wait(rank)
        self._is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, rank: int) -> None:
        waiter: _Waiter = (rank, next(self._numbers), asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if len(self._waiting) > _MAX_WAITING:
            last = max(self._waiting)
            self._waiting.remove(last)
            last[2].set_exception(BusyError())
        try:
            await waiter[2]
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif not waiter[2].cancelled() and not waiter[2].exception():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        self._is_taken = bool(self._waiting)
        if self._waiting:
            first = min(self._waiting)
            self._waiting.remove(first)
            first[2].set_result(None)
