"""Assertions about the page in a browser."""

import re
from typing import Any

from playwright.sync_api import Page, expect

# Messages that Chromium writes to the console when a connection breaks.
BROKEN_CONNECTION = ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET"]


def expect_state(page: Page, words: str | re.Pattern[str]) -> None:
    """Wait until the status bar shows this state."""
    expect(page.locator("#state-words")).to_have_text(words)


def with_commas(number: int) -> str:
    return f"{number:,}"


def expect_line(page: Page, number: int, text: str) -> None:
    """Wait until the line with this number is in the viewport, and check its text."""
    row = page.locator(".row", has=page.get_by_text(with_commas(number), exact=True))
    expect(row).to_be_in_viewport()
    expect(row.locator(".text")).to_have_text(text)


def serious_violations(results: Any) -> list[str]:
    """Return the serious and critical violations in the results of axe."""
    found = results.response["violations"]
    return [f"{each['id']}: {each['help']}" for each in found if each["impact"] in ("serious", "critical")]
