"""The list of lines: files of any size, floods, rotations, links, many tabs, accessibility."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect

from tests.helpers.log_file import append
from tests.helpers.page import BROKEN_CONNECTION, expect_line, expect_state, serious_violations
from tests.helpers.server import Server, until
from tests.helpers.view import complete_answer

pytestmark = pytest.mark.browser

Serve = Callable[..., Server]

EVERY = 10_000
HUGE_LINES = 20_000_000

# The lines in view from the top down, as [number, text].
IN_VIEW = """() => {
  const log = document.querySelector(".pane.active .log").getBoundingClientRect();
  return Array.from(document.querySelectorAll(".pane.active .row"))
    .map((row) => [row, row.getBoundingClientRect()])
    .filter(([, box]) => box.bottom > log.top + 1 && box.top < log.bottom - 1)
    .map(([row]) => [row.querySelector(".number").textContent, row.querySelector(".text").textContent]);
}"""


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of 20 million lines, many times as high as an element can be; every 10,000th contains its number."""
    path = tmp_path_factory.mktemp("huge") / "huge.log"
    filler = b"x\n" * (EVERY - 1)
    with path.open("wb") as file:
        for known in range(EVERY, HUGE_LINES + 1, EVERY):
            file.write(filler + b"known %d\n" % known)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def huge_server(huge: Path) -> Iterator[Server]:
    with Server(huge) as server:
        until(lambda: complete_answer(server, {"source": "huge.log"}), what="the count of all lines")
        yield server


def in_view(page: Page) -> list[tuple[str, str]]:
    return [(number, text) for number, text in page.evaluate(IN_VIEW)]


def go_to(page: Page, target: str) -> None:
    page.keyboard.press(":")
    page.locator("#go-to-field").fill(target)
    page.keyboard.press("Enter")


def open_huge(page: Page, server: Server) -> None:
    page.goto(server.ready_line)
    expect_line(page, HUGE_LINES, f"known {HUGE_LINES}")
    page.locator(".log").focus()


# 20 million lines


def test_a_huge_file_opens_at_its_end_and_jumps_to_its_start(huge_server: Server, page: Page) -> None:
    open_huge(page, huge_server)
    page.keyboard.press("g")
    expect_line(page, 1, "x")
    page.keyboard.press("G")
    expect_line(page, HUGE_LINES, f"known {HUGE_LINES}")


@pytest.mark.parametrize("line", [EVERY, 2 * EVERY, 10_000_000, 14_640_000, HUGE_LINES - EVERY])
def test_go_to_shows_exactly_that_line(huge_server: Server, page: Page, line: int) -> None:
    open_huge(page, huge_server)
    go_to(page, str(line))
    expect_line(page, line, f"known {line}")


