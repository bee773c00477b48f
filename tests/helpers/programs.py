"""The programs that tests run beside logviewer.

``python -m tests.helpers.programs`` installs missing ones, as root by apt-get, and fails without Chromium.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# By their package in Debian and Ubuntu.
PACKAGES = {
    "chromium": "chromium",
    "curl": "curl",
    "gzip": "gzip",
    "nginx": "nginx-light",
    "ip": "iproute2",
    "journalctl": "systemd",
    "logrotate": "logrotate",
    "openssl": "openssl",
    "setpriv": "util-linux",
    "svlogd": "runit",
    "systemd-analyze": "systemd",
    "systemd-journal-remote": "systemd-journal-remote",
    "tail": "coreutils",
    "xz": "xz-utils",
    "zstd": "zstd",
}
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin", "/lib/systemd"])


def find(name: str) -> str | None:
    """Return the path of a program."""
    if name == "chromium":
        return next(filter(None, map(_which, _CHROMIUM)), None) or _chromium_of_playwright()
    return _which(name)


def require(*names: str) -> None:
    """Skip the test where a program is missing."""
    for name in names:
        if not find(name):
            pytest.skip(f"needs {name} (Debian: {PACKAGES[name]})")


def _which(name: str) -> str | None:
    return shutil.which(name, path=_PATH)


def _chromium_of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (half a second, only where it is needed)

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _missing() -> list[str]:
    return [name for name in PACKAGES if not find(name)]


def _install(names: list[str]) -> None:
    """Install Chromium by Playwright, and the other programs by apt-get as root."""
    if "chromium" in names:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    packages = [PACKAGES[name] for name in names if not find(name)]
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "--quiet", *words], check=False, env=environment)


def _main() -> None:
    _install(_missing())
    if missing := _missing():
        packages = " ".join(PACKAGES[name] for name in missing)
        print(f"Some tests need {', '.join(missing)}: on Debian and Ubuntu, apt install {packages}")
        sys.exit("chromium" in missing)


if __name__ == "__main__":
    _main()
