"""Users that a trusted proxy names."""

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from logviewer.web.auth.lockout import MAX_ATTEMPTS
from tests.helpers.command import assert_refused, run
from tests.helpers.server import TIMEOUT, Server
from tests.helpers.sign_in import client_at, configure_users, cookie_of, send_wrong_tokens, sign_in_as, source_names

Serve = Callable[..., Server]
PROXY = ("--auth-header", "X-Remote-User", "--trusted-proxy", "127.0.0.2")


@pytest.fixture
def proxied(logs: Path, serve: Serve) -> Server:
    (logs / "app.log").write_text("line\n")
    return serve(*PROXY, logs)


def status(server: Server, address: str, *names: str, path: str = "/api/sources") -> int:
    """Return the status of a request from this address with these names in the header."""
    with client_at(address, server) as client:
        return client.get(path, headers=[("X-Remote-User", name) for name in names]).status_code


def test_only_the_proxy_sets_the_user(proxied: Server) -> None:
    assert status(proxied, "127.0.0.2", "ada") == 200
    assert status(proxied, "127.0.0.2", "ada", path="/") == 200
    assert status(proxied, "127.0.0.1", "ada") == 401
    assert status(proxied, "127.0.0.3", "ada", path="/") == 401


@pytest.mark.parametrize("given", [[], [""], ["ada", "root"], ["ada", "ada"]])
def test_exactly_one_user_name_is_needed(proxied: Server, given: Sequence[str]) -> None:
    with client_at("127.0.0.2", proxied) as client:
        headers = [(b"X-Remote-User", name.encode()) for name in given]
        assert client.get("/api/sources", headers=headers).status_code == 401


def test_a_forwarded_address_is_not_the_proxy(proxied: Server) -> None:
    with client_at("127.0.0.1", proxied) as client:
        forged = {"X-Remote-User": "ada", "X-Forwarded-For": "127.0.0.2", "X-Real-IP": "127.0.0.2"}
        assert client.get("/api/sources", headers=forged).status_code == 401


def test_the_user_counts_with_any_forwarded_address(proxied: Server) -> None:
    with client_at("127.0.0.2", proxied) as client:
        headers = {"X-Remote-User": "ada", "X-Forwarded-For": "10.1.2.3"}
        assert client.get("/api/sources", headers=headers).status_code == 200


def test_the_page_refers_to_the_proxy(proxied: Server) -> None:
    assert proxied.token == ""
    page = httpx.get(proxied.base, trust_env=False, timeout=TIMEOUT)
    assert (page.status_code, "behind a proxy" in page.text, "<form" in page.text) == (401, True, False)


def test_every_address_of_a_proxy_network_is_trusted(logs: Path, serve: Serve) -> None:
    server = serve("--auth-header", "X-Remote-User", "--trusted-proxy", "127.0.0.8/29", "--trusted-proxy", "::1", logs)
    found = [status(server, f"127.0.0.{last}", "ada") for last in (7, 8, 15, 16)]
    assert found == [401, 200, 200, 401]


def test_users_by_name_see_their_sources(logs: Path, serve: Serve) -> None:
    file = configure_users(logs)
    file.write_text(file.read_text() + '[[users]]\nname = "zoë"\nsources = "mail.log"\n')
    server = serve("--config", file, *PROXY)
    with client_at("127.0.0.2", server) as client:
        for name, seen in {"ada": ["app.log"], "zoë": ["mail.log"]}.items():
            client.headers = httpx.Headers([(b"X-Remote-User", name.encode())])
            assert source_names(client) == seen
        client.headers = httpx.Headers({"X-Remote-User": "eve"})
        refused = client.get("/api/sources")
        assert (refused.status_code, "'eve'" in refused.json()["detail"]) == (403, True)
    assert sign_in_as(server.client, "zoë", "").status_code == 401
    assert sign_in_as(server.client, "ada").status_code == 303


def test_a_token_still_signs_in(logs: Path, serve: Serve) -> None:
    server = serve(*PROXY, "--token", "kept", logs)
    assert server.get("/api/sources").status_code == 200
    assert status(server, "127.0.0.1", "ada") == 401


def test_wrong_tokens_count_for_the_client_behind_the_proxy(logs: Path, serve: Serve) -> None:
    server = serve("--token", "kept", "--trusted-proxy", "127.0.0.2", logs)
    with client_at("127.0.0.2", server) as proxy:
        proxy.headers["X-Forwarded-For"] = "10.0.0.1"
        assert [each.status_code for each in send_wrong_tokens(proxy, MAX_ATTEMPTS + 1)].count(429) == 1
        proxy.headers["X-Forwarded-For"] = "10.0.0.1, 10.0.0.2"
        assert proxy.get("/api/sources", headers={"Authorization": "Bearer kept"}).status_code == 200


def test_the_cookie_is_secure_behind_https(logs: Path, serve: Serve) -> None:
    server = serve("--token", "kept", "--trusted-proxy", "127.0.0.2", logs)
    for address, secure in {"127.0.0.2": True, "127.0.0.1": False}.items():
        with client_at(address, server) as client:
            entered = client.get("/", params={"token": "kept"}, headers={"X-Forwarded-Proto": "https"})
            assert bool(cookie_of(entered)["secure"]) is secure


# Refused settings


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--auth-header", "X-Remote-User"], ["--auth-header", "--trusted-proxy"]),
        (["--auth-header", "X Y", "--trusted-proxy", "::1"], ["--auth-header", "X Y"]),
        (["--auth-header", "X_User", "--trusted-proxy", "::1"], ["--auth-header", "X_User"]),
        (["--trusted-proxy", "proxy.example"], ["--trusted-proxy", "proxy.example"]),
        (["--trusted-proxy", "*"], ["--trusted-proxy", "*"]),
        (["--trusted-proxy", "10.0.0.1/8"], ["--trusted-proxy", "10.0.0.1/8"]),
        ([*PROXY, "--no-auth"], ["--no-auth", "--auth-header"]),
    ],
)
def test_unsafe_proxy_settings_are_refused(words: Sequence[str], parts: Sequence[str]) -> None:
    assert_refused(run(*words, "app.log"), 2, *parts)
