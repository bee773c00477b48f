"""Signing in and out, and requests that come from pages of another site."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect

from tests.helpers.server import Server

pytestmark = pytest.mark.browser

Serve = Callable[..., Server]


@pytest.fixture
def server(logs: Path, serve: Serve) -> Server:
    (logs / "app.log").write_text("the first line\n")
    return serve(logs / "app.log")


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    """Serve the temporary directory as another site, and return its base URL."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *_: object) -> None:
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    # Another host name is another site.
    yield f"http://localhost:{site.server_port}"
    site.shutdown()
    site.server_close()


def lines(page: Page) -> list[str]:
    expect(page.locator(".row .text").first).to_be_visible()
    return page.locator(".row .text").all_text_contents()


def test_signing_in_shows_lines_and_signing_out_hides_them(
    page: Page, server: Server, expected_errors: list[str]
) -> None:
    # The sign-in page requests the page once, to skip itself if the user is signed in.
    expected_errors.append("401 (Unauthorized)")
    page.goto(f"{server.base}/?source=app.log")
    page.get_by_label("Token").fill(server.token)
    page.keyboard.press("Enter")
    assert lines(page) == ["the first line"]
    page.get_by_label("Menu", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_link_with_the_token_on_another_site_signs_in_by_a_click(
    page: Page, server: Server, other_site: str, tmp_path: Path, expected_errors: list[str]
) -> None:
    expected_errors += ["401 (Unauthorized)", "404 (File not found)"]
    link = f"{server.base}/?source=app.log&amp;token={server.token}"
    (tmp_path / "wiki.html").write_text(f'<a href="{link}">look</a>')
    page.goto(f"{other_site}/wiki.html")
    page.get_by_text("look").click()
    expect(page.get_by_label("Token")).to_have_value(server.token)
    assert server.token not in page.url
    page.get_by_role("button", name="Sign in").click()
    assert lines(page) == ["the first line"]
    assert "source=app" in page.url


def test_a_link_on_another_site_opens_for_a_signed_in_user(
    page: Page, server: Server, other_site: str, tmp_path: Path, expected_errors: list[str]
) -> None:
    expected_errors += ["401 (Unauthorized)", "404 (File not found)"]
    page.goto(server.ready_line)
    lines(page)
    (tmp_path / "wiki.html").write_text(f'<a href="{server.base}/?source=app.log&amp;q=first">look</a>')
    page.goto(f"{other_site}/wiki.html")
    page.get_by_text("look").click()
    assert lines(page) == ["the first line"]
    assert page.url.endswith("&q=first")


def test_without_sign_in_the_menu_has_no_sign_out(page: Page, logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    page.goto(serve("--no-auth", logs / "app.log").base)
    page.get_by_label("Menu", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("Keyboard shortcuts"))).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_a_page_of_another_site_gets_no_lines(
    page: Page, other_site: str, tmp_path: Path, logs: Path, expected_errors: list[str]
) -> None:
    (logs / "app.log").write_text("secret\n")
    expected_errors += ["404 (File not found)", "403 (Forbidden)", "blocked by CORS policy", "net::ERR_"]
    (tmp_path / "evil.html").write_text("<p>evil")
    page.goto(f"{other_site}/evil.html")
    with Server("--no-auth", "--log-format", "json", logs / "app.log") as server:
        paths = [f"{server.base}/api/{path}" for path in ("stream?source=app.log", "download?source=app.log")]
        for mode in ("no-cors", "cors"):
            script = "([urls, mode]) => Promise.allSettled(urls.map((url) => fetch(url, { mode })))"
            answers = page.evaluate(script, [paths, mode])
            assert [answer["status"] for answer in answers] == ["rejected"] * 2
        server.process.terminate()
        assert server.process.stderr
        entries = [orjson.loads(line) for line in server.process.stderr]
    assert [entry["status"] for entry in entries if "status" in entry] == [403] * 4
