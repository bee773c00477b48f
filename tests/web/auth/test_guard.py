"""The guard: token, cookie, host names, and the headers of every response."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from itsdangerous import BadSignature, URLSafeTimedSerializer

from tests.helpers.server import TIMEOUT, Server
from tests.helpers.sign_in import cookie_of, sign_in

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("auth") / "app.log"
    log.write_text("line\n")
    with Server("--allow-host", "logs.example", log) as running:
        yield running


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    """A client without a token or a cookie."""
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        yield client


def api_paths(server: Server) -> list[str]:
    return [*server.get("/api/openapi.json").json()["paths"], "/api/openapi.json", "/api/nothing"]


# Without a token


def test_every_api_route_needs_a_token(server: Server, stranger: httpx.Client) -> None:
    paths = [path for path in api_paths(server) if path.startswith("/api/")]
    assert {"/api/sources", "/api/lines", "/api/line", "/api/stream", "/api/openapi.json"} <= set(paths)
    for path in paths:
        response = stranger.get(path, params={"source": "app.log"})
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer"), path
        assert "sign in" in response.json()["detail"]


def test_only_api_routes_and_health_are_described(server: Server) -> None:
    assert {path for path in api_paths(server) if not path.startswith("/api/")} <= {"/healthz"}


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_no_method_bypasses_the_guard(stranger: httpx.Client, method: str) -> None:
    assert stranger.request(method, "/api/sources").status_code == 401


@pytest.mark.parametrize(
    "path", ["/static/../api/sources", "//api/sources", "/api/sources/", "/healthz/../api/sources"]
)
def test_no_spelling_of_a_path_bypasses_the_guard(stranger: httpx.Client, path: str) -> None:
    raw = httpx.URL(scheme="http", host=stranger.base_url.host, port=stranger.base_url.port, raw_path=path.encode())
    assert stranger.get(raw).status_code in (401, 404)


def test_the_page_becomes_a_sign_in_form(stranger: httpx.Client) -> None:
    response = stranger.get("/")
    assert (response.status_code, response.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"
    assert 'name="token"' in response.text
    assert 'role="alert"' not in response.text


def test_the_form_keeps_the_query(stranger: httpx.Client) -> None:
    page = stranger.get("/", params=[("source", "a"), ("source", "b"), ("q", '"><script>')]).text
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    assert hidden == [("source", "a"), ("source", "b"), ("q", "&#34;&gt;&lt;script&gt;")]


def test_health_and_the_forms_files_need_no_token(stranger: httpx.Client) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}
    for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', stranger.get("/").text):
        assert stranger.get(url).status_code == 200, url


def test_the_pages_scripts_need_a_token(server: Server, stranger: httpx.Client) -> None:
    urls = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', server.get("/").text))
    free = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', stranger.get("/").text))
    assert any(url.endswith("/js/main.js") for url in urls - free)
    for url in urls - free:
        assert stranger.get(url).status_code == 401, url


# With a wrong token


def test_a_wrong_token_shows_the_form_with_an_error(stranger: httpx.Client) -> None:
    response = stranger.get("/", params={"token": "wrong", "source": "a"})
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert 'role="alert"' in response.text
    assert 'name="source" value="a"' in response.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', response.text)


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer", "Basic {token}", "{token}", "Bearer {token}x"])
def test_a_wrong_authorization_is_refused(server: Server, stranger: httpx.Client, given: str) -> None:
    header = {"Authorization": given.format(token=server.token)}
    assert stranger.get("/api/sources", headers=header).status_code == 401


@pytest.mark.parametrize("value", ["", "wrong", "{token}", '"', "é", "a=b; ; =,"])
def test_a_wrong_cookie_is_refused(server: Server, stranger: httpx.Client, value: str) -> None:
    header = f"logviewer-{server.port}={value.format(token=server.token)}"
    assert stranger.get("/api/sources", headers=[(b"Cookie", header.encode())]).status_code == 401


def test_the_api_ignores_a_token_in_the_query(server: Server, stranger: httpx.Client) -> None:
    assert stranger.get("/api/sources", params={"token": server.token}).status_code == 401


# With the right token


def test_the_right_token_redirects_to_the_clean_url(server: Server, stranger: httpx.Client) -> None:
    response = sign_in(stranger, server)
    assert (response.status_code, response.headers["location"]) == (303, "/")


def test_signing_in_keeps_the_other_parameters(server: Server, stranger: httpx.Client) -> None:
    params = httpx.QueryParams([("source", "a b"), ("token", server.token), ("source", "ä&c"), ("q", "x")])
    location = httpx.URL(stranger.get("/", params=params).headers["location"])
    assert location.params.multi_items() == [("source", "a b"), ("source", "ä&c"), ("q", "x")]


def test_the_cookie_is_limited_to_this_server(server: Server, stranger: httpx.Client) -> None:
    cookie = cookie_of(sign_in(stranger, server))
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "strict", "/")
    assert not cookie["secure"], "over plain HTTP a browser would drop it"
    assert str(server.port) in cookie.key, "another server on this host must not overwrite it"
    assert server.token not in cookie.value


def test_the_cookie_opens_page_and_api(server: Server, stranger: httpx.Client) -> None:
    sign_in(stranger, server)
    page = stranger.get("/")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert 'id="panes"' in page.text
    assert stranger.get("/api/sources").status_code == 200


def test_the_cookie_is_found_among_others(server: Server, stranger: httpx.Client) -> None:
    cookie = cookie_of(sign_in(stranger, server))
    stranger.cookies.clear()
    header = f"theme=dark; {cookie.key}={cookie.value}; other=1"
    assert stranger.get("/api/sources", headers={"Cookie": header}).status_code == 200


def test_the_cookie_survives_a_restart_with_the_same_token(logs: Path, serve: Serve) -> None:
    first = serve("--token", "kept", logs)
    cookie = cookie_of(sign_in(first.client, first))
    first.stop()
    again = serve("--token", "kept", logs, port=first.port)
    header = {"Cookie": f"{cookie.key}={cookie.value}", "Authorization": ""}
    assert again.client.get("/api/sources", headers=header).status_code == 200


@pytest.mark.parametrize("other", ['prefs={"a": 1}', "a=b c", "x=é", "foo", "a@b=1", "=1", 'd="unclosed'])
def test_the_cookie_is_found_among_malformed_ones(server: Server, stranger: httpx.Client, other: str) -> None:
    cookie = cookie_of(sign_in(stranger, server))
    stranger.cookies.clear()
    own = f"{cookie.key}={cookie.value}"
    for header in (f"{other}; {own}", f"{own}; {other}"):
        assert stranger.get("/api/sources", headers=[(b"Cookie", header.encode())]).status_code == 200, header


def test_a_cookie_reveals_nothing_about_the_token(logs: Path, serve: Serve) -> None:
    server = serve("--token", "short", logs)
    cookie = cookie_of(sign_in(server.client, server))
    with pytest.raises(BadSignature):
        URLSafeTimedSerializer("short", salt="logviewer session").loads(cookie.value)


def test_a_long_url_does_not_make_a_long_page(stranger: httpx.Client) -> None:
    assert len(stranger.get("/?" + "a&" * 20_000).content) < 10_000


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_bearer_opens_page_and_api_in_any_case(server: Server, stranger: httpx.Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {server.token}"}
    assert [stranger.get(path, headers=headers).status_code for path in ("/", "/api/sources")] == [200, 200]


# Host names


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000", "192.168.1.5", "logs.example"],
)
def test_allowed_host_names_pass(server: Server, host: str) -> None:
    assert server.client.get("/api/sources", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "logs.example.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[evil]"]
)
def test_other_names_are_refused(server: Server, host: str) -> None:
    for path in ("/api/sources", "/", "/healthz"):
        response = server.client.get(path, headers={"Host": host})
        assert (response.status_code, "--allow-host" in response.json()["detail"]) == (421, True)


# The token stays a secret


def test_the_token_is_never_on_stderr(logs: Path, serve: Serve) -> None:
    server = serve(logs / "missing.log", env={"LOGVIEWER_TOKEN": "a-secret-token"})
    for path in ("/", "/?token=a-secret-token", "/?token=a-secret-token-not", "/api/lines?token=a-secret-token"):
        server.client.get(path)
        httpx.get(server.base + path, trust_env=False, timeout=TIMEOUT)
    assert server.process.stderr
    server.process.send_signal(signal.SIGTERM)
    assert server.process.stderr.read() == f"logviewer: {logs / 'missing.log'} is missing; waiting for it\n"
