"""The hosts of a hub on the page."""

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, Route, expect

from logviewer.hosts import status
from tests.helpers.page import expect_state, serious_violations
from tests.helpers.repository import REPOSITORY
from tests.helpers.server import Server, until

pytestmark = pytest.mark.browser

NGINX = ["/var/log/nginx/access.log", "/var/log/nginx/error.log", "/var/log/syslog"]
ABSENT = "web-1 is absent; its lines follow when it is back"


def host(name: str, paths: Sequence[str] = (), state: status.HostState = "here", **fields: Any) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    return {"name": name, "state": state, "version": version("logviewer"), "heard": now, "paths": paths, **fields}


@pytest.fixture
def hub(tmp_path: Path, logs: Path) -> Iterator[Callable[..., Server]]:
    """Start a hub with a log of its own, and hosts that are made up."""
    (logs / "hub.log").write_text("line\n")
    servers: list[Server] = []
    fleet = tmp_path / "fleet.json"

    def start(*hosts: dict[str, Any]) -> Server:
        fleet.write_text(json.dumps(hosts))
        env = {**os.environ, "FLEET": str(fleet), "PYTHONPATH": str(REPOSITORY)}
        servers.append(Server(logs, program=(sys.executable, "-m", "tests.helpers.made_up_hub"), env=env))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def wired(tmp_path: Path, logs: Path) -> Iterator[tuple[Server, Path]]:
    """A hub with the agents of two hosts, and the directory of these."""
    directory = tmp_path / "hosts"
    for name in ("web-1", "web-2"):
        for file in ("access.log", "error.log"):
            path = directory / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"2026-11-20 10:00:{n:02} INFO {name} {file} {n}\n" for n in range(60)))
    env = {**os.environ, "HOSTS": str(directory), "PYTHONPATH": str(REPOSITORY)}
    with Server(logs, program=(sys.executable, "-m", "tests.helpers.wired_hub"), env=env) as server:
        yield server, directory


def row(page: Page, name: str) -> Locator:
    return page.locator("li.host").filter(has=page.get_by_role("button", name=name, exact=True))


def open_host(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def listed(page: Page) -> Locator:
    return page.locator("#sources :is(.host-name, .source a)")


class Asked:
    """The parameters of the requests for lists of sources."""

    def __init__(self, page: Page) -> None:
        self.queries: list[dict[str, list[str]]] = []
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.path == "/api/sources":
            self.queries.append(parse_qs(parts.query, keep_blank_values=True))

    @property
    def hosts(self) -> set[str]:
        return {name for query in self.queries for name in query.get("host", []) if name}


def test_hosts_come_first_and_their_sources_when_they_are_opened(hub: Callable[..., Server], page: Page) -> None:
    server = hub(*(host(f"web-{number}", NGINX) for number in range(1, 8)))
    asked = Asked(page)
    page.goto(server.ready_line)
    expect(listed(page)).to_have_text(["hub.log", *(f"web-{number}" for number in range(1, 8))])
    open_host(page, "web-2")
    expect(listed(page)).to_have_text(
        ["hub.log", "web-1", "web-2", "syslog", "access.log", "error.log", *(f"web-{n}" for n in range(3, 8))]
    )
    assert asked.hosts == {"web-2"}
    assert all(query.get("host", [""])[0] == "" or "source" in query for query in asked.queries)
    open_host(page, "web-2")
    expect(page.locator(".source")).to_have_count(1)


def test_few_hosts_are_open_from_the_start(hub: Callable[..., Server], page: Page) -> None:
    page.goto(hub(host("web-1", NGINX[:1]), host("web-2", NGINX[:1])).ready_line)
    expect(listed(page)).to_have_text(["hub.log", "web-1", "access.log", "web-2", "access.log"])


def test_the_host_of_the_first_view_is_open(hub: Callable[..., Server], page: Page, expected_errors: list[str]) -> None:
    # Nobody answers for hosts that are made up.
    expected_errors.append("503")
    server = hub(*(host(f"web-{number}", NGINX[:1]) for number in range(8)))
    page.goto(f"{server.ready_line}&source=web-3:access.log")
    expect(page.locator(".source a")).to_have_text(["hub.log", "access.log"])
    expect(page.get_by_role("button", name="web-3", exact=True)).to_have_attribute("aria-expanded", "true")


def test_the_keyboard_opens_and_closes_hosts(hub: Callable[..., Server], page: Page) -> None:
    page.goto(hub(*(host(f"web-{number}", NGINX[:1]) for number in range(6))).ready_line)
    name = page.get_by_role("button", name="web-1", exact=True)
    expect(name).to_have_attribute("aria-expanded", "false")
    name.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".source")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".source a").last).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".source")).to_have_count(1)


