"""Find a Chromium for the browser tests; as a program, install one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_APT = (
    ["apt-get", "update", "--quiet"],
    ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"],
)


def find() -> str | None:
    """The path of an installed Chromium, or of Playwright's own."""
    installed = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return installed or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (half a second, only where it is needed)

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Try Playwright's own, then Debian's package when root."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if not find() and os.geteuid() == 0 and shutil.which("apt-get"):
        for words in _APT:
            subprocess.run(words, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


if __name__ == "__main__":
    if not find():
        install()
    found = find()
    if not found:
        sys.exit("The browser tests need Chromium: on Debian and Ubuntu, apt install chromium")
    print(f"Browser tests run in {found}")
