"""Several logs whose times go back, on the page."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.access_log import access_log, with_wrong_clocks
from tests.helpers.server import Server
from tests.helpers.time_order import merged

pytestmark = pytest.mark.browser

_SEEN = """
async (log) => {
  const texts = [];
  const isLoaded = () => [...log.querySelectorAll(".row")].every((row) => row.querySelector(".text")?.textContent);
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
  const seen = new Set();
  for (;;) {
    do await drawn(); while (!isLoaded());
    for (const row of log.querySelectorAll(".row .text")) seen.add(row.textContent);
    if (log.scrollTop <= 0) return [...seen];
    // Half a screen: the histogram appears between two steps and leaves less height to the lines.
    log.scrollTop = Math.max(0, log.scrollTop - log.clientHeight / 2);
  }
}
"""


def test_scrolling_from_end_to_start_shows_every_line(logs: Path, serve: Callable[..., Server], page: Page) -> None:
    contents = [with_wrong_clocks(access_log(Random(1), "one")), access_log(Random(2), "two")]
    for number, log in enumerate(contents):
        (logs / f"{number}.log").write_text("".join(f"{text}\n" for _, text in log))
    server = serve(logs)
    sources = "".join(f"&source={server.source_id(f'{number}.log')}" for number in range(2))
    page.goto(server.ready_line + sources)
    expect(page.locator(".row .text").last).to_contain_text("HTTP/1.1")
    seen = page.locator(".pane.active .log").evaluate(_SEEN)
    assert sorted(seen) == sorted(merged(contents))