def test_what_is_wrong_with_a_host_is_said_in_words(hub: Callable[..., Server], page: Page) -> None:
    now = time.time_ns() // 1_000_000
    server = hub(
        host("web-1", NGINX[:1], "absent", heard=now - 185_000),
        host("web-2", version="0.0.1", clock=3_000),
        host("web-3", problem="two agents say they are web-3"),
        host("web-4", state="expected", version=None, heard=None),
        host("web-5", state="gone", heard=now - 7_300_000),
    )
    page.goto(server.ready_line)
    expect(row(page, "web-1")).to_contain_text(re.compile(r"absent \u00b7 \d+ min"))
    expect(row(page, "web-2")).to_contain_text(
        f"clock 3 s ahead \u00b7 logviewer 0.0.1; the hub has {version('logviewer')}"
    )
    expect(row(page, "web-3")).to_contain_text("two agents say they are web-3")
    expect(row(page, "web-4")).to_contain_text("not seen yet")
    expect(row(page, "web-5")).to_contain_text("gone \u00b7 2 h")
    away = [re.compile(name) for name in ("web-1", "access.log", "web-4", "web-5")]
    expect(page.locator("#sources .away")).to_have_text(away)
    name = page.get_by_role("button", name="web-1", exact=True)
    expect(name).to_have_attribute("title", re.compile(r"web-1 is absent; last heard .+"))


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious_in_a_list_of_hosts(
    hub: Callable[..., Server], page: Page, scheme: Any, size: tuple[int, int]
) -> None:
    hosts = [host("web-1", NGINX, "absent"), host("web-2", NGINX, clock=3_000), host("web-3", state="gone")]
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(hub(*hosts).ready_line)
    if page.locator("#sources-button").is_visible():
        page.locator("#sources-button").click()
    expect(page.locator("#sources .source")).to_have_count(7)
    assert serious_violations(Axe().run(page)) == []


def test_a_search_finds_sources_of_all_hosts(hub: Callable[..., Server], page: Page) -> None:
    page.goto(hub(*(host(f"web-{number:02}", NGINX) for number in range(80))).ready_line)
    search = page.locator("#source-search")
    search.fill("web-42 nginx")
    expect(listed(page)).to_have_text(["web-42", "access.log", "error.log"])
    search.fill("syslog web-4")
    expect(page.locator(".source a")).to_have_text(["syslog"] * 10)
    search.fill("nothing")
    expect(page.locator("#no-source")).to_have_text("No source matches \u201cnothing\u201d.")
    search.fill("log")
    note = page.locator("#no-source")
    expect(note).to_have_text("41 more match; type more of the name.")
    expect(note).to_be_visible()
    first, above = page.locator("li.host").first.bounding_box(), note.bounding_box()
    assert first
    assert above
    assert above["y"] + above["height"] <= first["y"]
    search.press("Escape")
    expect(listed(page)).to_have_count(81)
    expect(note).to_be_hidden()


def test_a_thousand_hosts_stay_usable(hub: Callable[..., Server], page: Page) -> None:
    paths = [f"/srv/{number:02}/app.log" for number in range(50)]
    server = hub(*(host(f"web-{number:04}", paths) for number in range(1_000)))
    asked = Asked(page)
    page.goto(server.ready_line)
    expect(page.locator("li.host")).to_have_count(1_000)
    expect(page.locator(".source")).to_have_count(1)
    open_host(page, "web-0500")
    expect(page.locator(".source")).to_have_count(51)
    page.locator("#source-search").fill("web-0777 /17/")
    expect(listed(page)).to_have_text(["web-0777", "app.log"])
    assert asked.hosts == {"web-0500"}


@pytest.mark.parametrize("query", ["host=web-1&path=access.log", "host=web-1&path=%2F**%2Faccess.log"])
def test_globs_in_the_url_choose_sources_and_stay_there(wired: tuple[Server, Path], page: Page, query: str) -> None:
    server, _ = wired
    server.source_id("web-1:access.log")
    page.goto(f"{server.ready_line}&{query}")
    expect(page.locator(".row .text").last).to_have_text("2026-11-20 10:00:59 INFO web-1 access.log 59")
    expect(page.locator("#title")).to_have_text("web-1:access.log")
    page.keyboard.press("Home")
    assert query in page.url
    page.locator(".source", has_text="error.log").first.get_by_role("checkbox").check()
    expect(page.locator("#title")).to_have_text("web-1:access.log, web-1:error.log")
    assert "host=" not in page.url


