"""Takes the screenshots of the documentation from the demo logs: ``make pictures``. Check them by eye afterwards."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.helpers import programs
from tests.helpers.hub import Hub
from tests.helpers.server import until

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


def hosts(page: Page, base: str, ids: dict[str, str]) -> None:
    """Show the logs of two hosts in one view."""
    page.goto(
        f"{base}?source={ids['web-1:shop.log']}&source={ids['db-1:payments.jsonl']}&source={ids['web-1:error.log']}"
    )


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
            _take_hosts(browser)
            browser.close()
            demo.terminate()


def _take_hosts(browser: Browser) -> None:
    """Take the picture of a hub: two hosts in one view, and one that is absent."""
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-pictures-") as logs,
        Hub("--no-auth") as hub,
        ExitStack() as stack,
    ):
        for seed, host in enumerate(("db-1", "web-1", "web-2"), 1):
            words = [
                sys.executable,
                "-m",
                "logviewer",
                "demo",
                "--no-serve",
                "--rate=5",
                f"--seed={seed}",
                f"{logs}/{host}",
            ]
            writer = stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
            stack.callback(writer.terminate)
            assert writer.stdout
            writer.stdout.readline()
            hub.start(host, "--label", f"role={host[:-2]}", Path(logs, host))
        hub.agents["web-2"].kill()
        until(lambda: hub.state("web-2") == "absent", what="the absent host")
        ids = {each["name"]: each["id"] for each in hub.server.get("/api/sources").json()}
        _take(browser, f"{hub.server.base}/", ids, name="hosts", take=hosts, scheme="dark", size=(1280, 640))


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
