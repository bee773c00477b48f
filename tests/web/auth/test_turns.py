"""The order in which passwords are checked: fair while strangers guess."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from logviewer.web.auth.passwords import BusyError, Turns
from tests.bench.process import memory
from tests.helpers.server import Server, until
from tests.helpers.sign_in import client_at, configure_users, sign_in_as

Serve = Callable[..., Server]
STRANGERS = 50
CHECK_BYTES = 64 * 1024 * 1024


async def take_turns(turns: Turns, ranks: list[int]) -> tuple[list[int], list[int]]:
    """Let tasks of these ranks wait for one that holds the turn; return the ranks in their order, and the refused."""
    done: list[int] = []
    refused: list[int] = []

    async def take(rank: int) -> None:
        try:
            async with turns.turn(rank):
                await asyncio.sleep(0)
                done.append(rank)
        except BusyError:
            refused.append(rank)

    async with asyncio.TaskGroup() as group:
        for rank in ranks:
            group.create_task(take(rank))
    return done, refused


def test_the_fewest_attempts_go_first() -> None:
    assert asyncio.run(take_turns(Turns(), [5, 4, 3, 1, 2])) == ([5, 1, 2, 3, 4], [])


def test_too_many_attempts_let_others_in() -> None:
    done, refused = asyncio.run(take_turns(Turns(), [9] * 9 + [9, 1]))
    assert (done, refused) == ([9, 1] + [9] * 7, [9, 9])


def test_a_client_that_leaves_passes_its_turn_on() -> None:
    async def leave() -> list[int]:
        turns = Turns()
        async with turns.turn(1):
            waiting = [asyncio.create_task(take_turns(turns, [rank])) for rank in (1, 2, 3)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            waiting[1].cancel()
        # The first one has its turn, but has not run yet.
        waiting[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        return (await waiting[2])[0]

    assert asyncio.run(leave()) == [3]


def test_a_right_password_is_let_in_among_strangers(logs: Path, serve: Serve) -> None:
    server = serve("--config", configure_users(logs))
    stop = threading.Event()
    failures = 0

    def guess(address: str) -> None:
        nonlocal failures
        with client_at(address, server) as client:
            while not stop.is_set():
                response = sign_in_as(client, "ada", "wrong")
                assert response.status_code in (401, 429, 503)
                assert response.status_code == 401 or int(response.headers["retry-after"]) > 0
                # A person sees the form again, with the reason.
                assert response.status_code != 503 or "Too many others are signing in." in response.text
                failures += 1

    with ExitStack() as stack:
        threads = [threading.Thread(target=guess, args=(f"127.0.1.{each + 1}",)) for each in range(STRANGERS)]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(stop.set)
        until(lambda: failures > STRANGERS)
        before = failures
        with client_at("127.0.2.1", server) as client:
            assert 303 in (sign_in_as(client, "ada").status_code for _ in range(3))
        # The strangers' other attempts are refused at once.
        assert before < failures
        assert memory(server.process.pid).rss < 4 * CHECK_BYTES
