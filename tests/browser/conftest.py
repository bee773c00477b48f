"""A real browser, and pages whose console must stay free of errors."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.helpers import programs

# Playwright's own 5 s are too few on a busy machine.
expect.set_options(timeout=30_000)

_ARGUMENTS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = programs.find("chromium")
    if path is None:
        pytest.fail("no Chromium here: run 'make test', which installs one")
    arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def expected_errors() -> list[str]:
    """Texts of console messages that a test expects. A test appends to this list."""
    return []


@pytest.fixture
def page(browser: Browser, expected_errors: list[str], serve: object) -> Iterator[Page]:
    """A page in a fresh profile. Errors in its console and in its scripts fail the test.

    It is closed before the servers of ``serve``, because a lost connection is such an error.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    messages: list[str] = []

    def record(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            messages.append(message.text)

    page.on("console", record)
    page.on("pageerror", lambda error: messages.append(str(error)))
    yield page
    context.close()
    unexpected = [text for text in messages if not any(expected in text for expected in expected_errors)]
    assert not unexpected
