"""Wrong tokens: delayed answers, counted by address, and the lockout after too many."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logviewer.web.auth.credentials import is_strong
from logviewer.web.auth.lockout import MAX_ATTEMPTS, MAX_CLAIMED_ATTEMPTS, LockedOutError, Lockout
from logviewer.web.auth.passwords import BusyError
from logviewer.workers.shared_log import SharedLog
from tests.helpers.metrics import metric
from tests.helpers.server import Server
from tests.helpers.sign_in import client_at, configure_users, send_wrong_tokens, sign_in, sign_in_as

Serve = Callable[..., Server]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("failures") / "app.log"
    log.write_text("line\n")
    with Server(log, env={"LOGVIEWER_TOKEN": "short"}) as running:
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
        for is_right in [wrong] * 11 + [right]:
            await lockout.check("10.0.0.1", is_right)

    monkeypatch.setattr("logviewer.web.auth.lockout.asyncio.sleep", sleep)
    asyncio.run(check())
    assert delays == [0.1, 0.2, 0.4, 0.8, 1, 1]


def test_right_tokens_and_old_cookies_are_not_counted(server: Server) -> None:
    old = {"Cookie": f"logviewer-{server.port}=old"}
    with client_at("127.0.0.2", server) as client:
        for _ in range(MAX_ATTEMPTS + 5):
            assert client.get("/api/sources", headers=server.headers).status_code == 200
            assert client.get("/api/sources", headers=old).status_code == 401


# Strong tokens


def test_a_strong_token_is_always_let_in(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs)
    with client_at("127.0.0.2", server) as client:
        codes = [response.status_code for response in send_wrong_tokens(client, MAX_ATTEMPTS + 5)]
        assert codes == [401] * (MAX_ATTEMPTS + 5)
        assert metric(server, "sign_in_failures_total") == len(codes)
        assert client.get("/metrics", headers=server.headers).status_code == 200
        assert sign_in(client, server).status_code == 303


def test_a_strong_token_is_let_in_after_wrong_passwords(logs: Path, serve: Serve) -> None:
    server = serve("--config", configure_users(logs), "--token", "Zm9yIGEgdGVzdCBvbmx5IQ-x")
    with client_at("127.0.0.2", server) as client:
        for _ in range(MAX_ATTEMPTS):
            assert sign_in_as(client, "ada", "wrong").status_code in (401, 429)
        assert sign_in_as(client, "ada").status_code == 429
        assert client.get("/api/sources", headers=server.headers).status_code == 200


@pytest.mark.parametrize(
    ("token", "strong"),
    [
        ("_wvAbEMsSn6xJT5Qmt644Q", True),
        ("0e3af46f30f9c0cb57c73f9a87399b19", True),
        ("fb9130e09f3d3b5a", False),
        ("short", False),
        ("a" * 100, False),
        ("1234567890" * 3, False),
        ("correct horse battery", False),
    ],
)
def test_a_token_of_128_bits_is_strong(token: str, *, strong: bool) -> None:
    assert is_strong(token) is strong


# From other sites, and behind a proxy that is not named


def test_a_link_of_another_site_does_not_sign_in(server: Server) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    with client_at("127.0.0.2", server) as client:
        for token in ["wrong"] * MAX_ATTEMPTS + ["short"]:
            page = client.get("/", params={"token": token, "source": "a"}, headers=link)
            assert (page.status_code, "set-cookie" in page.headers, 'role="alert"' in page.text) == (401, False, False)
            assert 'name="source" value="a"' in page.text
        assert client.get("/", params={"token": "short"}).status_code == 303


def test_a_client_behind_an_unnamed_proxy_locks_only_itself_out(server: Server) -> None:
    with client_at("127.0.0.9", server) as proxy:
        proxy.headers["X-Forwarded-For"] = "10.1.2.3"
        send_wrong_tokens(proxy, MAX_ATTEMPTS)
        assert proxy.get("/api/sources", headers=server.headers).status_code == 429
        proxy.headers["X-Forwarded-For"] = "10.1.2.3, 10.1.2.4"
        assert proxy.get("/api/sources", headers=server.headers).status_code == 200
        del proxy.headers["X-Forwarded-For"]
        assert proxy.get("/api/sources", headers=server.headers).status_code == 200
    server.stop_in_time()
    assert server.process.stderr
    (line,) = server.process.stderr.read().splitlines()
    assert ("127.0.0.9" in line, "--trusted-proxy" in line) == (True, True)


def test_claimed_addresses_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_: float) -> None:
        pass

    async def attempt() -> None:
        lockout = Lockout(SharedLog())
        for number in range(MAX_CLAIMED_ATTEMPTS):
            await lockout.check("10.0.0.1", wrong, claimed=f"10.1.0.{number}")
        with pytest.raises(LockedOutError):
            await lockout.check("10.0.0.1", right, claimed="another")
        assert await lockout.check("10.0.0.1", right)
        assert await lockout.check("10.0.0.2", right, claimed="another")

    monkeypatch.setattr("logviewer.web.auth.lockout.asyncio.sleep", sleep)
    asyncio.run(attempt())


async def right(_: int) -> bool:
    return True


async def wrong(_: int) -> bool:
    return False


def test_a_try_during_overload_is_not_counted() -> None:
    async def busy(_: int) -> bool:
        raise BusyError

    async def try_again_and_again() -> bool:
        lockout = Lockout(SharedLog())
        for _ in range(MAX_ATTEMPTS + 1):
            with pytest.raises(BusyError):
                await lockout.check("10.0.0.1", busy)
        return await lockout.check("10.0.0.1", right)

    assert asyncio.run(try_again_and_again())
