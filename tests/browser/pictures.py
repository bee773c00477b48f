"""Takes the screenshots of the documentation from the demo logs: ``make pictures``. Check them by eye afterwards."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.helpers import programs

_PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
_SETTLE_MS = 3_000
_FLOOD_LINES = 400_000
Take = Callable[[Page, str, dict[str, str]], None]


def dark(page: Page, base: str, ids: dict[str, str]) -> None:
    """Show three services merged by time."""
    page.goto(f"{base}?source={ids['shop.log']}&source={ids['payments.jsonl']}&source={ids['error.log']}")


def light(page: Page, base: str, ids: dict[str, str]) -> None:
    """Search, with highlighted hits in all lines."""
    page.goto(f"{base}?source={ids['shop.log']}&find=payment")
    page.locator("#find-count").get_by_text("hit").wait_for()


def find(page: Page, base: str, ids: dict[str, str]) -> None:
    """Filter, with context before each match."""
    page.goto(f"{base}?source={ids['shop.log']}&q=failed&context=3")


def phone(page: Page, base: str, ids: dict[str, str]) -> None:
    """Show one log on a phone."""
    page.goto(f"{base}?source={ids['shop.log']}")


def split(page: Page, base: str, ids: dict[str, str]) -> None:
    """Show two views side by side."""
    page.goto(f"{base}?source={ids['access.log']}")
    page.locator(".row").first.wait_for()
    page.keyboard.press("|")
    page.locator(".pane").nth(1).wait_for()
    # Keys come first: a key after the click would show a focus ring.
    page.keyboard.press("J")
    page.locator(".side").get_by_text("payments.jsonl").click()
    page.mouse.move(0, 0)


def flood(page: Page, base: str, ids: dict[str, str]) -> None:
    """Show the end of a log that grows faster than the page can draw."""
    page.goto(f"{base}?source={ids['worker.log']}")
    page.wait_for_timeout(_SETTLE_MS)
    path = Path(next(each["path"] for each in httpx.get(f"{base}api/sources").json() if each["name"] == "worker.log"))
    last = path.read_text().splitlines()[-1]
    with path.open("a") as file:
        file.writelines(f"{last} #{number}\n" for number in range(_FLOOD_LINES))
    page.locator("#levels").get_by_text(re.compile(r"\dk")).wait_for()


_TAKES: dict[str, tuple[Take, str, tuple[int, int]]] = {
    "dark": (dark, "dark", (1280, 800)),
    "light": (light, "light", (1280, 800)),
    "find": (find, "dark", (1280, 560)),
    "phone": (phone, "dark", (390, 844)),
    "split": (split, "dark", (1280, 640)),
    "flood": (flood, "light", (1280, 560)),
}


def main() -> None:
    """Write and serve the demo logs, and take each screenshot."""
    with tempfile.TemporaryDirectory(prefix="logviewer-pictures-") as logs:
        command = [sys.executable, "-m", "logviewer", "demo", "--no-auth", "--no-open", "--port=0", "--rate=40", logs]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo, sync_playwright() as playwright:
            assert demo.stdout
            base = demo.stdout.readline().strip()
            ids = {each["name"]: each["id"] for each in httpx.get(f"{base}api/sources").json()}
            browser = playwright.chromium.launch(executable_path=programs.find("chromium"), args=["--no-sandbox"])
            for name, (take, scheme, size) in _TAKES.items():
                _take(browser, base, ids, name=name, take=take, scheme=scheme, size=size)
            browser.close()
            demo.terminate()


def _take(
    browser: Browser, base: str, ids: dict[str, str], *, name: str, take: Take, scheme: str, size: tuple[int, int]
) -> None:
    dense = 2 if name == "phone" else 1
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="light" if scheme == "light" else "dark",
        has_touch=name == "phone",
        device_scale_factor=dense,
    )
    page = context.new_page()
    take(page, base, ids)
    page.wait_for_timeout(_SETTLE_MS)
    page.screenshot(path=_PICTURES / f"{name}.png")
    context.close()
    print(f"docs/pictures/{name}.png")


if __name__ == "__main__":
    main()