def test_go_to_accepts_a_percentage(huge_server: Server, page: Page) -> None:
    open_huge(page, huge_server)
    go_to(page, "25%")
    expect_line(page, HUGE_LINES // 4 + 1, "x")


@pytest.mark.parametrize("line", [EVERY, 10_000_000, HUGE_LINES - EVERY])
def test_the_wheel_scrolls_by_pixels_anywhere(huge_server: Server, page: Page, line: int) -> None:
    open_huge(page, huge_server)
    go_to(page, str(line))
    expect_line(page, line, f"known {line}")
    row = page.locator(".row", has_text=f"known {line}")
    box = row.bounding_box()
    assert box
    page.locator(".log").hover()
    page.mouse.wheel(0, 40)
    page.wait_for_function(
        "([text, y]) => Math.abs([...document.querySelectorAll('.row')].find((row) => row.textContent.includes(text))"
        "?.getBoundingClientRect().top - y) < 1",
        arg=[f"known {line}", box["y"] - 40],
    )
    page.mouse.wheel(0, -40)
    page.wait_for_function(
        "([text, y]) => Math.abs([...document.querySelectorAll('.row')].find((row) => row.textContent.includes(text))"
        "?.getBoundingClientRect().top - y) < 1",
        arg=[f"known {line}", box["y"]],
    )


def test_the_scrollbar_reaches_start_middle_and_end(huge_server: Server, page: Page) -> None:
    open_huge(page, huge_server)
    log = page.locator(".log")
    log.evaluate("(log) => { log.scrollTop = 0; }")
    expect_line(page, 1, "x")
    log.evaluate("(log) => { log.scrollTop = (log.scrollHeight - log.clientHeight) / 2; }")
    page.wait_for_function(
        "() => { const n = Number(document.querySelector('.row .number').textContent.replaceAll(',', ''));"
        " return n > 9_800_000 && n < 10_200_000; }"
    )
    log.evaluate("(log) => { log.scrollTop = log.scrollHeight; }")
    expect_line(page, HUGE_LINES, f"known {HUGE_LINES}")


# Scroll, and change the document before the browser dispatches the scroll event.
SCROLL_WHILE_LINES_ARRIVE = """async () => {
  const log = document.querySelector(".log").cloneNode(true);
  log.querySelector(".rows").replaceChildren();
  document.querySelector(".log").after(log);
  const scripts = [...document.querySelectorAll("script[type=module]")].map((script) => script.src);
  const main = scripts.find((src) => src.endsWith("/main.js"));
  const { Viewport } = await import(main.replace("main.js", "list/viewport.js"));
  const rows = { total: 100_000, row: (row) => ({ row }), position: (row) => row, locate: (row) => row, want() {} };
  const viewport = new Viewport(log, {
    make: () => document.createElement("div"),
    fill: (element, row) => { element.textContent = String(row.row); },
    moved: () => viewport.stickToEnd(false),
    painted() {},
  });
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  viewport.show(rows);
  await frame();
  await new Promise((done) => setTimeout(done, 50));
  log.scrollTop = 1_000;
  viewport.change(() => {});
  await frame();
  const position = { top: log.scrollTop, row: viewport.top };
  log.remove();
  return position;
}"""


def test_scrolling_while_lines_arrive_is_not_undone(huge_server: Server, page: Page) -> None:
    open_huge(page, huge_server)
    position = page.evaluate(SCROLL_WHILE_LINES_ARRIVE)
    assert position["top"] == 1000
    assert position["row"] > 0


def test_page_down_overlaps_the_page_before(huge_server: Server, page: Page) -> None:
    open_huge(page, huge_server)
    go_to(page, "50%")
    expect_line(page, HUGE_LINES // 2 + 1, "x")
    before = in_view(page)
    page.keyboard.press("PageDown")
    page.wait_for_function(f"(before) => ({IN_VIEW})()[0][0] !== before", arg=before[0][0])
    after = in_view(page)
    assert {number for number, _ in before} & {number for number, _ in after}
    page.keyboard.press("PageUp")
    page.wait_for_function(f"(before) => ({IN_VIEW})()[0][0] === before", arg=before[0][0])


def test_a_huge_file_needs_few_nodes(huge_server: Server, page: Page) -> None:
    open_huge(page, huge_server)
    for target in ("10%", "20%", "99%", "1"):
        go_to(page, target)
    page.keyboard.press("z")
    expect_line(page, 1, "x")
    assert page.evaluate("document.querySelectorAll('*').length") < 2_500


# Live


def test_a_flood_loses_nothing_and_skipped_lines_can_be_read(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, "first")
    page.goto(serve(log).ready_line)
    expect_line(page, 1, "first")
    expect_state(page, "live")
    with log.open("a") as file:
        for part in range(20):
            file.writelines(f"flood {part * 10_000 + n}\n" for n in range(10_000))
            file.flush()
    expect_line(page, 200_001, "flood 199999")
    # The first line may come with the others, where the page opens its stream before the file is read.
    expect(page.locator("#total")).to_have_attribute("title", re.compile("200,00[01]"))
    go_to(page, "100000")
    expect_line(page, 100_000, "flood 99998")
    assert page.evaluate("document.querySelectorAll('*').length") < 2_500


def test_a_rotated_file_stays_above_the_new_one(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, *[f"old {n}" for n in range(1, 101)])
    page.goto(serve(log).ready_line)
    expect_line(page, 100, "old 100")
    log.rename(logs / "app.log.1")
    append(log, *[f"new {n}" for n in range(1, 4)])
    expect_line(page, 3, "new 3")
    expect(page.locator(".rows")).to_contain_text("rotated")
    expect(page.locator(".rows")).to_contain_text("old 100")
    page.keyboard.press("g")
    expect_line(page, 1, "old 1")


def test_a_link_to_a_line_outlives_rotation(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, *[f"line {n}" for n in range(1, 1001)])
    server = serve(log)
    page.goto(server.ready_line)
    expect_line(page, 1000, "line 1000")
    at = server.get("/api/lines", source="app.log", start=499, count=1).json()["lines"][0]["at"]
    log.rename(logs / "app.log.1")
    append(log, "new")
    page.goto(f"{server.base}/?source={server.source_id('app.log')}&at={at}")
    expect_line(page, 500, "line 500")
    expect(page.locator(".row.chosen")).to_contain_text("line 500")


def test_a_shared_url_shows_the_same_lines(logs: Path, serve: Serve, page: Page, browser: Browser) -> None:
    log = logs / "app.log"
    append(log, *[f"line {n}" for n in range(1, 10_001)])
    server = serve(log)
    page.goto(server.ready_line)
    expect_line(page, 10_000, "line 10000")
    held: list[Route] = []
    page.route(re.compile(r"/api/lines\?.*start=4000"), lambda route: held.append(route))  # noqa: PLW0108 (Playwright takes no built-in)
    go_to(page, "4321")
    # Longer than the page waits before it notes its position.
    page.wait_for_timeout(1_000)
    assert "at=" not in page.url
    for route in held:
        route.continue_()
    expect_line(page, 4321, "line 4321")
    expect(page).to_have_url(re.compile("at="))
    top = in_view(page)[0]
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    colleague = context.new_page()
    colleague.goto(server.ready_line)
    colleague.goto(page.url)
    expect_line(colleague, int(top[0].replace(",", "")), top[1])
    context.close()


def test_the_scroll_position_survives_a_restart(
    logs: Path, serve: Serve, page: Page, expected_errors: list[str]
) -> None:
    expected_errors += BROKEN_CONNECTION
    log = logs / "app.log"
    append(log, *[f"line {n}" for n in range(1, 5_001)])
    server = serve(log, "--token", "same")
    page.goto(server.ready_line)
    expect_line(page, 5_000, "line 5000")
    go_to(page, "2345")
    expect_line(page, 2_345, "line 2345")
    assert server.stop() == 0
    expect_state(page, re.compile("reconnecting|server stopped"))
    append(log, "in between")
    serve(log, "--token", "same", port=server.port)
    expect_state(page, "live")
    expect_line(page, 2_345, "line 2345")
    page.locator(".pill").click()
    expect_line(page, 5_001, "in between")


def test_ten_tabs_share_one_stream_and_the_api_answers(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, "first")
    server = serve(log)
    page.goto(server.ready_line)
    expect_line(page, 1, "first")
    tabs = [page, *(page.context.new_page() for _ in range(9))]
    for tab in tabs[1:]:
        tab.goto(server.base)
        expect_line(tab, 1, "first")
    append(log, "for all")
    for tab in tabs:
        expect_line(tab, 2, "for all")
    assert page.evaluate("fetch('/api/sources').then((answer) => answer.status)") == 200


# Selecting and displaying


def test_a_selection_is_copied_over_many_screens(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, *[f"line {n}" for n in range(1, 1001)])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(serve(log).ready_line)
    expect_line(page, 1000, "line 1000")
    go_to(page, "100")
    expect_line(page, 100, "line 100")
    first = page.locator(".row .text", has_text="line 100").bounding_box()
    assert first
    page.mouse.click(first["x"] + 1, first["y"] + 5)
    go_to(page, "700")
    expect_line(page, 700, "line 700")
    last = page.locator(".row .text", has_text="line 700").bounding_box()
    assert last
    page.keyboard.down("Shift")
    page.mouse.click(last["x"] + 300, last["y"] + 5)
    page.keyboard.up("Shift")
    page.keyboard.press("Control+c")
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text.startsWith('line 100'))")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\n") == [f"line {n}" for n in range(100, 701)]


