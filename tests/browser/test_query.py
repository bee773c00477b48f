"""Searching, filtering, levels, times, and views of several sources."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.helpers.log_file import append
from tests.helpers.page import expect_line, expect_state, serious_violations
from tests.helpers.server import Server

pytestmark = pytest.mark.browser

Serve = Callable[..., Server]

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
# Part of Chromium's console message for a request that the server refused.
REFUSED = "422"


def stamped(number: int, text: str, level: str = "INFO") -> str:
    """Return a line with a time, ``number`` seconds after the start."""
    return f"{(START + timedelta(seconds=number)).isoformat()} {level} {text}"


def write_hour(path: Path) -> None:
    """Write 3,600 lines, one a second. Each 100th is an error, and line 1800 contains "needle"."""
    lines = [stamped(n, f"request {n}", "ERROR" if n % 100 == 0 else "INFO") for n in range(3_600)]
    lines[1_800] = stamped(1_800, "the needle in it", "WARNING")
    append(path, *lines)


def search(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.locator("#find-field").fill(text)


def texts(page: Page) -> Locator:
    return page.locator(".pane.active .row .text")


def open_hour(logs: Path, serve: Serve, page: Page) -> None:
    write_hour(logs / "app.log")
    page.goto(serve(logs / "app.log").ready_line)
    expect_line(page, 3_600, stamped(3_599, "request 3599"))


def test_a_search_counts_hits_and_jumps_between_them(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    search(page, "request 12")
    expect(page.locator("#find-count")).to_have_text("111 hits")
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("request 1299")
    page.locator(".log").focus()
    page.keyboard.press("N")
    expect(page.locator(".row.chosen")).to_contain_text("request 1298")
    page.keyboard.press("n")
    expect(page.locator(".row.chosen")).to_contain_text("request 1299")
    page.keyboard.press("n")
    expect(page.locator("#toast")).to_contain_text("No more hits")
    assert page.evaluate("CSS.highlights.get('hit').size") > 3
    expect(page.locator(".hit-marks")).to_be_visible()
    assert "find=request+12" in page.url


def test_a_hit_in_the_middle_of_a_large_file_is_reached(logs: Path, serve: Serve, page: Page) -> None:
    filler = b"nothing to see here\n" * 50_000
    with (logs / "app.log").open("wb") as file:
        for part in range(200):
            file.write(filler)
            if part == 100:
                file.write(b"the needle\n")
    page.goto(serve(logs / "app.log").ready_line)
    expect_state(page, "live")
    search(page, "needle")
    expect(page.locator("#find-count")).to_have_text("1 hit", timeout=20_000)
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("the needle", timeout=20_000)
    expect_line(page, 101 * 50_000 + 1, "the needle")


def test_only_matches_are_shown_while_following(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    search(page, "error")
    page.locator("#find-only").click()
    expect(page.locator("#place")).to_contain_text("of 35")
    append(logs / "app.log", stamped(3_601, "nothing"), stamped(3_602, "new", "ERROR"))
    expect(page.locator("#place")).to_contain_text("of 36")
    expect(texts(page).last).to_contain_text("ERROR new")
    assert "q=error" in page.url
    page.reload()
    expect(page.locator("#place")).to_contain_text("of 36")
    expect(page.locator("#find-field")).to_have_value("error")


def test_a_filter_keeps_the_current_line(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    page.keyboard.press(":")
    page.locator("#go-to-field").fill("1801")
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("needle")
    search(page, "")
    page.locator("#levels").get_by_role("button", name="warning").click()
    expect(texts(page)).to_have_count(1)
    page.locator("#levels").get_by_role("button", name="warning").click()
    expect(page.locator(".row.chosen")).to_contain_text("needle")
    expect_line(page, 1_801, stamped(1_800, "the needle in it", "WARNING"))


def test_an_invalid_pattern_is_reported_and_the_lines_stay(
    logs: Path, serve: Serve, page: Page, expected_errors: list[str]
) -> None:
    expected_errors.append(REFUSED)
    open_hour(logs, serve, page)
    search(page, "request (1|2)00$")
    page.locator("#find-regex").click()
    expect(page.locator("#find-count")).to_have_text("2 hits")
    page.locator("#find-field").fill("request (")
    expect(page.locator("#find-wrong")).to_contain_text("missing )")
    expect_line(page, 3_600, stamped(3_599, "request 3599"))
    page.locator("#find-field").fill("request (7)")
    expect(page.locator("#find-wrong")).to_be_empty()


def test_escape_closes_the_search(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    search(page, "needle")
    expect(page.locator("#find-count")).to_have_text("1 hit")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_be_hidden()
    assert "needle" not in page.url
    expect(page.locator(".log")).to_be_focused()


def test_a_filter_without_matches_can_be_cleared(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    search(page, "nowhere")
    page.locator("#find-only").click()
    expect(page.locator(".notice")).to_contain_text("No matches")
    page.locator(".notice button").click()
    expect_line(page, 3_600, stamped(3_599, "request 3599"))


def test_keys_jump_between_errors_and_warnings(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    page.keyboard.press("E")
    expect(page.locator(".row.chosen")).to_contain_text("request 3500")
    page.keyboard.press("E")
    expect(page.locator(".row.chosen")).to_contain_text("request 3400")
    page.keyboard.press("e")
    expect(page.locator(".row.chosen")).to_contain_text("request 3500")
    page.keyboard.press("W")
    expect(page.locator(".row.chosen")).to_contain_text("needle")


def test_a_clicked_value_is_excluded(logs: Path, serve: Serve, page: Page) -> None:
    lines = [f"level=info worker=w{n % 3} took={n}ms" for n in range(30)]
    append(logs / "app.log", *lines)
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page)).to_have_count(30)
    row = page.locator(".row .text", has_text="worker=w1 took=28ms")
    box = row.bounding_box()
    assert box
    offset = lines[28].index("w1") + 1
    row.click(position={"x": box["width"] * offset / len(lines[28]), "y": 8})
    page.locator("#line-menu").get_by_role("button", name="Exclude lines with").click()
    expect(texts(page)).to_have_count(20)
    expect(page.locator("#chips .chip")).to_contain_text("worker=w1")
    page.locator("#chips button").click()
    expect(texts(page)).to_have_count(30)


def test_a_clicked_json_value_is_included(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", *[json.dumps({"msg": f"m{n}", "user": n % 4}) for n in range(20)])
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page)).to_have_count(20)
    page.keyboard.press("p")
    page.locator(".row.pretty .json-number").click()
    page.locator("#line-menu").get_by_role("button", name="Only lines with").click()
    expect(texts(page)).to_have_count(5)


def test_selected_text_becomes_a_filter(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    row = page.locator(".row .text", has_text="request 3599")
    row.dblclick(position={"x": 30, "y": 8})
    expect(page.locator("#selection-bar")).to_be_visible()
    page.locator("#selection-bar").get_by_text("exclude").click()
    expect(page.locator(".notice")).to_contain_text("No matches")
    expect(page.locator("#chips .chip")).to_have_count(1)


def test_go_to_accepts_a_time(logs: Path, serve: Serve, page: Page, expected_errors: list[str]) -> None:
    expected_errors.append(REFUSED)
    open_hour(logs, serve, page)
    page.keyboard.press("T")
    page.keyboard.press(":")
    page.locator("#go-to-field").fill("10:20:05")
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("request 1205")
    page.keyboard.press(":")
    page.locator("#go-to-field").fill("the day the music died")
    page.keyboard.press("Enter")
    expect(page.locator("#go-to-wrong")).not_to_be_empty()


def test_all_requests_of_a_relative_time_range_count_from_one_moment(logs: Path, serve: Serve, page: Page) -> None:
    begin = datetime.now(UTC) - timedelta(hours=1)
    lines = [f"{(begin + timedelta(seconds=n)).isoformat()} INFO request {n}" for n in range(3_600)]
    append(logs / "app.log", *lines)
    page.goto(serve(logs / "app.log").ready_line)
    expect_line(page, 3_600, lines[-1])
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))

    def moments() -> set[str]:
        return {moment for url in urls for moment in re.findall(r"since=15\+min\+ago.*&now=(\d+)", url)}

    page.keyboard.press("@")
    page.locator("#time-range-since").fill("15 min ago")
    # The histogram is requested a little later.
    with page.expect_request(lambda request: "/api/histogram?" in request.url and "since=15" in request.url):
        page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_have_count(1)
    search(page, "request 35")
    expect(page.locator("#find-count")).to_have_text("100 hits")
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("request 35")
    assert len(moments()) == 1
    assert abs(int(moments().pop()) - time.time() * 1000) < 60_000
    assert {each for each in ("lines", "search", "histogram") if any(f"/api/{each}?" in url for url in urls)} == {
        "lines",
        "search",
        "histogram",
    }
    assert not [url for url in urls if "since=15+min+ago" in url and "&now=" not in url and "start=-1&" not in url]
    assert "now=" not in page.url


def test_the_histogram_selects_a_dragged_range_and_a_clicked_time(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    histogram = page.locator(".histogram")
    expect(histogram).to_be_visible()
    box = histogram.bounding_box()
    assert box
    y = box["y"] + 8
    page.mouse.click(box["x"] + box["width"] * 0.5, y)
    expect(page.locator(".row.chosen")).to_contain_text(re.compile("request (17|18)|needle"))
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    expect(page.locator(".tip")).to_contain_text("info")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    page.mouse.up()
    expect(page.locator("#chips .chip")).to_have_count(1)
    expect(page.locator("#place")).to_contain_text(re.compile(r"of (89|90)\d"))
    page.locator("#chips button").click()
    expect(page.locator("#place")).to_contain_text("of 3,600")


def test_the_histogram_counts_lines_that_it_does_not_draw(logs: Path, serve: Serve, page: Page) -> None:
    early = "2001-09-09T01:46:41Z INFO a wrong clock"
    write_hour(logs / "hour.log")
    path = logs / "app.log"
    append(path, early, *(logs / "hour.log").read_text().splitlines())
    page.goto(serve(path).ready_line)
    expect(page.locator(".histogram .outside")).to_have_text("not shown: 1 before")


def test_without_times_there_is_no_histogram(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", "no time", "none either")
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page)).to_have_count(2)
    expect(page.locator(".histogram")).to_be_hidden()


def test_sources_in_three_formats_are_merged_by_time(logs: Path, serve: Serve, page: Page) -> None:
    moments = [START + timedelta(seconds=n) for n in range(600)]
    append(logs / "a.log", *[f"{each.isoformat()} INFO {n:04}" for n, each in enumerate(moments) if n % 3 == 0])
    append(
        logs / "b.log",
        *[json.dumps({"ts": each.isoformat(), "m": f"{n:04}"}) for n, each in enumerate(moments) if n % 3 == 1],
    )
    append(logs / "c.log", *[f"time={each.isoformat()} n={n:04}" for n, each in enumerate(moments) if n % 3 == 2])
    server = serve(logs)
    ids = [server.source_id(name) for name in ("a.log", "b.log", "c.log")]
    page.goto(server.ready_line)
    page.goto(f"{server.base}/?" + "&".join(f"source={each}" for each in ids))
    expect(page.locator("#place")).to_contain_text("of 600")
    page.keyboard.press("g")
    expect(page.locator(".row .text").first).to_contain_text("0000")
    shown = [re.findall(r"\b0\d{3}\b", text)[-1] for text in texts(page).all_inner_texts()]
    assert shown[:30] == [f"{n:04}" for n in range(30)]
    page.keyboard.press("G")
    append(logs / "a.log", f"{(START + timedelta(seconds=700)).isoformat()} INFO the newest")
    expect(page.get_by_text("the newest")).to_be_in_viewport()


def test_highlighted_words_have_different_colors(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    page.keyboard.press("*")
    for word in ("info", "request"):
        page.locator("#highlights-field").fill(word)
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_function("() => [0, 1].every((n) => CSS.highlights.get(`term-${n}`).size > 5)")
    page.reload()
    page.wait_for_function("() => [0, 1].every((n) => CSS.highlights.get(`term-${n}`)?.size > 5)")


def test_ten_tabs_with_ten_filters_leave_the_api_free(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", *[f"number {n}" for n in range(10)])
    server = serve(logs / "app.log")
    page.goto(server.ready_line)
    tabs = [page, *(page.context.new_page() for _ in range(9))]
    for number, tab in enumerate(tabs):
        tab.goto(f"{server.base}/?source={server.source_id('app.log')}&q=number+{number}")
        expect(texts(tab)).to_have_count(1)
    assert page.evaluate("fetch('/api/sources').then((answer) => answer.status)") == 200
    append(logs / "app.log", "number 9 again")
    expect(texts(tabs[-1])).to_have_count(2)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious_in_a_search(
    logs: Path, serve: Serve, page: Page, scheme: Any, size: tuple[int, int]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    write_hour(logs / "app.log")
    server = serve(logs / "app.log")
    page.goto(server.ready_line)
    page.goto(f"{server.base}/?source={server.source_id('app.log')}&q=request&not=12&find=35&level=error&level=info")
    expect(page.locator("#find-count")).to_contain_text("hits")
    expect(page.locator("#levels")).to_contain_text("error")
    assert serious_violations(Axe().run(page)) == []


def test_matches_are_shown_with_context(logs: Path, serve: Serve, page: Page) -> None:
    write_hour(logs / "app.log")
    append(logs / "app.log", stamped(3_600, "failed", "ERROR"), "Traceback (most recent call last):")
    append(logs / "app.log", "ShopError: no more", stamped(3_700, "on"))
    server = serve(logs / "app.log")
    page.goto(server.ready_line)
    page.goto(f"{server.base}/?source={server.source_id('app.log')}&q=needle")
    expect(texts(page)).to_have_count(1)
    page.locator("#find-context").click()
    expect(texts(page)).to_have_count(7)
    expect(texts(page).first).to_contain_text("request 1797")
    page.locator("#find-context").click()
    expect(texts(page)).to_have_count(21)
    assert "context=10" in page.url
    page.locator("#find-field").fill("failed")
    page.locator("#find-context").click()
    page.locator("#find-context").click()
    expect(texts(page)).to_have_count(1)
    page.locator("#find-records").click()
    expect(texts(page)).to_have_count(3)
    expect(texts(page).last).to_have_text("ShopError: no more")


def test_nearby_lines_are_shown_within_a_row(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    page.locator("#levels").get_by_role("button", name="warning").click()
    expect(texts(page)).to_have_count(1)
    texts(page).click()
    page.keyboard.press("a")
    around = page.locator(".row.amid .around-line")
    expect(around).to_have_count(10)
    expect(around.first).to_contain_text("request 1795")
    expect(around.last).to_contain_text("request 1805")
    page.keyboard.press("a")
    expect(around).to_have_count(0)


def test_json_is_shown_as_fields_and_a_clicked_field_filters(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", *[json.dumps({"user": f"u{n % 4}", "msg": f"number {n}"}) for n in range(20)])
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page)).to_have_count(20)
    page.keyboard.press("J")
    expect(texts(page).last).to_have_text("number 19 user=u3")
    page.locator(".row").last.locator(".json-string", has_text="u3").click()
    page.locator("#line-menu").get_by_role("button", name="Only lines with").click()
    expect(texts(page)).to_have_count(5)
    page.reload()
    expect(texts(page).last).to_have_text("number 19 user=u3")


def test_live_lines_of_several_sources_are_sorted_by_time(logs: Path, serve: Serve, page: Page) -> None:
    for name in ("a.log", "b.log"):
        append(logs / name, stamped(0, f"first of {name}"))
    server = serve(logs)
    page.goto(server.ready_line)
    ids = [server.source_id(name) for name in ("a.log", "b.log")]
    page.goto(f"{server.base}/?" + "&".join(f"source={each}" for each in ids))
    expect(texts(page)).to_have_count(2)
    expect_state(page, "live")
    append(logs / "b.log", stamped(20, "second"), stamped(40, "fourth"))
    append(logs / "a.log", stamped(10, "the first"), stamped(30, "third"))
    expect(texts(page)).to_have_count(6)
    displayed = [text.split()[-1] for text in texts(page).all_inner_texts()[2:]]
    assert displayed == ["first", "second", "third", "fourth"]


def test_sources_that_end_at_different_times_are_shown_once(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "long.log", *[stamped(n, f"long {n}") for n in range(2_000)])
    append(logs / "short.log", *[stamped(n, f"short {n}") for n in range(900)])
    server = serve(logs)
    page.goto(server.ready_line)
    page.goto(f"{server.base}/?" + "&".join(f"source={server.source_id(each)}" for each in ("long.log", "short.log")))
    expect(page.locator("#place")).to_contain_text("of 2,900")
    expect_state(page, "live")
    expect(texts(page).last).to_contain_text("long 1999")
    append(logs / "short.log", stamped(2_001, "news"))
    expect(texts(page).last).to_contain_text("news")
    expect(page.locator("#place")).to_contain_text("of 2,901")


def test_a_hit_far_to_the_right_is_scrolled_into_view(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", *["short"] * 50, f"{'x' * 600} the needle", *["short"] * 50)
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page).last).to_be_visible()
    search(page, "needle")
    expect(page.locator("#find-count")).to_have_text("1 hit")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.pane.active .log').scrollLeft > 3000")
    page.keyboard.press("Escape")


def test_an_invalid_filter_in_the_url_is_reported_and_can_be_cleared(
    logs: Path, serve: Serve, page: Page, expected_errors: list[str]
) -> None:
    expected_errors.append(REFUSED)
    open_hour(logs, serve, page)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{page.url}&level=banana")
    expect(page.locator(".notice")).to_contain_text("banana")
    expect(page.locator("#chips .chip")).to_contain_text("level banana")
    number = len(requested)
    page.wait_for_timeout(1_500)
    assert len([url for url in requested[number:] if "/api/lines" in url]) <= 1
    page.locator(".notice button").click()
    expect_line(page, 3_600, stamped(3_599, "request 3599"))


def test_known_lines_do_not_count_as_new(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    search(page, "needle")
    expect(page.locator("#find-count")).to_have_text("1 hit")
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("needle")
    page.locator("#find-only").click()
    expect(texts(page)).to_have_count(1)
    page.locator("#find-only").click()
    expect(page.locator(".row.chosen")).to_contain_text("needle")
    expect(page.locator(".pill")).to_contain_text("Follow")


def test_a_clicked_value_does_not_match_longer_values(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", *[f"level=info took={n}ms user=u{n}" for n in range(20)])
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page)).to_have_count(20)
    row = page.locator(".row .text", has_text="took=1ms")
    box = row.bounding_box()
    assert box
    row.click(position={"x": box["width"] - 3, "y": 8})
    page.locator("#line-menu").get_by_role("button", name="Only lines with").click()
    expect(texts(page)).to_have_count(1)
    expect(page.locator("#chips .chip .words")).to_have_text("user=u1")


def test_a_misread_regular_expression_is_offered_as_it_was_meant(logs: Path, serve: Serve, page: Page) -> None:
    open_hour(logs, serve, page)
    search(page, r"\<needle\>")
    hint = page.locator("#find-hint")
    expect(page.locator("#find-count")).to_have_text("no hits")
    expect(hint).to_contain_text("Regex is off")
    assert serious_violations(Axe().run(page)) == []
    hint.get_by_role("button", name="Search as a regular expression").click()
    expect(page.locator("#find-regex")).to_have_attribute("aria-pressed", "true")
    expect(hint).to_contain_text(r"write \b for the edge of a word")
    assert serious_violations(Axe().run(page)) == []
    hint.get_by_role("button", name=r"\bneedle\b").click()
    expect(page.locator("#find-count")).to_have_text("1 hit")
    expect(page.locator("#find-field")).to_have_value(r"\bneedle\b")
    expect(hint).to_be_hidden()


def test_lookaround_is_refused_with_another_way(
    logs: Path, serve: Serve, page: Page, expected_errors: list[str]
) -> None:
    expected_errors.append(REFUSED)
    open_hour(logs, serve, page)
    search(page, "(?!request)needle")
    page.locator("#find-regex").click()
    expect(page.locator("#find-wrong")).to_contain_text("RE2 has no lookaround; exclude lines with a second pattern")


def test_the_line_menu_explains_how_a_line_was_read(logs: Path, serve: Serve, page: Page) -> None:
    append(logs / "app.log", stamped(0, "start"), stamped(1, "broken", "ERROR"), "  in module x", "  in module y")
    page.goto(serve(logs / "app.log").ready_line)
    expect(texts(page)).to_have_count(4)
    page.keyboard.press("T")
    page.locator(".row", has_text="broken").locator(".number").click()
    page.locator("#line-menu").get_by_role("button", name="How was this line read?").click()
    explained = page.locator("#explanation")
    rows = [("Time", "2026-11-20 10:00:01.000 UTC"), ("Level", "error"), ("Record", "lines 2 to 4")]
    for term, value in rows:
        expect(explained.locator("dt", has_text=term).locator("xpath=following-sibling::dd[1]")).to_contain_text(value)
    expect(explained.locator("dd").first).to_contain_text("from the text '2026-11-20T10:00:01+00:00'")
    expect(explained).to_contain_text("app.log \u00b7 line 2")
    assert serious_violations(Axe().run(page)) == []
    explained.get_by_role("button", name="Close").click()
    expect(explained).to_be_hidden()
