"""The page: following, reconnecting, selecting sources, signing in."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.compression import compress
from tests.helpers.log_file import append
from tests.helpers.page import BROKEN_CONNECTION, expect_state
from tests.helpers.server import Server

pytestmark = pytest.mark.browser

Serve = Callable[..., Server]

FOLLOW_WITH_EVENT_SOURCE = """([url, lines]) => new Promise((resolve) => {
  const seen = [];
  const source = new EventSource(url);
  source.addEventListener("lines", (event) => {
    seen.push(...JSON.parse(event.data).lines);
    if (seen.length >= lines) { source.close(); resolve(seen); }
  });
  source.onopen = () => { document.body.dataset.opened = "yes"; };
})"""


def test_a_native_event_source_follows_a_file(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, "first")
    server = serve(log)
    page.goto(server.ready_line)
    source = server.source_id("app.log")
    handle = page.evaluate_handle(
        f"(given) => ({{ lines: ({FOLLOW_WITH_EVENT_SOURCE})(given) }})",
        [f"/api/stream?source={source}&from=start", 3],
    )
    page.wait_for_function("() => document.body.dataset.opened === 'yes'")
    append(log, "second", "third")
    assert page.evaluate("(handle) => handle.lines", handle) == ["first", "second", "third"]


def test_a_native_event_source_resumes_exactly_after_a_restart(
    logs: Path, serve: Serve, page: Page, expected_errors: list[str]
) -> None:
    expected_errors += BROKEN_CONNECTION
    log = logs / "app.log"
    append(log, "first")
    server = serve(log, "--token", "same")
    page.goto(server.ready_line)
    source = server.source_id("app.log")
    handle = page.evaluate_handle(
        f"(given) => ({{ lines: ({FOLLOW_WITH_EVENT_SOURCE})(given) }})",
        [f"/api/stream?source={source}&from=start", 3],
    )
    page.wait_for_function("() => document.body.dataset.opened === 'yes'")
    server.process.kill()
    server.wait()
    append(log, "second")
    again = serve(log, "--token", "same", port=server.port)
    append(log, "third")
    assert page.evaluate("(handle) => handle.lines", handle) == ["first", "second", "third"]
    assert again.port == server.port


@pytest.mark.parametrize("named", [False, True])
def test_an_opened_page_requests_lines_and_sources_once(logs: Path, serve: Serve, page: Page, named: bool) -> None:
    (logs / "app.log").write_text("a line\n")
    server = serve(logs)
    url = f"{server.ready_line}&source={server.source_id('app.log')}" if named else server.ready_line
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(url)
    expect(page.locator(".row .text").last).to_have_text("a line")
    assert sum("/api/lines" in url for url in requested) == 1
    assert sum("/api/sources" in url for url in requested) == 1


def test_lines_appear_as_they_are_written(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, "there before")
    page.goto(serve(log).ready_line)
    expect(page.locator(".rows")).to_contain_text("there before")
    expect_state(page, "live")
    append(log, "written <b>while</b> watching")
    expect(page.locator(".rows")).to_contain_text("written <b>while</b> watching")


def test_pause_keeps_the_view_and_loses_nothing(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, "one")
    page.goto(serve(log).ready_line)
    expect(page.locator(".rows")).to_contain_text("one")
    page.keyboard.press("=")
    expect_state(page, re.compile("paused"))
    append(log, "two", "three")
    expect(page.locator(".pill")).to_be_visible()
    assert "two" not in page.locator(".rows").inner_text()
    page.keyboard.press("=")
    expect(page.locator(".rows")).to_contain_text("three")


def test_scrolling_up_stops_following_until_the_pill_is_clicked(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, *[f"line {number}" for number in range(300)])
    page.goto(serve(log).ready_line)
    expect(page.locator(".rows")).to_contain_text("line 299")
    page.locator(".log").hover()
    page.mouse.wheel(0, -2000)
    expect(page.get_by_text("line 299")).not_to_be_in_viewport()
    append(log, "the newest")
    expect(page.locator(".pill")).to_contain_text("1 new line")
    expect(page.get_by_text("the newest")).not_to_be_in_viewport()
    page.locator(".pill").click()
    expect(page.get_by_text("the newest")).to_be_in_viewport()


def test_several_sources_are_selected_and_stay_in_the_url(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "api.log", "from the api")
    append(logs / "web.log", "from the web")
    page.goto(serve(logs).ready_line)
    for box in page.locator("#sources input[type=checkbox]").all():
        box.check()
    expect(page.locator(".rows")).to_contain_text("from the api")
    expect(page.locator(".rows")).to_contain_text("from the web")
    assert page.url.count("source=") == 2
    assert "token" not in page.url
    page.reload()
    expect(page.locator(".rows")).to_contain_text("from the web")


def test_a_truncation_is_shown_as_a_gap(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, "soon to be gone")
    page.goto(serve(log).ready_line)
    expect(page.locator(".rows")).to_contain_text("soon to be gone")
    log.write_text("new\n")
    expect(page.locator(".rows")).to_contain_text("truncated")
    expect(page.locator(".rows")).to_contain_text("new")


def test_the_page_reconnects_after_a_restart_and_misses_no_line(
    logs: Path, serve: Serve, page: Page, expected_errors: list[str]
) -> None:
    expected_errors += BROKEN_CONNECTION
    log = logs / "app.log"
    append(log, "before")
    server = serve(log, "--token", "same")
    page.goto(server.ready_line)
    expect_state(page, "live")
    assert server.stop() == 0
    expect_state(page, re.compile("reconnecting|server stopped"))
    append(log, "in between")
    serve(log, "--token", "same", port=server.port)
    expect(page.locator(".rows")).to_contain_text("in between", timeout=20_000)
    expect_state(page, "live")
    assert page.locator(".rows").inner_text().count("before") == 1


def test_a_finished_stream_is_closed_for_good(logs: Path, serve: Serve, page: Page) -> None:
    given = logs / "piped.txt"
    append(given, "piped in")
    with given.open("rb") as stdin:
        page.goto(serve("-", stdin=stdin.fileno()).ready_line)
    expect(page.locator(".rows")).to_contain_text("piped in")
    expect_state(page, "ended")


def test_other_requests_are_answered_while_the_stream_is_open(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", "line")
    page.goto(serve(logs).ready_line)
    expect_state(page, "live")
    status = page.evaluate("fetch('/api/sources').then((answer) => answer.status)")
    assert status == 200


def test_a_page_without_the_token_asks_for_it(logs: Path, serve: Serve, page: Page, expected_errors: list[str]) -> None:
    expected_errors.append("401")
    append(logs / "app.log", "secret")
    server = serve(logs, "--token", "let me in")
    page.goto(server.base)
    expect(page.locator("body")).not_to_contain_text("secret")
    page.locator("input[name=token]").fill("wrong")
    page.keyboard.press("Enter")
    page.locator("input[name=token]").fill("let me in")
    page.keyboard.press("Enter")
    expect(page.locator(".rows")).to_contain_text("secret")


def test_a_phone_shows_the_lines_and_the_sources_in_a_sheet(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "api.log", "from the api")
    append(logs / "web.log", "from the web")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(serve(logs).ready_line)
    expect(page.locator(".rows")).to_contain_text("from the api")
    page.locator("#sources-button").click()
    page.locator("dialog#sources-sheet").get_by_text("web.log").click()
    expect(page.locator(".rows")).to_contain_text("from the web")


def test_a_binary_file_is_shown_and_says_so(logs: Path, serve: Serve, page: Page) -> None:
    content = b"\0\1\x1b[31m<b>\xff\n" * 50 + bytes(range(256)) * 20_000 + b"\2" * 3_000_000 + b"\nthe end\n"
    (logs / "image.png").write_bytes(content)
    page.goto(serve(logs / "image.png").ready_line)
    expect(page.locator("#sources .source .off")).to_have_text("binary")
    expect(page.locator("#state-words")).to_have_text("live \u00b7 binary")
    expect(page.locator(".rows")).to_contain_text("the end")
    page.locator(".rows").click()
    page.keyboard.press("Home")
    expect(page.locator(".rows")).to_contain_text("<b>")


def test_a_cut_archive_shows_its_lines_and_says_so(logs: Path, serve: Serve, page: Page) -> None:
    path = logs / "app.log"
    append(path, *(f"line {number} {number * number % 1_000_003}" for number in range(20_000)))
    packed = compress(path)
    packed.write_bytes(packed.read_bytes()[:-1000])
    page.goto(serve(packed).ready_line)
    expect(page.locator(".rows")).to_contain_text("no newline at end of line")
    expect(page.locator("#sources .source .off")).to_have_text("cut")
    expect(page.locator("#state-words")).to_have_text("live \u00b7 cut")


def test_lines_in_another_encoding_are_a_state_of_the_source(logs: Path, serve: Serve, page: Page) -> None:
    (logs / "app.log").write_bytes("Stra\u00dfe\n".encode("latin-1") * 3)
    page.goto(serve(logs / "app.log").ready_line)
    entry = page.locator("#sources .source")
    expect(entry.locator(".off")).to_have_text("wrong encoding")
    expect(entry.get_by_role("link")).to_have_attribute("title", re.compile(r"set encoding in \[\[logs\]\]"))
