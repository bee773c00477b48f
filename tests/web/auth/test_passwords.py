"""Users with passwords: signing in, visible sources, and the configuration."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from logviewer.cli import serve_command
from logviewer.errors import CannotRunError
from logviewer.password_hash import hash_password, verify_password
from logviewer.settings import User
from tests.helpers.command import assert_refused, run
from tests.helpers.options import read
from tests.helpers.server import TIMEOUT, Server
from tests.helpers.sign_in import PASSWORD_HASH, client_at, configure_users, cookie_of, sign_in_as, source_names

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("users")
    with Server("--config", configure_users(directory, 'token = "a-token"')) as running:
        running.headers = {"Authorization": "Bearer a-token"}
        running.client.headers.update(running.headers)
        yield running


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture
def ada(stranger: httpx.Client) -> httpx.Client:
    assert sign_in_as(stranger, "ada").status_code == 303
    return stranger


# Signing in


def test_signing_in_leads_to_the_requested_page(stranger: httpx.Client) -> None:
    response = sign_in_as(stranger, "ada", source="app.log", q="a b")
    assert (response.status_code, response.headers["location"]) == (303, "/?source=app.log&q=a+b")
    cookie = cookie_of(response)
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "strict", "/")
    assert 'id="panes"' in stranger.get("/").text


def test_the_form_asks_for_a_name_and_a_password(stranger: httpx.Client) -> None:
    page = stranger.get("/", params={"source": "a"})
    assert page.status_code == 401
    form = re.findall(r'<form action="/sign-in" method="post">(.*?)</form>', page.text, re.DOTALL)[0]
    assert re.findall(r'name="(\w+)"', form) == ["source", "user", "password"]
    assert 'name="token"' in page.text


def test_without_a_token_the_form_has_no_token_field(logs: Path, serve: Serve) -> None:
    server = serve("--config", configure_users(logs))
    assert server.token == ""
    assert server.client.get("/api/sources").status_code == 401
    assert server.client.get("/api/sources", headers={"Authorization": "Bearer None"}).status_code == 401
    assert server.client.get("/", params={"token": ""}).status_code == 401
    assert 'name="token"' not in server.client.get("/").text
    assert sign_in_as(server.client, "bob").status_code == 303


@pytest.mark.parametrize(
    ("user", "password"),
    [("ada", "wrong"), ("eve", "open sesame"), ("", ""), ("ada", PASSWORD_HASH)],
    ids=["wrong password", "no such user", "nothing", "the hash"],
)
def test_a_wrong_name_or_password_shows_the_form_again(stranger: httpx.Client, user: str, password: str) -> None:
    page = sign_in_as(stranger, user, password, source="a")
    assert (page.status_code, "set-cookie" in page.headers) == (401, False)
    assert 'role="alert"' in page.text
    assert 'name="source" value="a"' in page.text
    assert stranger.get("/api/sources").status_code == 401


def test_wrong_passwords_are_counted(server: Server) -> None:
    with client_at("127.0.0.9", server) as client:
        codes = [sign_in_as(client, "ada", "wrong").status_code for _ in range(21)]
        assert codes == [401] * 20 + [429]
        assert sign_in_as(client, "ada").status_code == 429


def test_a_long_form_is_refused(stranger: httpx.Client) -> None:
    refused = sign_in_as(stranger, "ada", "x" * 20_000)
    assert (refused.status_code, "16384" in refused.json()["detail"]) == (413, True)


def test_the_forms_url_redirects_to_the_page(stranger: httpx.Client) -> None:
    assert stranger.get("/sign-in").headers["location"] == "/"


def test_signing_out_ends_a_users_session(ada: httpx.Client) -> None:
    (kept,) = ada.cookies.jar
    ada.post("/sign-out")
    ada.cookies.set(kept.name, str(kept.value))
    assert ada.get("/api/sources").status_code == 401


def test_a_session_ends_when_the_password_changes(logs: Path, serve: Serve) -> None:
    file = configure_users(logs, 'token = "kept"')
    first = serve("--config", file)
    cookie = cookie_of(sign_in_as(first.client, "ada"))
    first.stop()
    header = {"Cookie": f"{cookie.key}={cookie.value}"}
    again = serve("--config", file, port=first.port)
    assert httpx.get(f"{again.base}/api/sources", headers=header, trust_env=False, timeout=TIMEOUT).status_code == 200
    again.stop()
    file.write_text(file.read_text().replace(PASSWORD_HASH, hash_password("another")))
    again = serve("--config", file, port=first.port)
    assert httpx.get(f"{again.base}/api/sources", headers=header, trust_env=False, timeout=TIMEOUT).status_code == 401


# Visible sources


def ids(server: Server) -> dict[str, str]:
    return {
        f"{Path(each['path']).parent.name}/{each['name']}": each["id"] for each in server.get("/api/sources").json()
    }


def test_each_user_sees_only_their_sources(server: Server, stranger: httpx.Client) -> None:
    assert source_names(server.client) == ["app.log", "app.log", "mail.log"]
    sign_in_as(stranger, "ada")
    assert source_names(stranger) == ["app.log"]
    stranger.post("/sign-out")
    sign_in_as(stranger, "bob")
    assert source_names(stranger) == ["mail.log"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/lines?start=0",
        "/api/line?at=x",
        "/api/stream?follow=false",
        "/api/stream?follow=false&format=text",
        "/api/search?q=e",
        "/api/histogram?",
        "/api/download?",
        "/?follow=false",
    ],
)
def test_sources_of_others_are_404(server: Server, ada: httpx.Client, path: str) -> None:
    hidden = ids(server)["mail/mail.log"]
    for wanted in (hidden, "mail.log", "nothing"):
        answer = ada.get(f"{path}&source={wanted}", headers={"Accept": "text/plain"})
        assert answer.status_code == 404
        assert answer.json()["detail"].replace(wanted, "X").startswith("source: 'X' is not an id or the name")


def test_a_hidden_source_among_visible_ones_is_404(server: Server, ada: httpx.Client) -> None:
    mine, hidden = ids(server)["web/app.log"], ids(server)["mail/mail.log"]
    assert ada.get("/api/lines", params={"source": [mine, hidden]}).status_code == 404


def test_an_ambiguous_name_means_the_visible_source(server: Server, ada: httpx.Client) -> None:
    assert server.get("/api/lines", source="app.log", start=0).status_code == 404
    texts = [line["text"] for line in ada.get("/api/lines", params={"source": "app.log", "start": 0}).json()["lines"]]
    assert texts == ["of the web"]


def test_the_page_names_only_visible_sources(server: Server, ada: httpx.Client) -> None:
    page = ada.get("/").text
    assert ids(server)["web/app.log"] in page
    assert "mail" not in page


def test_text_for_a_terminal_has_only_visible_sources(ada: httpx.Client) -> None:
    assert ada.get("/", headers={"Accept": "text/plain"}).text == "of the web\n"


def test_standard_input_is_allowed_by_its_name(logs: Path, serve: Serve) -> None:
    file = logs / "logviewer.toml"
    file.write_text(
        f'[[users]]\nname = "all"\npassword = "{PASSWORD_HASH}"\nsources = "/**"\n'
        f'[[users]]\nname = "one"\npassword = "{PASSWORD_HASH}"\nsources = "stdin"\n'
    )
    server = serve("--config", file, "-", stdin=subprocess.PIPE)
    sign_in_as(server.client, "all")
    assert source_names(server.client) == []
    server.client.post("/sign-out")
    sign_in_as(server.client, "one")
    assert source_names(server.client) == ["stdin"]


# The configuration

BAD_USERS: Mapping[str, tuple[str, Sequence[str]]] = {
    "no name": (f'password = "{PASSWORD_HASH}"\nsources = "a"', ["name"]),
    "an empty name": (f'name = ""\npassword = "{PASSWORD_HASH}"\nsources = "a"', ["name"]),
    "a line break in a name": (f'name = "a\\nb"\npassword = "{PASSWORD_HASH}"\nsources = "a"', ["name"]),
    "a plain password": ('name = "eve"\npassword = "secret"\nsources = "a"', ["password", "hash-password"]),
    "no sources": (f'name = "eve"\npassword = "{PASSWORD_HASH}"', ["sources"]),
    "an unknown key": (
        f'name = "eve"\npassword = "{PASSWORD_HASH}"\nsources = "a"\nsource = "b"',
        ["'source'", "sources"],
    ),
}


@pytest.mark.parametrize("case", BAD_USERS)
def test_a_bad_user_is_refused_by_file_and_number(tmp_path: Path, case: str) -> None:
    text, parts = BAD_USERS[case]
    file = tmp_path / "bad.toml"
    file.write_text(f"[[users]]\n{text}\n")
    with pytest.raises(CannotRunError) as refusal:
        read(serve_command, "--port", "--config", str(file))
    assert [part for part in (str(file), "[[users]] number 1", *parts) if part not in str(refusal.value)] == []
    assert "secret" not in str(refusal.value)


def test_two_users_of_one_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(f'[[users]]\nname = "ada"\npassword = "{PASSWORD_HASH}"\nsources = "a"\n' * 2)
    assert_refused(run("--config", file, "app.log"), 1, str(file), "ada")


def test_a_user_without_a_password_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[[users]]\nname = "ada"\nsources = "a"\n')
    assert_refused(run("--config", file, "app.log"), 2, "ada", "hash-password")


def test_users_and_no_auth_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(f'[[users]]\nname = "ada"\npassword = "{PASSWORD_HASH}"\nsources = "a"\n')
    assert_refused(run("--config", file, "--no-auth", "app.log"), 2, "--no-auth", "[[users]]")


def test_a_hash_is_not_in_the_repr() -> None:
    assert PASSWORD_HASH not in repr(User("ada", PASSWORD_HASH, ()))


# Hashes


def test_hash_password_prints_a_usable_hash() -> None:
    words = [sys.executable, "-m", "logviewer", "hash-password"]
    done = subprocess.run(words, input="pass word\r\nmore\n", capture_output=True, text=True, check=True)
    assert done.stdout.startswith("$argon2id$")
    assert verify_password("pass word", done.stdout.strip())
    assert not verify_password("pass word ", done.stdout.strip())
    assert done.stderr == ""


def test_an_empty_password_is_refused() -> None:
    words = [sys.executable, "-m", "logviewer", "hash-password"]
    done = subprocess.run(words, input="\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, "empty" in done.stderr) == (2, "", True)


def test_metrics_need_access_to_all_sources(server: Server, ada: httpx.Client) -> None:
    assert server.get("/metrics").status_code == 200
    assert ada.get("/metrics").status_code == 403