def test_wrapped_lines_are_scrolled_to_both_ends(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, *[f"line {n} " + "word " * (n % 150) for n in range(1, 2_001)])
    page.goto(serve(log).ready_line)
    page.keyboard.press("z")
    expect(page.locator(".row", has=page.get_by_text("2,000", exact=True))).to_be_in_viewport()
    page.keyboard.press("g")
    first = page.locator(".row", has=page.get_by_text("1", exact=True))
    expect(first).to_be_in_viewport()
    page.locator(".log").hover()
    for _ in range(10):
        page.mouse.wheel(0, 500)
    expect(first).not_to_be_in_viewport()

    def is_at_start() -> bool:
        page.mouse.wheel(0, -500)
        return "1" in dict(in_view(page))

    # A slow browser passes rows that it has not measured yet, so the way back is longer.
    until(is_at_start, what="the first line")
    expect(first).to_be_in_viewport()


def test_colors_links_and_json_are_displayed_safely(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(
        log,
        "\x1b[31mred\x1b[0m and plain",
        "see https://example.com/path?q=1.",
        '\x1b[36m{"level":"error","deep":{"a":[1,2,3]}}\x1b[0m',
        "evil \u202ebidi",
    )
    page.goto(serve(log).ready_line)
    rows = page.locator(".rows")
    expect(rows).to_contain_text("red and plain")
    link = rows.get_by_role("link", name="https://example.com/path?q=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(rows).to_contain_text("\u2039RLO\u203a")
    row = page.locator(".row", has_text='"deep"')
    expect(row.locator(".mark-cell")).to_have_text("E")
    row.locator(".number").click()
    page.locator("#line-menu").get_by_role("button", name="Pretty-print JSON").click()
    expect(page.locator(".row.pretty")).to_have_count(1)
    expect(page.locator(".row.pretty .text")).to_contain_text('"deep": {')
    page.keyboard.press("p")
    expect(page.locator(".row.pretty")).to_have_count(0)


def test_previous_bookmark_goes_back_to_a_bookmark(logs: Path, serve: Serve, page: Page) -> None:
    log = logs / "app.log"
    append(log, *[f"line {n}" for n in range(1, 1001)])
    page.goto(serve(log).ready_line)
    expect_line(page, 1000, "line 1000")
    go_to(page, "300")
    expect_line(page, 300, "line 300")
    page.keyboard.press("m")
    expect(page.locator(".row.marked")).to_contain_text("line 300")
    page.keyboard.press("G")
    expect_line(page, 1000, "line 1000")
    page.keyboard.press("U")
    expect_line(page, 300, "line 300")


def test_two_panes_are_two_views(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "api.log", "from the api")
    append(logs / "web.log", "from the web")
    page.goto(serve(logs).ready_line)
    expect(page.locator(".rows")).to_contain_text("from the api")
    page.keyboard.press("|")
    expect(page.locator(".pane")).to_have_count(2)
    page.locator("#sources").get_by_text("web.log").click()
    expect(page.locator(".pane.active .rows")).to_contain_text("from the web")
    expect(page.locator(".rows", has_text="from the api")).to_have_count(1)
    page.reload()
    expect(page.locator(".pane")).to_have_count(2)
    expect(page.locator(".rows", has_text="from the web")).to_have_count(1)


# Appearance


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(logs: Path, serve: Serve, page: Page, scheme: Any, size: tuple[int, int]) -> None:
    append(logs / "app.log", *[f"2026-11-21T10:00:00Z {level} message {level}" for level in ("INFO", "ERROR", "WARN")])
    append(logs / "web.log", "from the web")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(serve(logs).ready_line)
    expect(page.locator(".rows")).to_contain_text("message ERROR")
    assert serious_violations(Axe().run(page)) == []


def test_the_theme_button_changes_the_theme(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", "line")
    page.emulate_media(color_scheme="dark")
    page.goto(serve(logs).ready_line)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".status [data-command=theme]").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
