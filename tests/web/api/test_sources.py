"""The lists of sources and hosts, and the choice of sources for every other route."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.repository import REPOSITORY
from tests.helpers.server import Server

NAMES = ["a/app.log", "a/error.log", "b/app.log", "b/error.log"]
HOSTS: list[dict[str, Any]] = [
    {"name": "web-1", "state": "here", "version": "0.1.0", "labels": {"role": "web"}, "heard": 1_700_000_000_000},
    {"name": "web-2", "state": "absent", "labels": {"role": "web"}, "clock": -2500, "problem": "two agents say so"},
    {"name": "db-1", "state": "expected"},
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("choices")
    for name in NAMES:
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"2026-11-20 10:00:00 ERROR {name}\n")
    return directory


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Server]:
    with Server(directory) as running:
        yield running


@pytest.fixture(scope="module")
def hub(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a fleet."""
    paths = {"web-1": ["/var/log/a.log", "/var/log/b.log"], "web-2": ["/var/log/a.log"], "db-1": []}
    fleet = tmp_path_factory.mktemp("fleet") / "fleet.json"
    fleet.write_text(json.dumps([{**each, "paths": paths[each["name"]]} for each in HOSTS]))
    env = {**os.environ, "FLEET": str(fleet), "PYTHONPATH": str(REPOSITORY)}
    with Server(directory, program=(sys.executable, "-m", "tests.helpers.made_up_hub"), env=env) as running:
        yield running


def names(server: Server, **params: Any) -> list[str]:
    response = server.get("/api/sources", **params)
    assert response.status_code == 200, response.text
    return [each["name"] for each in response.json()]


def test_globs_of_paths_choose_sources(server: Server, directory: Path) -> None:
    assert len(names(server)) == 4
    assert names(server, path=f"{directory}/a/*") == ["app.log", "error.log"]
    assert names(server, path=[f"{directory}/b/app.log", "err*.log"]) == ["error.log", "app.log", "error.log"]
    assert names(server, path="/nowhere/*") == names(server, host="*") == names(server, label="a=*") == []


def test_words_and_pages_choose_a_part_of_the_list(server: Server, directory: Path) -> None:
    every = server.get("/api/sources").json()
    for start, count, part in ((1, 2, every[1:3]), (3, 9, every[3:]), (9, 1, []), (0, 0, [])):
        response = server.get("/api/sources", start=start, count=count)
        assert [each["id"] for each in response.json()] == [each["id"] for each in part]
        assert response.headers["x-total-count"] == "4"
    response = server.get("/api/sources", q=["B/ log", "app"], count=9)
    assert [each["path"] for each in response.json()] == [f"{directory}/b/app.log"]
    assert response.headers["x-total-count"] == "1"
    assert names(server, source=[every[2]["id"], "unknown"]) == ["app.log"]


def test_every_route_takes_the_globs(server: Server, directory: Path) -> None:
    glob = f"{directory}/a/*"
    lines = server.get("/api/lines", path=glob).json()["lines"]
    assert {line["text"][-11:].strip("R ") for line in lines} == {"a/app.log", "a/error.log"}
    assert sum(server.get("/api/histogram", path=glob).json()["levels"]["error"]) == 2
    assert '"complete":true' in server.get("/api/search", path=glob, q="log").text
    ended = {"format": "text", "follow": "false", "from": "start"}
    for route, params in (("/api/download", {}), ("/api/stream", ended)):
        text = server.get(route, path=glob, **params).text
        assert sorted(text.split()[3::4]) == ["a/app.log", "a/error.log"]
    page = server.client.get("/", params={"path": glob}, headers={"Accept": "text/plain"}).text
    assert sorted(page.split()[3::4]) == ["a/app.log", "a/error.log"]


@pytest.mark.parametrize("route", ["/api/lines", "/api/stream", "/api/histogram", "/api/download", "/api/search?q=a"])
@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("", 422, "source: required, unless host, label or path choose sources"),
        ("path=/nowhere/*", 404, "no source matches path=/nowhere/*; see /api/sources"),
        ("host=web-*&path=*", 404, "no source matches host=web-* path=*; see /api/sources"),
        ("label=role", 422, "label: 'role' is not of the form key=glob"),
        ("source=none", 404, "source: 'none' is not an id or the name of exactly one source; see /api/sources"),
    ],
)
def test_a_choice_without_sources_is_refused_in_words(
    server: Server, route: str, query: str, status: int, detail: str
) -> None:
    response = server.client.get(f"{route}{'&' if '?' in route else '?'}{query}")
    assert (response.status_code, response.json()["detail"]) == (status, detail)


def test_a_malformed_label_of_a_list_is_refused(server: Server) -> None:
    assert server.get("/api/sources", label="role").status_code == 422


def test_a_server_without_a_fleet_has_no_hosts(server: Server) -> None:
    response = server.get("/api/hosts")
    assert (response.status_code, response.json()) == (200, [])


def test_hosts_have_all_their_fields(hub: Server) -> None:
    response = hub.get("/api/hosts")
    assert (response.headers["content-type"], response.headers["cache-control"]) == ("application/json", "no-store")
    default: dict[str, Any] = {"version": None, "labels": {}, "heard": None, "clock": None, "problem": None}
    counts = {"web-1": 2, "web-2": 1, "db-1": 0}
    assert response.json() == [{**default, **each, "sources": counts[each["name"]]} for each in HOSTS]


def test_sources_of_hosts_are_chosen_by_host_label_and_path(hub: Server) -> None:
    assert names(hub, host="web-*") == ["web-1:a.log", "web-1:b.log", "web-2:a.log"]
    assert names(hub, label="role=web", path="/var/log/b.*") == ["web-1:b.log"]
    assert names(hub, q="web-2") == ["web-2:a.log"]
    assert {each["host"]: each["state"] for each in hub.get("/api/sources").json()} == {
        None: "open",
        "web-1": "open",
        "web-2": "absent",
    }
