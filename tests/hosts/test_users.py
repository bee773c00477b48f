"""Users of a hub: they see the sources of hosts that their globs match, on every route."""

import os
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.helpers.repository import REPOSITORY
from tests.helpers.server import TIMEOUT, Server, until
from tests.helpers.sign_in import PASSWORD_HASH, sign_in_as, source_names

HOSTS = ["db-1", "web-1", "web-2"]
GLOBS = {
    "everything": ["*"],
    "web": ["web-*:*"],
    "access": ["web-*:access.log", "db-1:/nowhere/**"],
    "path": ["web-1:/**/web-1/*"],
    "local": ["access.log", "/**", "**"],
}
SEEN = {
    "everything": ["hub.log", *(f"{host}:{file}.log" for host in HOSTS for file in ("access", "error"))],
    "web": [f"{host}:{file}.log" for host in ("web-1", "web-2") for file in ("access", "error")],
    "access": ["web-1:access.log", "web-2:access.log"],
    "path": ["web-1:access.log", "web-1:error.log"],
    "local": ["hub.log"],
}
SEEN_HOSTS = {
    "everything": HOSTS,
    "web": ["web-1", "web-2"],
    "access": HOSTS,
    "path": ["web-1"],
    "local": [],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("hub")
    for host in HOSTS:
        for file in ("access", "error"):
            log = directory / "hosts" / host / f"{file}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(f"{host} {file}\n")
    (directory / "hub.log").write_text("hub\n")
    config = directory / "logviewer.toml"
    users = [
        f'[[users]]\nname = "{name}"\npassword = "{PASSWORD_HASH}"\nsources = {globs}\n'
        for name, globs in GLOBS.items()
    ]
    config.write_text('token = "a-token"\n' + "".join(users))
    env = {**os.environ, "HOSTS": str(directory / "hosts"), "PYTHONPATH": str(REPOSITORY)}
    program = (sys.executable, "-m", "tests.helpers.wired_hub")
    with Server("--config", config, directory / "hub.log", program=program, env=env) as running:
        running.client.headers["Authorization"] = "Bearer a-token"
        until(lambda: len(source_names(running.client)) == 7, what="the sources of all hosts")
        yield running


@pytest.fixture(params=GLOBS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(server: Server, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, trust_env=False, timeout=TIMEOUT) as client:
        assert sign_in_as(client, name).status_code == 303
        yield client


def test_lists_have_only_visible_sources_and_hosts(client: httpx.Client, name: str) -> None:
    assert source_names(client) == sorted(SEEN[name])
    hosts = {each["name"]: each["sources"] for each in client.get("/api/hosts").json()}
    assert list(hosts) == SEEN_HOSTS[name]
    assert sum(hosts.values()) == len([each for each in SEEN[name] if ":" in each])
    found = client.get("/api/sources", params={"q": "log", "host": "*"})
    assert found.headers["x-total-count"] == str(sum(hosts.values()))


@pytest.mark.parametrize(
    "route", ["lines?start=0", "stream?follow=false&from=start", "histogram?", "download?", "search?q=e"]
)
def test_other_sources_are_404(server: Server, client: httpx.Client, name: str, route: str) -> None:
    for each in server.get("/api/sources").json():
        for wanted in (each["id"], each["name"]):
            answer = client.get(
                f"/api/{route}", params={**httpx.QueryParams(route.partition("?")[2]), "source": wanted}
            )
            assert answer.status_code == (200 if each["name"] in SEEN[name] else 404)


def test_globs_choose_among_visible_sources(client: httpx.Client, name: str) -> None:
    for host in HOSTS:
        visible = [each for each in SEEN[name] if each == f"{host}:error.log"]
        answer = client.get("/api/lines", params={"host": host, "path": "error.log"})
        assert answer.status_code == (200 if visible else 404)
        if visible:
            assert [line["text"] for line in answer.json()["lines"]] == [f"{host} error"]
