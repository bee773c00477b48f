"""Wrong tokens: delayed answers, counted by address, and the lockout after too many."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial

import pytest

from logviewer.web.auth.lockout import MAX_TRIES, Lockout
from logviewer.web.auth.passwords import BusyError
from logviewer.web.http.rate_window import RateWindow
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
        codes = [response.status_code for response in send_wrong_tokens(client, MAX_TRIES + 5)]
        assert (codes.count(401), codes.count(429)) == (MAX_TRIES, 5)
        refused = client.get("/api/sources", headers=server.headers)
        assert (refused.status_code, 500 < int(refused.headers["retry-after"]) <= 600) == (429, True)
        assert "too many failed sign-ins" in refused.json()["detail"]


def test_the_page_says_when_to_try_again(server: Server) -> None:
    with client_at("127.0.0.2", server) as client:
        send_wrong_tokens(client, MAX_TRIES)
        page = client.get("/", params={"token": "wrong", "source": "a"})
        assert (page.status_code, "retry-after" in page.headers) == (429, True)
        assert "Try again in 10 minutes" in page.text
        assert client.get("/").status_code == 401


def test_another_address_is_let_in(server: Server) -> None:
    with client_at("127.0.0.2", server) as client, client_at("127.0.0.3", server) as other:
        send_wrong_tokens(client, MAX_TRIES + 1)
        assert other.get("/api/sources", headers=server.headers).status_code == 200


def test_a_session_survives_the_lockout_of_its_address(server: Server) -> None:
    with client_at("127.0.0.2", server) as client, client_at("127.0.0.2", server) as guest:
        sign_in(client, server)
        send_wrong_tokens(guest, MAX_TRIES + 1)
        assert client.get("/api/sources").status_code == 200


def test_wrong_tokens_are_answered_later(server: Server) -> None:
    with client_at("127.0.0.2", server) as client:
        send_wrong_tokens(client, 8)
        started = time.monotonic()
        send_wrong_tokens(client)
        assert time.monotonic() - started > 0.7


def test_delays_grow_for_wrong_tries_only(monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    async def judge() -> None:
        lockout = Lockout(SharedLog())
        for answer in [False] * 11 + [True]:
            await lockout.judge("10.0.0.1", partial(returning, answer))

    async def returning(answer: bool) -> bool:
        return answer

    monkeypatch.setattr("logviewer.web.auth.lockout.asyncio.sleep", sleep)
    asyncio.run(judge())
    assert delays == [0.1, 0.2, 0.4, 0.8, 1, 1]


def test_right_tokens_and_old_cookies_are_not_counted(server: Server) -> None:
    old = {"Cookie": f"logviewer-{server.port}=old"}
    with client_at("127.0.0.2", server) as client:
        for _ in range(MAX_TRIES + 5):
            assert client.get("/api/sources", headers=server.headers).status_code == 200
            assert client.get("/api/sources", headers=old).status_code == 401


def test_a_forwarded_address_is_not_trusted(server: Server) -> None:
    with client_at("127.0.0.9", server) as client:
        send_wrong_tokens(client, MAX_TRIES)
        headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3"}
        assert client.get("/api/sources", headers=headers).status_code == 429


def test_a_try_during_overload_is_not_counted() -> None:
    async def busy() -> bool:
        raise BusyError

    async def right() -> bool:
        return True

    async def try_again_and_again() -> bool:
        failures = Lockout(SharedLog())
        for _ in range(MAX_TRIES + 1):
            with pytest.raises(BusyError):
                await failures.judge("10.0.0.1", busy)
        return await failures.judge("10.0.0.1", right)

    assert asyncio.run(try_again_and_again())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_window_ends_after_its_time() -> None:
    clock = Clock()
    windows = RateWindow(60, now=clock)
    assert [windows.add("a"), windows.add("a"), windows.add("b")] == [1, 2, 1]
    clock.now = 59.5
    assert (windows.count("a"), windows.seconds_left("a")) == (2, 1)
    clock.now = 60
    assert (windows.count("a"), windows.add("a")) == (0, 1)


def test_a_late_report_counts_from_its_time() -> None:
    clock = Clock()
    windows = RateWindow(60, now=clock)
    assert [windows.add("a", ago=50), windows.add("b", ago=60)] == [1, 0]
    assert windows.seconds_left("a") == 10
    clock.now = 10
    assert windows.count("a") == 0


def test_a_withdrawn_try_is_not_counted() -> None:
    windows = RateWindow(60)
    windows.add("a")
    windows.add("a")
    windows.take_back("a")
    assert windows.count("a") == 1
    windows.take_back("a")
    windows.take_back("a")
    assert windows.count("a") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "10.0.0.1", False),
    ],
)
def test_the_network_of_one_host_is_one_address(one: str, other: str, *, same: bool) -> None:
    windows = RateWindow(60)
    windows.add(one)
    assert (windows.count(other) == 1) is same


def test_the_memory_of_addresses_is_bounded() -> None:
    windows = RateWindow(60)
    for number in range(10_001):
        windows.add(str(number))
    assert [windows.count(str(number)) for number in (0, 1, 10_000)] == [0, 1, 1]