def test_globs_without_a_match_are_said_in_words(wired: tuple[Server, Path], page: Page) -> None:
    page.goto(f"{wired[0].ready_line}&host=db-*&path=*.log")
    expect(page.locator("#toast")).to_have_text("No source matches host=db-* path=*.log")
    expect(page.locator(".notice")).to_contain_text("No source selected")


def test_a_host_is_ticked_as_a_whole(wired: tuple[Server, Path], page: Page) -> None:
    server, _ = wired
    one = server.source_id("web-1:access.log")
    page.goto(f"{server.ready_line}&source={one}")
    tick = row(page, "web-1").get_by_role("checkbox")
    expect(tick).to_be_checked(indeterminate=True)
    tick.check()
    expect(page.locator("#title")).to_have_text("web-1:access.log, web-1:error.log")
    expect(tick).to_be_checked()
    expect(page.locator(".row .text").last).to_contain_text("59")
    tick.uncheck()
    expect(page.locator(".notice")).to_contain_text("No source selected")


def test_an_answer_without_a_host_is_not_called_live(hub: Callable[..., Server], page: Page) -> None:
    def without(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "absent": missing})

    missing = ["web-2"]
    for path in ("lines", "histogram"):
        page.route(f"**/api/{path}?*", without)
    page.goto(hub().ready_line)
    expect_state(page, "web-2 is absent; its lines follow when it is back")
    missing = []
    page.reload()
    expect_state(page, "live")
    # A request that is still passed on must not outlive the page.
    page.unroute_all(behavior="ignoreErrors")


def test_a_view_of_an_absent_host_is_not_live(
    wired: tuple[Server, Path], page: Page, expected_errors: list[str]
) -> None:
    expected_errors.append("503")
    server, directory = wired
    page.goto(f"{server.ready_line}&source={server.source_id('web-1:access.log')}")
    expect_state(page, "live")
    (directory / "web-1.away").touch()
    expect_state(page, ABSENT)
    expect(row(page, "web-1")).to_contain_text("absent")
    with (directory / "web-1" / "access.log").open("a") as log:
        log.write("2026-11-20 10:01:00 INFO written meanwhile\n")
    (directory / "web-1.away").unlink()
    expect(page.locator(".row .text").last).to_have_text("2026-11-20 10:01:00 INFO written meanwhile")
    expect_state(page, "live")


def test_hosts_are_merged_and_one_that_is_away_is_named(wired: tuple[Server, Path], page: Page) -> None:
    server, directory = wired
    for name in ("web-1", "web-2"):
        server.source_id(f"{name}:access.log")
    page.goto(f"{server.ready_line}&host=web-*&path=access.log")
    expect(page.locator("#place")).to_contain_text("line 120 of 120")
    expect_state(page, "live")
    (directory / "web-2.away").touch()
    expect_state(page, "web-2 is absent; its lines follow when it is back")
    for name in ("web-1", "web-2"):
        with (directory / name / "access.log").open("a") as log:
            log.write(f"2026-11-20 10:02:00 INFO {name} access.log new\n")
    expect(page.locator(".row .text", has_text="web-1 access.log new")).to_be_visible()
    expect(page.locator(".row .text", has_text="web-2 access.log new")).to_have_count(0)
    (directory / "web-2.away").unlink()
    expect(page.locator(".row .text", has_text="web-2 access.log new")).to_be_visible()
    expect_state(page, "live")


def test_lines_of_a_host_that_was_away_come_in_their_places(wired: tuple[Server, Path], page: Page) -> None:
    server, directory = wired
    for name in ("web-1", "web-2"):
        server.source_id(f"{name}:access.log")
    (directory / "web-2.away").touch()
    until(lambda: {"absent"} == {each["state"] for each in server.get("/api/sources", host="web-2").json()})
    page.goto(f"{server.ready_line}&host=web-*&path=access.log&find=INFO")
    expect(page.locator("#find-count")).to_have_text("60 hits \u00b7 without web-2")
    expect(page.locator("#place")).to_contain_text("line 60 of 60")
    expect_state(page, "web-2 is absent; its lines follow when it is back")
    (directory / "web-2.away").unlink()
    expect(page.locator("#place")).to_contain_text("line 120 of 120")
    expect(page.locator(".row .text").nth(-2)).to_have_text("2026-11-20 10:00:59 INFO web-1 access.log 59")
    expect(page.locator(".row .text").last).to_have_text("2026-11-20 10:00:59 INFO web-2 access.log 59")
    expect(page.locator("#find-count")).to_have_text("120 hits")
    expect_state(page, "live")
