"""Wrong tokens: delayed answers, counted by address, and the lockout after too many."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial

import pytest

from logviewer.web.auth.lockout import MAX_ATTEMPTS, Lockout
from logviewer.web.auth.passwords import BusyError
from logviewer.workers.shared_log import SharedLog
from tests.helpers.server import Server
from tests.helpers.sign_in import client_at, send_wrong_tokens, sign_in


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("failures") / "app.log"
    log.write_text("line\n")
    with Server(log) as running:
        yield running


def test_after_too_many_wrong_tokens_all_are_refused(server: Server) -> None:
    with client_at("127.0.0.2", server) as client:
        codes = [response.status_code for response in send_wrong_tokens(client, MAX_ATTEMPTS + 5)]
        assert (codes.count(401), codes.count(429)) == (MAX_ATTEMPTS, 5)
        refused = client.get("/api/sources", headers=server.headers)
        assert (refused.status_code, 500 < int(refused.headers["retry-after"]) <= 600) == (429, True)
        assert "too many failed sign-ins" in refused.json()["detail"]


def test_the_page_says_when_to_try_again(server: Server) -> None:
    with client_at("127.0.0.2", server) as client:
        send_wrong_tokens(client, MAX_ATTEMPTS)
        page = client.get("/", params={"token": "wrong", "source": "a"})
        assert (page.status_code, "retry-after" in page.headers) == (429, True)
        assert "Try again in 10 minutes" in page.text
        assert client.get("/").status_code == 401


def test_another_address_is_let_in(server: Server) -> None:
    with client_at("127.0.0.2", server) as client, client_at("127.0.0.3", server) as other:
        send_wrong_tokens(client, MAX_ATTEMPTS + 1)
        assert other.get("/api/sources", headers=server.headers).status_code == 200


def test_a_session_survives_the_lockout_of_its_address(server: Server) -> None:
    with client_at("127.0.0.2", server) as client, client_at("127.0.0.2", server) as guest:
        sign_in(client, server)
        send_wrong_tokens(guest, MAX_ATTEMPTS + 1)
        assert client.get("/api/sources").status_code == 200


def test_wrong_tokens_are_answered_later(server: Server) -> None:
    with client_at("127.0.0.2", server) as client:
        send_wrong_tokens(client, 8)
        started = time.monotonic()
        send_wrong_tokens(client)
        assert time.monotonic() - started > 0.7


def test_delays_grow_for_failed_attempts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    async def check() -> None:
        lockout = Lockout(SharedLog())
        for answer in [False] * 11 + [True]:
            await lockout.check("10.0.0.1", partial(returning, answer))

    async def returning(answer: bool) -> bool:
        return answer

    monkeypatch.setattr("logviewer.web.auth.lockout.asyncio.sleep", sleep)
    asyncio.run(check())
    assert delays == [0.1, 0.2, 0.4, 0.8, 1, 1]


def test_right_tokens_and_old_cookies_are_not_counted(server: Server) -> None:
    old = {"Cookie": f"logviewer-{server.port}=old"}
    with client_at("127.0.0.2", server) as client:
        for _ in range(MAX_ATTEMPTS + 5):
            assert client.get("/api/sources", headers=server.headers).status_code == 200
            assert client.get("/api/sources", headers=old).status_code == 401


def test_a_forwarded_address_is_not_trusted(server: Server) -> None:
    with client_at("127.0.0.9", server) as client:
        send_wrong_tokens(client, MAX_ATTEMPTS)
        headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3"}
        assert client.get("/api/sources", headers=headers).status_code == 429


def test_a_try_during_overload_is_not_counted() -> None:
    async def busy() -> bool:
        raise BusyError

    async def right() -> bool:
        return True

    async def try_again_and_again() -> bool:
        lockout = Lockout(SharedLog())
        for _ in range(MAX_ATTEMPTS + 1):
            with pytest.raises(BusyError):
                await lockout.check("10.0.0.1", busy)
        return await lockout.check("10.0.0.1", right)

    assert asyncio.run(try_again_and_again())
