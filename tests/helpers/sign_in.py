"""Clients that sign in, with right and wrong secrets, and a configuration with two users."""

from concurrent.futures import ThreadPoolExecutor
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import httpx

from logviewer.password_hash import hash_password
from tests.helpers.server import TIMEOUT, Server

PASSWORD_HASH = hash_password("open sesame")


def configure_users(directory: Path, *more: str) -> Path:
    """Write logs and a configuration: ada may read all below ``web``, bob ``mail*`` and ``stdin``. Return its path."""
    web, mail = directory / "web", directory / "mail"
    for each in (web, mail):
        each.mkdir()
    (web / "app.log").write_text("of the web\n")
    (mail / "app.log").write_text("of mail\n")
    (mail / "mail.log").write_text("letters\n")
    file = directory / "logviewer.toml"
    file.write_text(
        "\n".join([f'paths = ["{web}", "{mail}"]', *more, ""])
        + f'[[users]]\nname = "ada"\npassword = "{PASSWORD_HASH}"\nsources = ["{web}/**"]\n'
        + f'[[users]]\nname = "bob"\npassword = "{PASSWORD_HASH}"\nsources = ["mail*", "stdin"]\n'
    )
    return file


def client_at(address: str, server: Server) -> httpx.Client:
    """Return a client without a token that connects from this address."""
    transport = httpx.HTTPTransport(local_address=address, limits=httpx.Limits(max_connections=None))
    return httpx.Client(base_url=server.base, transport=transport, timeout=TIMEOUT, trust_env=False)


def send_wrong_tokens(client: httpx.Client, count: int = 1) -> list[httpx.Response]:
    """Send ``count`` requests with a wrong token, all at the same time."""
    wrong = {"Authorization": "Bearer wrong"}
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(lambda _: client.get("/api/sources", headers=wrong), range(count)))


def sign_in(client: httpx.Client, server: Server, **params: str) -> httpx.Response:
    """Open the page with the token in the URL."""
    return client.get("/", params={"token": server.token, **params})


def cookie_of(response: httpx.Response) -> Morsel[str]:
    """Return the only cookie that the response sets."""
    (morsel,) = SimpleCookie(response.headers["set-cookie"]).values()
    return morsel


def sign_in_as(client: httpx.Client, user: str, password: str = "open sesame", **more: str) -> httpx.Response:  # noqa: S107 (made for these tests)
    """Send the form with a name and a password."""
    return client.post("/sign-in", data={"user": user, "password": password, **more})


def source_names(client: httpx.Client) -> list[str]:
    """Return the names of the sources that the client may see, sorted."""
    return sorted(each["name"] for each in client.get("/api/sources").json())
